/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * What the tests of state_file share.
 */

#ifndef IO_STATE_H_
#define IO_STATE_H_

#include "io_suites.h"

#include "../../io/state_file.h"

/** Name of the file without its suffix, with it, and of the next one. */
extern char state_base[64], state_path[96], state_next[100];

/** Notes found: "+one -two ". */
extern char state_found[256];

/** Choose these names, and remove the files. */
void state_setup(void);
void state_teardown(void);

/** Open the file, its notes are in state_found. */
state_file_t *state_open(int *err);

/** Open the file and make it a new one with a line, NULL for none. */
state_file_t *state_create(char *first);

/** Name of the file that is written. */
const char *state_written(void);

#endif /* IO_STATE_H_ */
