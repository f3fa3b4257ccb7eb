/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Finds children in charon's configuration.
 */

#include "loaded_config.h"

#include <daemon.h>

/**
 * Check if a connection has a child of that name.
 */
static bool has_child(peer_cfg_t *peer_cfg, const char *name)
{
	enumerator_t *enumerator;
	child_cfg_t *child;
	bool found = FALSE;

	enumerator = peer_cfg->create_child_cfg_enumerator(peer_cfg);
	while (!found && enumerator->enumerate(enumerator, &child))
	{
		found = hwo_name_is(name, child->get_name(child));
	}
	enumerator->destroy(enumerator);
	return found;
}

bool hwo_child_is_loaded(const hwo_names_t *names)
{
	enumerator_t *enumerator;
	peer_cfg_t *peer_cfg;
	bool found = FALSE;

	if (!charon->backends || !names->child[0])
	{	/* the daemon ends, or nobody knows */
		return TRUE;
	}
	enumerator = charon->backends->create_peer_cfg_enumerator(charon->backends,
											NULL, NULL, NULL, NULL, IKE_ANY);
	while (!found && enumerator->enumerate(enumerator, &peer_cfg))
	{
		found = (!names->connection[0] ||
				 hwo_name_is(names->connection,
							 peer_cfg->get_name(peer_cfg))) &&
				has_child(peer_cfg, names->child);
	}
	enumerator->destroy(enumerator);
	return found;
}
