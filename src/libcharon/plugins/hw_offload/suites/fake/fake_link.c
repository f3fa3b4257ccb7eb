/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * What the fake kernel announces about its devices.
 */

#include "fake_private.h"

#include <linux/rtnetlink.h>
#include <net/if.h>

/**
 * Make a message about a device.
 */
static chunk_t make_msg(uint16_t type, uint32_t seq, uint32_t ifindex, bool up)
{
	struct ifinfomsg info = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = ifindex,
		.ifi_flags = up ? IFF_UP : 0,
	};

	return fake_msg_begin(type, seq ? NLM_F_MULTI : 0, seq, &info,
						  sizeof(info));
}

int fake_link_execute(fake_request_t *request)
{
	linked_list_t *devices = request->kernel->devices;
	enumerator_t *enumerator;
	fake_device_t *device;

	enumerator = devices->create_enumerator(devices);
	while (enumerator->enumerate(enumerator, &device))
	{
		fake_answer(request, make_msg(RTM_NEWLINK, request->hdr->nlmsg_seq,
									  device->ifindex, !device->down));
	}
	enumerator->destroy(enumerator);
	return 0;
}

void fake_kernel_list_link(fake_kernel_t *this, uint32_t ifindex, bool up)
{
	fake_device_t *device;

	this->mutex->lock(this->mutex);
	device = fake_device_find(this, ifindex);
	if (device)
	{
		device->down = !up;
	}
	this->mutex->unlock(this->mutex);
}

/**
 * Announce the state of a device.
 */
static void announce(fake_kernel_t *this, uint16_t type, uint32_t ifindex,
					 bool up)
{
	chunk_t msg;

	fake_kernel_list_link(this, ifindex, type == RTM_NEWLINK && up);
	msg = make_msg(type, 0, ifindex, up);
	this->mutex->lock(this->mutex);
	fake_announce(this, NETLINK_ROUTE, RTNLGRP_LINK, msg);
	this->mutex->unlock(this->mutex);
	chunk_free(&msg);
}

void fake_kernel_link_down(fake_kernel_t *this, uint32_t ifindex)
{
	fake_kernel_device_down(this, ifindex);
	announce(this, RTM_NEWLINK, ifindex, FALSE);
}

void fake_kernel_announce_down(fake_kernel_t *this, uint32_t ifindex)
{
	announce(this, RTM_NEWLINK, ifindex, FALSE);
}

void fake_kernel_link_up(fake_kernel_t *this, uint32_t ifindex)
{
	announce(this, RTM_NEWLINK, ifindex, TRUE);
}

void fake_kernel_link_gone(fake_kernel_t *this, uint32_t ifindex)
{
	fake_kernel_device_down(this, ifindex);
	announce(this, RTM_DELLINK, ifindex, TRUE);
}
