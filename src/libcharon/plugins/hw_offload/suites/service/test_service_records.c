/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests that each SA counts for its own CHILD_SA.
 */

#include "service_child.h"

#include <arpa/inet.h>
#include <errno.h>
#include <time.h>
#include <unistd.h>

#include <threading/semaphore.h>
#include <threading/thread.h>

/** SPIs of another CHILD_SA with the same reqid */
#define IN2 (SPI_IN + 16)
#define OUT2 (SPI_OUT + 16)

/* what the IKE_SA and its CHILD_SA say about themselves */
static host_t *my_host, *other_host;
static ike_sa_state_t ike_state;
static child_sa_state_t child_state;
static uint32_t spi_in, spi_out, unique_id;

/* its task that is active, and whether the peer has it do the same */
static task_type_t active_task;
static bool passive;

/** these three, as much of them as is looked at */
static ike_sa_t ike_sa;
static child_sa_t child_sa;
static task_t task;

METHOD(ike_sa_t, get_state, ike_sa_state_t,
	ike_sa_t *this)
{
	return ike_state;
}

METHOD(ike_sa_t, has_condition, bool,
	ike_sa_t *this, ike_condition_t which)
{
	return FALSE;
}

METHOD(ike_sa_t, get_ike_name, char*,
	ike_sa_t *this)
{
	return "gw";
}

