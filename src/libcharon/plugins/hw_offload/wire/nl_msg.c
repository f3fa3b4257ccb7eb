/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Netlink messages as bytes. Only the bounded builders of libmnl are used, and
 * nothing is read of a message before its size is proven.
 */

#include "nl_msg.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <netinet/in.h>

/** Largest errno value the kernel uses (MAX_ERRNO) */
#define ERRNO_MAX 4095

void *hwo_msg_begin(hwo_msg_t *msg, uint16_t type, uint16_t flags,
					size_t hdr_len)
{
	memset(msg, 0, sizeof(*msg));
	mnl_nlmsg_put_header(msg->bytes);
	msg->hdr.nlmsg_type = type;
	msg->hdr.nlmsg_flags = NLM_F_REQUEST | flags;
	return mnl_nlmsg_put_extra_header(&msg->hdr, hdr_len);
}

void *hwo_msg_put(hwo_msg_t *msg, uint16_t type, const void *data, size_t len)
{
	static const uint8_t zeroes[HWO_MSG_SIZE];
	size_t offset = msg->hdr.nlmsg_len;

	if (msg->overflow || len > HWO_MSG_SIZE ||
		!mnl_attr_put_check(&msg->hdr, sizeof(msg->bytes), type, len,
							data ? data : zeroes))
	{
		msg->overflow = TRUE;
		return NULL;
	}
	return msg->bytes + offset + MNL_ATTR_HDRLEN;
}

void hwo_msg_put_u8(hwo_msg_t *msg, uint16_t type, uint8_t value)
{
	hwo_msg_put(msg, type, &value, sizeof(value));
}

void hwo_msg_put_u16(hwo_msg_t *msg, uint16_t type, uint16_t value)
{
	hwo_msg_put(msg, type, &value, sizeof(value));
}

void hwo_msg_put_u32(hwo_msg_t *msg, uint16_t type, uint32_t value)
{
	hwo_msg_put(msg, type, &value, sizeof(value));
}

size_t hwo_addr_len(uint16_t family)
{
	switch (family)
	{
		case AF_INET:
			return sizeof(struct in_addr);
		case AF_INET6:
			return sizeof(struct in6_addr);
		default:
			return 0;
	}
}

void hwo_msg_wipe(hwo_msg_t *msg)
{
	memwipe(msg, sizeof(*msg));
}

/**
 * Store an attribute if it is of interest, FALSE if it breaks its policy.
 */
static bool take_attr(const struct nlattr *attr,
					  const hwo_attr_policy_t *policy, int count,
					  const struct nlattr *attrs[])
{
	uint16_t len = mnl_attr_get_payload_len(attr);
	int i;

	for (i = 0; i < count; i++)
	{
		if (policy[i].type == mnl_attr_get_type(attr))
		{
			if (len < policy[i].min_len ||
				(policy[i].exact && len != policy[i].min_len))
			{
				return FALSE;
			}
			attrs[i] = attr;
		}
	}
	return TRUE;
}

/**
 * Parse a sequence of attributes of a given total length.
 */
static bool parse_attrs(const void *pos, int len,
						const hwo_attr_policy_t *policy, int count,
						const struct nlattr *attrs[])
{
	const struct nlattr *attr = pos;

	while (len > 0)
	{
		if (!mnl_attr_ok(attr, len) ||
			!take_attr(attr, policy, count, attrs))
		{
			return FALSE;
		}
		/* the padding after the last one may be missing */
		len -= MNL_ALIGN(attr->nla_len);
		attr = mnl_attr_next(attr);
	}
	return TRUE;
}

bool hwo_msg_parse(const struct nlmsghdr *hdr, size_t hdr_len,
				   const hwo_attr_policy_t *policy, int count,
				   const struct nlattr *attrs[])
{
	size_t offset = MNL_NLMSG_HDRLEN + MNL_ALIGN(hdr_len);
	int i;

	for (i = 0; i < count; i++)
	{
		attrs[i] = NULL;
	}
	if (hdr->nlmsg_len < MNL_NLMSG_HDRLEN + hdr_len)
	{
		return FALSE;
	}
	if (hdr->nlmsg_len <= offset)
	{
		return TRUE;
	}
	return parse_attrs((const uint8_t*)hdr + offset, hdr->nlmsg_len - offset,
					   policy, count, attrs);
}

/**
 * Copy the text of an extended ACK, if there is one, whose attributes start at
 * offset. An unusable text does not make the errno less valid.
 */
static void copy_extack(const struct nlmsghdr *hdr, size_t offset,
						hwo_result_t *result)
{
	static const hwo_attr_policy_t policy[] = {
		{ NLMSGERR_ATTR_MSG, 1, FALSE },
	};
	const struct nlattr *attrs[countof(policy)] = {};
	size_t len;

	if (!(hdr->nlmsg_flags & NLM_F_ACK_TLVS) || hdr->nlmsg_len <= offset ||
		!parse_attrs((const uint8_t*)hdr + offset, hdr->nlmsg_len - offset,
					 policy, countof(policy), attrs) ||
		!attrs[0])
	{
		return;
	}
	len = strnlen(mnl_attr_get_payload(attrs[0]),
				  mnl_attr_get_payload_len(attrs[0]));
	len = min(len, sizeof(result->extack) - 1);
	memcpy(result->extack, mnl_attr_get_payload(attrs[0]), len);
	result->extack[len] = '\0';
}

/**
 * Find where the attributes of an acknowledgement start, 0 if it is too short
 * or none.
 */
static size_t find_extack(const struct nlmsghdr *hdr)
{
	const struct nlmsgerr *ack;
	size_t offset;

	switch (hdr->nlmsg_type)
	{
		case NLMSG_DONE:
			offset = MNL_NLMSG_HDRLEN + sizeof(int);
			break;
		case NLMSG_ERROR:
			offset = MNL_NLMSG_HDRLEN + sizeof(*ack);
			break;
		default:
			return 0;
	}
	if (hdr->nlmsg_len < offset)
	{
		return 0;
	}
	if (hdr->nlmsg_type == NLMSG_ERROR && !(hdr->nlmsg_flags & NLM_F_CAPPED))
	{	/* the request follows as a whole, not only its header */
		ack = mnl_nlmsg_get_payload(hdr);
		if (ack->msg.nlmsg_len < sizeof(ack->msg) ||
			ack->msg.nlmsg_len > hdr->nlmsg_len)
		{	/* the errno is there, the rest is not what it claims to be */
			return hdr->nlmsg_len;
		}
		offset += MNL_ALIGN(ack->msg.nlmsg_len) - sizeof(ack->msg);
	}
	return offset;
}

bool hwo_msg_result(const struct nlmsghdr *hdr, hwo_result_t *result)
{
	size_t offset;
	int error;

	*result = (hwo_result_t){
		.err = EBADMSG,
		.answer = HWO_ANSWER_LOST,
	};
	if (hdr->nlmsg_len < MNL_NLMSG_HDRLEN)
	{
		return FALSE;
	}
	offset = find_extack(hdr);
	if (!offset)
	{
		return FALSE;
	}
	/* both kinds of messages start with the negative errno */
	memcpy(&error, mnl_nlmsg_get_payload(hdr), sizeof(error));
	if (error > 0 || error < -ERRNO_MAX)
	{
		return FALSE;
	}
	result->err = -error;
	result->answer = HWO_ANSWERED;
	copy_extack(hdr, offset, result);
	return TRUE;
}
