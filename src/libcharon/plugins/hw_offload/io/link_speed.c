/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Asks how fast a link is. By ioctl(), which needs no family of generic netlink
 * and no file system, so it works in containers and under AppArmor as well.
 */

#include "link_speed.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

uint64_t hwo_link_speed(uint32_t ifindex)
{
	struct ethtool_cmd cmd = {
		.cmd = ETHTOOL_GSET,
	};
	struct ifreq request = {
		.ifr_data = (void*)&cmd,
	};
	uint32_t megabits = 0;
	int fd;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
	{
		return 0;
	}
	if (if_indextoname(ifindex, request.ifr_name) &&
		ioctl(fd, SIOCETHTOOL, &request) == 0)
	{
		megabits = ethtool_cmd_speed(&cmd);
	}
	close(fd);
	return megabits == (uint32_t)SPEED_UNKNOWN ? 0 : megabits * 125000ULL;
}
