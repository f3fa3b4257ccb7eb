/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tests of what depends on the kernel's release and on strongswan.conf.
 */

#include "facade_suites.h"

#include "../../backend/kernel_features.h"
#include "../../backend/settings.h"
#include "../../model/plan/ts_convert.h"

/**
 * Releases, and what they have: the time of last use (l), transport mode SAs
 * for any family (u), directions (d), subnets (s) or those of IPv6 with
 * different prefix lengths (6) that are not matched, drivers that follow the
 * high half of sequence numbers (e), a check of routes (r), and inbound SAs
 * with an XFRM interface ID in software only (i).
 */
static const struct {
	char *release, *features;
} releases[] = {
	{ "4.19.0-27-amd64",		"s" },
	{ "5.19.17",				"s" },
	{ "6.1.0-13-amd64",			"s" },
	{ "6.2",					"ls" },
	{ "6.2.16-20-pve",			"ls" },
	{ "6.3.0",					"lus" },
	{ "6.9.12",					"lus" },
	{ "6.10.0",					"luds" },
	{ "6.12.107+deb13-amd64",	"luds" },
	{ "6.14.0",				"luds" },
	{ "6.15",					"lud6" },
	{ "7.0-rc1",				"lud6" },
	{ "7.1.0",					"lud6ri" },
	{ "7.2.12",					"luderi" },
	{ "10.1",					"luderi" },
	{ "5.4294967295",			"s" },
	{ "garbage",				"s" },
	{ "garbage 6.12",			"s" },
	{ "6",						"s" },
	{ "6.",						"s" },
	{ ".12",					"s" },
	{ "",						"s" },
};

START_TEST(test_release)
{
	hwo_kernel_features_t features;
	char found[8] = "";

	memset(&features, 0xff, sizeof(features));
	hwo_kernel_features(releases[_i].release, &features);
	strcat(found, features.sa_last_used ? "l" : "");
	strcat(found, features.sa_af_unspec_transport ? "u" : "");
	strcat(found, features.sa_dir ? "d" : "");
	strcat(found, features.unmatched & HWO_SHAPE_SUBNET ? "s" : "");
	strcat(found, features.unmatched & HWO_SHAPE_UNEQUAL ? "6" : "");
	strcat(found, features.esn_followed ? "e" : "");
	strcat(found, features.route_checked ? "r" : "");
	strcat(found, features.sa_if_id_in_software ? "i" : "");
	ck_assert_str_eq(found, releases[_i].features);
}
END_TEST

TCase *kernel_features_tcase(void)
{
	TCase *tc;

	tc = tcase_create("kernel_features");
	tcase_add_loop_test(tc, test_release, 0, countof(releases));
	return tc;
}

/**
 * Set a value in the section of one of the plugins.
 */
static void set(char *plugin, char *key, char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "%%s.plugins.%s.%s", plugin, key);
	lib->settings->set_str(lib->settings, path, value, lib->ns);
}

START_TEST(test_daemon)
{
	ck_assert(hwo_settings_daemon("charon-systemd"));
	ck_assert(hwo_settings_daemon("charon"));
	ck_assert(hwo_settings_daemon("charon-cmd"));
	ck_assert(!hwo_settings_daemon("charon-nm"));
}
END_TEST

START_TEST(test_bool)
{
	ck_assert(hwo_setting_bool("port_bypass", TRUE));
	ck_assert(!hwo_setting_bool("port_bypass", FALSE));

	set("kernel-netlink", "port_bypass", "yes");
	ck_assert(hwo_setting_bool("port_bypass", FALSE));
	set("hw-offload", "port_bypass", "no");
	ck_assert(!hwo_setting_bool("port_bypass", TRUE));
	set("kernel-netlink", "port_bypass", "no");
	set("hw-offload", "port_bypass", "yes");
	ck_assert(hwo_setting_bool("port_bypass", FALSE));
	/* other keys, and other plugins, don't matter */
	set("kernel-pfkey", "policy_update", "yes");
	ck_assert(!hwo_setting_bool("policy_update", FALSE));
}
END_TEST

