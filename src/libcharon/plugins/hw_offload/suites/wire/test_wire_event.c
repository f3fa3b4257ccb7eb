/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what is read of the kernel's announcements.
 */

#include "wire_suites.h"

#include <errno.h>
#include <netinet/in.h>
#include <linux/xfrm.h>

#include "../../wire/xfrm_event.h"

static bool decode(const struct nlmsghdr *hdr)
{
	hwo_event_t event;
	int err = hwo_xfrm_decode_event(hdr, &event);

	ck_assert(err == 0 || err == EBADMSG);
	return err == 0;
}

/**
 * Decode an event that is fine.
 */
static hwo_event_t get_event(const struct nlmsghdr *hdr)
{
	hwo_event_t event;

	ck_assert_int_eq(hwo_xfrm_decode_event(hdr, &event), 0);
	return event;
}

/**
 * Check an address.
 */
static void check_addr(const hwo_addr_t *addr, const char *str)
{
	const hwo_addr_t expected = wire_addr(str);

	ck_assert_mem_eq(addr, &expected, sizeof(expected));
}

START_TEST(test_acquire)
{
	struct nlmsghdr *hdr = wire_golden_event(XFRM_MSG_ACQUIRE, 0);
	hwo_selector_t sel = wire_selector("192.168.50.1", 32, "192.168.50.2", 32);
	hwo_event_t event = get_event(hdr);

	/* an echo request, type and code; the kernel adds the device */
	sel.proto = IPPROTO_ICMP;
	sel.src_port = 8;
	sel.src_port_mask = sel.dst_port_mask = 0xffff;
	sel.ifindex = 9;
	ck_assert_int_eq(event.type, HWO_EVENT_ACQUIRE);
	ck_assert_int_eq(event.acquire.proto, IPPROTO_ESP);
	ck_assert_uint_eq(event.acquire.reqid, 12);
	ck_assert_uint_eq(event.acquire.seq, 1);
	ck_assert_mem_eq(&event.acquire.sel, &sel, sizeof(sel));
	ck_assert_uint_eq(event.acquire.cpu, UINT32_MAX);
	ck_assert_uint_eq(event.acquire.label.len, 0);
	wire_abuse(hdr, sizeof(struct xfrm_user_acquire), 0, decode);

	hdr = wire_golden_event(XFRM_MSG_ACQUIRE, 1);
	event = get_event(hdr);
	sel = wire_selector("fec5::1", 128, "fec5::2", 128);
	sel.proto = IPPROTO_ICMPV6;
	sel.src_port = 128;
	sel.src_port_mask = sel.dst_port_mask = 0xffff;
	ck_assert_uint_eq(event.acquire.reqid, 13);
	ck_assert_uint_eq(event.acquire.seq, 2);
	ck_assert_mem_eq(&event.acquire.sel, &sel, sizeof(sel));
	wire_abuse(hdr, sizeof(struct xfrm_user_acquire), 0, decode);
}
END_TEST

START_TEST(test_acquire_details)
{
	const size_t hdr_len = sizeof(struct xfrm_user_acquire),
				 tmpl_len = sizeof(struct xfrm_user_tmpl);
	struct xfrm_user_tmpl tmpls[2] = { { .reqid = 21 }, { .reqid = 22 } };
	const uint8_t ctx[] = { 10, 0, 8, 0, 1, 1, 2, 0, 'x', '\0' };
	const uint32_t cpu = 6;
	struct nlmsghdr *hdr;
	hwo_event_t event;
	size_t len;

	/* IPComp and ESP, the last one counts; a CPU (Linux 6.13), and a label */
	hdr = wire_append(wire_golden_event(XFRM_MSG_ACQUIRE, 0), XFRMA_TMPL,
					  tmpls, sizeof(tmpls));
	hdr = wire_append(hdr, 35, &cpu, sizeof(cpu));
	hdr = wire_append(hdr, XFRMA_SEC_CTX, ctx, sizeof(ctx));
	event = get_event(hdr);
	ck_assert_uint_eq(event.acquire.reqid, 22);
	ck_assert_uint_eq(event.acquire.cpu, 6);
	ck_assert_uint_eq(event.acquire.label.len, 2);
	ck_assert_str_eq((char*)event.acquire.label.ptr, "x");
	wire_abuse(hdr, hdr_len, 0, decode);

	/* not even one template, one and a half, three */
	for (len = tmpl_len - 1; len <= 3 * tmpl_len; len += tmpl_len / 2)
	{
		hdr = wire_resize(wire_golden_event(XFRM_MSG_ACQUIRE, 0), hdr_len,
						  XFRMA_TMPL, len);
		ck_assert_int_eq(decode(hdr), len >= tmpl_len);
		free(hdr);
	}
	/* old kernels don't tell the family */
	hdr = wire_golden_event(XFRM_MSG_ACQUIRE, 1);
	((struct xfrm_user_acquire*)(hdr + 1))->sel.family = AF_UNSPEC;
	event = get_event(hdr);
	ck_assert_int_eq(event.acquire.sel.family, AF_INET6);
	ck_assert_int_eq(event.acquire.sel.dst_prefix, 128);
	free(hdr);
	hdr = wire_golden_event(XFRM_MSG_ACQUIRE, 0);
	((struct xfrm_user_acquire*)(hdr + 1))->sel.family = AF_UNSPEC;
	event = get_event(hdr);
	ck_assert_int_eq(event.acquire.sel.family, AF_INET);
	free(hdr);
}
END_TEST

