/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_loaded_config loaded_config
 * @{ @ingroup hwo_service
 *
 * Asks charon's configuration what it still wants.
 *
 * Thread-safety: may be used by any thread. The configuration is locked during
 * a call, so the caller must hold nothing that a thread which loads one waits
 * for, such as an SP that is checked out.
 */

#ifndef HWO_LOADED_CONFIG_H_
#define HWO_LOADED_CONFIG_H_

#include "../../model/state/child_record.h"

/**
 * Check if a CHILD_SA that was there may come back: its connection is loaded,
 * and has its child. If its names are not known, any connection will do that
 * has this peer and a child which is offloaded.
 *
 * @param names			names of the CHILD_SA, empty if they are not known
 * @param peer			address of the peer
 */
bool hwo_child_is_loaded(const hwo_names_t *names, const hwo_addr_t *peer);

#endif /** HWO_LOADED_CONFIG_H_ @}*/