/** values for what is yes or no, and if they are neither */
static const struct {
	char *value;
	bool yes, wrong;
} bools[] = {
	{ "yes",		TRUE,	FALSE },
	{ "TRUE",		TRUE,	FALSE },
	{ "1",			TRUE,	FALSE },
	{ "enabled",	TRUE,	FALSE },
	{ "no",			FALSE,	FALSE },
	{ "0",			FALSE,	FALSE },
	{ "of",			FALSE,	TRUE },
	{ "maybe",		FALSE,	TRUE },
	{ "2",			FALSE,	TRUE },
};

START_TEST(test_bool_wrong)
{
	static char *plugins[] = { "kernel-netlink", "hw-offload" };
	char *plugin = plugins[_i / countof(bools)];
	int i = _i % countof(bools);
	char name[64];

	set(plugin, "fail_closed", bools[i].value);
	ck_assert(hwo_setting_bool("fail_closed", TRUE) ==
			  (bools[i].wrong || bools[i].yes));
	ck_assert(hwo_setting_bool("fail_closed", FALSE) == bools[i].yes);
	ck_assert_int_eq(facade_log_lines, bools[i].wrong ? 2 : 0);
	if (bools[i].wrong)
	{
		snprintf(name, sizeof(name), "%s.fail_closed' is '%s' instead", plugin,
				 bools[i].value);
		ck_assert_msg(strstr(facade_log_last, name), "%s", facade_log_last);
	}
}
END_TEST

/**
 * Read an integer setting, whatever its value.
 */
static int get_int(const char *key, int def)
{
	return hwo_setting_int_range(key, def, 0, 100000);
}

START_TEST(test_int)
{
	ck_assert_int_eq(get_int("timeout", 10000), 10000);
	set("kernel-netlink", "timeout", "5000");
	ck_assert_int_eq(get_int("timeout", 10000), 5000);
	set("hw-offload", "timeout", "0");
	ck_assert_int_eq(get_int("timeout", 10000), 0);

	set("kernel-netlink", "spdh_thresh.ipv4.lbits", "24");
	set("kernel-netlink", "spdh_thresh.ipv4.rbits", "16");
	set("hw-offload", "spdh_thresh.ipv4.rbits", "8");
	ck_assert_int_eq(get_int("spdh_thresh.ipv4.lbits", 32), 24);
	ck_assert_int_eq(get_int("spdh_thresh.ipv4.rbits", 32), 8);
	ck_assert_int_eq(get_int("spdh_thresh.ipv6.lbits", 128), 128);
}
END_TEST

/** values for a setting with limits, and what becomes of them */
static const struct {
	char *value;
	int result;
	bool wrong;
} ranges[] = {
	{ NULL,						32,	FALSE },
	{ "0",						0,	FALSE },
	{ "32",						32,	FALSE },
	{ "16",						16,	FALSE },
	{ "33",						32,	TRUE },
	{ "-1",						32,	TRUE },
	{ "272",					32,	TRUE },
	{ "4294967312",				32,	TRUE },
	{ "99999999999999999999",	32,	TRUE },
	{ "16 bits",				32,	TRUE },
	{ "many",					32,	TRUE },
};

START_TEST(test_int_range)
{
	static char *plugins[] = { "kernel-netlink", "hw-offload" };
	char *plugin = plugins[_i / countof(ranges)];
	int i = _i % countof(ranges);
	char name[64];

	if (ranges[i].value)
	{
		set(plugin, "spdh_thresh.ipv4.lbits", ranges[i].value);
	}
	ck_assert_int_eq(hwo_setting_int_range("spdh_thresh.ipv4.lbits", 32, 0, 32),
					 ranges[i].result);
	ck_assert_int_eq(facade_log_lines, ranges[i].wrong);
	if (ranges[i].wrong)
	{
		snprintf(name, sizeof(name), "%s.spdh_thresh.ipv4.lbits", plugin);
		ck_assert_msg(strstr(facade_log_last, name), "%s", facade_log_last);
		ck_assert_msg(strstr(facade_log_last, ranges[i].value), "%s",
					  facade_log_last);
	}
}
END_TEST

