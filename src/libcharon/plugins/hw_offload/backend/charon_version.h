/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup charon_version charon_version
 * @{ @ingroup hw_offload
 *
 * Finds out which strongSwan the daemon is that has loaded us.
 *
 * A plugin compiled for another release than the daemon's reads and writes
 * beside the members of charon's structs. From 6.0.3 on the plugin loader
 * compares versions, before that it takes everything, and neither
 * libstrongswan nor libcharon tells its version. What every charon has is the
 * greeting that it logs at startup, "Starting ... (strongSwan 6.0.1, ...)": the
 * version in it is a constant in the program that runs.
 */

#ifndef CHARON_VERSION_H_
#define CHARON_VERSION_H_

#include <library.h>

/**
 * Longest version string that is recognised, with its terminator.
 */
#define HWO_VERSION_MAX 32

/**
 * Find a daemon's greeting in memory and get the version out of it.
 *
 * @param mem		memory to search, usually the constants of a program
 * @param version	receives the version, HWO_VERSION_MAX bytes
 * @return			TRUE if there is a greeting with a version
 */
bool hwo_charon_version_find(chunk_t mem, char *version);

/**
 * Check that the running daemon is the version that we were built for.
 *
 * If the daemon has no greeting we know (a program of somebody else that uses
 * libcharon), the answer is that of the plugin loader if it compares versions,
 * and FALSE otherwise.
 *
 * @note Log the answer with DBG_DMN: 6.0.2 put a group in between the others,
 * so a daemon that is older or newer than our headers takes the number of
 * DBG_KNL or DBG_LIB for another group, or drops the line.
 *
 * @param found		receives the daemon's version, allocated, or NULL if it is
 *					unknown; set in either case
 * @return			TRUE if the versions match
 */
bool hwo_charon_version_matches(char **found);

#endif /** CHARON_VERSION_H_ @}*/
