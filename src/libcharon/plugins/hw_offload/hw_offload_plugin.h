/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hw_offload hw_offload
 * @ingroup cplugins
 *
 * @defgroup hw_offload_plugin hw_offload_plugin
 * @{ @ingroup hw_offload
 */

#ifndef HW_OFFLOAD_PLUGIN_H_
#define HW_OFFLOAD_PLUGIN_H_

#include <plugins/plugin.h>

typedef struct hw_offload_plugin_t hw_offload_plugin_t;

/**
 * Plugin that takes kernel-netlink's place as IPsec backend and makes the most
 * of NICs that can do IPsec.
 */
struct hw_offload_plugin_t {

	/**
	 * Implements plugin interface.
	 */
	plugin_t plugin;
};

#endif /** HW_OFFLOAD_PLUGIN_H_ @}*/
