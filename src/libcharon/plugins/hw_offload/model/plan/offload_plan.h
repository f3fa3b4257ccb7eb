/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_offload_plan offload_plan
 * @{ @ingroup hwo_model
 *
 * The attempts: which modes to try for an SA or SP, in which order, and what an
 * answer of the kernel means.
 *
 * No list of what drivers can do is kept here: the driver says no, and its
 * words are recorded. Known here are only rules of the kernel's core and of
 * safety: what drivers take, but do wrong. All functions are pure.
 */

#ifndef HWO_OFFLOAD_PLAN_H_
#define HWO_OFFLOAD_PLAN_H_

#include "../../hwo_types.h"

/**
 * Why a mode is not in effect. The names are stable, they are documented and
 * meant to be searched for.
 */
typedef enum hwo_reason_t {
	/** as requested */
	HWO_REASON_NONE,
	/** no route to the peer, so no device */
	HWO_REASON_NO_ROUTE,
	/** the route leads to this host itself */
	HWO_REASON_LOCAL_ROUTE,
	/** neither ESP nor a policy for it */
	HWO_REASON_NOT_ESP,
	/** packet: without ESN NICs have no replay protection */
	HWO_REASON_NO_ESN,
	/** crypto: drivers accept UDP encapsulation without a check */
	HWO_REASON_UDP_ENCAP,
	/** the kernel refuses to offload SAs with TFC padding */
	HWO_REASON_TFC,
	/** neither transport nor tunnel mode */
	HWO_REASON_IPSEC_MODE,
	/** the driver, or the kernel on its behalf, said no */
	HWO_REASON_DRIVER_REFUSED,
	/** the kernel accepted the SA, but as software */
	HWO_REASON_SILENT_SOFTWARE,
	/** the kernel offloads to another device than asked for */
	HWO_REASON_WRONG_DEVICE,
	/** the SA of the other direction could not be offloaded that way */
	HWO_REASON_PARTNER_REFUSED,
	/** the policy could not be offloaded */
	HWO_REASON_POLICY_REFUSED,
	/** packet: the sequence numbers of an SA in use can't move to a NIC */
	HWO_REASON_IN_USE,
	/** packet: if the route moves, the kernel sends in clear (before 7.1) */
	HWO_REASON_ROUTE_LEAK,
	/** the packets go through IPComp, too */
	HWO_REASON_IPCOMP,
	/** the kernel does not offload inbound SAs with XFRM interface ID */
	HWO_REASON_IF_ID,
	/** packet: IPv4 in IPv6, or the other way round */
	HWO_REASON_MIXED_FAMILIES,
	/** packet: NICs match no subnets, what they miss is in clear (mlx5 before
	 * Linux 6.15). */
	HWO_REASON_SUBNET,
	/** the device that is configured for the local address is not there */
	HWO_REASON_NO_DEVICE,
	/** the device has no ESP offload */
	HWO_REASON_NOT_CAPABLE,
	/** the device's ESP offload is switched off (ethtool) */
	HWO_REASON_FEATURE_OFF,
	/** the settings for the device don't allow this mode */
	HWO_REASON_DEVICE_MODES,
	/** the device has as many SAs in this mode as its settings allow */
	HWO_REASON_BUDGET,
	/** packet: no bond can do that, its NICs might change anytime */
	HWO_REASON_BOND_PACKET,
	/** only bonds in mode active-backup offload */
	HWO_REASON_BOND_MODE,
	/** these kinds of devices don't pass offload on to a NIC below them */
	HWO_REASON_TEAM_DEVICE,
	HWO_REASON_VLAN_DEVICE,
	HWO_REASON_BRIDGE_DEVICE,
	HWO_REASON_MACVLAN_DEVICE,
	HWO_REASON_XFRM_DEVICE,
	HWO_REASON_VRF_DEVICE,
	/** veth, dummy, tunnels: there is no NIC */
	HWO_REASON_VIRTUAL_DEVICE,
	/** packet: the route goes by several devices */
	HWO_REASON_MULTIPATH,
	/** packet: a rule of policy routing may lead packets elsewhere */
	HWO_REASON_ROUTE_RULE,
	/** packet: before they get into a tunnel, the route of packets is by
	 * another device, and the kernel looks for policies by that (before
	 * 7.1). */
	HWO_REASON_INNER_ROUTE,
	/** packet: an SP in software goes before its own, which NICs don't know */
	HWO_REASON_SHUNT,
	/** packet: charon installs no SPs, and NICs find no SA without one */
	HWO_REASON_NO_POLICIES,
	/** packet: NICs know neither marks nor XFRM interface IDs, and match all
	 * traffic between the addresses; both modes: no mark is set on what a NIC
	 * has decrypted. */
	HWO_REASON_MARK,
	/** packet: a selector without addresses, which NICs take for all frames,
	 * ARP included, or one whose zero address they take for any. */
	HWO_REASON_ANY_ANY,
	/** packet: ports without a protocol, which NICs ignore */
	HWO_REASON_ANY_PROTOCOL,
	/** packet: IPv6 with different prefix lengths, which the driver mixes up
	 * (mlx5 before Linux 7.2). */
	HWO_REASON_PREFIX_LENGTHS,
	/** packet: the driver does not find the peer of a tunnel (NVIDIA's) */
	HWO_REASON_NEXT_HOP,
	/** crypto: ESN that a driver only gets right with a window, which outbound
	 * SAs per CPU can't have (before Linux 7.2). */
	HWO_REASON_PER_CPU,
} hwo_reason_t;

/**
 * Short names of reasons.
 */
extern enum_name_t *hwo_reason_names;

/**
 * Check if a reason is that packets may leave by other devices than that of
 * their SA, so that packet mode would lose them.
 */
bool hwo_reason_is_path(hwo_reason_t reason);

/** There are no more steps than modes */
#define HWO_MAX_STEPS 3

/**
 * What a device may be asked for.
 */
typedef struct hwo_device_t {
	/** index, 0 if there is none */
	uint32_t ifindex;
	/** why not for a mode, indexed by hwo_mode_t */
	hwo_reason_t denied[HWO_MAX_STEPS];
	/** why packets may also leave by others, NONE if they don't; in crypto mode
	 * the kernel encrypts those itself. */
	hwo_reason_t others;
	/** SAs it may have in each mode, 0 for any number */
	u_int max_sas;
	/** what it does not match besides what no NIC does, of hwo_shape_t */
	u_int unmatched;
	/** next hop to the peer, family 0 if that is the peer, or not known */
	hwo_addr_t gateway;
	/** TRUE if its driver looks for peers of tunnels on its link only, by IPv4,
	 * and TRUE if it does not find this one. */
	bool on_link_only, no_tunnel;
	/** TRUE if it is known to be down */
	bool down;
} hwo_device_t;

/**
 * Why a mode is not in effect.
 */
typedef struct hwo_refusal_t {
	/** reason, NONE if nothing speaks against it */
	hwo_reason_t reason;
	/** the kernel's words, if it was asked */
	hwo_result_t result;
} hwo_refusal_t;

/**
 * What came of the plan for an SA.
 */
typedef struct hwo_outcome_t {
	/** effective mode and device */
	hwo_offload_t effective;
	/** why it is no better mode */
	hwo_refusal_t why;
	/** if neither packet nor crypto mode is in effect, though both might be:
	 * the same for crypto mode, as far as it is known. */
	hwo_refusal_t crypto;
	/** device that was considered, be it in effect or not, 0 if there was
	 * none. */
	uint32_t candidate;
} hwo_outcome_t;

/**
 * Ordered attempts for one SA or SP.
 */
typedef struct hwo_plan_t {
	/** modes to try, from best to worst */
	hwo_mode_t step[HWO_MAX_STEPS];
	/** number of steps, 0 if the request can't be fulfilled at all */
	int count;
	/** TRUE if nothing but what was requested will do */
	bool strict;
	/** device to ask for, 0 for none */
	uint32_t ifindex;
	/** why a mode is no step, indexed by hwo_mode_t */
	hwo_reason_t skipped[HWO_MAX_STEPS];
	/** why packets may also leave by other devices, see hwo_device_t */
	hwo_reason_t others;
	/** next hop to the peer, see hwo_device_t */
	hwo_addr_t gateway;
} hwo_plan_t;

/**
 * Describe that there is no device.
 */
void hwo_device_none(hwo_reason_t why, hwo_device_t *device);

/**
 * Find out why a NIC can't have SPs in packet mode: if it takes more than their
 * selectors are for, others are cut off, if it takes less, the rest leaves in
 * clear.
 *
 * @param shapes		what the selectors have, of hwo_shape_t
 * @param mode			mode of the SA
 * @return				reason, NONE if nothing speaks against it
 */
hwo_reason_t hwo_plan_unmatched(u_int shapes, ipsec_mode_t mode,
								const hwo_device_t *device);

/**
 * Plan the installation of an SA.
 *
 * @param device		device that carries its packets
 */
void hwo_plan_sa(hw_offload_t requested, const hwo_sa_facts_t *facts,
				 const hwo_device_t *device, hwo_plan_t *plan);

/**
 * Check if there is a step to a mode.
 */
bool hwo_plan_has(const hwo_plan_t *plan, hwo_mode_t mode);

/**
 * Leave out the step to a mode, if there is one.
 *
 * @param plan			plan to change
 */
void hwo_plan_exclude(hwo_plan_t *plan, hwo_mode_t mode, hwo_reason_t why);

/**
 * Leave out steps of a plan: modes that are better than a given one, or on
 * another device.
 *
 * The SAs of a CHILD_SA end in the same mode on the same device, so the second
 * one does not go beyond what the first one got. And an SA that exists already
 * can't get into packet mode anymore: how a NIC goes on from a sequence number
 * is up to its driver, and at least one repeats the last one.
 *
 * @param plan			plan to change
 * @param best			best mode that is left, with its device, if it has one
 * @param why			reason to note for modes that are left out
 */
void hwo_plan_limit(hwo_plan_t *plan, const hwo_offload_t *best,
					hwo_reason_t why);

/**
 * Plan the installation of an SP.
 *
 * An SP whose SA is known follows the SA's effective mode and device, as a
 * packet SP only finds packet SAs on the same device and any other SP only SAs
 * that are not. Others (traps, shunts) follow the configured mode.
 *
 * @param dir			direction; forward is enforced by the kernel, always
 * @param sa			effective offload of the SA, NULL if there is no SA
 * @param device		device for SPs without SA
 */
void hwo_plan_sp(hw_offload_t requested, policy_dir_t dir,
				 const hwo_offload_t *sa, const hwo_device_t *device,
				 hwo_plan_t *plan);

/**
 * What to do after an attempt.
 */
typedef enum hwo_verdict_t {
	/** installed in the mode of this step */
	HWO_VERDICT_DONE,
	/** refused, try the next step */
	HWO_VERDICT_NEXT,
	/** failed for good */
	HWO_VERDICT_FAIL,
} hwo_verdict_t;

/**
 * Check if an outcome is an error that may answer the question for offload.
 *
 * @return				FALSE for EEXIST and ESRCH, which are about the SA or SP
 *						in any mode, and if there was no answer; and for 0
 */
bool hwo_plan_is_refusal(const hwo_result_t *result);

/** Milliseconds after which a driver that was busy is asked again, once */
#define HWO_BUSY_DELAY 20

/**
 * Check if a refusal is due to something else that goes on in the NIC, so that
 * another attempt may succeed.
 */
bool hwo_plan_is_busy(const hwo_result_t *result);

/**
 * Judge the kernel's answer to an attempt.
 *
 * The kernel's "no" to an offload can't be told from other errors by its
 * number: drivers answer EINVAL to nearly everything, and ENOMEM or ETIMEDOUT
 * of a NIC's firmware reach us as they are. So any refusal leads to the next
 * step. The software step decides: if that fails too, its error is the one to
 * report.
 *
 * @param step			index of the attempted step
 * @param result		outcome of the attempt
 * @return				what to do
 */
hwo_verdict_t hwo_plan_verdict(const hwo_plan_t *plan, int step,
							   const hwo_result_t *result);

/**
 * Judge what the kernel reports about an SA it accepted in crypto mode: without
 * an offload it was silently turned into software.
 *
 * @param step			index of the attempted step
 * @param actual		offload the kernel reports
 * @param reason		[out] why it is not what was asked for
 * @return				HWO_VERDICT_DONE if that is good enough (actual is then
 *						the effective offload); if not, the SA has to be removed
 *						and HWO_VERDICT_NEXT or HWO_VERDICT_FAIL says how to go
 *						on
 */
hwo_verdict_t hwo_plan_readback(const hwo_plan_t *plan, int step,
								const hwo_offload_t *actual,
								hwo_reason_t *reason);

#endif /** HWO_OFFLOAD_PLAN_H_ @}*/
