/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Finds children in charon's configuration.
 */

#include "loaded_config.h"
#include "../../model/plan/ts_convert.h"

#include <daemon.h>

/**
 * Check if a connection has a child of that name, or one that is offloaded if
 * there is no name.
 */
static bool has_child(peer_cfg_t *peer_cfg, const char *name)
{
	enumerator_t *enumerator;
	child_cfg_t *child;
	bool found = FALSE;

	enumerator = peer_cfg->create_child_cfg_enumerator(peer_cfg);
	while (!found && enumerator->enumerate(enumerator, &child))
	{
		found = name[0] ? hwo_name_is(name, child->get_name(child))
						: child->get_hw_offload(child) != HW_OFFLOAD_NO;
	}
	enumerator->destroy(enumerator);
	return found;
}

static bool has_peer(peer_cfg_t *peer_cfg, host_t *peer)
{
	ike_cfg_t *ike_cfg = peer_cfg->get_ike_cfg(peer_cfg);

	return !peer || ike_cfg->match_other(ike_cfg, peer);
}

bool hwo_child_is_loaded(const hwo_names_t *names, const hwo_addr_t *peer)
{
	enumerator_t *enumerator;
	peer_cfg_t *peer_cfg;
	bool found = FALSE;
	host_t *host;

	if (!charon->backends)
	{	/* the daemon ends */
		return TRUE;
	}
	host = hwo_addr_to_host(peer, 0);
	enumerator = charon->backends->create_peer_cfg_enumerator(charon->backends,
											NULL, NULL, NULL, NULL, IKE_ANY);
	while (!found && enumerator->enumerate(enumerator, &peer_cfg))
	{
		found = (names->connection[0]
					? hwo_name_is(names->connection,
								  peer_cfg->get_name(peer_cfg))
					: has_peer(peer_cfg, host)) &&
				has_child(peer_cfg, names->child);
	}
	enumerator->destroy(enumerator);
	DESTROY_IF(host);
	return found;
}
