/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what becomes of the guard if the peer is lost, and what if the
 * IKE_SA is closed on purpose.
 */

#include "bus_child.h"
#include "service_child.h"

#include <arpa/inet.h>
#include <errno.h>

/** what the IKE_SA says about itself */
static ike_sa_state_t state;
static ike_condition_t condition;

/** its CHILD_SA */
static child_sa_t *child_sa;

static host_t *my_host, *other_host;

METHOD(ike_sa_t, get_state, ike_sa_state_t,
	ike_sa_t *this)
{
	return state;
}

METHOD(ike_sa_t, has_condition, bool,
	ike_sa_t *this, ike_condition_t which)
{
	return condition & which;
}

METHOD(ike_sa_t, get_my_host, host_t*,
	ike_sa_t *this)
{
	return my_host;
}

METHOD(ike_sa_t, get_other_host, host_t*,
	ike_sa_t *this)
{
	return other_host;
}

/** its unique ID, that of the one on the bus by default */
static uint32_t ike_id;

METHOD(ike_sa_t, get_ike_id, uint32_t,
	ike_sa_t *this)
{
	return ike_id;
}

METHOD(ike_sa_t, create_child_sa_enumerator, enumerator_t*,
	ike_sa_t *this)
{
	return enumerator_create_single(child_sa, NULL);
}

METHOD(child_sa_t, get_unique_id, uint32_t,
	child_sa_t *this)
{
	return 9;
}

/** its task that is queued, 0 for none */
static task_type_t queued;

METHOD(task_t, get_type, task_type_t,
	task_t *this)
{
	return queued;
}

METHOD(ike_sa_t, create_task_enumerator, enumerator_t*,
	ike_sa_t *this, task_queue_t queue)
{
	static task_t task;

	task.get_type = _get_type;
	if (queue != TASK_QUEUE_QUEUED || !queued)
	{
		return enumerator_create_empty();
	}
	return enumerator_create_single(&task, NULL);
}

METHOD(child_sa_t, get_spi, uint32_t,
	child_sa_t *this, bool inbound)
{
	return htonl(inbound ? SPI_IN : SPI_OUT);
}

METHOD(child_sa_t, get_protocol, protocol_id_t,
	child_sa_t *this)
{
	return PROTO_ESP;
}

METHOD(child_sa_t, get_mark, mark_t,
	child_sa_t *this, bool inbound)
{
	return (mark_t){};
}

/** the IKE_SA, as much of it as a listener looks at */
static ike_sa_t *ike_sa;

static void peers_setup(void)
{
	service_setup();
	service_child_init(HW_OFFLOAD_PACKET);
	my_host = host_create_from_string("192.168.50.1", 500);
	other_host = host_create_from_string("192.168.50.2", 500);
	INIT(ike_sa,
		.get_state = _get_state,
		.get_unique_id = _get_ike_id,
		.has_condition = _has_condition,
		.get_my_host = _get_my_host,
		.get_other_host = _get_other_host,
		.create_child_sa_enumerator = _create_child_sa_enumerator,
		.create_task_enumerator = _create_task_enumerator,
	);
	INIT(child_sa,
		.get_unique_id = _get_unique_id,
		.get_spi = _get_spi,
		.get_protocol = _get_protocol,
		.get_mark = _get_mark,
	);
	state = IKE_ESTABLISHED;
	condition = 0;
	queued = 0;
	ike_id = BUS_IKE_ID;
	service_child_add();
}

static void peers_teardown(void)
{
	free(child_sa);
	free(ike_sa);
	my_host->destroy(my_host);
	other_host->destroy(other_host);
	service_child_clear();
	service_teardown();
}

/**
 * Announce another state of the IKE_SA as the bus does.
 */
static void change_state(ike_sa_state_t to)
{
	ck_assert(calls.ike_listener->ike_state_change(calls.ike_listener,
														ike_sa, to));
	state = to;
}

/**
 * Remove the CHILD_SA as charon does, SPs first, and tell if the guard stayed.
 */
