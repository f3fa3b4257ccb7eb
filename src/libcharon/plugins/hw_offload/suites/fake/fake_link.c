/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * What the fake kernel announces about its devices.
 */

#include "fake_private.h"

#include <linux/rtnetlink.h>
#include <net/if.h>

/**
 * Announce the state of a device.
 */
static void announce(fake_kernel_t *this, uint16_t type, uint32_t ifindex,
					 bool up)
{
	struct ifinfomsg info = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = ifindex,
		.ifi_flags = up ? IFF_UP : 0,
	};
	chunk_t msg;

	msg = fake_msg_begin(type, 0, 0, &info, sizeof(info));
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
