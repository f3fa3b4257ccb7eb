/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * What no kernel sends, but a decoder must survive.
 */

#include "wire_suites.h"

/** Header of an attribute, and where the next one starts */
#define ATTR_HDR 4
#define ALIGNED(len) (((len) + 3) / 4 * 4)

/**
 * Decode the first bytes of a message, in a block of exactly that size.
 */
static bool decode_prefix(const struct nlmsghdr *hdr, size_t len,
						  wire_decoder_t decode)
{
	struct nlmsghdr *copy = malloc(len);
	bool result;

	memcpy(copy, hdr, len);
	copy->nlmsg_len = len;
	result = decode(copy);
	free(copy);
	return result;
}

/**
 * Find where messages may be cut: between attributes, or within the padding.
 *
 * @param cuts		[out] TRUE for each length that is fine, zeroed
 */
static void find_cuts(const struct nlmsghdr *hdr, size_t hdr_len,
					  uint16_t mandatory, bool *cuts)
{
	size_t pos = sizeof(*hdr) + ALIGNED(hdr_len), i;
	struct nlattr attr;
	bool complete = !mandatory;

	for (i = sizeof(*hdr) + hdr_len; i <= pos; i++)
	{
		cuts[i] = complete;
	}
	while (pos < hdr->nlmsg_len)
	{
		memcpy(&attr, (uint8_t*)hdr + pos, sizeof(attr));
		complete = complete || attr.nla_type == mandatory;
		for (i = pos + attr.nla_len; i <= pos + ALIGNED(attr.nla_len); i++)
		{
			cuts[i] = complete;
		}
		pos += ALIGNED(attr.nla_len);
	}
}

/**
 * Cut a message everywhere.
 */
static void cut(const struct nlmsghdr *hdr, size_t hdr_len, uint16_t mandatory,
				wire_decoder_t decode)
{
	bool *cuts = calloc(hdr->nlmsg_len + 8, sizeof(*cuts));
	size_t len;

	find_cuts(hdr, hdr_len, mandatory, cuts);
	for (len = sizeof(*hdr); len < hdr->nlmsg_len; len++)
	{
		ck_assert_msg(decode_prefix(hdr, len, decode) == cuts[len],
					  "message of type 0x%x, cut to %zu of %u bytes",
					  hdr->nlmsg_type, len, hdr->nlmsg_len);
	}
	free(cuts);
}

/**
 * Let every attribute claim to be shorter than its header, or longer than what
 * is there.
 */
static void lie(const struct nlmsghdr *hdr, size_t hdr_len,
				wire_decoder_t decode)
{
	size_t pos = sizeof(*hdr) + ALIGNED(hdr_len), space, i;
	struct nlmsghdr *copy = malloc(hdr->nlmsg_len);
	struct nlattr attr;

	while (pos < hdr->nlmsg_len)
	{
		memcpy(&attr, (uint8_t*)hdr + pos, sizeof(attr));
		space = hdr->nlmsg_len - pos;
		const uint16_t lies[] = {
			0, 1, ATTR_HDR - 1, space + 1, space + 4, UINT16_MAX,
		};
		for (i = 0; i < countof(lies); i++)
		{
			memcpy(copy, hdr, hdr->nlmsg_len);
			memcpy((uint8_t*)copy + pos, &lies[i], sizeof(lies[i]));
			ck_assert_msg(!decode_prefix(copy, hdr->nlmsg_len, decode),
						  "message of type 0x%x with length %u of attribute %u",
						  hdr->nlmsg_type, lies[i], attr.nla_type);
		}
		pos += ALIGNED(attr.nla_len);
	}
	free(copy);
}

/**
 * Change each byte after the header. What is decoded doesn't matter, only what
 * sanitizers say.
 */
static void disturb(const struct nlmsghdr *hdr, wire_decoder_t decode)
{
	static const uint8_t noise[] = { 0x01, 0x02, 0x10, 0x80, 0xff };
	struct nlmsghdr *copy = malloc(hdr->nlmsg_len);
	size_t pos, i;

	for (pos = sizeof(*hdr); pos < hdr->nlmsg_len; pos++)
	{
		for (i = 0; i < countof(noise); i++)
		{
			memcpy(copy, hdr, hdr->nlmsg_len);
			((uint8_t*)copy)[pos] ^= noise[i];
			decode_prefix(copy, hdr->nlmsg_len, decode);
		}
	}
	free(copy);
}

void wire_abuse(struct nlmsghdr *hdr, size_t hdr_len, uint16_t mandatory,
				wire_decoder_t decode)
{
	ck_assert_msg(decode_prefix(hdr, hdr->nlmsg_len, decode),
				  "message of type 0x%x", hdr->nlmsg_type);
	cut(hdr, hdr_len, mandatory, decode);
	lie(hdr, hdr_len, decode);
	disturb(hdr, decode);
	free(hdr);
}
