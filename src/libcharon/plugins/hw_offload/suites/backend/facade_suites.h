/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * What the tests of the pure parts of the facade share.
 */

#ifndef FACADE_SUITES_H_
#define FACADE_SUITES_H_

#include <check.h>

#include <daemon.h>

#include "../../hwo_compat.h"

/** The test cases by subject. */
TCase *kernel_features_tcase(void);
TCase *settings_tcase(void);
TCase *translate_id_tcase(void);
TCase *translate_sa_tcase(void);
TCase *translate_modes_tcase(void);
TCase *translate_sp_tcase(void);

/** Set up and tear down libstrongswan, and a charon that knows algorithms only.
 * Log lines up to level 1 are counted, and the last one kept. */
void facade_setup(void);
void facade_teardown(void);

/** Lines logged since facade_setup(), and the last of them. */
extern int facade_log_lines;
extern char facade_log_last[256];

/** An algorithm that only charon knows, as if a plugin registered it. */
#define FACADE_ALG		0xf00d
#define FACADE_ALG_NAME	"registered(alg)"

/** The type it was asked about last. */
extern transform_type_t facade_alg_type;

/** Parse an address. */
host_t *facade_host(const char *str, uint16_t port);

/** Compare structs as a whole, and tell at which byte they differ. */
void facade_check_equal(const void *found, const void *expected, size_t len);

/*
 * What hwo_compat.h reads: members that not all releases of charon have. Each
 * returns what is then to be read, so the neutral value without the member.
 */

static inline uint32_t set_sa_seq(kernel_ipsec_add_sa_t *data, uint32_t seq)
{
#if HWO_HAVE_SA_SEQ
	data->seq = seq;
	return seq;
#else
	return 0;
#endif
}

static inline uint32_t set_sa_cpu(kernel_ipsec_add_sa_t *data, uint32_t cpu)
{
#if HWO_HAVE_SA_CPU
	data->cpu = cpu;
	return cpu;
#else
	return HWO_CPU_ID_MAX;
#endif
}

static inline bool set_sa_forward_icmp(kernel_ipsec_add_sa_t *data, bool set)
{
#if HWO_HAVE_SA_FORWARD_ICMP
	data->forward_icmp = set;
	return set;
#else
	return FALSE;
#endif
}

static inline bool set_sa_iptfs_dont_frag(kernel_ipsec_add_sa_t *data, bool set)
{
#if HWO_HAVE_SA_IPTFS
	data->iptfs_dont_frag = set;
	return set;
#else
	return FALSE;
#endif
}

static inline bool set_policy_forward_icmp(kernel_ipsec_manage_policy_t *data,
										   bool set)
{
#if HWO_HAVE_POLICY_FORWARD_ICMP
	data->forward_icmp = set;
	return set;
#else
	return FALSE;
#endif
}

static inline bool set_policy_pcpu_acquires(kernel_ipsec_manage_policy_t *data,
											bool set)
{
#if HWO_HAVE_POLICY_PCPU_ACQUIRES
	data->pcpu_acquires = set;
	return set;
#else
	return FALSE;
#endif
}

#endif /** FACADE_SUITES_H_ */
