/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sa_words sa_words
 * @{ @ingroup hwo_service
 *
 * Keeps what devices have said when SAs were installed.
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef HWO_SA_WORDS_H_
#define HWO_SA_WORDS_H_

#include "sa_attempts.h"
#include "../../model/state/device_history.h"

/**
 * Keep what the kernel has said for why it is not better, be it nothing.
 *
 * @param history		history of devices
 * @param attempts		attempts that was run
 * @return				its words, empty if the device said the same before; now
 *						it has
 */
const char *hwo_sa_fresh_words(device_history_t *history,
							   const hwo_sa_attempts_t *attempts);

/**
 * Keep what the kernel has said to other modes than the one that counts.
 *
 * @param history		history of devices
 * @param attempts		attempts that was run
 */
void hwo_sa_note_others(device_history_t *history,
						const hwo_sa_attempts_t *attempts);

#endif /** HWO_SA_WORDS_H_ @}*/
