/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_plugin_settings plugin_settings
 * @{ @ingroup hw_offload
 *
 * Settings of the plugin in strongswan.conf. Those that kernel-netlink has too
 * are taken from its section if ours doesn't have them, so that an existing
 * configuration stays in effect.
 */

#ifndef PLUGIN_SETTINGS_H_
#define PLUGIN_SETTINGS_H_

#include <library.h>

#include "../model/plan/device_rules.h"

/**
 * Read a boolean setting.
 *
 * @param key			key below charon.plugins.hw-offload
 * @param def			default
 */
bool hwo_setting_bool(const char *key, bool def);

/**
 * Read an integer setting, all of which have limits. If it is set to anything
 * else, that is logged, and the default is in effect.
 *
 * @param key			key below charon.plugins.hw-offload
 * @param def			default
 * @param low			smallest value
 * @param high			largest value
 */
int hwo_setting_int_range(const char *key, int def, int low, int high);

/**
 * Read a setting of IP-TFS, which is charon's: kernel-netlink takes any number
 * and sends what is left of it in the bits that the kernel reads.
 *
 * @param key			key below charon.iptfs
 * @param def			default
 * @param high			largest value, 0 is the smallest one
 */
int hwo_iptfs_setting(const char *key, int def, int high);

/**
 * Read a text setting.
 *
 * @param key			key below charon.plugins.hw-offload
 * @param def			default
 * @return				value, not owned
 */
char *hwo_setting_str(const char *key, char *def);

/**
 * Read the settings of devices. Values that make no sense are logged and have
 * no effect.
 *
 * @param key			section below charon.plugins.hw-offload
 * @param rules			[out] rules, to be released
 * @return				number of such values
 */
int hwo_setting_devices(const char *key, hwo_device_rules_t *rules);

/**
 * Whether a daemon can do with our backend. charon-nm can't: it asks the IPsec
 * half of kernel-netlink to create the XFRM interfaces of its connections.
 *
 * @param name			name of the daemon, as it is in lib->ns
 * @return				TRUE if we may serve
 */
bool hwo_settings_daemon(const char *name);

/**
 * Log each setting in our section that we don't know, as it has no effect.
 *
 * @return				number of unknown settings
 */
int hwo_settings_check(void);

#endif /** PLUGIN_SETTINGS_H_ @}*/
