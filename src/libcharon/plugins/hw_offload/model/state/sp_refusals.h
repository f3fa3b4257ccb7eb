/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sp_refusals sp_refusals
 * @{ @ingroup hwo_model
 *
 * Remembers whose SPs were refused lately. charon installs all SPs of a CHILD_SA
 * or trap, whatever becomes of the first, so that what keeps one of them from
 * being installed would be told several times.
 *
 * Thread-safety: may be used by any thread.
 */

#ifndef HWO_SP_REFUSALS_H_
#define HWO_SP_REFUSALS_H_

#include "sa_record.h"
#include "sp_table.h"

/** CHILD_SAs and traps that are remembered */
#define HWO_SP_REFUSALS 16

typedef struct sp_refusals_t sp_refusals_t;

/**
 * Memory of refusals.
 */
struct sp_refusals_t {

	/**
	 * Note that an SP was refused. That is news unless another SP of the same
	 * CHILD_SA or trap was refused before it. The same SP again belongs to
	 * another attempt, which is news. Shunts have nothing in common, so theirs
	 * always are.
	 *
	 * @param user		user the SP was to be installed for
	 * @param sa		record of its SA, NULL if there is none
	 * @return			TRUE if that is news
	 */
	bool (*note)(sp_refusals_t *this, const hwo_sp_request_t *user,
				 const hwo_sa_record_t *sa);

	/**
	 * Destroy.
	 */
	void (*destroy)(sp_refusals_t *this);
};

/**
 * Create an empty memory.
 */
sp_refusals_t *hwo_sp_refusals_create(void);

#endif /** HWO_SP_REFUSALS_H_ @}*/
