/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of building messages, finding attributes and reading acknowledgements.
 */

#include "wire_suites.h"

#include <errno.h>
#include <netinet/in.h>

/** Size of the header of messages in these tests, not a multiple of 4 */
#define HDR_LEN 6

START_TEST(test_build)
{
	/* struct nlmsghdr, header padded to 8 bytes, attributes padded to 4 */
	const uint8_t expected[] = {
		0x38, 0, 0, 0, 0x34, 0x12, 0x01, 0x02, 0, 0, 0, 0, 0, 0, 0, 0,
		0xaa, 0, 0, 0, 0, 0xbb, 0, 0,
		0x05, 0, 0x01, 0, 0x7f, 0, 0, 0,
		0x06, 0, 0x02, 0, 0xcd, 0xab, 0, 0,
		0x08, 0, 0x03, 0, 0x04, 0x03, 0x02, 0x01,
		0x07, 0, 0x04, 0, 'a', 'b', 'c', 0,
	};
	hwo_msg_t msg;
	uint8_t *hdr;

	/* not even padding may be left from before */
	memset(&msg, 0xff, sizeof(msg));
	hdr = hwo_msg_begin(&msg, 0x1234, 0x200, HDR_LEN);
	hdr[0] = 0xaa;
	hdr[5] = 0xbb;
	hwo_msg_put_u8(&msg, 1, 0x7f);
	hwo_msg_put_u16(&msg, 2, 0xabcd);
	hwo_msg_put_u32(&msg, 3, 0x01020304);
	hwo_msg_put(&msg, 4, "abc", 3);
	ck_assert(!msg.overflow);
	ck_assert_uint_eq(msg.hdr.nlmsg_len, sizeof(expected));
	ck_assert_mem_eq(msg.bytes, expected, sizeof(expected));
}
END_TEST

START_TEST(test_build_zeros)
{
	const uint8_t expected[] = { 0x04, 0, 0x05, 0, 0x07, 0, 0x06, 0, 0, 0, 0,
								 0 };
	hwo_msg_t msg;
	uint8_t *data;

	hwo_msg_begin(&msg, 1, 0, 0);
	ck_assert(hwo_msg_put(&msg, 5, NULL, 0));
	data = hwo_msg_put(&msg, 6, NULL, 3);
	ck_assert_ptr_eq(data, msg.bytes + 24);
	ck_assert_mem_eq(msg.bytes + 16, expected, sizeof(expected));
}
END_TEST

START_TEST(test_overflow)
{
	const size_t space = HWO_MSG_SIZE - sizeof(struct nlmsghdr) - 4;
	static const uint8_t data[HWO_MSG_SIZE];
	hwo_msg_t msg;
	uint32_t len;

	hwo_msg_begin(&msg, 1, 0, 0);
	ck_assert(hwo_msg_put(&msg, 1, data, space));
	ck_assert_uint_eq(msg.hdr.nlmsg_len, HWO_MSG_SIZE);
	ck_assert(!msg.overflow);
	ck_assert(!hwo_msg_put(&msg, 2, NULL, 0));
	ck_assert(msg.overflow);
	ck_assert_uint_eq(msg.hdr.nlmsg_len, HWO_MSG_SIZE);

	/* once something did not fit, nothing else does */
	hwo_msg_begin(&msg, 1, 0, 0);
	ck_assert(!hwo_msg_put(&msg, 1, data, space + 1));
	len = msg.hdr.nlmsg_len;
	hwo_msg_put_u8(&msg, 2, 1);
	hwo_msg_put_u16(&msg, 3, 1);
	hwo_msg_put_u32(&msg, 4, 1);
	ck_assert_uint_eq(msg.hdr.nlmsg_len, len);

	/* sizes that overflow the arithmetic */
	hwo_msg_begin(&msg, 1, 0, 0);
	ck_assert(!hwo_msg_put(&msg, 1, data, SIZE_MAX));
	hwo_msg_begin(&msg, 1, 0, 0);
	ck_assert(!hwo_msg_put(&msg, 1, data, SIZE_MAX - 2));
	hwo_msg_begin(&msg, 1, 0, 0);
	ck_assert(!hwo_msg_put(&msg, 1, data, 0x10000));
	ck_assert(msg.overflow);
	ck_assert_uint_eq(msg.hdr.nlmsg_len, sizeof(msg.hdr));
}
END_TEST

