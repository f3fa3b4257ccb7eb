/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * migrate-state SRC DST SPI REQID clear|keep|DEVICE in|out
 *
 * Sends XFRM_MSG_MIGRATE_STATE (Linux 7.2) for an SA of ESP over IPv4 that
 * keeps its addresses: "clear" without its offload, "keep" as it is, DEVICE
 * with crypto offload there. Prints what the kernel says.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/xfrm.h>

/* what headers before 7.2 don't have */
#define MSG_MIGRATE_STATE 41
#define CLEAR_OFFLOAD 1

struct migrate_state {
	struct xfrm_usersa_id id;
	xfrm_address_t new_daddr;
	xfrm_address_t new_saddr;
	struct xfrm_mark old_mark;
	struct xfrm_selector new_sel;
	uint32_t new_reqid;
	uint32_t flags;
	uint16_t new_family;
	uint16_t reserved;
};

struct request {
	struct nlmsghdr hdr;
	struct migrate_state state;
	struct nlattr attr;
	struct xfrm_user_offload offload;
};

/**
 * Fill in the request.
 */
static int fill(struct request *req, char *argv[])
{
	struct migrate_state *state = &req->state;

	req->hdr.nlmsg_type = MSG_MIGRATE_STATE;
	req->hdr.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	req->hdr.nlmsg_len = NLMSG_LENGTH(sizeof(*state));
	if (inet_pton(AF_INET, argv[1], &state->new_saddr.a4) != 1 ||
		inet_pton(AF_INET, argv[2], &state->new_daddr.a4) != 1)
	{
		return -1;
	}
	state->id.daddr = state->new_daddr;
	state->id.spi = htonl(strtoul(argv[3], NULL, 0));
	state->id.family = AF_INET;
	state->id.proto = IPPROTO_ESP;
	state->new_reqid = strtoul(argv[4], NULL, 0);
	state->new_family = AF_INET;
	state->new_sel.family = AF_INET;
	if (strcmp(argv[5], "clear") == 0)
	{
		state->flags = CLEAR_OFFLOAD;
	}
	else if (strcmp(argv[5], "keep") != 0)
	{
		req->attr.nla_type = XFRMA_OFFLOAD_DEV;
		req->attr.nla_len = sizeof(req->attr) + sizeof(req->offload);
		req->offload.ifindex = if_nametoindex(argv[5]);
		req->offload.flags = strcmp(argv[6], "in") == 0 ? XFRM_OFFLOAD_INBOUND
														: 0;
		req->hdr.nlmsg_len += req->attr.nla_len;
	}
	return 0;
}

/**
 * Print the answer, with the kernel's words for it if there are any.
 */
static int print(char *buf, ssize_t len)
{
	struct nlmsghdr *hdr = (void*)buf;
	struct nlmsgerr *err = NLMSG_DATA(hdr);
	struct nlattr *attr = (void*)(err + 1);

	if (len < (ssize_t)NLMSG_LENGTH(sizeof(*err)) ||
		hdr->nlmsg_type != NLMSG_ERROR)
	{
		return 2;
	}
	printf("%s", err->error ? strerror(-err->error) : "ok");
	if (hdr->nlmsg_flags & NLM_F_ACK_TLVS &&
		(attr->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG)
	{
		printf(": %s", (char*)(attr + 1));
	}
	printf("\n");
	return err->error ? 1 : 0;
}

int main(int argc, char *argv[])
{
	struct request req = {};
	char buf[8192];
	int fd, on = 1;

	if (argc != 7 || fill(&req, argv) != 0)
	{
		fprintf(stderr, "usage: migrate-state SRC DST SPI REQID "
				"clear|keep|DEVICE in|out\n");
		return 2;
	}
	fd = socket(AF_NETLINK, SOCK_RAW, NETLINK_XFRM);
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	if (fd < 0 || send(fd, &req, req.hdr.nlmsg_len, 0) < 0)
	{
		perror("migrate-state");
		return 2;
	}
	return print(buf, recv(fd, buf, sizeof(buf), 0));
}
