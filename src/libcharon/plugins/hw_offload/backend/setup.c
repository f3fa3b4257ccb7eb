/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * From settings to services.
 */

#include "setup.h"
#include "../hwo_compat.h"
#include "settings.h"
#include "../service/sp/spd_setup.h"

#include <errno.h>
#include <limits.h>

#include <daemon.h>
#include <utils/debug.h>

/** The kernel answers at once or never, unless a driver is slow */
#define REPLY_TIMEOUT 10000

/** Enough for a burst of several thousand expires */
#define EVENT_BUFFER (8 * 1024 * 1024)

/** Names of our files begin with charon's, AppArmor profiles rely on that */
#define STATE_FILE "/run/charon.hw-offload-state"

/** Seconds in which the daemon should have loaded its configuration */
#define LEFTOVER_TIME 30

/** Milliseconds from a change of routes to a check of all SAs */
#define REBIND_DELAY 100

/** Milliseconds for which a NIC blocks what it has of a closed CHILD_SA */
#define DRAIN_TIME 100

/** Guards that are kept though nobody uses them */
#define MAX_BLOCKED 1000


bool hwo_setup_kernel(hwo_kernel_sockets_t *kernel)
{
	int timeout;

	/* kernel-netlink, from whose section it might come, has 0 by default */
	timeout = hwo_setting_int_range("timeout", REPLY_TIMEOUT, 0, INT_MAX);
	return hwo_kernel_sockets_open(kernel, timeout ?: REPLY_TIMEOUT,
						hwo_setting_int_range("receive_buffer_size",
											  EVENT_BUFFER, 0, INT_MAX));
}

bool hwo_setup_spd(nl_exchange_t *xfrm)
{
	hwo_spd_thresh_t v4 = {
		.lbits = hwo_setting_int_range("spdh_thresh.ipv4.lbits", 32, 0, 32),
		.rbits = hwo_setting_int_range("spdh_thresh.ipv4.rbits", 32, 0, 32),
	};
	hwo_spd_thresh_t v6 = {
		.lbits = hwo_setting_int_range("spdh_thresh.ipv6.lbits", 128, 0, 128),
		.rbits = hwo_setting_int_range("spdh_thresh.ipv6.rbits", 128, 0, 128),
	};

	switch (hwo_spd_setup(xfrm, &v4, &v6))
	{
		case 0:
			return TRUE;
		case EPERM:
			DBG1(DBG_KNL, "hw-offload can't use XFRM without the capability "
				 "CAP_NET_ADMIN");
			return FALSE;
		default:
			DBG1(DBG_KNL, "hw-offload can't use XFRM, it does not answer as "
				 "expected");
			return FALSE;
	}
}

/**
 * Get whether NICs match subnets, and what is known of drivers does not count.
 */
static hwo_subnets_t get_subnets(void)
{
	char *value = hwo_setting_str("packet_subnets", "");

	if (!value[0])
	{
		return HWO_SUBNETS_BY_DRIVER;
	}
	if (streq(value, "all"))
	{
		return HWO_SUBNETS_ALL;
	}
	return hwo_setting_bool("packet_subnets", FALSE) ? HWO_SUBNETS_YES
													 : HWO_SUBNETS_NO;
}

void hwo_setup_devices(const hwo_kernel_features_t *features,
					   hwo_device_rules_t *rules)
{
	hwo_setting_devices("devices", rules);
	rules->drivers = (hwo_driver_rules_t){
		.kernel = features->unmatched,
		.subnets = get_subnets(),
	};
}

hwo_guard_rules_t hwo_setup_guard(const hwo_kernel_features_t *features)
{
	return (hwo_guard_rules_t){
		.fail_closed = hwo_setting_bool("fail_closed", TRUE),
		.route_checked = features->route_checked,
	};
}

hwo_sp_settings_t hwo_setup_sps(const hwo_guard_rules_t *guard)
{
	return (hwo_sp_settings_t){
		.install_routes = lib->settings->get_bool(lib->settings,
									"%s.install_routes", TRUE, lib->ns),
		.install_routes_xfrmi = hwo_setting_bool("install_routes_xfrmi", FALSE),
		.policy_update = hwo_setting_bool("policy_update", FALSE),
		.block_icmp_errors = hwo_setting_bool("block_icmp_errors", TRUE),
		.guard = *guard,
		.max_blocked = hwo_setting_int_range("max_blocked", MAX_BLOCKED, 1,
											 1000000),
		.drain_time = hwo_setting_int_range("drain_time", DRAIN_TIME, 0,
											10000),
	};
}

hwo_bypass_settings_t hwo_setup_bypass(void)
{
	return (hwo_bypass_settings_t){
		.ports = hwo_setting_bool("port_bypass", FALSE),
		.nics = hwo_setting_bool("ike_bypass", TRUE),
	};
}

/**
 * Check a setting that is one of two words.
 *
 * @return			TRUE if it is the second one, which is not the default
 */
static bool is_second(const char *key, const char *word, const char *first,
					  const char *second)
{
	if (!streq(word, first) && !streq(word, second))
	{
		DBG1(DBG_CFG, "setting '%s.plugins.hw-offload.%s' is '%s' instead of "
			 "'%s' or '%s', using '%s'", lib->ns, key, word, first, second,
			 first);
	}
	return streq(word, second);
}

hwo_rebind_settings_t hwo_setup_rebind(const hwo_guard_rules_t *guard)
{
	return (hwo_rebind_settings_t){
		.enabled = hwo_setting_bool("rebind", TRUE),
		.delay = hwo_setting_int_range("rebind_delay", REBIND_DELAY, 1, 60000),
		.rules = {
			.promote_now = is_second("promote",
									 hwo_setting_str("promote", "rekey"),
									 "rekey", "now"),
			.close_refused = is_second("rebind_refused",
									   hwo_setting_str("rebind_refused",
													   "keep"),
									   "keep", "close"),
		},
		.guard = *guard,
	};
}

journal_t *hwo_setup_journal(void)
{
	return hwo_journal_create(hwo_setting_str("state_file", STATE_FILE));
}

u_int hwo_setup_leftover_time(void)
{
	return hwo_setting_int_range("leftover_time", LEFTOVER_TIME, 0, INT_MAX);
}

status_service_t *hwo_setup_status(const hwo_listener_t *listener,
								   hwo_status_source_t *source)
{
	static const int no_groups[] = { 0 };
	status_service_t *service;
	nl_transport_t *transport;
	char *socket;

	socket = hwo_setting_str("socket", "unix://" HWO_STATUS_SOCKET);
	if (!socket[0])
	{
		return NULL;
	}
	transport = listener->open(listener->data, no_groups);
	if (!transport)
	{
		DBG1(DBG_KNL, "unable to serve '%s', no socket to XFRM",
			 socket);
		return NULL;
	}
	source->version = HWO_VERSION;
	source->xfrm = hwo_nl_exchange_create(transport);
	service = hwo_status_service_create(socket, source);
	if (!service)
	{
		DBG1(DBG_CFG, "setting '%s.plugins.hw-offload.socket' is '%s', where "
			 "nobody can be served", lib->ns, socket);
	}
	return service;
}
