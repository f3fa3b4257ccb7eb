/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_uapi uapi
 * @{ @ingroup hwo_wire
 *
 * What we use of linux/xfrm.h and linux/fib_rules.h that is younger than the
 * oldest headers we build with (Linux 6.1). The numbers are part of the
 * kernel's ABI and never change. Enumerators cannot be tested for by the
 * preprocessor, so they have names of our own here, compared at the end with
 * those of the headers if these are new enough.
 */

#ifndef HWO_UAPI_H_
#define HWO_UAPI_H_

#include <linux/xfrm.h>

/**
 * Attributes of SAs.
 */
enum {
	/** direction, uint8_t, Linux 6.10 */
	HWO_XFRMA_SA_DIR = 33,
	/** CPU, uint32_t, Linux 6.13 */
	HWO_XFRMA_SA_PCPU = 35,
	/** aggregation and fragmentation (RFC 9347), Linux 6.14 */
	HWO_XFRMA_IPTFS_DROP_TIME = 36,
	HWO_XFRMA_IPTFS_REORDER_WINDOW = 37,
	HWO_XFRMA_IPTFS_DONT_FRAG = 38,
	HWO_XFRMA_IPTFS_INIT_DELAY = 39,
	HWO_XFRMA_IPTFS_MAX_QSIZE = 40,
	HWO_XFRMA_IPTFS_PKT_SIZE = 41,
};

/**
 * Values of HWO_XFRMA_SA_DIR.
 */
enum {
	HWO_XFRM_SA_DIR_IN = 1,
	HWO_XFRM_SA_DIR_OUT = 2,
};

/**
 * Attributes of rules, Linux 6.13.
 */
enum {
	HWO_FRA_DSCP = 25,
	HWO_FRA_FLOWLABEL = 26,
};

/**
 * Messages.
 */
enum {
	/** moves an SA, Linux 7.2 */
	HWO_XFRM_MSG_MIGRATE_STATE = 0x29,
};

/** mode of an SA; its headers (Linux 6.14) have all the attributes above */
#ifndef XFRM_MODE_IPTFS
#define XFRM_MODE_IPTFS 5
#else
_Static_assert((int)HWO_XFRMA_SA_DIR == (int)XFRMA_SA_DIR, "SA_DIR");
_Static_assert((int)HWO_XFRM_SA_DIR_IN == (int)XFRM_SA_DIR_IN, "DIR_IN");
_Static_assert((int)HWO_XFRM_SA_DIR_OUT == (int)XFRM_SA_DIR_OUT, "DIR_OUT");
_Static_assert((int)HWO_XFRMA_SA_PCPU == (int)XFRMA_SA_PCPU, "SA_PCPU");
_Static_assert((int)HWO_XFRMA_IPTFS_DROP_TIME ==
			   (int)XFRMA_IPTFS_DROP_TIME, "IPTFS_DROP_TIME");
_Static_assert((int)HWO_XFRMA_IPTFS_REORDER_WINDOW ==
			   (int)XFRMA_IPTFS_REORDER_WINDOW, "IPTFS_REORDER_WINDOW");
_Static_assert((int)HWO_XFRMA_IPTFS_DONT_FRAG ==
			   (int)XFRMA_IPTFS_DONT_FRAG, "IPTFS_DONT_FRAG");
_Static_assert((int)HWO_XFRMA_IPTFS_INIT_DELAY ==
			   (int)XFRMA_IPTFS_INIT_DELAY, "IPTFS_INIT_DELAY");
_Static_assert((int)HWO_XFRMA_IPTFS_MAX_QSIZE ==
			   (int)XFRMA_IPTFS_MAX_QSIZE, "IPTFS_MAX_QSIZE");
_Static_assert((int)HWO_XFRMA_IPTFS_PKT_SIZE ==
			   (int)XFRMA_IPTFS_PKT_SIZE, "IPTFS_PKT_SIZE");
#endif

/** flag of an SP: acquires name the CPU, Linux 6.13 */
#ifndef XFRM_POLICY_CPU_ACQUIRE
#define XFRM_POLICY_CPU_ACQUIRE 4
#endif

/** flag of an offload: packet mode, Linux 6.2 */
#ifndef XFRM_OFFLOAD_PACKET
#define XFRM_OFFLOAD_PACKET 4
#endif

_Static_assert(XFRM_MODE_IPTFS == 5, "mode IPTFS");
_Static_assert(XFRM_POLICY_CPU_ACQUIRE == 4, "flag CPU_ACQUIRE");
_Static_assert(XFRM_OFFLOAD_PACKET == 4, "flag PACKET");
#ifdef XFRM_MSG_MIGRATE_STATE
_Static_assert((int)HWO_XFRM_MSG_MIGRATE_STATE ==
			   (int)XFRM_MSG_MIGRATE_STATE, "MIGRATE_STATE");
#endif

#endif /** HWO_UAPI_H_ @}*/