START_TEST(test_known)
{
	static char *known[] = {
		"load", "fail_closed", "install_routes_xfrmi",
		"packet_subnets", "policy_update",
		"port_bypass",
		"receive_buffer_size", "set_proto_port_transport_sa", "timeout",
		"spdh_thresh.ipv4.lbits", "spdh_thresh.ipv4.rbits",
		"spdh_thresh.ipv6.lbits", "spdh_thresh.ipv6.rbits",
		"devices.eth0.modes", "devices.eth0.max_sas",
		"devices.br-ex.local_addrs",
	};
	int i;

	ck_assert_int_eq(hwo_settings_check(), 0);
	for (i = 0; i < countof(known); i++)
	{
		set("hw-offload", known[i], "1");
	}
	/* only ours are our concern */
	set("kernel-netlink", "retries", "1");
	ck_assert_int_eq(hwo_settings_check(), 0);
	ck_assert_int_eq(facade_log_lines, 0);
}
END_TEST

/** settings that don't exist, with typos of all kinds */
static char *unknown[] = {
	"port_bypas",
	"Port_Bypass",
	"lbits",
	"retries",
	"devices.eth0.mode",
	"devices.modes",
	"devices.eth0.eth1.max_sas",
	"spdh_tresh.ipv4.lbits",
	"spdh_thresh.lbits",
	"spdh_thresh.ipv5.lbits",
	"spdh_thresh.ipv4.lbit",
	"spdh_thresh.ipv4.timeout",
	"spdh_thresh.ipv6.load",
};

START_TEST(test_unknown)
{
	char section[64], *end;

	set("hw-offload", "timeout", "1");
	set("hw-offload", "spdh_thresh.ipv4.lbits", "1");
	set("hw-offload", unknown[_i], "1");
	ck_assert_int_eq(hwo_settings_check(), 1);
	ck_assert_int_eq(facade_log_lines, 1);

	/* a section is named, not what is in there */
	snprintf(section, sizeof(section), "%s", unknown[_i]);
	ck_assert(strstr(facade_log_last, "test_facade.plugins.hw-offload."));
	while (!strstr(facade_log_last, section))
	{
		end = strrchr(section, '.');
		ck_assert_msg(end, "'%s' not in '%s'", unknown[_i], facade_log_last);
		*end = '\0';
	}
}
END_TEST

START_TEST(test_all_unknown)
{
	int i;

	for (i = 0; i < countof(unknown); i++)
	{
		set("hw-offload", unknown[i], "1");
	}
	ck_assert_int_eq(hwo_settings_check(), countof(unknown));
	ck_assert_int_eq(facade_log_lines, countof(unknown));
}
END_TEST

/**
 * Get the address of a string.
 */
static hwo_addr_t addr(char *str)
{
	host_t *host = host_create_from_string(str, 0);
	hwo_addr_t addr;

	hwo_addr_from_host(host, &addr);
	host->destroy(host);
	return addr;
}

START_TEST(test_devices)
{
	hwo_addr_t a = addr("10.1.0.1"), b = addr("fec5::1"), c = addr("10.1.0.2");
	hwo_device_rules_t rules;
	hwo_device_rule_t rule;

	ck_assert_int_eq(hwo_setting_devices("devices", &rules), 0);
	ck_assert(!hwo_device_rules_get(&rules, "eth0", &rule));
	hwo_device_rules_clear(&rules);

	set("hw-offload", "devices.eth0.modes", "crypto,none");
	set("hw-offload", "devices.eth1.modes", "Packet, crypto");
	set("hw-offload", "devices.eth1.max_sas", "1024");
	set("hw-offload", "devices.eth2.local_addrs", "10.1.0.1 , fec5::1");
	set("hw-offload", "devices.eth3.modes", "none");
	/* kernel-netlink has nothing of the kind */
	set("kernel-netlink", "devices.eth4.max_sas", "2");
	ck_assert_int_eq(hwo_setting_devices("devices", &rules), 0);
	ck_assert_int_eq(facade_log_lines, 0);

	ck_assert(hwo_device_rules_get(&rules, "eth0", &rule));
	ck_assert(rule.restricted);
	ck_assert(!rule.allowed[HWO_MODE_PACKET]);
	ck_assert(rule.allowed[HWO_MODE_CRYPTO]);
	ck_assert_int_eq(rule.max_sas, 0);
	ck_assert(hwo_device_rules_get(&rules, "eth1", &rule));
	ck_assert(rule.allowed[HWO_MODE_PACKET]);
	ck_assert(rule.allowed[HWO_MODE_CRYPTO]);
	ck_assert_int_eq(rule.max_sas, 1024);
	ck_assert(hwo_device_rules_get(&rules, "eth2", &rule));
	ck_assert(!rule.restricted);
	ck_assert_str_eq(hwo_device_rules_local(&rules, &a), "eth2");
	ck_assert_str_eq(hwo_device_rules_local(&rules, &b), "eth2");
	ck_assert(!hwo_device_rules_local(&rules, &c));
	ck_assert(hwo_device_rules_get(&rules, "eth3", &rule));
	ck_assert(rule.restricted);
	ck_assert(!rule.allowed[HWO_MODE_CRYPTO]);
	ck_assert(!hwo_device_rules_get(&rules, "eth4", &rule));
	hwo_device_rules_clear(&rules);
}
END_TEST