START_TEST(test_wipe)
{
	static const hwo_msg_t zero;
	hwo_msg_t msg;

	memset(&msg, 0xff, sizeof(msg));
	hwo_msg_wipe(&msg);
	ck_assert_mem_eq(&msg, &zero, sizeof(msg));
}
END_TEST

/**
 * A message with some attributes: 1 of 4 bytes, 2 of 3 bytes, 3 empty.
 */
static struct nlmsghdr *make_msg(void)
{
	struct nlmsghdr *hdr = calloc(1, sizeof(*hdr) + 8);

	hdr->nlmsg_len = sizeof(*hdr) + 8;
	hdr = wire_append(hdr, 1, "\x01\x02\x03\x04", 4);
	hdr = wire_append(hdr, 2, "abc", 3);
	return wire_append(hdr, 3, "", 0);
}

/** what the tests look for */
static const hwo_attr_policy_t policy[] = {
	{ 2, 2, FALSE },
	{ 4, 1, FALSE },
	{ 1, 4, TRUE },
	{ 3, 0, FALSE },
};

static bool parse(const struct nlmsghdr *hdr)
{
	const struct nlattr *attrs[countof(policy)];

	return hwo_msg_parse(hdr, HDR_LEN, policy, countof(policy), attrs);
}

START_TEST(test_parse)
{
	const struct nlattr *attrs[countof(policy)];
	struct nlmsghdr *hdr = make_msg();

	memset(attrs, 0xff, sizeof(attrs));
	ck_assert(hwo_msg_parse(hdr, HDR_LEN, policy, countof(policy), attrs));
	ck_assert_mem_eq(attrs[0] + 1, "abc", 3);
	ck_assert(!attrs[1]);
	ck_assert_mem_eq(attrs[2] + 1, "\x01\x02\x03\x04", 4);
	ck_assert_uint_eq(attrs[3]->nla_len, 4);

	/* the last one counts, flags in the type don't */
	hdr = wire_append(hdr, 2 | NLA_F_NESTED, "de", 2);
	ck_assert(hwo_msg_parse(hdr, HDR_LEN, policy, countof(policy), attrs));
	ck_assert_uint_eq(attrs[0]->nla_len, 6);
	ck_assert_mem_eq(attrs[0] + 1, "de", 2);
	/* but all of them have to be fine */
	hdr = wire_append(hdr, 2, "f", 1);
	ck_assert(!parse(hdr));
	hdr = wire_append(hdr, 2, "ghi", 3);
	ck_assert(!parse(hdr));
	free(hdr);
	wire_abuse(make_msg(), HDR_LEN, 0, parse);
}
END_TEST

START_TEST(test_parse_sizes)
{
	struct nlmsghdr *hdr;
	size_t len;

	for (len = 0; len < 8; len++)
	{
		hdr = wire_resize(make_msg(), HDR_LEN, 1, len);
		ck_assert_int_eq(parse(hdr), len == 4);
		free(hdr);
		hdr = wire_resize(make_msg(), HDR_LEN, 2, len);
		ck_assert_int_eq(parse(hdr), len >= 2);
		free(hdr);
		hdr = wire_resize(make_msg(), HDR_LEN, 3, len);
		ck_assert(parse(hdr));
		free(hdr);
	}
}
END_TEST

START_TEST(test_parse_nothing)
{
	struct nlmsghdr hdr = {};
	int len;

	/* an alleged message that is shorter than its header */
	for (len = 0; len < sizeof(hdr); len++)
	{
		hdr.nlmsg_len = len;
		ck_assert(!hwo_msg_parse(&hdr, 0, NULL, 0, NULL));
	}
	hdr.nlmsg_len = len;
	ck_assert(hwo_msg_parse(&hdr, 0, NULL, 0, NULL));
	ck_assert(!hwo_msg_parse(&hdr, 1, NULL, 0, NULL));
}
END_TEST

