/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_xfrm_probe xfrm_probe
 * @{ @ingroup hwo_wire
 *
 * An SA like another one in all that a driver looks at, but of no use: its
 * addresses are for documentation only (RFC 5737, RFC 3849), its key is zero,
 * its reqid that of no policy: some NICs find SAs by their reqid alone, and
 * would encrypt traffic with that key. Whether a device takes it tells if the
 * device would take that one.
 */

#ifndef HWO_XFRM_PROBE_H_
#define HWO_XFRM_PROBE_H_

#include "nl_msg.h"

/** Reqid of SAs for trial, charon does not get that far */
#define HWO_PROBE_REQID 0x7ff00001

/**
 * Encode XFRM_MSG_NEWSA for such an SA. It holds no keys. Limits in bytes are
 * left out, it does not need them to be taken.
 *
 * @param msg		[out] message
 * @param like		XFRM_MSG_NEWSA that describes the other SA
 * @param inbound	TRUE if that one protects what we receive
 * @param offload	offload to ask for
 * @param id		[out] identity of the SA for trial
 * @return			FALSE if the description is malformed, or it does not fit
 */
bool hwo_xfrm_encode_trial_sa(hwo_msg_t *msg, const struct nlmsghdr *like,
							  bool inbound, const hwo_offload_t *offload,
							  hwo_sa_id_t *id);

#endif /** HWO_XFRM_PROBE_H_ @}*/
