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
 * and has its child. Only names are compared: a lookup of addresses would take
 * as long as the resolver does, with the configuration locked.
 *
 * @param names			names of the CHILD_SA; any connection will do if that is
 *						empty, and TRUE is returned if the child is
 */
bool hwo_child_is_loaded(const hwo_names_t *names);

#endif /** HWO_LOADED_CONFIG_H_ @}*/
