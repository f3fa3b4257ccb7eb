/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * What goes wrong with requests of a history, and happens between them.
 */

#include "history.h"

#include <errno.h>
#include <linux/rtnetlink.h>

#include <threading/mutex.h>

/** requests until something happens before one, 0 for never */
static u_int armed;

/** number of the request for an SA after which a link goes down, 0 for none */
static u_int fatal;

/** protects both, and what happens */
static mutex_t *mutex;

void history_faults_soon(void)
{
	armed = 1 + draw(12);
}

/**
 * Answers about SAs are lost for a while, also to what is asked as one was.
 */
static void lose_answers(void)
{
	static const uint16_t types[] = {
		XFRM_MSG_NEWSA, XFRM_MSG_UPDSA, XFRM_MSG_GETSA,
	};
	u_int count = 1 + draw(3), i, n;

	fake_kernel_note(kernel, "%u answers will be lost", count, 0, 0, 0);
	for (i = 0; i < countof(types); i++)
	{
		for (n = 1; n <= count; n++)
		{
			fake_kernel_inject(kernel, NETLINK_XFRM, types[i], n,
							   FAKE_FAULT_LOST, 0, NULL);
		}
	}
}

/**
 * The answer about an SA will be lost, and a link before anybody asks again.
 */
static void lose_link(void)
{
	fake_kernel_note(kernel, "an answer will be lost, and a link", 0, 0, 0, 0);
	fatal = fake_kernel_count(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA) + 1;
	fake_kernel_inject(kernel, NETLINK_XFRM, XFRM_MSG_NEWSA, 1,
					   FAKE_FAULT_LOST, 0, NULL);
}

/**
 * Check if the request that a link does not outlive was the last one. What was
 * requested has sent packets by then.
 */
static bool is_fatal(void)
{
	if (!fatal || fake_kernel_count(kernel, NETLINK_XFRM,
									XFRM_MSG_NEWSA) < fatal)
	{
		return FALSE;
	}
	fatal = 0;
	fake_kernel_send(kernel);
	return TRUE;
}

void history_fault_step(void)
{
	static const uint16_t types[] = {
		XFRM_MSG_NEWSA, XFRM_MSG_NEWSA, XFRM_MSG_NEWSA, XFRM_MSG_GETSA,
		XFRM_MSG_DELSA, XFRM_MSG_NEWPOLICY, XFRM_MSG_NEWPOLICY,
		XFRM_MSG_UPDPOLICY, XFRM_MSG_DELPOLICY, RTM_GETROUTE,
	};
	static const int errors[] = {
		EINVAL, EOPNOTSUPP, ENOSPC, ENOMEM, EBUSY, ETIMEDOUT, ENODEV, EIO,
	};
	static const fake_fault_t faults[] = {
		FAKE_FAULT_LOST, FAKE_FAULT_IGNORED, FAKE_FAULT_LATE,
		FAKE_FAULT_OVERRUN, FAKE_FAULT_OVERRUN_BEFORE, FAKE_FAULT_TWICE,
	};
	uint16_t type = types[draw(countof(types))];
	fake_fault_t fault = FAKE_FAULT_ERROR;
	u_int nth = 1 + draw(4);
	int err = errors[draw(countof(errors))];

	if (one_in(10))
	{
		one_in(2) ? lose_answers() : lose_link();
		return;
	}
	if (one_in(3))
	{
		fault = faults[draw(countof(faults))];
	}
	if (type == XFRM_MSG_DELSA || type == XFRM_MSG_DELPOLICY)
	{	/* kernels do not refuse to remove what is there */
		fault = faults[draw(countof(faults))];
	}
	fake_kernel_note(kernel, "type %x will fail: fault %u, error %u", type,
					 fault, err, nth);
	fake_kernel_inject(kernel, type == RTM_GETROUTE ? NETLINK_ROUTE
													: NETLINK_XFRM,
					   type, nth, fault, err, "driver: words");
}

/**
 * Called before each request.
 */
static void before_request(void)
{
	mutex->lock(mutex);
	if (is_fatal())
	{
		history_world_down();
	}
	if (armed && !--armed)
	{
		fake_kernel_note(kernel, "before a request:", 0, 0, 0, 0);
		history_world_step();
	}
	mutex->unlock(mutex);
}

void history_faults_heal(void)
{
	armed = fatal = 0;
	fake_kernel_heal(kernel);
}

void history_faults_start(void)
{
	armed = fatal = 0;
	mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	fake_kernel_hook(kernel, before_request);
}

void history_faults_stop(void)
{
	mutex->destroy(mutex);
}