METHOD(ike_sa_t, get_ike_id, uint32_t,
	ike_sa_t *this)
{
	return 7;
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

METHOD(task_t, get_type, task_type_t,
	task_t *this)
{
	return active_task;
}

METHOD(ike_sa_t, create_task_enumerator, enumerator_t*,
	ike_sa_t *this, task_queue_t queue)
{
	if (queue == TASK_QUEUE_ACTIVE ||
		(queue == TASK_QUEUE_PASSIVE && passive))
	{
		return enumerator_create_single(&task, NULL);
	}
	return enumerator_create_empty();
}

METHOD(child_sa_t, get_name, char*,
	child_sa_t *this)
{
	return "net";
}

METHOD(child_sa_t, get_spi, uint32_t,
	child_sa_t *this, bool inbound)
{
	return htonl(inbound ? spi_in : spi_out);
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

METHOD(child_sa_t, get_unique_id, uint32_t,
	child_sa_t *this)
{
	return unique_id;
}

METHOD(child_sa_t, get_child_state, child_sa_state_t,
	child_sa_t *this)
{
	return child_state;
}

METHOD(ike_sa_t, create_child_sa_enumerator, enumerator_t*,
	ike_sa_t *this)
{
	return enumerator_create_single(&child_sa, NULL);
}

/** What follows is about this CHILD_SA. */
static void about(uint32_t in, uint32_t out, uint32_t id)
{
	spi_in = in;
	spi_out = out;
	unique_id = id;
}

/**
 * It is up.
 */
static void child_up(void)
{
	ck_assert(calls.listener->child_updown(calls.listener, &ike_sa, &child_sa,
										   TRUE));
}

/**
 * Its IKE_SA gets to another state, with these addresses.
 */
static void change_ike(ike_sa_state_t to, char *me, char *other)
{
	my_host->destroy(my_host);
	other_host->destroy(other_host);
	my_host = host_create_from_string(me, 500);
	other_host = host_create_from_string(other, 500);
	ck_assert(calls.ike_listener->ike_state_change(calls.ike_listener, &ike_sa,
												   to));
}

static void records_setup(void)
{
	service_setup();
	my_host = host_create_from_string("192.168.50.1", 500);
	other_host = host_create_from_string("192.168.50.2", 500);
	task = (task_t){
		.get_type = _get_type,
	};
	child_sa = (child_sa_t){
		.get_name = _get_name,
		.get_spi = _get_spi,
		.get_protocol = _get_protocol,
		.get_mark = _get_mark,
		.get_unique_id = _get_unique_id,
		.get_state = _get_child_state,
	};
	ike_sa = (ike_sa_t){
		.get_state = _get_state,
		.has_condition = _has_condition,
		.get_name = _get_ike_name,
		.get_unique_id = _get_ike_id,
		.get_my_host = _get_my_host,
		.get_other_host = _get_other_host,
		.create_task_enumerator = _create_task_enumerator,
		.create_child_sa_enumerator = _create_child_sa_enumerator,
	};
	ike_state = IKE_ESTABLISHED;
	about(SPI_IN, SPI_OUT, 9);
}

static void records_teardown(void)
{
	service_child_clear();
	my_host->destroy(my_host);
	other_host->destroy(other_host);
	service_teardown();
}

/**
 * SAs that a thread installs, it waits for its turn before the second one.
 */
typedef struct {
	test_sa_t *in, *out;
	semaphore_t *first, *turn;
} installer_t;

static void *install(void *data)
{
	installer_t *this = data;

	ck_assert_int_eq(sa_add(this->in), SUCCESS);
	this->first->post(this->first);
	this->turn->wait(this->turn);
	ck_assert_int_eq(sa_add(this->out), SUCCESS);
	return NULL;
}

/**
 * Begin to install a CHILD_SA, its inbound SA is there then.
 */
static thread_t *begin(installer_t *this, test_sa_t *in, test_sa_t *out)
{
	thread_t *thread;

	*this = (installer_t){
		.in = in,
		.out = out,
		.first = semaphore_create(0),
		.turn = semaphore_create(0),
	};
	thread = thread_create(install, this);
	this->first->wait(this->first);
	return thread;
}

/**
 * Let a thread install its outbound SA.
 */
static void finish(installer_t *this, thread_t *thread)
{
	this->turn->post(this->turn);
	thread->join(thread);
	this->first->destroy(this->first);
	this->turn->destroy(this->turn);
}

/**
 * Install two CHILD_SAs at once: in, in, out, out.
 */
static void install_crossed(test_sa_t *in2, test_sa_t *out2, bool refuse)
{
	installer_t one, two;
	thread_t *first, *second;

	first = begin(&one, &sa_in, &sa_out);
	second = begin(&two, in2, out2);
	if (refuse)
	{
		service_refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	}
	finish(&one, first);
	finish(&two, second);
}

START_TEST(test_crossed_refused)
{
	test_sa_t in2, out2;

	service_child_init(HW_OFFLOAD_AUTO);
	sa_init(&in2, IN2, TRUE, HW_OFFLOAD_AUTO);
	sa_init(&out2, OUT2, FALSE, HW_OFFLOAD_AUTO);
	/* the outbound one of the first is refused */
	install_crossed(&in2, &out2, TRUE);
	/* which is of no concern for the second */
	ck_assert_str_eq(sa_mode(IN2), "packet");
	ck_assert_str_eq(sa_mode(OUT2), "packet");
	ck_assert_str_eq(sa_mode(SPI_OUT), "crypto");
	ck_assert_int_eq(service_lines_with("000000c1_i 000000c2_o"), 1);
	ck_assert_int_eq(service_lines_with("000000d1_i 000000d2_o"), 1);
	sa_clear(&in2);
	sa_clear(&out2);
}
END_TEST

START_TEST(test_crossed_closed)
{
	test_sp_t sp_in2, sp_out2;
	test_sa_t in2, out2;
	fake_sp_t guard;

	/* both hosts have initiated at the same time */
	service_child_init(HW_OFFLOAD_PACKET);
	sa_init(&in2, IN2, TRUE, HW_OFFLOAD_PACKET);
	sa_init(&out2, OUT2, FALSE, HW_OFFLOAD_PACKET);
	sp_init(&sp_in2, POLICY_IN, LOCAL, REMOTE, IN2, 1, HW_OFFLOAD_PACKET);
	sp_init(&sp_out2, POLICY_OUT, LOCAL, REMOTE, OUT2, 1, HW_OFFLOAD_PACKET);
	install_crossed(&in2, &out2, FALSE);
	ck_assert_int_eq(sp_add(&sp_in), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_in2), SUCCESS);
	ck_assert_int_eq(sp_add(&sp_out2), SUCCESS);
	about(IN2, OUT2, 10);
	child_up();
	about(SPI_IN, SPI_OUT, 9);
	child_up();
	/* one of them is closed as a duplicate */
	change_ike(IKE_DELETING, "192.168.50.1", "192.168.50.2");
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_del(&sa_out), SUCCESS);
	/* then the peer of the other one does not answer anymore */
	about(IN2, OUT2, 10);
	change_ike(IKE_DESTROYING, "192.168.50.1", "192.168.50.2");
	ck_assert_int_eq(sp_del(&sp_out2), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in2), SUCCESS);
	ck_assert(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &guard));
	sa_clear(&in2);
	sa_clear(&out2);
	sp_clear(&sp_in2);
	sp_clear(&sp_out2);
}
END_TEST

START_TEST(test_lost_after_mobike)
{
	kernel_ipsec_update_sa_t update = {
		.new_src = host_create_from_string("192.168.60.2", 0),
		.new_dst = host_create_from_string("192.168.60.1", 0),
		.new_reqid = 1,
		.inbound = TRUE,
	};
	fake_sp_t guard;

	service_child_init(HW_OFFLOAD_PACKET);
	service_child_add();
	child_up();
	/* SAs in packet mode keep their addresses until they are rekeyed */
	ck_assert_int_eq(ipsec->update_sa(ipsec, &sa_in.id, &update),
					 NOT_SUPPORTED);
	/* and before that the new path breaks: both addresses changed, one, or
	 * none */
	change_ike(IKE_DESTROYING, _i < 2 ? "192.168.60.1" : "192.168.50.1",
			   _i % 2 ? "192.168.50.2" : "192.168.60.2");
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &guard));
	update.new_src->destroy(update.new_src);
	update.new_dst->destroy(update.new_dst);
}
END_TEST

