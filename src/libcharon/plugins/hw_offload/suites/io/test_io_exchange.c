/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of nl_exchange: what becomes of a request when its answer comes, comes
 * late, comes twice, is garbled or does not come at all.
 */

#include "io_suites.h"

#include <errno.h>
#include <netinet/in.h>

#include <threading/thread.h>

#include "../../io/nl_exchange.h"
#include "../../wire/xfrm_sa.h"
#include "../../wire/xfrm_sp.h"

static fake_kernel_t *kernel;
static nl_exchange_t *exchange;

/** receive() of the fake kernel */
static ssize_t (*fake_receive)(nl_transport_t*, void*, size_t, bool);

/** send() of the fake kernel */
static int (*fake_send)(nl_transport_t*, const void*, size_t);

/** something of the answer got lost; somebody waited for the rest then */
static bool lost_something, waited;

static int send_watched(nl_transport_t *this, const void *data, size_t len)
{
	lost_something = FALSE;
	return fake_send(this, data, len);
}

static ssize_t receive_watched(nl_transport_t *this, void *buf, size_t size,
							   bool wait)
{
	ssize_t len;

	waited = waited || (lost_something && wait);
	len = fake_receive(this, buf, size, wait);
	lost_something = lost_something || len == -ENOBUFS || len == -EMSGSIZE;
	return len;
}

static void setup(void)
{
	nl_transport_t *transport;

	io_setup();
	waited = FALSE;
	kernel = fake_kernel_create(FAKE_LINUX_7_2);
	transport = fake_kernel_open(kernel, NETLINK_XFRM, NULL);
	fake_send = transport->send;
	fake_receive = transport->receive;
	transport->send = send_watched;
	transport->receive = receive_watched;
	exchange = hwo_nl_exchange_create(transport);
}

static void teardown(void)
{
	exchange->destroy(exchange);
	fake_kernel_destroy(kernel);
	io_teardown();
}

/**
 * Let something go wrong with the next request of a type.
 */
static void inject(uint16_t type, fake_fault_t fault, int err, const char *text)
{
	fake_kernel_inject(kernel, NETLINK_XFRM, type, 1, fault, err, text);
}

/**
 * A command that changes something we can query.
 */
static hwo_result_t set_thresh(uint8_t bits)
{
	hwo_spd_thresh_t v4 = { bits, bits }, v6 = { 128, 128 };
	hwo_result_t result;
	hwo_msg_t msg;

	ck_assert(hwo_xfrm_encode_spd_thresh(&msg, &v4, &v6));
	exchange->command(exchange, &msg, &result);
	return result;
}

static bool decode_thresh(void *data, const struct nlmsghdr *hdr)
{
	return hwo_xfrm_decode_spd_info(hdr, data);
}

/**
 * The query for it.
 */
static hwo_result_t get_thresh(uint8_t *bits)
{
	hwo_spd_info_t info = {};
	hwo_result_t result;
	hwo_msg_t msg;

	ck_assert(hwo_xfrm_encode_get_spd_info(&msg));
	exchange->query(exchange, &msg, decode_thresh, &info, &result);
	*bits = info.v4.lbits;
	return result;
}

static int count(uint16_t type)
{
	return fake_kernel_count(kernel, NETLINK_XFRM, type);
}

/**
 * Assert that the exchange works.
 */
static void assert_works(void)
{
	uint8_t bits;

	ck_assert_int_eq(set_thresh(17).err, 0);
	ck_assert_int_eq(get_thresh(&bits).err, 0);
	ck_assert_int_eq(bits, 17);
	ck_assert_int_eq(set_thresh(18).err, 0);
	ck_assert_int_eq(get_thresh(&bits).err, 0);
	ck_assert_int_eq(bits, 18);
}

START_TEST(test_answers)
{
	hwo_result_t result;
	uint8_t bits;

	assert_works();
	ck_assert_int_eq(count(XFRM_MSG_NEWSPDINFO), 2);
	ck_assert_int_eq(count(XFRM_MSG_GETSPDINFO), 2);

	/* 33 bits are too many */
	result = set_thresh(33);
	ck_assert_int_eq(result.err, EINVAL);
	ck_assert_str_eq(result.extack,
					 "Invalid hash threshold (must be <= 32 or 128)");
	result = set_thresh(19);
	ck_assert_int_eq(result.err, 0);
	ck_assert_str_eq(result.extack, "");

	inject(XFRM_MSG_NEWSPDINFO, FAKE_FAULT_WARNING, 0, "bonding: no offload");
	result = set_thresh(20);
	ck_assert_int_eq(result.err, 0);
	ck_assert_str_eq(result.extack, "bonding: no offload");

	inject(XFRM_MSG_GETSPDINFO, FAKE_FAULT_ERROR, EPERM, "no");
	result = get_thresh(&bits);
	ck_assert_int_eq(result.err, EPERM);
	ck_assert_str_eq(result.extack, "no");
	ck_assert_int_eq(get_thresh(&bits).err, 0);
	ck_assert_int_eq(bits, 20);
}
END_TEST

