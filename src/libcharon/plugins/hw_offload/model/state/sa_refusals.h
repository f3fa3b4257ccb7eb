/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sa_refusals sa_refusals
 * @{ @ingroup hwo_model
 *
 * Remembers which inbound SAs were refused lately. charon goes on with the
 * outbound one of the CHILD_SA, so that what keeps both from being installed
 * would be told twice.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_SA_REFUSALS_H_
#define HWO_SA_REFUSALS_H_

#include "../../hwo_types.h"

/** Inbound SAs that are remembered */
#define HWO_SA_REFUSALS 16

typedef struct sa_refusals_t sa_refusals_t;

/**
 * Inbound SAs that were refused lately.
 */
struct sa_refusals_t {

	/**
	 * Note that an SA was refused.
	 *
	 * @param sa		facts about the SA
	 * @return			FALSE if it is an outbound one, and the inbound one of
	 *					the same CHILD_SA was refused, too; that is forgotten
	 */
	bool (*note)(sa_refusals_t *this, const hwo_sa_t *sa);

	/**
	 * Destroy.
	 */
	void (*destroy)(sa_refusals_t *this);
};

/**
 * Create it, without refusals.
 */
sa_refusals_t *hwo_sa_refusals_create(void);

#endif /** HWO_SA_REFUSALS_H_ @}*/
