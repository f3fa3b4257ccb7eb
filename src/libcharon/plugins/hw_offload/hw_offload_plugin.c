/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * What the plugin provides, and whether it gets to.
 */

#include "hw_offload_plugin.h"
#include "backend/charon_version.h"
#include "hw_offload_ipsec.h"
#include "hwo_compat.h"
#include "backend/settings.h"

#include <daemon.h>
#include <utils/debug.h>

/** Set once charon asked us for a backend, it only asks the first in line */
static bool asked;

METHOD(plugin_t, get_name, char*,
	hw_offload_plugin_t *this)
{
	return "hw-offload";
}

/**
 * Construct the backend for charon.
 */
static kernel_ipsec_t *create_ipsec(void)
{
	asked = TRUE;
	return hw_offload_ipsec_open();
}

/**
 * Register the backend, and say how that went.
 */
static bool register_ipsec(plugin_t *plugin, plugin_feature_t *feature,
						   bool reg, void *data)
{
	bool success;

	if (!hwo_settings_daemon(lib->ns))
	{
		if (reg)
		{
			DBG1(DBG_KNL, "hw-offload does not serve %s, kernel-netlink does",
				 lib->ns);
		}
		return FALSE;
	}
	asked = FALSE;
	success = kernel_ipsec_register(plugin, feature, reg,
									(void*)create_ipsec);
	if (!reg)
	{
		return success;
	}
	if (success)
	{
		DBG1(DBG_KNL, "hw-offload %s serves as IPsec backend", HWO_VERSION);
	}
	else if (asked)
	{
		DBG1(DBG_KNL, "hw-offload can't serve as IPsec backend");
	}
	else
	{
		DBG1(DBG_KNL, "hw-offload does not serve, another IPsec backend was "
			 "first: raise %s.plugins.hw-offload.load above the other's",
			 lib->ns);
	}
	return success;
}

METHOD(plugin_t, get_features, int,
	hw_offload_plugin_t *this, plugin_feature_t *features[])
{
	static plugin_feature_t f[] = {
		PLUGIN_CALLBACK(register_ipsec, NULL),
			PLUGIN_PROVIDE(CUSTOM, "kernel-ipsec"),
				/* for routes and interfaces, so it has to outlive us */
				PLUGIN_SDEPEND(CUSTOM, "kernel-net"),
		/* keeps us loaded, and visible, if another backend was first */
		PLUGIN_NOOP,
			PLUGIN_PROVIDE(CUSTOM, "hw-offload"),
	};

	*features = f;
	return countof(f);
}

METHOD(plugin_t, reload, bool,
	hw_offload_plugin_t *this)
{
	hwo_settings_check();
	return TRUE;
}

METHOD(plugin_t, destroy, void,
	hw_offload_plugin_t *this)
{
	free(this);
}

/**
 * Check that we and the daemon agree about the layout of its structs.
 */
static bool check_version(void)
{
	char *found;
	bool matches;

	matches = hwo_charon_version_matches(&found);
	if (!matches)
	{
		/* most other groups have another number in other releases */
		DBG1(DBG_DMN,
			 "hw-offload was built for strongSwan " VERSION ", this is "
			 "%s: build it for this one", found ?: "an unknown version");
	}
	free(found);
	return matches;
}

HWO_PLUGIN_DEFINE(hw_offload)
{
	hw_offload_plugin_t *this;

	if (!check_version())
	{
		return NULL;
	}
	if (!lib->caps->keep(lib->caps, CAP_NET_ADMIN))
	{
		DBG1(DBG_KNL, "hw-offload needs the capability CAP_NET_ADMIN");
	}
	hwo_settings_check();

	INIT(this,
		.plugin = {
			.get_name = _get_name,
			.get_features = _get_features,
			.reload = _reload,
			.destroy = _destroy,
		},
	);
	return &this->plugin;
}
