/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of the wire floor, against what iproute2 and Linux have sent to each
 * other (golden_*.h).
 */

#include "wire_suites.h"

#include <arpa/inet.h>
#include <linux/xfrm.h>

/** Recorded messages */
static const struct {
	const char *name;
	const char *command;
	const char *hex;
} golden[] = {
#define GOLDEN(name, command, hex) { #name, command, hex },
#include "../golden/golden_requests.h"
#include "../golden/golden_features.h"
#include "../golden/golden_replies.h"
#undef GOLDEN
};

/** Header of an attribute, and where the next one starts */
#define ATTR_HDR 4
#define ALIGNED(len) (((len) + 3) / 4 * 4)

/**
 * Convert a hex string to a message.
 */
static struct nlmsghdr *from_hex(const char *hex)
{
	size_t i, len = strlen(hex) / 2;
	struct nlmsghdr *hdr = malloc(len);
	unsigned int byte;

	for (i = 0; i < len; i++)
	{
		ck_assert_int_eq(sscanf(hex + 2 * i, "%2x", &byte), 1);
		((uint8_t*)hdr)[i] = byte;
	}
	ck_assert_uint_eq(hdr->nlmsg_len, len);
	return hdr;
}

struct nlmsghdr *wire_golden(const char *name)
{
	int i;

	for (i = 0; i < countof(golden); i++)
	{
		if (streq(golden[i].name, name))
		{
			return from_hex(golden[i].hex);
		}
	}
	ck_abort_msg("no recorded message %s", name);
	return NULL;
}

struct nlmsghdr *wire_golden_event(uint16_t type, int n)
{
	struct nlmsghdr *hdr;
	int i;

	for (i = 0; i < countof(golden); i++)
	{
		if (strncmp(golden[i].name, "event_", 6) == 0)
		{
			hdr = from_hex(golden[i].hex);
			if (hdr->nlmsg_type == type && n-- == 0)
			{
				return hdr;
			}
			free(hdr);
		}
	}
	ck_abort_msg("no recorded event 0x%x", type);
	return NULL;
}

/**
 * Iterate over attributes.
 *
 * @param pos		[inout] offset of the attribute, start with 0
 * @return			FALSE if there are no more
 */
static bool next_attr(const struct nlmsghdr *hdr, size_t hdr_len, size_t *pos,
					  struct nlattr *attr)
{
	if (*pos == 0)
	{
		*pos = sizeof(*hdr) + ALIGNED(hdr_len);
	}
	else
	{
		memcpy(attr, (uint8_t*)hdr + *pos, sizeof(*attr));
		*pos += ALIGNED(attr->nla_len);
	}
	if (*pos >= hdr->nlmsg_len)
	{
		return FALSE;
	}
	memcpy(attr, (uint8_t*)hdr + *pos, sizeof(*attr));
	ck_assert_uint_ge(attr->nla_len, ATTR_HDR);
	ck_assert_uint_le(*pos + attr->nla_len, hdr->nlmsg_len);
	return TRUE;
}

const uint8_t *wire_attr(const struct nlmsghdr *hdr, size_t hdr_len,
						 uint16_t type, size_t *len)
{
	struct nlattr attr;
	size_t pos = 0;

	while (next_attr(hdr, hdr_len, &pos, &attr))
	{
		if (attr.nla_type == type)
		{
			*len = attr.nla_len - ATTR_HDR;
			return (const uint8_t*)hdr + pos + ATTR_HDR;
		}
	}
	return NULL;
}

/**
 * Whether iproute2 sends an attribute that we don't: an unspecified address
 * with each ID of an SA.
 */
static bool is_superfluous(const struct nlattr *attr, const uint8_t *data)
{
	const xfrm_address_t any = {};

	return attr->nla_type == XFRMA_SRCADDR &&
		   memcmp(data, &any, sizeof(any)) == 0;
}

/**
 * Compare an attribute. iproute2 omits the bitmap after a replay state, which
 * the kernel takes for one of zeros.
 */
static void same_attr(const char *name, uint16_t type, const uint8_t *data,
					  size_t len, const uint8_t *expected, size_t expected_len)
{
	size_t i;

	if (type == XFRMA_REPLAY_ESN_VAL)
	{
		ck_assert_msg(len == 24 + *(uint32_t*)data * 4, "%s: length of bitmap",
					  name);
		for (i = 24; i < len; i++)
		{
			ck_assert_msg(data[i] == 0, "%s: bitmap", name);
		}
		len = 24;
	}
	ck_assert_msg(len == expected_len, "%s: length %zu of attribute %d is "
				  "not %zu", name, len, type, expected_len);
	for (i = 0; i < len; i++)
	{
		ck_assert_msg(data[i] == expected[i], "%s: byte %zu of attribute %d is "
					  "%02x, not %02x", name, i, type, data[i], expected[i]);
	}
}