START_TEST(test_closed_after_mobike)
{
	fake_sp_t guard;

	service_child_init(HW_OFFLOAD_PACKET);
	service_child_add();
	child_up();
	change_ike(IKE_DELETING, "192.168.60.1", "192.168.60.2");
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert(!fake_kernel_get_guard(kernel, LOCAL, REMOTE, &guard));
}
END_TEST

/** who ends a CHILD_SA after a failed rekeying, if traffic stays blocked */
static const struct {
	child_sa_state_t state;
	task_type_t task;
	bool passive, blocked;
} ends[] = {
	/* the user does */
	{ CHILD_INSTALLED, TASK_CHILD_DELETE, FALSE, FALSE },
	/* we do, as it can't be rekeyed */
	{ CHILD_REKEYING, TASK_CHILD_DELETE, FALSE, TRUE },
	/* the peer does, for that reason most likely */
	{ CHILD_INSTALLED, TASK_IKE_DPD, FALSE, TRUE },
	/* the same, and we wait until it has deleted another one for us */
	{ CHILD_INSTALLED, TASK_CHILD_DELETE, TRUE, TRUE },
};

START_TEST(test_closed_after_failure)
{
	fake_sp_t guard;
	test_sa_t in2;

	service_child_init(HW_OFFLOAD_PACKET);
	service_child_add();
	child_up();
	/* the peer rekeys it, but the NIC has no room at the moment */
	sa_init(&in2, IN2, TRUE, HW_OFFLOAD_PACKET);
	service_refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	ck_assert_int_eq(sa_add(&in2), FAILED);
	/* a day later */
	child_state = ends[_i].state;
	active_task = ends[_i].task;
	passive = ends[_i].passive;
	ck_assert(calls.listener->child_state_change(calls.listener, &ike_sa,
												 &child_sa, CHILD_DELETING));
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert(fake_kernel_get_guard(kernel, LOCAL, REMOTE, &guard) ==
			  ends[_i].blocked);
	sa_clear(&in2);
}
END_TEST

START_TEST(test_replaced_after_failure)
{
	test_sa_t in2, out2;
	fake_sp_t guard;

	service_child_init(HW_OFFLOAD_PACKET);
	service_child_add();
	child_up();
	sa_init(&in2, IN2, TRUE, HW_OFFLOAD_PACKET);
	sa_init(&out2, OUT2, FALSE, HW_OFFLOAD_PACKET);
	service_refuse(XFRM_MSG_NEWSA, 1, ENOSPC);
	ck_assert_int_eq(sa_add(&in2), FAILED);
	/* the next time it works, so the first one may go */
	ck_assert_int_eq(sa_add(&in2), SUCCESS);
	ck_assert_int_eq(sa_add(&out2), SUCCESS);
	ck_assert(calls.listener->child_rekey(calls.listener, &ike_sa, &child_sa,
										  &child_sa));
	ck_assert_int_eq(sp_del(&sp_out), SUCCESS);
	ck_assert_int_eq(sp_del(&sp_in), SUCCESS);
	ck_assert(!fake_kernel_get_guard(kernel, LOCAL, REMOTE, &guard));
	sa_clear(&in2);
	sa_clear(&out2);
}
END_TEST

START_TEST(test_one_request)
{
	test_sa_t next;
	int i;

	service_child_init(HW_OFFLOAD_NO);
	ck_assert_int_eq(sa_add(&sa_in), SUCCESS);
	ck_assert_int_eq(sa_add(&sa_out), SUCCESS);
	child_up();
	sa_init(&next, SPI_OUT + 1, FALSE, HW_OFFLOAD_NO);
	ck_assert_int_eq(sa_add(&next), SUCCESS);
	fake_kernel_use_sa(kernel, htonl(SPI_OUT), 100, 1000, time(NULL));
	/* it is due, and events are lost, while a rekeying is under way */
	for (i = 0; i < 20; i++)
	{
		ck_assert(fake_kernel_expire(kernel, htonl(SPI_OUT), FALSE));
		fake_kernel_overrun(kernel, NETLINK_XFRM);
		fake_kernel_acquire(kernel, "192.168.50.1", 1, "192.168.50.2", 2,
							IPPROTO_UDP, 1);
		usleep(20000);
	}
	ck_assert_int_eq(sa_del(&next), SUCCESS);
	ck_assert(calls_wait(&calls.expires, 1));
	usleep(500000);
	ck_assert_int_eq(calls.expires, 1);
	sa_clear(&next);
}
END_TEST

TCase *records_tcase(void)
{
	TCase *tcase = tcase_create("records");

	tcase_add_checked_fixture(tcase, records_setup, records_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_crossed_refused);
	tcase_add_test(tcase, test_crossed_closed);
	tcase_add_loop_test(tcase, test_lost_after_mobike, 0, 4);
	tcase_add_test(tcase, test_closed_after_mobike);
	tcase_add_loop_test(tcase, test_closed_after_failure, 0, countof(ends));
	tcase_add_test(tcase, test_replaced_after_failure);
	tcase_add_test(tcase, test_one_request);
	return tcase;
}