/** values that make no sense, and what has to be named */
static struct {
	char *key, *value;
} wrong[] = {
	{ "devices.eth0.modes", "crypt" },
	{ "devices.eth0.modes", "packet crypto" },
	{ "devices.eth0.modes", "crypto, yes" },
	{ "devices.eth0.max_sas", "0" },
	{ "devices.eth0.max_sas", "1" },
	{ "devices.eth0.max_sas", "-8" },
	{ "devices.eth0.max_sas", "8 SAs" },
	{ "devices.eth0.max_sas", "many" },
	{ "devices.eth0.max_sas", "99999999999999999999" },
	{ "devices.eth0.local_addrs", "10.1.0.256" },
};

START_TEST(test_wrong_device)
{
	hwo_device_rules_t rules;
	hwo_device_rule_t rule;

	set("hw-offload", wrong[_i].key, wrong[_i].value);
	ck_assert_int_eq(hwo_settings_check(), 0);
	ck_assert_int_eq(hwo_setting_devices("devices", &rules), 1);
	ck_assert_int_eq(facade_log_lines, 1);
	ck_assert_msg(strstr(facade_log_last, wrong[_i].key), "%s",
				  facade_log_last);
	ck_assert_msg(strstr(facade_log_last, wrong[_i].value), "%s",
				  facade_log_last);
	ck_assert(hwo_device_rules_get(&rules, "eth0", &rule));
	ck_assert(!rule.restricted);
	ck_assert_int_eq(rule.max_sas, 0);
	ck_assert_int_eq(array_count(rules.locals), 0);
	hwo_device_rules_clear(&rules);
}
END_TEST

/** names that no device can have */
static char *no_device[] = {
	/* alternative names may have up to 127 letters */
	"sixteen-letters-sixteen-letters-sixteen-letters-sixteen-letters-"
	"sixteen-letters-sixteen-letters-sixteen-letters-sixteen-letters-",
	"eth%s",
};

START_TEST(test_wrong_name)
{
	hwo_device_rules_t rules;

	lib->settings->set_str(lib->settings,
						   "%s.plugins.hw-offload.devices.%s.modes", "none",
						   lib->ns, no_device[_i]);
	ck_assert_int_eq(hwo_settings_check(), 0);
	ck_assert_int_eq(hwo_setting_devices("devices", &rules), 1);
	ck_assert_int_eq(facade_log_lines, 1);
	ck_assert(strstr(facade_log_last, no_device[_i]));
	ck_assert_int_eq(array_count(rules.devices), 0);
	hwo_device_rules_clear(&rules);
}
END_TEST

TCase *settings_tcase(void)
{
	TCase *tc;

	tc = tcase_create("settings");
	tcase_add_checked_fixture(tc, facade_setup, facade_teardown);
	tcase_add_test(tc, test_daemon);
	tcase_add_test(tc, test_bool);
	tcase_add_loop_test(tc, test_bool_wrong, 0, 2 * countof(bools));
	tcase_add_test(tc, test_int);
	tcase_add_loop_test(tc, test_int_range, 0, 2 * countof(ranges));
	tcase_add_test(tc, test_known);
	tcase_add_loop_test(tc, test_unknown, 0, countof(unknown));
	tcase_add_test(tc, test_all_unknown);
	tcase_add_test(tc, test_devices);
	tcase_add_loop_test(tc, test_wrong_device, 0, countof(wrong));
	tcase_add_loop_test(tc, test_wrong_name, 0, countof(no_device));
	return tc;
}