void wire_same(const hwo_msg_t *msg, const char *name, size_t hdr_len)
{
	struct nlmsghdr *expected = wire_golden(name);
	const uint8_t *data, *fixed = msg->bytes + sizeof(*expected),
				  *expected_fixed = (uint8_t*)(expected + 1);
	struct nlattr attr;
	size_t pos = 0, len, i;
	int count = 0;

	ck_assert_int_eq(msg->hdr.nlmsg_type, expected->nlmsg_type);
	ck_assert_int_eq(msg->hdr.nlmsg_flags, expected->nlmsg_flags);
	for (i = 0; i < hdr_len; i++)
	{
		ck_assert_msg(fixed[i] == expected_fixed[i], "%s: byte %zu of the "
					  "header is %02x, not %02x", name, i, fixed[i],
					  expected_fixed[i]);
	}
	while (next_attr(expected, hdr_len, &pos, &attr))
	{
		if (is_superfluous(&attr, (uint8_t*)expected + pos + ATTR_HDR))
		{
			continue;
		}
		data = wire_attr(&msg->hdr, hdr_len, attr.nla_type, &len);
		ck_assert_msg(data, "%s: attribute %d is missing", name,
					  attr.nla_type);
		same_attr(name, attr.nla_type, data, len,
				  (uint8_t*)expected + pos + ATTR_HDR,
				  attr.nla_len - ATTR_HDR);
		count++;
	}
	for (pos = 0; next_attr(&msg->hdr, hdr_len, &pos, &attr); count--)
	{
	}
	ck_assert_msg(count == 0, "%s: %d more attributes than expected", name,
				  -count);
	free(expected);
}

struct nlmsghdr *wire_append(struct nlmsghdr *hdr, uint16_t type,
							 const void *data, size_t len)
{
	size_t start = ALIGNED(hdr->nlmsg_len);
	struct nlattr attr = {
		.nla_type = type,
		.nla_len = ATTR_HDR + len,
	};
	struct nlmsghdr *copy = calloc(1, start + ATTR_HDR + len);

	memcpy(copy, hdr, hdr->nlmsg_len);
	memcpy((uint8_t*)copy + start, &attr, sizeof(attr));
	memcpy((uint8_t*)copy + start + ATTR_HDR, data, len);
	copy->nlmsg_len = start + ATTR_HDR + len;
	free(hdr);
	return copy;
}

struct nlmsghdr *wire_resize(struct nlmsghdr *hdr, size_t hdr_len,
							 uint16_t type, size_t len)
{
	size_t old_len, size = sizeof(*hdr) + ALIGNED(hdr_len), pos = 0, copied;
	struct nlmsghdr *copy = calloc(1, size);
	const uint8_t *payload;
	struct nlattr attr;
	uint8_t *data;
	bool found = FALSE;

	memcpy(copy, hdr, size);
	copy->nlmsg_len = size;
	while (next_attr(hdr, hdr_len, &pos, &attr))
	{
		payload = (uint8_t*)hdr + pos + ATTR_HDR;
		old_len = copied = attr.nla_len - ATTR_HDR;
		if (attr.nla_type == type)
		{
			copied = len;
			found = TRUE;
		}
		data = calloc(1, copied + 1);
		memcpy(data, payload, min(copied, old_len));
		copy = wire_append(copy, attr.nla_type, data, copied);
		free(data);
	}
	ck_assert(found);
	free(hdr);
	return copy;
}

hwo_addr_t wire_addr(const char *str)
{
	hwo_addr_t addr = {
		.family = strchr(str, ':') ? AF_INET6 : AF_INET,
	};

	ck_assert_int_eq(inet_pton(addr.family, str, addr.bytes), 1);
	return addr;
}

hwo_selector_t wire_selector(const char *src, int src_prefix, const char *dst,
							 int dst_prefix)
{
	hwo_addr_t from = wire_addr(src), to = wire_addr(dst);
	hwo_selector_t sel = {
		.family = from.family,
		.src_prefix = src_prefix,
		.dst_prefix = dst_prefix,
	};

	memcpy(sel.src, from.bytes, sizeof(sel.src));
	memcpy(sel.dst, to.bytes, sizeof(sel.dst));
	return sel;
}

chunk_t wire_key(size_t len)
{
	static uint8_t key[64];
	size_t i;

	for (i = 0; i < sizeof(key); i++)
	{
		key[i] = i + 1;
	}
	ck_assert_uint_le(len, sizeof(key));
	return chunk_create(key, len);
}

chunk_t wire_label(void)
{
	static char label[] = "system_u:object_r:ipsec_spd_t:s0";

	return chunk_create((u_char*)label, sizeof(label));
}

int main(void)
{
	SRunner *runner;
	Suite *suite;
	int failed;

	suite = suite_create("wire");
	suite_add_tcase(suite, msg_tcase());
	suite_add_tcase(suite, map_tcase());
	suite_add_tcase(suite, sa_tcase());
	suite_add_tcase(suite, sa_id_tcase());
	suite_add_tcase(suite, sa_decode_tcase());
	suite_add_tcase(suite, move_tcase());
	suite_add_tcase(suite, trial_tcase());
	suite_add_tcase(suite, sad_tcase());
	suite_add_tcase(suite, sp_tcase());
	suite_add_tcase(suite, event_tcase());
	suite_add_tcase(suite, rt_tcase());
	suite_add_tcase(suite, rule_tcase());
	suite_add_tcase(suite, genl_tcase());
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
