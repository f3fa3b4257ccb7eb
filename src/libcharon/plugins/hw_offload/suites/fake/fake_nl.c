/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Netlink bytes for the fake kernel, deliberately not shared with the code that
 * is tested.
 */

#include "fake_private.h"

#include <arpa/inet.h>

const void *fake_attr_data(const struct nlattr *attr)
{
	return (const uint8_t*)attr + NLA_HDRLEN;
}

size_t fake_attr_len(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

uint32_t fake_attr_u32(const struct nlattr *attr, uint32_t missing)
{
	if (attr)
	{
		memcpy(&missing, fake_attr_data(attr), sizeof(missing));
	}
	return missing;
}

uint8_t fake_attr_u8(const struct nlattr *attr, uint8_t missing)
{
	return attr ? *(const uint8_t*)fake_attr_data(attr) : missing;
}

bool fake_attrs_parse(const void *data, size_t len, const struct nlattr *tb[])
{
	const uint8_t *pos = data;
	const struct nlattr *attr;
	size_t step;
	int type;

	memset(tb, 0, FAKE_MAX_ATTR * sizeof(*tb));
	while (len >= sizeof(*attr))
	{
		attr = (const void*)pos;
		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > len)
		{
			return FALSE;
		}
		type = attr->nla_type & NLA_TYPE_MASK;
		if (type < FAKE_MAX_ATTR)
		{
			tb[type] = attr;
		}
		step = NLA_ALIGN(attr->nla_len);
		step = min(step, len);
		pos += step;
		len -= step;
	}
	return len == 0;
}

/**
 * Append zeroed bytes to a message.
 */
static void *grow(chunk_t *msg, size_t len)
{
	size_t old = msg->len, add = NLMSG_ALIGN(len);

	msg->ptr = realloc(msg->ptr, old + add);
	msg->len = old + add;
	memset(msg->ptr + old, 0, add);
	if (old)
	{
		((struct nlmsghdr*)(void*)msg->ptr)->nlmsg_len = msg->len;
	}
	return msg->ptr + old;
}

chunk_t fake_msg_begin(uint16_t type, uint16_t flags, uint32_t seq,
					   const void *body, size_t len)
{
	struct nlmsghdr hdr = {
		.nlmsg_len = sizeof(hdr),
		.nlmsg_type = type,
		.nlmsg_flags = flags,
		.nlmsg_seq = seq,
	};
	chunk_t msg = chunk_empty;

	memcpy(grow(&msg, sizeof(hdr)), &hdr, sizeof(hdr));
	if (len)
	{
		memcpy(grow(&msg, len), body, len);
	}
	return msg;
}

void fake_msg_attr(chunk_t *msg, uint16_t type, const void *data, size_t len)
{
	struct nlattr attr = {
		.nla_type = type,
		.nla_len = NLA_HDRLEN + len,
	};
	uint8_t *pos;

	pos = grow(msg, attr.nla_len);
	memcpy(pos, &attr, sizeof(attr));
	if (len)
	{
		memcpy(pos + NLA_HDRLEN, data, len);
	}
}

chunk_t fake_msg_ack(const struct nlmsghdr *request, int err, const char *text)
{
	struct nlmsgerr body = {
		.error = -err,
		.msg = *request,
	};
	uint16_t flags = NLM_F_CAPPED;
	chunk_t msg;

	if (text)
	{
		flags |= NLM_F_ACK_TLVS;
	}
	msg = fake_msg_begin(NLMSG_ERROR, flags, request->nlmsg_seq, &body,
						 sizeof(body));
	if (text)
	{
		fake_msg_attr(&msg, NLMSGERR_ATTR_MSG, text, strlen(text) + 1);
	}
	return msg;
}

bool fake_parse_net(const char *str, uint16_t *family, uint8_t addr[16],
					uint8_t *prefix)
{
	char buf[INET6_ADDRSTRLEN + 4], *slash;

	snprintf(buf, sizeof(buf), "%s", str);
	memset(addr, 0, 16);
	slash = strchr(buf, '/');
	if (slash)
	{
		*slash++ = '\0';
	}
	*family = strchr(buf, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(*family, buf, addr) != 1)
	{
		return FALSE;
	}
	*prefix = slash ? atoi(slash) : (*family == AF_INET6 ? 128 : 32);
	return TRUE;
}
