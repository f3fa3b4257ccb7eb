/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Settings with a fallback to those of kernel-netlink.
 */

#include "plugin_settings.h"

#include <utils/debug.h>

/** Longest key that is looked up */
#define MAX_KEY 128

/** Sections and settings we know */
static const char *known[] = {
	"load",
	"fail_closed",
	"ike_bypass",
	"install_routes_xfrmi",
	"leftover_time",
	"policy_update",
	"port_bypass",
	"receive_buffer_size",
	"set_proto_port_transport_sa",
	"socket",
	"spdh_reserve",
	"spdh_thresh",
	"state_file",
	"timeout",
};

/** Sections in spdh_thresh */
static const char *known_families[] = {
	"ipv4",
	"ipv6",
};

/** Settings in these sections */
static const char *known_thresh[] = {
	"lbits",
	"rbits",
};

/**
 * Get the full key in a plugin's section, or the section itself if key is empty
 */
static char *plugin_key(char buf[MAX_KEY], const char *plugin, const char *key)
{
	snprintf(buf, MAX_KEY, "%%s.plugins.%s%s%s", plugin, key[0] ? "." : "",
			 key);
	return buf;
}

/*
 * Described in header
 */
bool hwo_setting_bool(const char *key, bool def)
{
	char buf[MAX_KEY];

	def = lib->settings->get_bool(lib->settings,
							plugin_key(buf, "kernel-netlink", key), def,
							lib->ns);
	return lib->settings->get_bool(lib->settings,
							plugin_key(buf, "hw-offload", key), def, lib->ns);
}

/*
 * Described in header
 */
int hwo_setting_int(const char *key, int def)
{
	char buf[MAX_KEY];

	def = lib->settings->get_int(lib->settings,
							plugin_key(buf, "kernel-netlink", key), def,
							lib->ns);
	return lib->settings->get_int(lib->settings,
							plugin_key(buf, "hw-offload", key), def, lib->ns);
}

/*
 * Described in header
 */
char *hwo_setting_str(const char *key, char *def)
{
	char buf[MAX_KEY];

	def = lib->settings->get_str(lib->settings,
							plugin_key(buf, "kernel-netlink", key), def,
							lib->ns);
	return lib->settings->get_str(lib->settings,
							plugin_key(buf, "hw-offload", key), def, lib->ns);
}

/*
 * Described in header
 */
int hwo_setting_int_range(const char *key, int def, int low, int high)
{
	char buf[MAX_KEY], *own, *str, *end;
	long value;

	own = lib->settings->get_str(lib->settings,
							plugin_key(buf, "hw-offload", key), NULL, lib->ns);
	str = own ?: hwo_setting_str(key, NULL);
	if (!str)
	{
		return def;
	}
	/* too large a number becomes LONG_MAX, and so is out of the range */
	value = strtol(str, &end, 10);
	if (end == str || *end || value < low || value > high)
	{
		DBG1(DBG_CFG, "setting '%s.plugins.%s.%s' is '%s' instead of a number "
			 "from %d to %d, using %d", lib->ns,
			 own ? "hw-offload" : "kernel-netlink", key, str, low, high, def);
		return def;
	}
	return value;
}

/**
 * Check if a name is in a list, log it if not
 */
static int check_name(const char *section, const char *name, const char **list,
					  int count)
{
	int i;

	for (i = 0; i < count; i++)
	{
		if (streq(name, list[i]))
		{
			return 0;
		}
	}
	DBG1(DBG_CFG, "unknown setting '%s.plugins.hw-offload%s%s.%s' has no "
		 "effect", lib->ns, section[0] ? "." : "", section, name);
	return 1;
}

/**
 * Check the keys in a section
 */
static int check_keys(const char *section, const char **list, int count)
{
	char buf[MAX_KEY], *key, *value;
	enumerator_t *enumerator;
	int unknown = 0;

	enumerator = lib->settings->create_key_value_enumerator(lib->settings,
							plugin_key(buf, "hw-offload", section), lib->ns);
	while (enumerator->enumerate(enumerator, &key, &value))
	{
		unknown += check_name(section, key, list, count);
	}
	enumerator->destroy(enumerator);
	return unknown;
}

/**
 * Check the names of the sections in a section
 */
static int check_sections(const char *section, const char **list, int count)
{
	char buf[MAX_KEY], *name;
	enumerator_t *enumerator;
	int unknown = 0;

	enumerator = lib->settings->create_section_enumerator(lib->settings,
							plugin_key(buf, "hw-offload", section), lib->ns);
	while (enumerator->enumerate(enumerator, &name))
	{
		unknown += check_name(section, name, list, count);
	}
	enumerator->destroy(enumerator);
	return unknown;
}

/*
 * Described in header
 */
int hwo_settings_check(void)
{
	return check_sections("", known, countof(known)) +
		   check_sections("spdh_thresh", known_families,
						  countof(known_families)) +
		   check_keys("", known, countof(known)) +
		   check_keys("spdh_thresh", NULL, 0) +
		   check_keys("spdh_thresh.ipv4", known_thresh, countof(known_thresh)) +
		   check_keys("spdh_thresh.ipv6", known_thresh, countof(known_thresh));
}
