/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Interfaces by rtnetlink, features by ethtool's ioctl: that one is as old as
 * features are, its netlink successor would not tell more.
 */

#include "nic.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>

/** A list that grows */
typedef struct list_t {
	nic_t *nics;
	size_t count;
} list_t;

/**
 * Get an attribute of a set, if it has the right size.
 */
static int get_u32(const struct nlattr *attr, uint32_t *value)
{
	if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
	{
		return MNL_CB_OK;
	}
	*value = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

/**
 * Copy a text attribute.
 */
static void get_text_attr(const struct nlattr *attr, char *buf, size_t size)
{
	size_t len = mnl_attr_get_payload_len(attr);

	len = len < size ? len : size - 1;
	memcpy(buf, mnl_attr_get_payload(attr), len);
	buf[len] = '\0';
}

/**
 * What is particular about a kind of interfaces.
 */
static int parse_data(const struct nlattr *attr, void *data)
{
	nic_t *nic = data;
	int type = mnl_attr_get_type(attr);

	if (!strcmp(nic->kind, "bond") && type == IFLA_BOND_MODE &&
		mnl_attr_validate(attr, MNL_TYPE_U8) >= 0)
	{
		nic->bond_mode = mnl_attr_get_u8(attr);
	}
	else if (!strcmp(nic->kind, "bond") && type == IFLA_BOND_ACTIVE_SLAVE)
	{
		return get_u32(attr, &nic->active_slave);
	}
	else if (!strcmp(nic->kind, "vxlan") && type == IFLA_VXLAN_LINK)
	{
		return get_u32(attr, &nic->lower);
	}
	return MNL_CB_OK;
}

/**
 * The kind of an interface, which comes before what is particular about it.
 */
static int parse_info(const struct nlattr *attr, void *data)
{
	nic_t *nic = data;

	switch (mnl_attr_get_type(attr))
	{
		case IFLA_INFO_KIND:
			get_text_attr(attr, nic->kind, sizeof(nic->kind));
			break;
		case IFLA_INFO_DATA:
			mnl_attr_parse_nested(attr, parse_data, nic);
			break;
	}
	return MNL_CB_OK;
}

/**
 * Attributes of an interface.
 */
static int parse_link(const struct nlattr *attr, void *data)
{
	nic_t *nic = data;

	switch (mnl_attr_get_type(attr))
	{
		case IFLA_IFNAME:
			get_text_attr(attr, nic->name, sizeof(nic->name));
			break;
		case IFLA_MTU:
			return get_u32(attr, &nic->mtu);
		case IFLA_LINK:
			return get_u32(attr, &nic->lower);
		case IFLA_MASTER:
			return get_u32(attr, &nic->master);
		case IFLA_LINKINFO:
			mnl_attr_parse_nested(attr, parse_info, nic);
			break;
	}
	return MNL_CB_OK;
}

/**
 * One interface of the dump.
 */
static int on_link(const struct nlmsghdr *hdr, void *data)
{
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(hdr);
	list_t *list = data;
	nic_t *nic;

	if (hdr->nlmsg_type != RTM_NEWLINK || hdr->nlmsg_len <
		mnl_nlmsg_size(sizeof(*info)))
	{
		return MNL_CB_OK;
	}
	list->nics = realloc(list->nics, (list->count + 1) * sizeof(nic_t));
	nic = &list->nics[list->count++];
	memset(nic, 0, sizeof(*nic));
	nic->ifindex = info->ifi_index;
	nic->up = info->ifi_flags & IFF_UP;
	nic->running = info->ifi_flags & IFF_RUNNING;
	nic->bond_mode = -1;
	mnl_attr_parse(hdr, sizeof(*info), parse_link, nic);
	if (nic->lower == nic->ifindex)
	{
		nic->lower = 0;
	}
	return MNL_CB_OK;
}

/**
 * Dump the interfaces.
 */
static bool dump_links(list_t *list)
{
	char buf[32 * 1024];
	struct mnl_socket *nl;
	struct nlmsghdr *hdr;
	struct ifinfomsg *info;
	unsigned int seq = time(NULL), port;
	ssize_t len;
	int more = MNL_CB_ERROR, err;

	nl = mnl_socket_open(NETLINK_ROUTE);
	if (!nl)
	{
		return false;
	}
	hdr = mnl_nlmsg_put_header(buf);
	hdr->nlmsg_type = RTM_GETLINK;
	hdr->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	hdr->nlmsg_seq = seq;
	info = mnl_nlmsg_put_extra_header(hdr, sizeof(*info));
	info->ifi_family = AF_UNSPEC;
	if (mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) == 0 &&
		mnl_socket_sendto(nl, hdr, hdr->nlmsg_len) > 0)
	{
		port = mnl_socket_get_portid(nl);
		do
		{
			len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
			more = len < 0 ? MNL_CB_ERROR
						   : mnl_cb_run(buf, len, seq, port, on_link, list);
		}
		while (more > MNL_CB_STOP);
	}
	err = errno;
	mnl_socket_close(nl);
	errno = err;
	return more == MNL_CB_STOP;
}

