/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * What charon's CHILD_SAs ask of the backend (child_sa.c of strongSwan).
 */

#include "history.h"
#include "../backend/facade_suites.h"

#include <netinet/in.h>

/** last unique ID */
static uint32_t last_id;

void history_child_reset(void)
{
	last_id = 0;
}

/**
 * Traffic selector of one side.
 */
static traffic_selector_t *get_ts(child_t *child, u_int n, bool local)
{
	conn_t *conn = child->conn;
	host_t *host = local ? child->me : child->other;
	u_int net = conn->twin ? conn->twin->number : conn->number;
	char buf[32];

	if (conn->mode == MODE_TRANSPORT)
	{	/* each selector is another port */
		return traffic_selector_create_from_subnet(host->clone(host), 32,
									IPPROTO_UDP, local ? 0 : 4000 + n,
									local ? 65535 : 4000 + n);
	}
	snprintf(buf, sizeof(buf), "10.%u.%u.%u/%u", local ? 1 : 2 + n, net,
			 conn->subnets ? 0 : 1, conn->subnets ? 24 : 32);
	return traffic_selector_create_from_cidr(buf, 0, 0, 65535);
}

/**
 * A policy with everything it refers to.
 */
typedef struct {
	kernel_ipsec_policy_id_t id;
	kernel_ipsec_manage_policy_t data;
	ipsec_sa_cfg_t cfg;
} policy_t;

/**
 * Fill in a policy.
 */
static void policy_init(policy_t *policy, child_t *child, policy_dir_t dir,
						policy_type_t type, u_int n)
{
	bool out = dir == POLICY_OUT;

	*policy = (policy_t){
		.id = {
			.dir = dir,
			.src_ts = get_ts(child, n, out),
			.dst_ts = get_ts(child, n, !out),
		},
		.data = {
			.type = type,
			.prio = child->trap && type == POLICY_IPSEC ?
					POLICY_PRIORITY_ROUTED : POLICY_PRIORITY_DEFAULT,
			.manual_prio = child->conn->priority,
			.hw_offload = child->conn->offload,
			.src = out ? child->me : child->other,
			.dst = out ? child->other : child->me,
			.sa = &policy->cfg,
		},
		.cfg = {
			.mode = child->conn->mode,
			.reqid = child->conn->reqid,
			.policy_count = child->conn->selectors,
			.esp = {
				.use = TRUE,
				.spi = out ? child->spi_out : child->spi_in,
			},
		},
	};
}

/**
 * Add or remove a policy.
 */
static status_t do_policy(child_t *child, policy_dir_t dir, policy_type_t type,
						  u_int n, bool add)
{
	policy_t policy;
	status_t status;

	policy_init(&policy, child, dir, type, n);
	history_turn();
	history_bus_ike = child->trap ? NULL : &child->conn->ike_sa;
	status = add ? ipsec->add_policy(ipsec, &policy.id, &policy.data)
				 : ipsec->del_policy(ipsec, &policy.id, &policy.data);
	history_bus_ike = NULL;
	policy.id.src_ts->destroy(policy.id.src_ts);
	policy.id.dst_ts->destroy(policy.id.dst_ts);
	return status;
}

/**
 * Install policies for inbound packets, those for one pair of selectors.
 */
static status_t add_inbound(child_t *child, u_int n)
{
	status_t status;

	status = do_policy(child, POLICY_IN, POLICY_IPSEC, n, TRUE);
	if (child->conn->mode == MODE_TUNNEL)
	{
		status |= do_policy(child, POLICY_FWD, POLICY_IPSEC, n, TRUE);
	}
	return status;
}

/**
 * Install all policies.
 */
static status_t add_policies(child_t *child, bool inbound, bool outbound)
{
	status_t status = SUCCESS;
	u_int n;

	child->inbound |= inbound;
	child->outbound |= outbound;
	for (n = 0; n < child->conn->selectors && status == SUCCESS; n++)
	{
		if (inbound)
		{
			status |= add_inbound(child, n);
		}
		if (outbound)
		{
			status |= do_policy(child, POLICY_OUT, POLICY_IPSEC, n, TRUE);
		}
	}
	return status;
}

/**
 * Remove the policies of one pair of selectors.
 */
static void remove_policies(child_t *child, u_int n, bool inbound,
							bool outbound)
{
	if (outbound)
	{
		do_policy(child, POLICY_OUT, POLICY_IPSEC, n, FALSE);
	}
	if (inbound)
	{
		do_policy(child, POLICY_IN, POLICY_IPSEC, n, FALSE);
		if (child->conn->mode == MODE_TUNNEL)
		{
			do_policy(child, POLICY_FWD, POLICY_IPSEC, n, FALSE);
		}
	}
}

/**
 * Identify one of its SAs.
 */
