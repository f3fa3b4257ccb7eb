/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_sa_rekey sa_rekey
 * @{ @ingroup hwo_service
 *
 * Lets charon rekey CHILD_SAs as if a soft limit of one of their SAs had been
 * reached. A hard one would let it delete them, and their policies.
 *
 * Thread-safety: may be called by any thread.
 */

#ifndef HWO_SA_REKEY_H_
#define HWO_SA_REKEY_H_

#include "../hwo_types.h"

/**
 * Let charon rekey the CHILD_SA of an SA. It is logged.
 *
 * @param id		identity; nothing happens for an IPComp SA
 * @param why		what about the SA, follows its SPI in the log
 */
void hwo_sa_rekey(const hwo_sa_id_t *id, const char *why);

/**
 * Let charon rekey the CHILD_SA of an SA that it is about to install, as soon
 * as it knows it. If it is gone by then, nothing happens.
 *
 * @param id		identity
 * @param why		what about the SA, static
 */
void hwo_sa_rekey_later(const hwo_sa_id_t *id, const char *why);

#endif /** HWO_SA_REKEY_H_ @}*/
