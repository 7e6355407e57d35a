/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What happens while it happens, on stderr: a grid of cells x patches with an
 * estimate of the end on a terminal, plain lines otherwise.
 */
#ifndef KVMATRIX_CMD_PROGRESS_H
#define KVMATRIX_CMD_PROGRESS_H

#include "engine/run.h"

#include <stdbool.h>

struct progress;

struct progress *progress_new(bool quiet, bool verbose);
/* For run_opts.event; data is the progress. */
void progress_event(void *data, const struct run_event *e);
/* Takes the grid off the screen; frees. */
void progress_free(struct progress *p);

#endif