static kernel_ipsec_sa_id_t sa_id(child_t *child, bool inbound)
{
	return (kernel_ipsec_sa_id_t){
		.src = inbound ? child->other : child->me,
		.dst = inbound ? child->me : child->other,
		.spi = inbound ? child->spi_in : child->spi_out,
		.proto = IPPROTO_ESP,
	};
}

/**
 * Install one of its SAs.
 */
static status_t add_sa(child_t *child, bool inbound)
{
	kernel_ipsec_sa_id_t id = sa_id(child, inbound);
	conn_t *conn = child->conn;
	lifetime_cfg_t lifetime = {
		.time = { .rekey = 3000, .life = 3600, },
		.packets = { .rekey = conn->packets / 2, .life = conn->packets },
	};
	kernel_ipsec_add_sa_t data = {
		.reqid = conn->reqid,
		.mode = conn->mode,
		.src_ts = linked_list_create_with_items(get_ts(child, 0, !inbound),
												NULL),
		.dst_ts = linked_list_create_with_items(get_ts(child, 0, inbound),
												NULL),
		.lifetime = &lifetime,
		.enc_alg = ENCR_AES_GCM_ICV16,
		.enc_key = chunk_create(inbound ? child->key_in : child->key_out,
								sizeof(child->key_in)),
		.int_alg = AUTH_UNDEFINED,
		.replay_window = 32,
		.hw_offload = conn->offload,
		.esn = conn->esn,
		.copy_df = TRUE,
		.copy_ecn = TRUE,
		.copy_dscp = DSCP_COPY_OUT_ONLY,
		.initiator = TRUE,
		.inbound = inbound,
		.update = inbound,
	};
	status_t status;

	set_sa_cpu(&data, HWO_CPU_ID_MAX);
	history_turn();
	history_bus_ike = &conn->ike_sa;
	status = ipsec->add_sa(ipsec, &id, &data);
	history_bus_ike = NULL;
	data.src_ts->destroy_offset(data.src_ts,
								offsetof(traffic_selector_t, destroy));
	data.dst_ts->destroy_offset(data.dst_ts,
								offsetof(traffic_selector_t, destroy));
	return status;
}

/**
 * Delete one of its SAs.
 */
static void del_sa(child_t *child, bool inbound)
{
	kernel_ipsec_sa_id_t id = sa_id(child, inbound);
	kernel_ipsec_del_sa_t data = {};

	history_turn();
	ipsec->del_sa(ipsec, &id, &data);
}

child_t *history_child_create(conn_t *conn, bool trap)
{
	child_t *child;
	u_int i;

	INIT(child,
		.conn = conn,
		.id = ++last_id,
		.me = conn->me->clone(conn->me),
		.other = conn->other->clone(conn->other),
		.state = CHILD_CREATED,
		.trap = trap,
	);
	history_bus_init_child(child);
	if (!trap)
	{	/* chosen by the peer */
		child->spi_out = htonl(0xc0000000 + child->id);
		for (i = 0; i < sizeof(child->key_in); i += sizeof(child->id))
		{
			memcpy(child->key_in + i, &child->id, sizeof(child->id));
			memcpy(child->key_out + i, &child->id, sizeof(child->id));
		}
		child->key_out[0] ^= 0x80;
	}
	return child;
}

/**
 * Get an SPI from the kernel.
 */
static bool get_spi(child_t *child)
{
	history_turn();
	return ipsec->get_spi(ipsec, child->other, child->me, IPPROTO_ESP,
						  &child->spi_in) == SUCCESS;
}

/**
 * Its packets must not leave in clear from now on.
 */
static void cover(child_t *child)
{
	u_int n;

	for (n = 0; n < child->conn->selectors; n++)
	{
		fake_kernel_cover(kernel, child->conn->flow + n, TRUE);
	}
}

/**
 * Its packets may leave in clear from now on, unless there is a guard.
 */
static void uncover(child_t *child)
{
	u_int n;

	child->conn->spoilt = TRUE;
	for (n = 0; n < child->conn->selectors; n++)
	{
		fake_kernel_cover(kernel, child->conn->flow + n, FALSE);
	}
}

bool history_child_install(child_t *child, bool rekey)
{
	fake_kernel_note(kernel, "conn %u: install CHILD_SA %u",
					 child->conn->number, child->id, 0, 0);
	if (child->trap)
	{
		if (add_policies(child, TRUE, TRUE) != SUCCESS)
		{
			return FALSE;
		}
		cover(child);
		history_bus_child_state(child, CHILD_ROUTED);
		return TRUE;
	}
	if (!get_spi(child))
	{
		return FALSE;
	}
	history_bus_child_state(child, CHILD_INSTALLING);
	child->sa_in = TRUE;
	child->sa_out = TRUE;
	/* charon installs the second one although the first one failed */
	if (add_sa(child, TRUE) + add_sa(child, FALSE) != SUCCESS)
	{
		history_bus_failed(child, FALSE);
		return FALSE;
	}
	if (add_policies(child, TRUE, !rekey) != SUCCESS)
	{
		history_bus_failed(child, TRUE);
		return FALSE;
	}
	if (!rekey)
	{
		cover(child);
	}
	history_bus_child_state(child, CHILD_INSTALLED);
	return TRUE;
}

