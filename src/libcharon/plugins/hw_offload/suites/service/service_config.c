/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * A connection that is loaded, as far as it has to answer.
 */

#include "service_config.h"

service_config_t config;

METHOD(child_cfg_t, cfg_get_name, char*,
	child_cfg_t *this)
{
	return "net";
}

METHOD(child_cfg_t, cfg_get_hw_offload, hw_offload_t,
	child_cfg_t *this)
{
	return config.requested;
}

METHOD(child_cfg_t, cfg_get_replay_window, uint32_t,
	child_cfg_t *this)
{
	return config.window;
}

METHOD(child_cfg_t, cfg_get_lifetime, lifetime_cfg_t*,
	child_cfg_t *this, bool jitter)
{
	lifetime_cfg_t *lifetime;

	INIT(lifetime,
		.bytes = { .life = config.bytes, },
	);
	return lifetime;
}

METHOD(child_cfg_t, cfg_get_mode, ipsec_mode_t,
	child_cfg_t *this)
{
	return config.mode;
}

METHOD(child_cfg_t, cfg_get_tfc, uint32_t,
	child_cfg_t *this)
{
	return config.tfc;
}

METHOD(child_cfg_t, cfg_get_if_id, uint32_t,
	child_cfg_t *this, bool inbound)
{
	return inbound ? config.if_id_in : 0;
}

METHOD(child_cfg_t, cfg_get_mark, mark_t,
	child_cfg_t *this, bool inbound)
{
	return inbound ? config.mark_in : config.mark_out;
}

METHOD(child_cfg_t, cfg_get_set_mark, mark_t,
	child_cfg_t *this, bool inbound)
{
	return inbound ? config.set_mark_in : (mark_t){};
}

METHOD(child_cfg_t, cfg_has_option, bool,
	child_cfg_t *this, child_cfg_option_t option)
{
	return (option == OPT_IPCOMP && config.ipcomp) ||
		   (option == OPT_NO_POLICIES && config.no_policies);
}

/** whatever arguments the release has, none of them matters */
static linked_list_t *cfg_get_selectors(child_cfg_t *this)
{
	traffic_selector_t *ts;

	ts = config.ts ? traffic_selector_create_from_cidr(config.ts, 0, 0, 65535)
				   : traffic_selector_create_dynamic(0, 0, 65535);
	return linked_list_create_with_items(ts, NULL);
}

/** whatever arguments the release has, none of them matters */
static linked_list_t *cfg_get_proposals(child_cfg_t *this)
{
	return linked_list_create_with_items(
				proposal_create_from_string(PROTO_ESP, config.proposal), NULL);
}

METHOD(ike_cfg_t, cfg_get_my_addr, char*,
	ike_cfg_t *this)
{
	return "192.168.50.1";
}

METHOD(ike_cfg_t, cfg_get_other_addr, char*,
	ike_cfg_t *this)
{
	return (char*)config.remote;
}

METHOD(ike_cfg_t, cfg_force_encap, bool,
	ike_cfg_t *this)
{
	return config.encap;
}

METHOD(child_cfg_t, cfg_get_ref, child_cfg_t*,
	child_cfg_t *this)
{
	config.refs++;
	return this;
}

METHOD(child_cfg_t, cfg_destroy, void,
	child_cfg_t *this)
{
	config.refs--;
}

METHOD(peer_cfg_t, cfg_get_peer_ref, peer_cfg_t*,
	peer_cfg_t *this)
{
	config.refs++;
	return this;
}

METHOD(peer_cfg_t, cfg_destroy_peer, void,
	peer_cfg_t *this)
{
	config.refs--;
}

static child_cfg_t child_cfg;

static ike_cfg_t ike_cfg;

METHOD(peer_cfg_t, cfg_get_peer_name, char*,
	peer_cfg_t *this)
{
	return "gw";
}

METHOD(peer_cfg_t, cfg_get_ike_cfg, ike_cfg_t*,
	peer_cfg_t *this)
{
	return &ike_cfg;
}

/* enumerates one child many times */
typedef struct many_children_t {
	enumerator_t public;
	int left;
} many_children_t;

METHOD(enumerator_t, next_of_many, bool,
	many_children_t *this, va_list args)
{
	child_cfg_t **child;

	VA_ARGS_VGET(args, child);
	*child = &child_cfg;
	return this->left-- > 0;
}

METHOD(enumerator_t, destroy_many, void,
	many_children_t *this)
{
	free(this);
}

METHOD(peer_cfg_t, cfg_children, enumerator_t*,
	peer_cfg_t *this)
{
	many_children_t *many;

	INIT(many,
		.public = {
			.enumerate = enumerator_enumerate_default,
			.venumerate = _next_of_many,
			.destroy = _destroy_many,
		},
		.left = config.children ?: 1,
	);
	return &many->public;
}

METHOD(peer_cfg_t, cfg_get_peer_if_id, uint32_t,
	peer_cfg_t *this, bool inbound)
{
	return config.peer_if_id;
}

static peer_cfg_t peer_cfg;

METHOD(backend_manager_t, cfg_peers, enumerator_t*,
	backend_manager_t *this, host_t *me, host_t *other,
	identification_t *my_id, identification_t *other_id, ike_version_t version)
{
	return enumerator_create_single(&peer_cfg, NULL);
}

static backend_manager_t backends;

void service_config_load(void)
{
	child_cfg = (child_cfg_t){
		.get_name = _cfg_get_name,
		.get_hw_offload = _cfg_get_hw_offload,
		.get_replay_window = _cfg_get_replay_window,
		.get_lifetime = _cfg_get_lifetime,
		.get_mode = _cfg_get_mode,
		.get_tfc = _cfg_get_tfc,
		.get_if_id = _cfg_get_if_id,
		.get_mark = _cfg_get_mark,
		.get_set_mark = _cfg_get_set_mark,
		.get_proposals = (void*)cfg_get_proposals,
		.get_traffic_selectors = (void*)cfg_get_selectors,
		.has_option = _cfg_has_option,
		.get_ref = _cfg_get_ref,
		.destroy = _cfg_destroy,
	};
	ike_cfg = (ike_cfg_t){
		.get_my_addr = _cfg_get_my_addr,
		.get_other_addr = _cfg_get_other_addr,
		.force_encap = _cfg_force_encap,
	};
	peer_cfg = (peer_cfg_t){
		.get_name = _cfg_get_peer_name,
		.get_ike_cfg = _cfg_get_ike_cfg,
		.get_if_id = _cfg_get_peer_if_id,
		.create_child_cfg_enumerator = _cfg_children,
		.get_ref = _cfg_get_peer_ref,
		.destroy = _cfg_destroy_peer,
	};
	backends = (backend_manager_t){
		.create_peer_cfg_enumerator = _cfg_peers,
	};
	charon->backends = &backends;
}
