/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_ipcomp_sa ipcomp_sa
 * @{ @ingroup hw_offload
 *
 * The IPComp SA that goes along with an ESP or AH SA: charon knows the two as
 * one, the kernel does not. It is always in software.
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef IPCOMP_SA_H_
#define IPCOMP_SA_H_

#include "translate.h"
#include "../service/sa/sa_shared.h"

/**
 * Install the IPComp SA of an SA.
 *
 * @param how		what influences translations
 * @param id		identity of the ESP or AH SA
 * @param data		charon's data of it, with a CPI
 * @return			FALSE on failure, which is logged
 */
bool hwo_ipcomp_add(const hwo_sa_shared_t *sas, const hwo_translate_t *how,
					const kernel_ipsec_sa_id_t *id,
					const kernel_ipsec_add_sa_t *data);

/**
 * Remove the IPComp SA of an SA.
 *
 * @param id		identity of the ESP or AH SA
 * @param cpi		CPI, network order
 */
void hwo_ipcomp_del(const hwo_sa_shared_t *sas, const kernel_ipsec_sa_id_t *id,
					uint16_t cpi);

/**
 * Move the IPComp SA of an SA.
 *
 * @param id		identity of the ESP or AH SA, before the move
 * @param data		charon's data of the move, with a CPI
 * @param back		[out] what moves it back
 * @return			0, or an errno value of hwo_sa_move()
 */
int hwo_ipcomp_move(const hwo_sa_shared_t *sas,
					const kernel_ipsec_sa_id_t *id,
					const kernel_ipsec_update_sa_t *data, hwo_sa_move_t *back);

/**
 * Move the IPComp SA of an SA back, as the SA itself did not move and charon is
 * going to look for both where they were. If that is not possible, it is
 * removed: nobody would find it anymore.
 *
 * @param id		identity of the ESP or AH SA
 * @param data		charon's data of the move, as for hwo_ipcomp_move()
 * @param back		what that told
 */
void hwo_ipcomp_move_back(const hwo_sa_shared_t *sas,
						  const kernel_ipsec_sa_id_t *id,
						  const kernel_ipsec_update_sa_t *data,
						  const hwo_sa_move_t *back);

#endif /** IPCOMP_SA_H_ @}*/
