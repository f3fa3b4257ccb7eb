/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sp_table sp_table
 * @{ @ingroup hwo_model
 *
 * The SPs we installed and the CHILD_SAs, traps and shunts that use them. The
 * kernel holds one SP of an identity only, but several users may want it, with
 * different priorities and templates: the one on top of the list is installed.
 *
 * Thread-safety: an entry that is checked out belongs to that thread until it
 * is checked in, others that want the same entry wait. So there is no lock held
 * while the kernel is asked.
 */

#ifndef HWO_SP_TABLE_H_
#define HWO_SP_TABLE_H_

#include <net/if.h>

#include <collections/array.h>

#include "../plan/sp_guard.h"
#include "child_record.h"

typedef struct sp_table_t sp_table_t;

/**
 * Somebody who wants an SP.
 */
typedef struct hwo_sp_request_t {
	/** IPsec, pass or drop */
	policy_type_t type;
	/** the SP to install; sp.priority is the effective priority */
	hwo_sp_t sp;
	/** first and last address of our side as configured, which no selector can
	 * tell. */
	hwo_addr_t from, to;
	/** priority calculated from the selector, decides between equal ones */
	uint32_t auto_priority;
	/** configured offload mode */
	hw_offload_t requested;
	/** TRUE if packet mode would leak, see hwo_sp_may_leak() */
	bool may_leak;
	/** SA the traffic goes through, spi 0 if there is none (traps, shunts) */
	hwo_sa_id_t sa;
	/** mode of the SA */
	ipsec_mode_t mode;
	/** interface of link-local addresses of the SA, 0 if it has none */
	uint32_t link;
	/** reqid of the SA, 0 for shunts and outbound forward policies */
	uint32_t reqid;
	/** TRUE if it could not be installed, and charon has not removed it yet */
	bool failed;
	/** TRUE if it could not be installed before, which was logged */
	bool logged;
} hwo_sp_request_t;

/**
 * A route that was installed along with an SP.
 */
typedef struct hwo_sp_route_t {
	/** FALSE if there is none */
	bool installed;
	/** destination network */
	hwo_addr_t net;
	/** prefix length of net in bits */
	uint8_t prefix;
	/** next hop and source address, family 0 if not set */
	hwo_addr_t gateway, src;
	/** output interface, empty if not set */
	char ifname[IFNAMSIZ];
	/** TRUE for the route of a pass policy */
	bool pass;
} hwo_sp_route_t;

/**
 * Why traffic stays blocked that nobody protects.
 */
typedef enum hwo_block_reason_t {
	/** it does not */
	HWO_BLOCK_NONE,
	/** its CHILD_SA was lost */
	HWO_BLOCK_LOST,
	/** the CHILD_SA that was to replace its own could not be installed */
	HWO_BLOCK_REKEY_FAILED,
	/** its trap could not be offloaded */
	HWO_BLOCK_TRAP_REFUSED,
	/** its CHILD_SA was closed, and its NIC may still have packets of it */
	HWO_BLOCK_DRAIN,
	/** a daemon that was killed left it, or it could not be removed */
	HWO_BLOCK_LEFTOVER,
} hwo_block_reason_t;

/**
 * Names of hwo_block_reason_t.
 */
extern enum_name_t *hwo_block_reason_names;

/**
 * A guard that stays.
 */
typedef struct hwo_block_t {
	/** why */
	hwo_block_reason_t why;
	/** since when, seconds since the epoch */
	time_t since;
	/** later ones have higher numbers */
	uint64_t number;
	/** names of the CHILD_SA, as far as they are known */
	hwo_names_t names;
	/** address of the peer */
	hwo_addr_t peer;
} hwo_block_t;

/**
 * An installed SP and its users.
 */
typedef struct hwo_sp_entry_t {
	/** identity, the label is owned */
	hwo_sp_id_t id;
	/** users in order of preference, hwo_sp_request_t* */
	array_t *users;
	/** effective offload of what is installed */
	hwo_offload_t effective;
	/** best mode that was tried last, and on which device */
	hwo_offload_t tried;
	/** what the kernel has, none if it is not installed */
	hwo_kernel_sps_t kernel;
	/** why its guard stays although nobody uses it anymore, and why it did
	 * before there was a trap again. */
	hwo_block_t blocked, before;
	/** its NIC blocks until then, as it may still have packets in its queues of
	 * a CHILD_SA that was closed: monotonic milliseconds, 0 if it does not. */
	uint64_t drained;
	/** SPs that block ICMP errors about packets from its peer, a bit each */
	uint32_t errors_blocked;
	/** those that could not be installed, a bit each, and the monotonic time
	 * when that is tried again, after so many seconds. */
	uint32_t errors_refused;
	time_t errors_retry;
	u_int errors_wait;
	/** TRUE while a thread changes these, the entry stays until then */
	bool errors_busy;
	/** route installed along */
	hwo_sp_route_t route;
	/** TRUE while a thread has it */
	bool busy;
	/** number of threads waiting for it */
	u_int waiting;
} hwo_sp_entry_t;

/**
 * What there is to see of an SP.
 */
typedef struct hwo_sp_view_t {
	/** TRUE if a thread has it, so nothing else is known at the moment */
	bool busy;
	/** what the kernel has, the labels are not set */
	hwo_kernel_sps_t kernel;
	/** effective offload */
	hwo_offload_t effective;
	/** why its guard stays */
	hwo_block_t blocked;
	/** number of users */
	u_int users;
	/** the user on top, the label is not set */
	hwo_sp_request_t top;
} hwo_sp_view_t;

/**
 * Table of SPs.
 */
struct sp_table_t {

	/**
	 * Check out an entry.
	 *
	 * @param create	TRUE to create it if there is none
	 * @return			entry, NULL if there is none
	 */
	hwo_sp_entry_t *(*checkout)(sp_table_t *this, const hwo_sp_id_t *id,
								bool create);

	/**
	 * Check in an entry, it is destroyed if it has no users anymore and no
	 * guard that stays.
	 */
	void (*checkin)(sp_table_t *this, hwo_sp_entry_t *entry);

	/**
	 * List the identities of all entries, whoever has them.
	 *
	 * @return			hwo_sp_id_t with labels of their own, see
	 *					hwo_sp_list_destroy()
	 */
	array_t *(*list)(sp_table_t *this);

	/**
	 * Look at an entry, without waiting for who has it.
	 *
	 * @param view		[out] what is seen
	 * @return			FALSE if there is none
	 */
	bool (*view)(sp_table_t *this, const hwo_sp_id_t *id, hwo_sp_view_t *view);

	/**
	 * Destroy, no entry may be checked out.
	 */
	void (*destroy)(sp_table_t *this);
};

/**
 * Create an empty table.
 */
sp_table_t *hwo_sp_table_create(void);

/**
 * Destroy a list of identities.
 */
void hwo_sp_list_destroy(array_t *list);

/**
 * Add a user to an entry that is checked out. It goes before users with a
 * lower preference: effective priority counts first, then the automatic one,
 * then users with a reqid go before those without, and later ones before
 * earlier ones.
 *
 * @param user		user, copied
 * @return			TRUE if it is on top now, i.e. to be installed
 */
bool hwo_sp_add_user(hwo_sp_entry_t *entry, const hwo_sp_request_t *user);

/**
 * Remove a user from an entry that is checked out. The offload mode is not
 * compared, charon does not repeat it. Of several that are equal, one that
 * failed goes first, and then the oldest: a trap that is updated is installed
 * before the old one is removed.
 *
 * @param user		user that equals the one to remove
 * @param top		[out] TRUE if it was on top
 * @return			FALSE if there is no such user
 */
bool hwo_sp_remove_user(hwo_sp_entry_t *entry, const hwo_sp_request_t *user,
						bool *top);

/**
 * Get the user on top, NULL if there is none. Those that failed don't count.
 */
hwo_sp_request_t *hwo_sp_top_user(hwo_sp_entry_t *entry);

/**
 * Count the users of an entry, without those that failed.
 */
int hwo_sp_count_users(hwo_sp_entry_t *entry);

/**
 * Check if a user has an SA by which a NIC protects what is in its queues.
 */
bool hwo_sp_has_sa(const hwo_sp_request_t *user);

/**
 * Check if the SP of a user could not be installed, e.g. that of the CHILD_SA
 * which was to replace another one, and charon has not removed it yet.
 */
bool hwo_sp_has_failed(hwo_sp_entry_t *entry);

/**
 * Calculate the priority of an SP: the smaller the selector, the lower the
 * value. Same values as kernel-netlink's, as manual priorities are chosen with
 * them in mind:
 *
 *   2^0    trap (1 more than others of the same class)
 *   2^1    limited to an interface
 *   2^2    bits of both port masks, 0..32
 *   2^8    limited to a protocol
 *   2^9    bits of both prefixes, 0..256
 *
 * are subtracted from 200000 for pass policies, 400000 for regular ones and
 * traps, 600000 for fallback drops.
 *
 * @param class		class of priority
 * @param interface	TRUE if the policy is limited to an interface
 */
uint32_t hwo_sp_priority(const hwo_selector_t *sel, policy_priority_t class,
						 bool interface);

#endif /** HWO_SP_TABLE_H_ @}*/
