/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * CHILD_SAs that hide each other.
 */

#include "hidden_children.h"
#include "bus_child.h"
#include "status_client.h"

#include <arpa/inet.h>

#define LOCAL "192.168.50.1/32"
#define REMOTE "192.168.50.2/32"

#define PORT 4000
#define FIRST_SPI 0x100

hidden_child_t hidden_children[MAX_CHILDREN];
int hidden_count;
static uint32_t next_spi;

bool hidden_silent;

/**
 * Install the SAs of a CHILD_SA, and its policy.
 */
static void hidden_install(hidden_child_t *child, int number, uint32_t reqid,
					hw_offload_t requested)
{
	sa_init(&child->in, next_spi++, TRUE, requested);
	sa_init(&child->out, next_spi++, FALSE, requested);
	child->in.data.reqid = child->out.data.reqid = reqid;
	ck_assert_int_eq(sa_add(&child->in), SUCCESS);
	ck_assert_int_eq(sa_add(&child->out), SUCCESS);
	sp_init(&child->sp, POLICY_OUT, LOCAL, REMOTE, next_spi - 1, reqid,
			requested);
	child->sp.id.dst_ts->destroy(child->sp.id.dst_ts);
	child->sp.id.dst_ts = traffic_selector_create_from_cidr(REMOTE,
								IPPROTO_UDP, PORT + number, PORT + number);
	ck_assert_int_eq(sp_add(&child->sp), SUCCESS);
	bus_child_reqid = reqid;
	bus_child_id = next_spi;
	bus_child_updown(child->in.id.spi, child->out.id.spi, TRUE);
}

void hidden_uninstall(hidden_child_t *child)
{
	ck_assert_int_eq(sp_del(&child->sp), SUCCESS);
	ck_assert_int_eq(sa_del(&child->in), SUCCESS);
	ck_assert_int_eq(sa_del(&child->out), SUCCESS);
	sp_clear(&child->sp);
	sa_clear(&child->in);
	sa_clear(&child->out);
}

hidden_child_t *hidden_add(uint32_t reqid, hw_offload_t requested)
{
	hidden_child_t *child = &hidden_children[hidden_count];

	if (!hidden_silent)
	{
		child->flow = fake_kernel_add_flow(kernel, "192.168.50.1", 1000,
										   "192.168.50.2", PORT + hidden_count,
										   IPPROTO_UDP);
	}
	hidden_install(child, hidden_count++, reqid, requested);
	return child;
}

void hidden_rekey(hidden_child_t *child, hw_offload_t requested)
{
	hidden_child_t old = *child;

	hidden_install(child, child - hidden_children, old.out.data.reqid,
				   requested);
	bus_child_rekeyed(old.in.id.spi, old.out.id.spi);
	hidden_uninstall(&old);
}

void hidden_check_fate(const hidden_child_t *child, fake_fate_t fate)
{
	fake_kernel_send(kernel);
	ck_assert_int_eq(fake_kernel_fate(kernel, child->flow, NULL), fate);
}

void hidden_wait_asked(const hidden_child_t *child)
{
	ck_assert(calls_wait(&calls.expires, 1));
	ck_assert_uint_eq(calls.expire_spi, child->out.id.spi);
	ck_assert(!calls.expire_hard);
	calls.expires = 0;
}

void hidden_setup(void)
{
	status_setup();
	next_spi = FIRST_SPI;
	hidden_silent = FALSE;
	hidden_count = 0;
	fake_kernel_traffic(kernel, TRUE);
}

void hidden_teardown(void)
{
	ck_assert_ptr_null(fake_kernel_violation(kernel));
	while (hidden_count--)
	{
		sp_clear(&hidden_children[hidden_count].sp);
		sa_clear(&hidden_children[hidden_count].in);
		sa_clear(&hidden_children[hidden_count].out);
	}
	bus_child_reqid = 1;
	bus_child_id = 9;
	status_teardown();
}