START_TEST(test_no_answer)
{
	hwo_spd_thresh_t v4 = { 17, 17 }, v6 = { 128, 128 };
	hwo_result_t result;
	hwo_msg_t msg;

	/* an acknowledgement is not what a query is for */
	ck_assert(hwo_xfrm_encode_spd_thresh(&msg, &v4, &v6));
	msg.hdr.nlmsg_flags |= NLM_F_ACK;
	exchange->query(exchange, &msg, decode_thresh, &v4, &result);
	ck_assert_int_eq(result.err, EBADMSG);
	ck_assert_int_eq(result.answer, HWO_ANSWER_LOST);
	assert_works();
}
END_TEST

START_TEST(test_answered)
{
	static const int errs[] = {
		ETIMEDOUT, ENOBUFS, EBADMSG, EINTR, EMSGSIZE,
	};
	hwo_result_t result;
	uint8_t bits;

	/* a driver may choose these, too, it has answered nevertheless */
	inject(XFRM_MSG_NEWSPDINFO, FAKE_FAULT_ERROR, errs[_i], "firmware");
	result = set_thresh(17);
	ck_assert_int_eq(result.err, errs[_i]);
	ck_assert_int_eq(result.answer, HWO_ANSWERED);
	ck_assert_str_eq(result.extack, "firmware");
	ck_assert(!hwo_result_lost(&result));

	inject(XFRM_MSG_GETSPDINFO, FAKE_FAULT_ERROR, errs[_i], "firmware");
	result = get_thresh(&bits);
	ck_assert_int_eq(result.err, errs[_i]);
	ck_assert_int_eq(result.answer, HWO_ANSWERED);
}
END_TEST

START_TEST(test_not_sent)
{
	hwo_result_t result;
	hwo_msg_t msg;

	inject(XFRM_MSG_NEWSPDINFO, FAKE_FAULT_SEND, ECONNREFUSED, NULL);
	result = set_thresh(17);
	ck_assert_int_eq(result.err, ECONNREFUSED);
	ck_assert_int_eq(result.answer, HWO_NOT_SENT);

	fake_kernel_reset_counts(kernel);
	hwo_msg_begin(&msg, XFRM_MSG_FLUSHPOLICY, 0, 0);
	while (hwo_msg_put(&msg, XFRMA_SEC_CTX, NULL, 1000));
	ck_assert(msg.overflow);
	exchange->command(exchange, &msg, &result);
	ck_assert_int_eq(result.err, EMSGSIZE);
	ck_assert_int_eq(result.answer, HWO_NOT_SENT);
	ck_assert_int_eq(fake_kernel_count(kernel, NETLINK_XFRM, 0), 0);
	assert_works();
}
END_TEST

/**
 * Answers that never come; whether the request was executed is not known.
 */
static const struct {
	fake_fault_t fault;
	int err;
	bool executed;
} losses[] = {
	{ FAKE_FAULT_LOST, ETIMEDOUT, TRUE },
	{ FAKE_FAULT_IGNORED, ETIMEDOUT, FALSE },
	{ FAKE_FAULT_OVERRUN, ENOBUFS, TRUE },
	{ FAKE_FAULT_TRUNCATED, EBADMSG, TRUE },
};

START_TEST(test_lost)
{
	hwo_result_t result;
	uint8_t bits;

	assert_works();
	inject(XFRM_MSG_NEWSPDINFO, losses[_i].fault, 0, NULL);
	result = set_thresh(5);
	ck_assert_int_eq(result.err, losses[_i].err);
	ck_assert_int_eq(result.answer, HWO_ANSWER_LOST);
	ck_assert_int_eq(get_thresh(&bits).err, 0);
	ck_assert_int_eq(bits, losses[_i].executed ? 5 : 18);

	inject(XFRM_MSG_GETSPDINFO, losses[_i].fault, 0, NULL);
	result = get_thresh(&bits);
	ck_assert_int_eq(result.err, losses[_i].err);
	ck_assert(hwo_result_lost(&result));
	assert_works();
	/* what was lost does not come anymore */
	ck_assert(!waited);
}
END_TEST

