/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Settings with a fallback to those of kernel-netlink.
 */

#include "settings.h"
#include "../model/plan/ts_convert.h"

#include <errno.h>

#include <utils/debug.h>

/** Longest key that is looked up */
#define MAX_KEY (HWO_IFNAME_SIZE + 128)

/** Sections and settings we know */
static const char *known[] = {
	"load",
	"block_icmp_errors",
	"devices",
	"drain_time",
	"fail_closed",
	"ike_bypass",
	"install_routes_xfrmi",
	"leftover_time",
	"max_blocked",
	"packet_subnets",
	"policy_update",
	"port_bypass",
	"promote",
	"rebind",
	"rebind_delay",
	"rebind_refused",
	"receive_buffer_size",
	"set_proto_port_transport_sa",
	"socket",
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

/** Settings in the section of a device */
static const char *known_device[] = {
	"local_addrs",
	"max_sas",
	"modes",
};

/**
 * Get the full key in a plugin's section, or the section itself if key is
 * empty.
 */
static char *plugin_key(char buf[MAX_KEY], const char *plugin, const char *key)
{
	snprintf(buf, MAX_KEY, "%%s.plugins.%s%s%s", plugin, key[0] ? "." : "",
			 key);
	return buf;
}

char *hwo_setting_str(const char *key, char *def)
{
	char buf[MAX_KEY];

	def = lib->settings->get_str(lib->settings,
							plugin_key(buf, "kernel-netlink", key), def,
							lib->ns);
	return lib->settings->get_str(lib->settings,
							plugin_key(buf, "hw-offload", key), def, lib->ns);
}

/**
 * Get a setting of one of the plugins as it was written.
 *
 * @param plugin		[out] whose setting it is
 * @return				NULL if it is not set
 */
static char *written(const char *key, const char **plugin)
{
	char buf[MAX_KEY], *own;

	own = lib->settings->get_str(lib->settings,
							plugin_key(buf, "hw-offload", key), NULL, lib->ns);
	*plugin = own ? "hw-offload" : "kernel-netlink";
	return own ?: hwo_setting_str(key, NULL);
}

bool hwo_setting_bool(const char *key, bool def)
{
	const char *plugin;
	char *str;

	str = written(key, &plugin);
	/* what is neither becomes what we want it to be */
	if (str && settings_value_as_bool(str, TRUE) !=
			   settings_value_as_bool(str, FALSE))
	{
		DBG1(DBG_CFG, "setting '%s.plugins.%s.%s' is '%s' instead of yes or "
			 "no, using %s", lib->ns, plugin, key, str, def ? "yes" : "no");
	}
	return settings_value_as_bool(str, def);
}

/**
 * Understand a number.
 *
 * @param section		section of the setting, with a dot at the end
 * @param str			what is written, NULL if nothing is
 */
static int parse_int(const char *section, const char *key, const char *str,
					 int def, int low, int high)
{
	char *end;
	long value;

	if (!str)
	{
		return def;
	}
	/* too large a number becomes LONG_MAX, and so is out of the range */
	value = strtol(str, &end, 10);
	if (end == str || *end || value < low || value > high)
	{
		DBG1(DBG_CFG, "setting '%s.%s%s' is '%s' instead of a number from %d "
			 "to %d, using %d", lib->ns, section, key, str, low, high, def);
		return def;
	}
	return value;
}

int hwo_setting_int_range(const char *key, int def, int low, int high)
{
	const char *plugin;
	char section[64], *str;

	str = written(key, &plugin);
	snprintf(section, sizeof(section), "plugins.%s.", plugin);
	return parse_int(section, key, str, def, low, high);
}

int hwo_iptfs_setting(const char *key, int def, int high)
{
	return parse_int("iptfs.", key, lib->settings->get_str(lib->settings,
									"%s.iptfs.%s", NULL, lib->ns, key),
					 def, 0, high);
}

bool hwo_settings_daemon(const char *name)
{
	return !streq(name, "charon-nm");
}

/**
 * Check if a name is in a list, log it if not.
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
 * Check the keys in a section.
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
 * Check the names of the sections in a section.
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

/**
 * Check if a section may be that of a device. Percent signs, which the kernel
 * doesn't allow either, would be taken for parts of a format.
 */
static bool is_device_name(const char *name)
{
	return strlen(name) < HWO_IFNAME_SIZE && !strpbrk(name, "%/:");
}

/**
 * Check what is in the sections of devices.
 */
static int check_devices(void)
{
	char buf[MAX_KEY], section[MAX_KEY], *name;
	enumerator_t *enumerator;
	int unknown;

	unknown = check_keys("devices", NULL, 0);
	enumerator = lib->settings->create_section_enumerator(lib->settings,
							plugin_key(buf, "hw-offload", "devices"), lib->ns);
	while (enumerator->enumerate(enumerator, &name))
	{
		if (!is_device_name(name))
		{	/* complained about when it is read */
			continue;
		}
		snprintf(section, sizeof(section), "devices.%s", name);
		unknown += check_keys(section, known_device, countof(known_device)) +
				   check_sections(section, NULL, 0);
	}
	enumerator->destroy(enumerator);
	return unknown;
}

int hwo_settings_check(void)
{
	return check_devices() + check_sections("", known, countof(known)) +
		   check_sections("spdh_thresh", known_families,
						  countof(known_families)) +
		   check_keys("", known, countof(known)) +
		   check_keys("spdh_thresh", NULL, 0) +
		   check_keys("spdh_thresh.ipv4", known_thresh, countof(known_thresh)) +
		   check_keys("spdh_thresh.ipv6", known_thresh, countof(known_thresh));
}

/**
 * What is read for a device.
 */
typedef struct {
	/** section of the devices, and that of this one */
	const char *section, *name;
	/** where it goes to */
	hwo_device_rules_t *rules;
	/** number of values that make no sense */
	int wrong;
} device_section_t;

/**
 * Log that a value makes no sense.
 */
static void reject(device_section_t *this, const char *key, const char *value,
				   const char *expected)
{
	DBG1(DBG_CFG, "invalid value '%s' of setting '%s.plugins.hw-offload.%s.%s"
		 ".%s' has no effect, expected is %s", value, lib->ns, this->section,
		 this->name, key, expected);
	this->wrong++;
}

/**
 * Get a value from the section of a device.
 */
static char *get_value(device_section_t *this, const char *key)
{
	return lib->settings->get_str(lib->settings, "%s.plugins.hw-offload.%s.%s."
								  "%s", NULL, lib->ns, this->section,
								  this->name, key);
}

/**
 * Find a mode by its name.
 */
static bool parse_mode(const char *name, hwo_mode_t *mode)
{
	for (*mode = HWO_MODE_NONE; *mode < HWO_MAX_STEPS; (*mode)++)
	{
		if (strcaseeq(enum_to_name(hwo_mode_names, *mode), name))
		{
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Read the list of modes.
 */
static void read_modes(device_section_t *this, hwo_device_rule_t *rule)
{
	enumerator_t *enumerator;
	char *value, *token;
	bool valid = TRUE;
	hwo_mode_t mode;

	value = get_value(this, "modes");
	if (!value)
	{
		return;
	}
	rule->restricted = TRUE;
	enumerator = enumerator_create_token(value, ",", " ");
	while (enumerator->enumerate(enumerator, &token))
	{
		valid = valid && parse_mode(token, &mode);
		if (valid)
		{
			rule->allowed[mode] = TRUE;
		}
	}
	enumerator->destroy(enumerator);
	if (!valid)
	{
		rule->restricted = FALSE;
		reject(this, "modes", value, "a list of packet, crypto and none");
	}
}

/**
 * Read the maximum number of SAs.
 */
static void read_max_sas(device_section_t *this, hwo_device_rule_t *rule)
{
	unsigned long number;
	char *value, *end;

	value = get_value(this, "max_sas");
	if (!value)
	{
		return;
	}
	errno = 0;
	number = strtoul(value, &end, 10);
	if (errno || end == value || *end || value[0] == '-' || number < 2 ||
		number > INT_MAX)
	{
		reject(this, "max_sas", value, "a number of at least 2");
		return;
	}
	rule->max_sas = number;
}

/**
 * Read the list of local addresses.
 */
static void read_local_addrs(device_section_t *this)
{
	hwo_local_rule_t rule = {};
	enumerator_t *enumerator;
	char *value, *token;
	host_t *host;

	value = get_value(this, "local_addrs");
	if (!value)
	{
		return;
	}
	snprintf(rule.name, sizeof(rule.name), "%s", this->name);
	enumerator = enumerator_create_token(value, ",", " ");
	while (enumerator->enumerate(enumerator, &token))
	{
		host = host_create_from_string(token, 0);
		if (host)
		{
			hwo_addr_from_host(host, &rule.addr);
			array_insert(this->rules->locals, ARRAY_TAIL, &rule);
			host->destroy(host);
		}
		else
		{
			reject(this, "local_addrs", token, "a list of IP addresses");
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Read the section of a device.
 */
static int read_device(const char *section, const char *name,
					   hwo_device_rules_t *rules)
{
	device_section_t this = {
		.section = section,
		.name = name,
		.rules = rules,
	};
	hwo_device_rule_t rule = {};

	if (!is_device_name(name))
	{
		DBG1(DBG_CFG, "'%s' in '%s.plugins.hw-offload.%s' has no effect, that "
			 "can't be the name of a device", name, lib->ns, section);
		return 1;
	}
	snprintf(rule.name, sizeof(rule.name), "%s", name);
	read_modes(&this, &rule);
	read_max_sas(&this, &rule);
	read_local_addrs(&this);
	array_insert(rules->devices, ARRAY_TAIL, &rule);
	return this.wrong;
}

int hwo_setting_devices(const char *key, hwo_device_rules_t *rules)
{
	char buf[MAX_KEY], *name;
	enumerator_t *enumerator;
	int wrong = 0;

	hwo_device_rules_init(rules);
	enumerator = lib->settings->create_section_enumerator(lib->settings,
							plugin_key(buf, "hw-offload", key), lib->ns);
	while (enumerator->enumerate(enumerator, &name))
	{
		wrong += read_device(key, name, rules);
	}
	enumerator->destroy(enumerator);
	return wrong;
}
