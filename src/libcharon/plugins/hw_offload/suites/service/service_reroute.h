/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * A CHILD_SA whose packets are led to another NIC.
 */

#ifndef SERVICE_REROUTE_H_
#define SERVICE_REROUTE_H_

#include "service_child.h"

/** network of the peer */
#define NET "192.168.50.0/24"

/** another NIC */
#define OTHER 4

/** milliseconds from a change to a check */
#define DELAY 20

/** Set one of our settings */
void reroute_set(const char *key, char *value);

/** Start with a setting (key NULL for none), both NICs are as capable */
void reroute_start(fake_caps_t caps, const char *key, char *value);

/** Install the CHILD_SA */
void reroute_child_add(hw_offload_t requested);

/** Remove it, nothing may be left */
void reroute_child_del(void);

/** Lead its packets to a NIC, 0 for nowhere */
void reroute_to(uint32_t ifindex);

/** Check where both SAs are: mode and index of the NIC as in "crypto4", "none"
 * or "missing". */
bool reroute_pair_is(const char *expected);

/** Wait until they are there */
bool reroute_wait_pair(const char *expected);

/** Wait until a check is done that began after this: any change is followed by
 * one, which looks up the way to a peer that is different from the last one. */
void reroute_wait_check(void);

/** Last sequence number the outbound SA was installed with */
uint32_t reroute_oseq(void);

#endif /* SERVICE_REROUTE_H_ */