START_TEST(test_late)
{
	hwo_result_t result;
	uint8_t bits;

	/* the late refusal must not be taken for the answer to the next one */
	inject(XFRM_MSG_NEWSPDINFO, FAKE_FAULT_LATE, 0, NULL);
	ck_assert_int_eq(set_thresh(33).err, ETIMEDOUT);
	result = set_thresh(16);
	ck_assert_int_eq(result.err, 0);
	ck_assert_str_eq(result.extack, "");

	/* and neither must a late answer */
	inject(XFRM_MSG_GETSPDINFO, FAKE_FAULT_LATE, 0, NULL);
	ck_assert_int_eq(get_thresh(&bits).err, ETIMEDOUT);
	ck_assert_int_eq(set_thresh(15).err, 0);
	inject(XFRM_MSG_GETSPDINFO, FAKE_FAULT_LATE, 0, NULL);
	ck_assert_int_eq(get_thresh(&bits).err, ETIMEDOUT);
	ck_assert_int_eq(set_thresh(14).err, 0);
	ck_assert_int_eq(get_thresh(&bits).err, 0);
	ck_assert_int_eq(bits, 14);
}
END_TEST

START_TEST(test_twice)
{
	uint8_t bits;

	inject(XFRM_MSG_NEWSPDINFO, FAKE_FAULT_TWICE, 0, NULL);
	ck_assert_int_eq(set_thresh(33).err, EINVAL);
	ck_assert_int_eq(set_thresh(13).err, 0);
	inject(XFRM_MSG_GETSPDINFO, FAKE_FAULT_TWICE, 0, NULL);
	ck_assert_int_eq(get_thresh(&bits).err, 0);
	ck_assert_int_eq(set_thresh(12).err, 0);
	ck_assert_int_eq(get_thresh(&bits).err, 0);
	ck_assert_int_eq(bits, 12);
}
END_TEST

START_TEST(test_overrun_before)
{
	hwo_result_t result;
	uint8_t bits;

	/* something got lost, but not what we were waiting for */
	inject(XFRM_MSG_NEWSPDINFO, FAKE_FAULT_OVERRUN_BEFORE, 0, NULL);
	result = set_thresh(33);
	ck_assert_int_eq(result.err, EINVAL);
	ck_assert(result.extack[0]);
	ck_assert_int_eq(set_thresh(11).err, 0);
	inject(XFRM_MSG_GETSPDINFO, FAKE_FAULT_OVERRUN_BEFORE, 0, NULL);
	ck_assert_int_eq(get_thresh(&bits).err, 0);
	ck_assert_int_eq(bits, 11);
}
END_TEST

START_TEST(test_short)
{
	uint8_t bits;

	inject(XFRM_MSG_NEWSPDINFO, FAKE_FAULT_SHORT, _i, NULL);
	ck_assert_msg(set_thresh(10).err == EBADMSG, "%d bytes cut off", _i);
	inject(XFRM_MSG_GETSPDINFO, FAKE_FAULT_SHORT, _i, NULL);
	ck_assert_msg(get_thresh(&bits).err == EBADMSG, "%d bytes cut off", _i);
	assert_works();
}
END_TEST

/** a key that can be searched for in memory */
static u_char key[] = "0123456789abcdef0123456789abcdefSALT";

/**
 * Find out if the reply has the key.
 */
static bool find_key(void *data, const struct nlmsghdr *hdr)
{
	bool *found = data;

	*found = memmem(hdr, hdr->nlmsg_len, key, sizeof(key) - 1) != NULL;
	return TRUE;
}

/**
 * Install an SA and get it back.
 *
 * @param fault		fault to inject for the latter, -1 for none
 */
static void add_and_get_sa(int fault)
{
	hwo_offload_t offload = {};
	hwo_result_t result;
	hwo_msg_t msg;
	hwo_sa_t sa = {
		.id = {
			.src = { AF_INET, { 192, 168, 50, 1 } },
			.dst = { AF_INET, { 192, 168, 50, 2 } },
			.spi = htonl(0xc0000001),
			.proto = IPPROTO_ESP,
		},
		.reqid = 1,
		.facts.mode = MODE_TRANSPORT,
		.cpu = UINT32_MAX,
		.enc = {
			.name = "rfc4106(gcm(aes))",
			.icv_bits = 128,
			.aead = TRUE,
			.key = chunk_create(key, sizeof(key) - 1),
		},
	};
	bool found = FALSE;
	int i;

	ck_assert(hwo_xfrm_encode_sa(&msg, &sa, &offload));
	ck_assert(memmem(&msg, sizeof(msg), key, sizeof(key) - 1));
	exchange->command(exchange, &msg, &result);
	ck_assert_msg(result.err == 0, "%s", result.extack);
	for (i = 0; i < sizeof(msg.bytes); i++)
	{
		ck_assert_int_eq(msg.bytes[i], 0);
	}
	if (fault != -1)
	{
		inject(XFRM_MSG_GETSA, fault, 4, NULL);
	}
	ck_assert(hwo_xfrm_encode_get_sa(&msg, &sa.id));
	exchange->query(exchange, &msg, find_key, &found, &result);
	ck_assert_int_eq(result.err, fault == -1 ? 0 : EBADMSG);
	ck_assert_int_eq(found, fault == -1);
}

