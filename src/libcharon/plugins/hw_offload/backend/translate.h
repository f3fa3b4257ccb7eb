/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_translate translate
 * @{ @ingroup hw_offload
 *
 * charon's arguments in our own terms. Nothing is decided about offload here.
 */

#ifndef TRANSLATE_H_
#define TRANSLATE_H_

#include "../hwo_compat.h"
#include "../hwo_types.h"
#include "kernel_features.h"
#include "../model/state/sp_table.h"
#include "../wire/xfrm_move.h"

/**
 * What influences the translation.
 */
typedef struct hwo_translate_t {
	/** features of the running kernel */
	hwo_kernel_features_t kernel;
	/** set protocol and ports on the selectors of transport mode SAs */
	bool proto_port_transport;
} hwo_translate_t;

/**
 * Translate the identity of an SA.
 */
void hwo_translate_sa_id(const kernel_ipsec_sa_id_t *id, hwo_sa_id_t *out);

/**
 * Get the identity of the IPComp SA that goes along with an ESP or AH SA.
 *
 * @param id		identity of the ESP or AH SA
 * @param cpi		CPI, network order
 * @param out		[out] identity of the IPComp SA
 */
void hwo_translate_ipcomp_id(const kernel_ipsec_sa_id_t *id, uint16_t cpi,
							 hwo_sa_id_t *out);

/**
 * Translate the facts about an SA. Keys and the label are not copied.
 *
 * @param how		what influences the translation
 * @param id		identity
 * @param data		facts
 * @param sa		[out] facts
 * @return			FALSE if an algorithm is not known, which is logged
 */
bool hwo_translate_sa(const hwo_translate_t *how,
					  const kernel_ipsec_sa_id_t *id,
					  const kernel_ipsec_add_sa_t *data, hwo_sa_t *sa);

/**
 * Translate the facts about the IPComp SA that goes along with an SA.
 *
 * @param how		what influences the translation
 * @param id		identity of the ESP or AH SA
 * @param data		facts about the ESP or AH SA, with a CPI
 * @param sa		[out] facts about the IPComp SA
 * @return			FALSE if the algorithm is not known, which is logged
 */
bool hwo_translate_ipcomp(const hwo_translate_t *how,
						  const kernel_ipsec_sa_id_t *id,
						  const kernel_ipsec_add_sa_t *data, hwo_sa_t *sa);

/**
 * Translate how an SA changes.
 *
 * @param data		what charon wants
 * @param encap		TRUE for UDP encapsulation, which IPComp SAs don't have
 * @param move		[out] what changes, but for the direction
 */
void hwo_translate_move(const kernel_ipsec_update_sa_t *data, bool encap,
						hwo_sa_move_t *move);

/**
 * Translate the identity of an SP.
 *
 * @param id		identity
 * @param ifindex	index of id->interface, 0 if there is none
 * @param out		[out] identity, the label is not copied
 */
void hwo_translate_sp_id(const kernel_ipsec_policy_id_t *id, uint32_t ifindex,
						 hwo_sp_id_t *out);

/**
 * Translate what charon wants to add to or delete from the SPD.
 *
 * @param id		identity
 * @param data		facts
 * @param ifindex	index of id->interface, 0 if there is none
 * @param manual	priority set by an external function, 0 for none
 * @param user		[out] user of the SP
 */
void hwo_translate_sp(const kernel_ipsec_policy_id_t *id,
					  const kernel_ipsec_manage_policy_t *data,
					  uint32_t ifindex, uint32_t manual,
					  hwo_sp_request_t *user);

#endif /** TRANSLATE_H_ @}*/