START_TEST(test_expire)
{
	const struct xfrm_mark mark = { .v = 1, .m = 3 };
	const uint32_t if_id = 77;
	struct nlmsghdr *hdr;
	hwo_event_t event;
	int i;

	for (i = 0; i < 2; i++)
	{
		hdr = wire_golden_event(XFRM_MSG_EXPIRE, i);
		event = get_event(hdr);
		ck_assert_int_eq(event.type, HWO_EVENT_EXPIRE);
		ck_assert_int_eq(event.expire.hard, i == 1);
		check_addr(&event.expire.id.src, "192.168.50.1");
		check_addr(&event.expire.id.dst, "192.168.50.2");
		ck_assert_uint_eq(ntohl(event.expire.id.spi), 0xc1000001);
		ck_assert_int_eq(event.expire.id.proto, IPPROTO_ESP);
		ck_assert_uint_eq(event.expire.id.mark.mask, 0);
		ck_assert_uint_eq(event.expire.id.if_id, 0);
		ck_assert_uint_eq(event.expire.usage.packets, i + 1);
		ck_assert_uint_eq(event.expire.usage.bytes, (i + 1) * 64);
		ck_assert_uint_gt(event.expire.usage.add_time, 1700000000);
		ck_assert_uint_ge(event.expire.usage.use_time,
						  event.expire.usage.add_time);
		wire_abuse(hdr, sizeof(struct xfrm_user_expire), 0, decode);
	}

	hdr = wire_append(wire_golden_event(XFRM_MSG_EXPIRE, 0), XFRMA_MARK, &mark,
					  sizeof(mark));
	hdr = wire_append(hdr, XFRMA_IF_ID, &if_id, sizeof(if_id));
	event = get_event(hdr);
	ck_assert_uint_eq(event.expire.id.mark.value, 1);
	ck_assert_uint_eq(event.expire.id.mark.mask, 3);
	ck_assert_uint_eq(event.expire.id.if_id, 77);
	wire_abuse(hdr, sizeof(struct xfrm_user_expire), 0, decode);
}
END_TEST

START_TEST(test_mapping)
{
	struct nlmsghdr *hdr = wire_golden_event(XFRM_MSG_MAPPING, 0);
	hwo_event_t event = get_event(hdr);

	ck_assert_int_eq(event.type, HWO_EVENT_MAPPING);
	check_addr(&event.mapping.id.dst, "192.168.50.1");
	ck_assert_uint_eq(ntohl(event.mapping.id.spi), 0xc2000002);
	ck_assert_int_eq(event.mapping.id.proto, IPPROTO_ESP);
	check_addr(&event.mapping.old_src, "192.168.50.2");
	check_addr(&event.mapping.new_src, "192.168.50.2");
	ck_assert_uint_eq(event.mapping.old_port, 61234);
	ck_assert_uint_eq(event.mapping.new_port, 4500);
	wire_abuse(hdr, sizeof(struct xfrm_user_mapping), 0, decode);
}
END_TEST

/**
 * A migrate event, which nothing in the lab causes: the kernel echoes what a
 * Mobile IPv6 daemon asks for.
 */
static struct nlmsghdr *make_migrate(const struct xfrm_user_migrate *entries,
									 int count, bool km)
{
	struct {
		struct nlmsghdr hdr;
		struct xfrm_userpolicy_id id;
	} *msg = calloc(1, sizeof(*msg));
	struct xfrm_user_kmaddress kmaddress = {
		.local.a4 = htonl(0x0a000001),
		.remote.a4 = htonl(0x0a000002),
		.family = AF_INET,
	};
	struct nlmsghdr *hdr = &msg->hdr;

	msg->hdr.nlmsg_len = sizeof(*msg);
	msg->hdr.nlmsg_type = 0x21;
	msg->id.dir = 1;
	msg->id.sel.family = AF_INET;
	msg->id.sel.saddr.a4 = htonl(0x0a010000);
	msg->id.sel.prefixlen_s = 16;
	if (count)
	{
		hdr = wire_append(hdr, 17, entries, count * sizeof(*entries));
	}
	if (km)
	{
		hdr = wire_append(hdr, 19, &kmaddress, sizeof(kmaddress));
	}
	return hdr;
}