START_TEST(test_ack)
{
	struct nlmsghdr *hdr;
	hwo_result_t result;

	hdr = wire_golden("ack_1");
	ck_assert(hwo_msg_result(hdr, &result));
	ck_assert_int_eq(result.err, 0);
	ck_assert_str_eq(result.extack, "");
	free(hdr);

	hdr = wire_golden("nack_1");
	ck_assert(hwo_msg_result(hdr, &result));
	ck_assert_int_eq(result.err, ESRCH);
	ck_assert_str_eq(result.extack, "");
	free(hdr);

	/* the whole request is in front of the text */
	hdr = wire_golden("nack_text_1");
	ck_assert(!(hdr->nlmsg_flags & NLM_F_CAPPED));
	ck_assert(hwo_msg_result(hdr, &result));
	ck_assert_int_eq(result.err, ENOSYS);
	ck_assert_str_eq(result.extack, "Requested AEAD algorithm not found");
	free(hdr);

	/* the same from a driver */
	hdr = wire_golden("offload_nack_1");
	ck_assert(hwo_msg_result(hdr, &result));
	ck_assert_int_eq(result.err, EINVAL);
	ck_assert_str_eq(result.extack,
					 "nicsim: Cannot offload authenticated xfrm states");
	free(hdr);

	hdr = wire_golden("dumpsa_3");
	ck_assert(hwo_msg_result(hdr, &result));
	ck_assert_int_eq(result.err, 0);
	free(hdr);

	hdr = wire_golden("getsa_1");
	ck_assert(!hwo_msg_result(hdr, &result));
	ck_assert_int_eq(result.err, EBADMSG);
	ck_assert_int_eq(result.answer, HWO_ANSWER_LOST);
	free(hdr);
}
END_TEST

/**
 * An acknowledgement with a request of given size in it, or its header only.
 */
static struct nlmsghdr *make_ack(int error, size_t request, bool capped)
{
	struct {
		struct nlmsghdr hdr;
		struct nlmsgerr err;
	} *ack;
	size_t len = sizeof(*ack) + (capped ? 0 : NLMSG_ALIGN(request));

	ack = calloc(1, len);
	ack->hdr.nlmsg_len = len;
	ack->hdr.nlmsg_type = NLMSG_ERROR;
	ack->hdr.nlmsg_flags = NLM_F_ACK_TLVS | (capped ? NLM_F_CAPPED : 0);
	ack->err.error = -error;
	ack->err.msg.nlmsg_len = sizeof(ack->err.msg) + request;
	return &ack->hdr;
}

/**
 * Read an acknowledgement and free it.
 */
static hwo_result_t get_result(struct nlmsghdr *hdr)
{
	hwo_result_t result;

	ck_assert(hwo_msg_result(hdr, &result));
	free(hdr);
	return result;
}

START_TEST(test_ack_text)
{
	static const char text[] = "driver: no";
	static const size_t requests[] = { 0, 1, 300 };
	struct nlmsghdr *hdr;
	hwo_result_t result;
	int i;

	for (i = 0; i < 2 * countof(requests); i++)
	{
		hdr = make_ack(EINVAL, requests[i / 2], i % 2);
		/* offset of the bad attribute, text */
		hdr = wire_append(hdr, 2, "\0\0\0\0", 4);
		hdr = wire_append(hdr, 1, text, sizeof(text));
		result = get_result(hdr);
		ck_assert_int_eq(result.err, EINVAL);
		ck_assert_str_eq(result.extack, text);
	}
	/* a warning */
	result = get_result(wire_append(make_ack(0, 0, TRUE), 1, text,
									sizeof(text)));
	ck_assert_int_eq(result.err, 0);
	ck_assert_str_eq(result.extack, text);
	/* not announced by the flag */
	hdr = wire_append(make_ack(EPERM, 0, TRUE), 1, text, sizeof(text));
	hdr->nlmsg_flags = 0;
	result = get_result(hdr);
	ck_assert_int_eq(result.err, EPERM);
	ck_assert_str_eq(result.extack, "");
}
END_TEST

START_TEST(test_ack_text_length)
{
	char text[2 * HWO_EXTACK_LEN];
	hwo_result_t result;
	size_t len;

	memset(text, 'x', sizeof(text));
	for (len = 1; len < sizeof(text); len++)
	{
		/* not terminated */
		result = get_result(wire_append(make_ack(EIO, 0, TRUE), 1, text, len));
		ck_assert_int_eq(result.err, EIO);
		ck_assert_uint_eq(strlen(result.extack),
						  min(len, HWO_EXTACK_LEN - 1));
	}
	/* an attribute without content is no text */
	result = get_result(wire_append(make_ack(EIO, 0, TRUE), 1, text, 0));
	ck_assert_int_eq(result.err, EIO);
	ck_assert_str_eq(result.extack, "");
}
END_TEST