/**
 * Ask the driver of an interface something.
 */
static bool ask_driver(int fd, const nic_t *nic, void *data)
{
	struct ifreq request = {
		.ifr_data = data,
	};

	strcpy(request.ifr_name, nic->name);
	return ioctl(fd, SIOCETHTOOL, &request) == 0;
}

/**
 * Get the names of all features, the same for all interfaces.
 */
static struct ethtool_gstrings *feature_names(int fd, const nic_t *nic)
{
	struct {
		struct ethtool_sset_info info;
		uint32_t count;
	} set = {
		.info = {
			.cmd = ETHTOOL_GSSET_INFO,
			.sset_mask = 1ULL << ETH_SS_FEATURES,
		},
	};
	struct ethtool_gstrings *names;

	if (!ask_driver(fd, nic, &set) || !set.info.sset_mask)
	{
		return NULL;
	}
	names = calloc(1, sizeof(*names) + set.count * ETH_GSTRING_LEN);
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = set.count;
	if (!ask_driver(fd, nic, names))
	{
		free(names);
		return NULL;
	}
	return names;
}

/**
 * Look up a feature.
 */
static feature_t get_feature(const struct ethtool_gstrings *names,
							 const struct ethtool_gfeatures *features,
							 const char *name)
{
	const struct ethtool_get_features_block *block;
	uint32_t bit;

	for (uint32_t i = 0; i < names->len; i++)
	{
		if (!strncmp((const char*)names->data + i * ETH_GSTRING_LEN, name,
					 ETH_GSTRING_LEN))
		{
			block = &features->features[i / 32];
			bit = 1U << (i % 32);
			return block->active & bit ? FEATURE_ON :
				   block->available & bit ? FEATURE_OFF : FEATURE_MISSING;
		}
	}
	return FEATURE_UNKNOWN;
}

/**
 * Get the features of an interface.
 */
static void get_features(int fd, nic_t *nic,
						 const struct ethtool_gstrings *names)
{
	struct ethtool_gfeatures *features;
	uint32_t blocks = (names->len + 31) / 32;

	features = calloc(1, sizeof(*features) +
					  blocks * sizeof(features->features[0]));
	features->cmd = ETHTOOL_GFEATURES;
	features->size = blocks;
	if (ask_driver(fd, nic, features))
	{
		nic->esp = get_feature(names, features, "esp-hw-offload");
		nic->esp_csum = get_feature(names, features, "esp-tx-csum-hw-offload");
		nic->esp_segmentation = get_feature(names, features,
											"tx-esp-segmentation");
	}
	free(features);
}

/**
 * Get what the driver of an interface says about itself.
 */
static void get_driver(int fd, nic_t *nic)
{
	struct ethtool_drvinfo info = {
		.cmd = ETHTOOL_GDRVINFO,
	};

	if (ask_driver(fd, nic, &info))
	{
		snprintf(nic->driver, sizeof(nic->driver), "%.31s", info.driver);
		snprintf(nic->firmware, sizeof(nic->firmware), "%.31s",
				 info.fw_version);
		snprintf(nic->bus, sizeof(nic->bus), "%.31s", info.bus_info);
	}
}

bool nic_list(nic_t **nics, size_t *count)
{
	struct ethtool_gstrings *names = NULL;
	list_t list = {};
	int fd;

	if (!dump_links(&list))
	{
		free(list.nics);
		return false;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	for (size_t i = 0; fd != -1 && i < list.count; i++)
	{
		get_driver(fd, &list.nics[i]);
		if (!names)
		{
			names = feature_names(fd, &list.nics[i]);
		}
		if (names)
		{
			get_features(fd, &list.nics[i], names);
		}
	}
	if (fd != -1)
	{
		close(fd);
	}
	free(names);
	*nics = list.nics;
	*count = list.count;
	return true;
}

const nic_t *nic_by_index(const nic_t *nics, size_t count, uint32_t ifindex)
{
	for (size_t i = 0; i < count; i++)
	{
		if (ifindex && nics[i].ifindex == ifindex)
		{
			return &nics[i];
		}
	}
	return NULL;
}

const nic_t *nic_by_name(const nic_t *nics, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
	{
		if (!strcmp(nics[i].name, name))
		{
			return &nics[i];
		}
	}
	return NULL;
}

const char *feature_name(feature_t feature)
{
	static const char *const names[] = {
		[FEATURE_UNKNOWN] = "unknown",
		[FEATURE_MISSING] = "missing",
		[FEATURE_OFF] = "off",
		[FEATURE_ON] = "on",
	};

	return names[feature];
}