START_TEST(test_wiped)
{
	static const int faults[] = {
		-1, FAKE_FAULT_TRUNCATED, FAKE_FAULT_SHORT,
	};

	add_and_get_sa(faults[_i]);
	ck_assert(!fake_kernel_left_over(kernel, chunk_create(key, 16)));
}
END_TEST

/** threads sharing the exchange, and requests of each */
#define THREADS 8
#define REQUESTS 200

static bool decode_spi(void *data, const struct nlmsghdr *hdr)
{
	return hwo_xfrm_decode_sa(hdr, data);
}

/**
 * Allocate SPIs from a range of its own: an answer that was meant for another
 * thread has an SPI of another range.
 */
static void *allocate_spis(void *data)
{
	uint32_t base = (uintptr_t)data, spi, i;
	hwo_addr_t addr = { AF_INET, { 192, 168, 50, 1 } };
	hwo_sa_state_t state;
	hwo_result_t result;
	hwo_msg_t msg;
	intptr_t bad = 0;

	for (i = 0; i < REQUESTS; i++)
	{
		memset(&state, 0, sizeof(state));
		hwo_xfrm_encode_alloc_spi(&msg, &addr, &addr, IPPROTO_ESP, base,
								  base + REQUESTS - 1, FALSE);
		exchange->query(exchange, &msg, decode_spi, &state, &result);
		spi = ntohl(state.id.spi);
		if (result.err || spi < base || spi >= base + REQUESTS)
		{
			bad++;
		}
	}
	return (void*)bad;
}

START_TEST(test_threads)
{
	thread_t *threads[THREADS];
	uintptr_t i;

	for (i = 0; i < THREADS; i++)
	{
		threads[i] = thread_create(allocate_spis,
								   (void*)(0x10000 + i * REQUESTS));
	}
	for (i = 0; i < THREADS; i++)
	{
		ck_assert_ptr_eq(threads[i]->join(threads[i]), NULL);
	}
	ck_assert_int_eq(fake_kernel_count_sas(kernel), THREADS * REQUESTS);
}
END_TEST

START_TEST(test_text)
{
	hwo_result_t result = {
		.err = ENOSPC,
	};
	char text[HWO_RESULT_TEXT], expected[HWO_RESULT_TEXT];

	ck_assert_str_eq(hwo_result_text(&result, text), strerror(ENOSPC));
	strcpy(result.extack, "driver: Table is full");
	snprintf(expected, sizeof(expected), "driver: Table is full, %s",
			 strerror(ENOSPC));
	ck_assert_str_eq(hwo_result_text(&result, text), expected);
	/* all of the longest words, and the error */
	memset(result.extack, 'x', sizeof(result.extack) - 1);
	hwo_result_text(&result, text);
	ck_assert(strstr(text, "xxx, "));
	ck_assert_uint_eq(strlen(text), sizeof(result.extack) - 1 + strlen(", ") +
					  strlen(strerror(ENOSPC)));
}
END_TEST

TCase *exchange_tcase(void)
{
	TCase *tcase = tcase_create("exchange");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, test_answers);
	tcase_add_test(tcase, test_no_answer);
	tcase_add_test(tcase, test_not_sent);
	tcase_add_loop_test(tcase, test_answered, 0, 5);
	tcase_add_loop_test(tcase, test_lost, 0, countof(losses));
	tcase_add_test(tcase, test_late);
	tcase_add_test(tcase, test_twice);
	tcase_add_test(tcase, test_overrun_before);
	/* all that leaves a part of the acknowledgement, which has 36 bytes */
	tcase_add_loop_test(tcase, test_short, 1, 36);
	tcase_add_loop_test(tcase, test_wiped, 0, 3);
	tcase_add_test(tcase, test_threads);
	tcase_add_test(tcase, test_text);
	return tcase;
}