START_TEST(test_ack_malformed)
{
	static const int errors[] = { 1, INT_MAX, -4096, INT_MIN };
	struct nlmsghdr *hdr, *copy;
	hwo_result_t result;
	size_t len, i;

	/* the errno is known as soon as the fixed part is there */
	hdr = wire_append(make_ack(EBUSY, 12, FALSE), 1, "why", 4);
	for (len = sizeof(*hdr); len <= hdr->nlmsg_len; len++)
	{
		copy = malloc(len);
		memcpy(copy, hdr, len);
		copy->nlmsg_len = len;
		ck_assert_int_eq(hwo_msg_result(copy, &result), len >= 36);
		ck_assert_int_eq(result.err, len >= 36 ? EBUSY : EBADMSG);
		ck_assert_int_eq(result.answer, len >= 36 ? HWO_ANSWERED
												  : HWO_ANSWER_LOST);
		ck_assert_str_eq(result.extack,
						 len == hdr->nlmsg_len ? "why" : "");
		free(copy);
	}
	/* what it says about the size of the request is not true */
	static const uint32_t sizes[] = { 0, 15, 16 + 13, 0x10000, UINT32_MAX };
	for (i = 0; i < countof(sizes); i++)
	{
		((struct nlmsgerr*)(hdr + 1))->msg.nlmsg_len = sizes[i];
		ck_assert(hwo_msg_result(hdr, &result));
		ck_assert_int_eq(result.err, EBUSY);
		ck_assert_str_eq(result.extack, "");
	}
	/* what is no errno at all */
	for (i = 0; i < countof(errors); i++)
	{
		((struct nlmsgerr*)(hdr + 1))->error = errors[i];
		ck_assert(!hwo_msg_result(hdr, &result));
		ck_assert_int_eq(result.err, EBADMSG);
	}
	/* a message shorter than its header, and the end of a dump without errno */
	hdr->nlmsg_len = 15;
	ck_assert(!hwo_msg_result(hdr, &result));
	hdr->nlmsg_len = 16;
	hdr->nlmsg_type = NLMSG_DONE;
	ck_assert(!hwo_msg_result(hdr, &result));
	free(hdr);
}
END_TEST

static bool decode_ack(const struct nlmsghdr *hdr)
{
	hwo_result_t result;

	hwo_msg_result(hdr, &result);
	ck_assert_uint_lt(strnlen(result.extack, HWO_EXTACK_LEN), HWO_EXTACK_LEN);
	return TRUE;
}

START_TEST(test_ack_disturbed)
{
	struct nlmsghdr *hdr = wire_golden("nack_text_1"), *copy;
	size_t pos;
	int value;

	for (pos = sizeof(*hdr); pos < hdr->nlmsg_len; pos++)
	{
		for (value = 0; value <= 0xff; value += 0x11)
		{
			copy = malloc(hdr->nlmsg_len);
			memcpy(copy, hdr, hdr->nlmsg_len);
			((uint8_t*)copy)[pos] = value;
			ck_assert(decode_ack(copy));
			free(copy);
		}
	}
	free(hdr);
}
END_TEST

TCase *msg_tcase(void)
{
	TCase *tcase = tcase_create("message");

	tcase_add_test(tcase, test_build);
	tcase_add_test(tcase, test_build_zeros);
	tcase_add_test(tcase, test_overflow);
	tcase_add_test(tcase, test_wipe);
	tcase_add_test(tcase, test_parse);
	tcase_add_test(tcase, test_parse_sizes);
	tcase_add_test(tcase, test_parse_nothing);
	tcase_add_test(tcase, test_ack);
	tcase_add_test(tcase, test_ack_text);
	tcase_add_test(tcase, test_ack_text_length);
	tcase_add_test(tcase, test_ack_malformed);
	tcase_add_test(tcase, test_ack_disturbed);
	return tcase;
}