static bool guard_stays(void)
{
	fake_sp_t guard;
	bool stays;

	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	sa_del(&sa_in);
	sa_del(&sa_out);
	stays = fake_kernel_get_guard(kernel, LOCAL, REMOTE, &guard);
	ck_assert_int_eq(fake_kernel_count_sps(kernel), stays ? 1 : 0);
	ck_assert_int_eq(service_lines_with("stays blocked"), stays ? 1 : 0);
	return stays;
}

START_TEST(test_no_answer)
{
	/* nobody has closed it */
	change_state(IKE_DESTROYING);
	ck_assert(guard_stays());
	/* and the next CHILD_SA takes it over */
	service_child_add();
	ck_assert_int_eq(fake_kernel_count_sps(kernel), 4);
	service_forget_lines();
	ck_assert(!guard_stays());
}
END_TEST

START_TEST(test_closed)
{
	change_state(IKE_DELETING);
	change_state(IKE_DESTROYING);
	ck_assert(!guard_stays());
}
END_TEST

START_TEST(test_closed_by_force)
{
	/* a dead peer does not answer, so the deletion is only queued */
	queued = _i ? TASK_IKE_DELETE : TASK_IKE_DPD;
	change_state(IKE_DESTROYING);
	ck_assert_int_eq(guard_stays(), !_i);
}
END_TEST

START_TEST(test_closed_after_loss)
{
	/* a hard limit, say, and then nobody wants it anymore */
	ck_assert(fake_kernel_expire(kernel, htonl(SPI_OUT), TRUE));
	ck_assert(calls_wait(&calls.expires, 1));
	change_state(IKE_DELETING);
	change_state(IKE_DESTROYING);
	ck_assert(!guard_stays());
}
END_TEST

/**
 * States that have nothing to do with the end, from one to another.
 */
static const struct {
	ike_sa_state_t from, to;
} others[] = {
	{ IKE_ESTABLISHED, IKE_REKEYING },
	{ IKE_REKEYING, IKE_REKEYED },
	{ IKE_PASSIVE, IKE_DESTROYING },
};

START_TEST(test_other_states)
{
	state = others[_i].from;
	change_state(others[_i].to);
	ck_assert(!guard_stays());
}
END_TEST

START_TEST(test_reauthenticated)
{
	/* that brings the CHILD_SAs back */
	condition = COND_REAUTHENTICATING;
	change_state(IKE_DELETING);
	ck_assert(guard_stays());
}
END_TEST

START_TEST(test_rekeying_fails_elsewhere)
{
	test_sa_t sa;

	bus_child_updown(SPI_IN, SPI_OUT, TRUE);
	/* MOBIKE has changed both addresses of the IKE_SA, and the NIC can't take
	 * what takes the place of the SAs. Of another IKE_SA it does not. */
	ike_id += _i;
	calls.ike_sa = ike_sa;
	sa_init(&sa, 0xc0009, FALSE, HW_OFFLOAD_PACKET);
	sa.id.src->destroy(sa.id.src);
	sa.id.src = host_create_from_string("192.168.50.7", 0);
	sa.id.dst->destroy(sa.id.dst);
	sa.id.dst = host_create_from_string("192.168.50.3", 0);
	sa.data.reqid = sa_out.data.reqid;
	service_refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	ck_assert_int_eq(sa_add(&sa), FAILED);
	ck_assert_int_eq(guard_stays(), !_i);
	calls.ike_sa = NULL;
	sa_clear(&sa);
}
END_TEST

TCase *peers_tcase(void)
{
	TCase *tcase = tcase_create("peers");

	tcase_add_checked_fixture(tcase, peers_setup, peers_teardown);
	tcase_set_timeout(tcase, 20);
	tcase_add_test(tcase, test_no_answer);
	tcase_add_test(tcase, test_closed);
	tcase_add_loop_test(tcase, test_closed_by_force, 0, 2);
	tcase_add_test(tcase, test_closed_after_loss);
	tcase_add_loop_test(tcase, test_other_states, 0, countof(others));
	tcase_add_test(tcase, test_reauthenticated);
	tcase_add_loop_test(tcase, test_rekeying_fails_elsewhere, 0, 2);
	return tcase;
}
