/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_compat hwo_compat
 * @{ @ingroup hw_offload
 *
 * One view of charon's kernel API, whichever release we are built for.
 *
 * This is the one place that looks at what configure found (hwo_config.h). What
 * an older release lacks reads as its neutral value here: no sequence number,
 * no CPU, FALSE. So callers do without the preprocessor, and all code is
 * compiled everywhere.
 */

#ifndef HWO_COMPAT_H_
#define HWO_COMPAT_H_

#include "hwo_config.h"

#include <library.h>
#include <plugins/plugin.h>
#include <config/child_cfg.h>
#include <kernel/kernel_interface.h>

/** what charon looks up with dlsym(), all else is hidden */
#define HWO_EXPORT __attribute__((visibility("default")))

/**
 * Defines the constructor of a plugin, and its version where the plugin loader
 * wants to see it (since 6.0.3). The body of the constructor follows.
 */
#if HWO_HAVE_PLUGIN_VERSION
#define HWO_PLUGIN_DEFINE(name) \
	HWO_EXPORT extern const char *name##_plugin_version; \
	HWO_EXPORT plugin_t *name##_plugin_create(void); \
	PLUGIN_DEFINE(name)
#else
#define HWO_PLUGIN_DEFINE(name) \
	HWO_EXPORT plugin_t *name##_plugin_create(void); \
	plugin_t *name##_plugin_create(void)
#endif

/** TRUE if HWO_PLUGIN_DEFINE() exports a version */
#define HWO_PLUGIN_HAS_VERSION HWO_HAVE_PLUGIN_VERSION

/** value that stands for "no CPU" (CPU_ID_MAX) */
#if HWO_HAVE_CPU_ID_MAX
#define HWO_CPU_ID_MAX CPU_ID_MAX
#else
#define HWO_CPU_ID_MAX UINT32_MAX
#endif

/** KERNEL_ACQUIRE_SEQ, no bit at all where charon does not know it */
#if HWO_HAVE_FEATURE_ACQUIRE_SEQ
#define HWO_KERNEL_ACQUIRE_SEQ KERNEL_ACQUIRE_SEQ
#else
#define HWO_KERNEL_ACQUIRE_SEQ 0
#endif

/**
 * Whether charon knows IP-TFS, and asks for it with this mode.
 *
 * @param mode		mode of an SA or policy
 * @return			TRUE if mode is MODE_IPTFS
 */
static inline bool hwo_compat_mode_is_iptfs(ipsec_mode_t mode)
{
#if HWO_HAVE_MODE_IPTFS
	return mode == MODE_IPTFS;
#else
	return FALSE;
#endif
}

/**
 * Sequence number of the acquire that triggered an SA.
 *
 * @param data		charon's data of the SA
 * @return			sequence number, 0 if none
 */
static inline uint32_t hwo_compat_sa_seq(const kernel_ipsec_add_sa_t *data)
{
#if HWO_HAVE_SA_SEQ
	return data->seq;
#else
	return 0;
#endif
}

/**
 * CPU that an SA is bound to.
 *
 * @param data		charon's data of the SA
 * @return			CPU, HWO_CPU_ID_MAX if it is not bound to one
 */
static inline uint32_t hwo_compat_sa_cpu(const kernel_ipsec_add_sa_t *data)
{
#if HWO_HAVE_SA_CPU
	return data->cpu;
#else
	return HWO_CPU_ID_MAX;
#endif
}

/**
 * Whether the peer of an IP-TFS SA cannot take fragments.
 *
 * @param data		charon's data of the SA
 * @return			TRUE if packets must not be fragmented
 */
static inline bool hwo_compat_sa_iptfs_dont_frag(
										const kernel_ipsec_add_sa_t *data)
{
#if HWO_HAVE_SA_IPTFS
	return data->iptfs_dont_frag;
#else
	return FALSE;
#endif
}

/**
 * Whether an SA forwards ICMP errors from inside the tunnel (RFC 4301, 6).
 *
 * @param data		charon's data of the SA
 * @return			TRUE if ICMP errors are forwarded
 */
static inline bool hwo_compat_sa_forward_icmp(const kernel_ipsec_add_sa_t *data)
{
#if HWO_HAVE_SA_FORWARD_ICMP
	return data->forward_icmp;
#else
	return FALSE;
#endif
}

/**
 * Whether a policy raises acquires per CPU.
 *
 * @param data		charon's data of the policy
 * @return			TRUE if acquires are raised per CPU
 */
static inline bool hwo_compat_policy_pcpu_acquires(
									const kernel_ipsec_manage_policy_t *data)
{
#if HWO_HAVE_POLICY_PCPU_ACQUIRES
	return data->pcpu_acquires;
#else
	return FALSE;
#endif
}

/**
 * Whether a policy forwards ICMP errors (RFC 4301, 6).
 *
 * @param data		charon's data of the policy
 * @return			TRUE if ICMP errors are forwarded
 */
static inline bool hwo_compat_policy_forward_icmp(
									const kernel_ipsec_manage_policy_t *data)
{
#if HWO_HAVE_POLICY_FORWARD_ICMP
	return data->forward_icmp;
#else
	return FALSE;
#endif
}

/**
 * Add to an acquire what the kernel says of its origin.
 *
 * @param data		acquire that is to be raised
 * @param cpu		CPU of the packet, HWO_CPU_ID_MAX if none
 * @param seq		sequence number of the acquire, 0 if none
 */
static inline void hwo_compat_acquire_set(kernel_acquire_data_t *data,
										  uint32_t cpu, uint32_t seq)
{
#if HWO_HAVE_ACQUIRE_CPU
	data->cpu = cpu;
#endif
#if HWO_HAVE_ACQUIRE_SEQ
	data->seq = seq;
#endif
}

/**
 * Sequence number that goes with an acquire.
 *
 * @param data		acquire
 * @return			sequence number, 0 if none or if charon does not take it
 */
static inline uint32_t hwo_compat_acquire_seq(const kernel_acquire_data_t *data)
{
#if HWO_HAVE_ACQUIRE_SEQ
	return data->seq;
#else
	return 0;
#endif
}

/**
 * Proposals of a child, as they are negotiated.
 *
 * @param cfg		configuration of a child
 * @return			list of proposal_t, owned
 */
static inline linked_list_t *hwo_compat_child_proposals(child_cfg_t *cfg)
{
#if HWO_HAVE_PROPOSALS_LOG
	return cfg->get_proposals(cfg, TRUE, FALSE);
#else
	return cfg->get_proposals(cfg, TRUE);
#endif
}

/**
 * Traffic selectors of a child, as they are configured.
 *
 * @param cfg		configuration of a child
 * @param local		TRUE for those of our side
 * @return			list of traffic_selector_t, owned
 */
static inline linked_list_t *hwo_compat_child_selectors(child_cfg_t *cfg,
														bool local)
{
#if HWO_HAVE_SELECTORS_LOG
	return cfg->get_traffic_selectors(cfg, local, NULL, NULL, FALSE);
#else
	return cfg->get_traffic_selectors(cfg, local, NULL);
#endif
}

#endif /** HWO_COMPAT_H_ @}*/