START_TEST(test_migrate)
{
	const struct xfrm_user_migrate entries[] = {
		{ .reqid = 31, .old_family = AF_INET, .new_family = AF_INET },
		{ .reqid = 32, .old_family = AF_INET, .new_family = AF_INET },
	};
	const size_t hdr_len = sizeof(struct xfrm_userpolicy_id);
	struct nlmsghdr *hdr = make_migrate(entries, 2, TRUE);
	hwo_selector_t sel = wire_selector("10.1.0.0", 16, "0.0.0.0", 0);
	hwo_event_t event = get_event(hdr);

	ck_assert_int_eq(event.type, HWO_EVENT_MIGRATE);
	ck_assert_int_eq(event.migrate.dir, POLICY_OUT);
	ck_assert_mem_eq(&event.migrate.sel, &sel, sizeof(sel));
	ck_assert_uint_eq(event.migrate.reqid, 32);
	check_addr(&event.migrate.local, "10.0.0.1");
	check_addr(&event.migrate.remote, "10.0.0.2");
	wire_abuse(hdr, hdr_len, 0, decode);

	hdr = make_migrate(entries, 1, FALSE);
	event = get_event(hdr);
	ck_assert_uint_eq(event.migrate.reqid, 31);
	ck_assert_int_eq(event.migrate.local.family, 0);
	ck_assert_int_eq(event.migrate.remote.family, 0);
	wire_abuse(hdr, hdr_len, 0, decode);

	hdr = make_migrate(entries, 0, TRUE);
	ck_assert_uint_eq(get_event(hdr).migrate.reqid, 0);
	/* a direction that does not exist */
	((struct xfrm_userpolicy_id*)(hdr + 1))->dir = 3;
	ck_assert(!decode(hdr));
	free(hdr);
	/* an entry that is cut, and one address family too many */
	hdr = wire_resize(make_migrate(entries, 1, TRUE), hdr_len, 17,
					  sizeof(entries[0]) - 1);
	ck_assert(!decode(hdr));
	free(hdr);
	hdr = wire_append(make_migrate(entries, 1, FALSE), 19,
					  &(struct xfrm_user_kmaddress){ .family = AF_UNIX },
					  sizeof(struct xfrm_user_kmaddress));
	ck_assert(!decode(hdr));
	free(hdr);
}
END_TEST

START_TEST(test_family)
{
	struct nlmsghdr *hdr;

	hdr = wire_golden_event(XFRM_MSG_EXPIRE, 0);
	((struct xfrm_user_expire*)(hdr + 1))->state.family = AF_UNIX;
	ck_assert(!decode(hdr));
	free(hdr);
	hdr = wire_golden_event(XFRM_MSG_MAPPING, 0);
	((struct xfrm_user_mapping*)(hdr + 1))->id.family = AF_UNSPEC;
	ck_assert(!decode(hdr));
	free(hdr);
}
END_TEST

START_TEST(test_foreign)
{
	static const uint16_t events[] = { 0x17, 0x18, 0x21, 0x26 };
	struct nlmsghdr *hdr = wire_golden_event(XFRM_MSG_ACQUIRE, 0);
	hwo_event_t event;
	bool known;
	int type, i;

	for (type = 0; type < 0x40; type++)
	{
		for (known = FALSE, i = 0; i < countof(events); i++)
		{
			known = known || events[i] == type;
		}
		hdr->nlmsg_type = type;
		ck_assert_int_eq(hwo_xfrm_decode_event(hdr, &event) == ENOMSG, !known);
	}
	free(hdr);
}
END_TEST

START_TEST(test_groups)
{
	/* ACQUIRE, EXPIRE, MIGRATE and MAPPING of enum xfrm_nlgroups, as a mask */
	uint32_t mask = 0;
	int i;

	for (i = 0; hwo_xfrm_event_groups[i]; i++)
	{
		mask |= 1 << hwo_xfrm_event_groups[i];
	}
	ck_assert_uint_eq(mask, 1 << 1 | 1 << 2 | 1 << 7 | 1 << 8);
}
END_TEST

TCase *event_tcase(void)
{
	TCase *tcase = tcase_create("event");

	tcase_add_test(tcase, test_acquire);
	tcase_add_test(tcase, test_acquire_details);
	tcase_add_test(tcase, test_expire);
	tcase_add_test(tcase, test_mapping);
	tcase_add_test(tcase, test_migrate);
	tcase_add_test(tcase, test_family);
	tcase_add_test(tcase, test_foreign);
	tcase_add_test(tcase, test_groups);
	return tcase;
}
