/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * From configurations that are loaded to facts.
 */

#include "child_facts.h"
#include "../../hwo_compat.h"

#include <daemon.h>

static void note_proposals(hwo_child_facts_t *facts, child_cfg_t *child)
{
	enumerator_t *enumerator;
	proposal_t *proposal;
	linked_list_t *list;

	list = hwo_compat_child_proposals(child);
	enumerator = list->create_enumerator(list);
	while (enumerator->enumerate(enumerator, &proposal))
	{
		hwo_child_facts_add_proposal(facts, proposal);
	}
	enumerator->destroy(enumerator);
	list->destroy_offset(list, offsetof(proposal_t, destroy));
}

static void note_selectors(hwo_child_facts_t *facts, child_cfg_t *child,
						   bool local)
{
	traffic_selector_t *ts;
	linked_list_t *list;

	list = hwo_compat_child_selectors(child, local);
	while (list->remove_first(list, (void**)&ts) == SUCCESS)
	{
		hwo_child_facts_add_selector(facts, ts, local);
	}
	list->destroy(list);
}

void hwo_child_facts_loaded(const hwo_loaded_child_t *loaded,
							hwo_child_facts_t *facts)
{
	child_cfg_t *child = loaded->child;
	peer_cfg_t *peer = loaded->peer;
	ike_cfg_t *ike = peer->get_ike_cfg(peer);
	lifetime_cfg_t *lifetime;

	memset(facts, 0, sizeof(*facts));
	hwo_name_keep(facts->names.connection, peer->get_name(peer));
	hwo_name_keep(facts->names.child, child->get_name(child));
	facts->requested = child->get_hw_offload(child);
	facts->local = hwo_child_facts_host(ike->get_my_addr(ike));
	facts->remote = hwo_child_facts_host(ike->get_other_addr(ike));
	facts->window = child->get_replay_window(child);
	lifetime = child->get_lifetime(child, FALSE);
	facts->bytes = lifetime->bytes.life || lifetime->bytes.rekey;
	free(lifetime);
	facts->sa.mode = child->get_mode(child);
	facts->sa.tfc = child->get_tfc(child);
	facts->sa.ipcomp = child->has_option(child, OPT_IPCOMP);
	facts->sa.no_policies = child->has_option(child, OPT_NO_POLICIES);
	facts->sa.encap = ike->force_encap(ike);
	facts->sa.if_id = child->get_if_id(child, TRUE) ?:
						 peer->get_if_id(peer, TRUE);
	facts->if_id_out = child->get_if_id(child, FALSE) ?:
					   peer->get_if_id(peer, FALSE);
	facts->sa.set_mark = child->get_set_mark(child, TRUE);
	facts->sa.marked = facts->sa.if_id || facts->if_id_out ||
					   child->get_mark(child, TRUE).mask ||
					   child->get_mark(child, FALSE).mask;
	note_proposals(facts, child);
	note_selectors(facts, child, TRUE);
	note_selectors(facts, child, FALSE);
	hwo_child_facts_add_shapes(facts);
}

/**
 * Check if a child is more than a shunt.
 */
static bool has_sas(child_cfg_t *child)
{
	ipsec_mode_t mode = child->get_mode(child);

	return mode != MODE_PASS && mode != MODE_DROP;
}

void hwo_loaded_child_release(hwo_loaded_child_t *loaded)
{
	loaded->child->destroy(loaded->child);
	loaded->peer->destroy(loaded->peer);
}

array_t *hwo_loaded_children(const char *connection, const char *name)
{
	enumerator_t *peers, *children;
	hwo_loaded_child_t loaded;
	peer_cfg_t *peer;
	child_cfg_t *child;
	array_t *all;

	all = array_create(sizeof(hwo_loaded_child_t), 0);
	peers = charon->backends->create_peer_cfg_enumerator(charon->backends, NULL,
												NULL, NULL, NULL, IKE_ANY);
	while (peers->enumerate(peers, &peer))
	{
		if (connection[0] && !streq(peer->get_name(peer), connection))
		{
			continue;
		}
		children = peer->create_child_cfg_enumerator(peer);
		while (children->enumerate(children, &child))
		{
			if (has_sas(child) &&
				(!name[0] || streq(child->get_name(child), name)))
			{
				loaded = (hwo_loaded_child_t){
					.peer = peer->get_ref(peer),
					.child = child->get_ref(child),
				};
				array_insert(all, ARRAY_TAIL, &loaded);
			}
		}
		children->destroy(children);
	}
	peers->destroy(peers);
	return all;
}
