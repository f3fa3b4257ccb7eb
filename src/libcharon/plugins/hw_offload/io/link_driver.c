/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Asks for the driver of a link. Netlink has no message for that.
 */

#include "link_driver.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

bool hwo_link_driver(uint32_t ifindex, hwo_driver_t *driver)
{
	struct ethtool_drvinfo info = {
		.cmd = ETHTOOL_GDRVINFO,
	};
	struct ifreq request = {
		.ifr_data = (void*)&info,
	};
	bool found;
	int fd;

	memset(driver, 0, sizeof(*driver));
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
	{
		return FALSE;
	}
	found = if_indextoname(ifindex, request.ifr_name) &&
			ioctl(fd, SIOCETHTOOL, &request) == 0;
	if (!found && errno == EOPNOTSUPP)
	{
		driver->name[0] = '-';
	}
	close(fd);
	if (found)
	{
		snprintf(driver->name, sizeof(driver->name), "%.31s", info.driver);
		snprintf(driver->version, sizeof(driver->version), "%.31s",
				 info.version);
	}
	return driver->name[0] != '\0';
}