bool history_child_install_outbound(child_t *child)
{
	if (add_policies(child, FALSE, TRUE) != SUCCESS)
	{
		return FALSE;
	}
	cover(child);
	return TRUE;
}

void history_child_remove_outbound(child_t *child)
{
	u_int n;

	for (n = 0; child->outbound && n < child->conn->selectors; n++)
	{
		remove_policies(child, n, FALSE, TRUE);
	}
	if (child->sa_out)
	{
		del_sa(child, FALSE);
	}
	child->outbound = child->sa_out = FALSE;
}

void history_child_destroy(child_t *child)
{
	u_int n;

	fake_kernel_note(kernel, "conn %u: destroy CHILD_SA %u",
					 child->conn->number, child->id, 0, 0);
	history_bus_child_state(child, CHILD_DESTROYING);
	for (n = 0; n < child->conn->selectors; n++)
	{
		remove_policies(child, n, child->inbound, child->outbound);
	}
	if (child->spi_in)
	{
		del_sa(child, TRUE);
	}
	if (child->sa_out)
	{
		del_sa(child, FALSE);
	}
	child->me->destroy(child->me);
	child->other->destroy(child->other);
	free(child);
}

/**
 * Move one of its SAs.
 */
static bool move_sa(child_t *child, bool inbound, host_t *me, host_t *other)
{
	kernel_ipsec_sa_id_t id = sa_id(child, inbound);
	kernel_ipsec_update_sa_t data = {
		.mode = child->conn->mode,
		.new_src = inbound ? other : me,
		.new_dst = inbound ? me : other,
		.old_reqid = child->conn->reqid,
		.new_reqid = child->conn->reqid,
		.hw_offload = child->conn->offload,
		.src_ts = linked_list_create_with_items(get_ts(child, 0, !inbound),
												NULL),
		.dst_ts = linked_list_create_with_items(get_ts(child, 0, inbound),
												NULL),
		.inbound = inbound,
	};
	status_t status;

	history_turn();
	status = ipsec->update_sa(ipsec, &id, &data);
	data.src_ts->destroy_offset(data.src_ts,
								offsetof(traffic_selector_t, destroy));
	data.dst_ts->destroy_offset(data.dst_ts,
								offsetof(traffic_selector_t, destroy));
	return status == SUCCESS;
}

/**
 * Move both SAs, or none. If the first one can't be moved back, it is deleted.
 */
static bool move_sas(child_t *child, host_t *me, host_t *other)
{
	host_t *old_me = child->me, *old_other = child->other;

	if (!move_sa(child, TRUE, me, other))
	{
		return FALSE;
	}
	if (!child->sa_out || move_sa(child, FALSE, me, other))
	{
		return TRUE;
	}
	child->me = me;
	child->other = other;
	if (!move_sa(child, TRUE, old_me, old_other))
	{
		del_sa(child, TRUE);
	}
	child->me = old_me;
	child->other = old_other;
	return FALSE;
}

bool history_child_update(child_t *child)
{
	host_t *me = child->conn->me, *other = child->conn->other;
	bool outbound = child->outbound, moved;
	child_t old = *child, new;
	u_int n;

	fake_kernel_note(kernel, "conn %u: move CHILD_SA %u", child->conn->number,
					 child->id, 0, 0);
	for (n = 0; n < child->conn->selectors; n++)
	{
		if (outbound && do_policy(child, POLICY_OUT, POLICY_DROP, n, TRUE))
		{	/* charon does not care */
			uncover(child);
		}
		remove_policies(child, n, child->inbound, outbound);
	}
	moved = move_sas(child, me, other);
	if (moved)
	{
		child->me = me->clone(me);
		child->other = other->clone(other);
	}
	if (add_policies(child, child->inbound, outbound) != SUCCESS)
	{	/* charon does not care, and removes its block nevertheless */
		uncover(child);
	}
	new = *child;
	child->me = old.me;
	child->other = old.other;
	for (n = 0; outbound && n < child->conn->selectors; n++)
	{
		do_policy(child, POLICY_OUT, POLICY_DROP, n, FALSE);
	}
	if (moved)
	{
		child->me = new.me;
		child->other = new.other;
		old.me->destroy(old.me);
		old.other->destroy(old.other);
	}
	return moved;
}
