/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of generic netlink: families and features. What link_features makes of
 * features that are there is tested on the io floor.
 */

#include "wire_suites.h"

#include <linux/ethtool_netlink.h>
#include <linux/genetlink.h>

#include "../../wire/genl_msg.h"

#define HDR_LEN sizeof(struct genlmsghdr)

START_TEST(test_requests)
{
	const struct genlmsghdr *genl;
	const uint8_t *data;
	hwo_msg_t msg;
	size_t len;

	hwo_genl_encode_get_family(&msg, HWO_ETHTOOL_FAMILY);
	genl = (const void*)(&msg.hdr + 1);
	ck_assert_int_eq(msg.hdr.nlmsg_type, GENL_ID_CTRL);
	ck_assert_int_eq(msg.hdr.nlmsg_flags, NLM_F_REQUEST);
	ck_assert_int_eq(genl->cmd, CTRL_CMD_GETFAMILY);
	data = wire_attr(&msg.hdr, HDR_LEN, CTRL_ATTR_FAMILY_NAME, &len);
	ck_assert_int_eq(len, 8);
	ck_assert_mem_eq(data, "ethtool", len);

	hwo_ethtool_encode_get_features(&msg, 0x15, 0x01020304);
	genl = (const void*)(&msg.hdr + 1);
	ck_assert_int_eq(msg.hdr.nlmsg_type, 0x15);
	ck_assert_int_eq(genl->cmd, ETHTOOL_MSG_FEATURES_GET);
	ck_assert_int_eq(genl->version, 1);
	data = wire_attr(&msg.hdr, HDR_LEN,
					 ETHTOOL_A_FEATURES_HEADER | NLA_F_NESTED, &len);
	ck_assert(data);
	ck_assert_int_eq(len, 8);
	/* little endian as all of what is recorded here */
	ck_assert_mem_eq(data, "\x08\x00\x01\x00\x04\x03\x02\x01", len);
	ck_assert(!msg.overflow);
}
END_TEST

START_TEST(test_family)
{
	struct nlmsghdr *hdr = wire_golden("genl_ethtool");
	hwo_genl_family_t family = { .group_name = HWO_ETHTOOL_GROUP };

	ck_assert(hwo_genl_decode_family(hdr, &family));
	ck_assert_int_eq(family.id, 0x15);
	ck_assert_int_ne(family.group, 0);
	family.group_name = "monitors";
	ck_assert(hwo_genl_decode_family(hdr, &family));
	ck_assert_int_eq(family.id, 0x15);
	ck_assert_int_eq(family.group, 0);
	family.group_name = "monito";
	ck_assert(hwo_genl_decode_family(hdr, &family));
	ck_assert_int_eq(family.group, 0);

	/* something else */
	((struct genlmsghdr*)(void*)(hdr + 1))->cmd = CTRL_CMD_DELFAMILY;
	ck_assert(!hwo_genl_decode_family(hdr, &family));
	((struct genlmsghdr*)(void*)(hdr + 1))->cmd = CTRL_CMD_NEWFAMILY;
	hdr->nlmsg_type++;
	ck_assert(!hwo_genl_decode_family(hdr, &family));
	free(hdr);
}
END_TEST

START_TEST(test_features)
{
	struct nlmsghdr *hdr = wire_golden("features_lo");
	hwo_esp_feature_t feature;

	ck_assert(hwo_ethtool_decode_features(hdr, &feature));
	ck_assert_int_eq(feature.ifindex, 1);
	ck_assert_int_eq(feature.state, HWO_FEATURE_MISSING);

	((struct genlmsghdr*)(void*)(hdr + 1))->cmd = ETHTOOL_MSG_RINGS_NTF;
	ck_assert(!hwo_ethtool_decode_features(hdr, &feature));
	free(hdr);
}
END_TEST

static bool decode_family(const struct nlmsghdr *hdr)
{
	hwo_genl_family_t family = { .group_name = HWO_ETHTOOL_GROUP };

	return hwo_genl_decode_family(hdr, &family);
}

static bool decode_features(const struct nlmsghdr *hdr)
{
	hwo_esp_feature_t feature;

	return hwo_ethtool_decode_features(hdr, &feature);
}

START_TEST(test_abuse)
{
	wire_abuse(wire_golden("genl_ethtool"), HDR_LEN, CTRL_ATTR_FAMILY_ID,
			   decode_family);
	wire_abuse(wire_golden("features_lo"), HDR_LEN,
			   ETHTOOL_A_FEATURES_HEADER | NLA_F_NESTED, decode_features);
}
END_TEST

TCase *genl_tcase(void)
{
	TCase *tcase = tcase_create("genl");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_requests);
	tcase_add_test(tcase, test_family);
	tcase_add_test(tcase, test_features);
	tcase_add_test(tcase, test_abuse);
	return tcase;
}
