/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What run and audit have in common: all but their help.
 */
#ifndef KVMATRIX_CMD_RUN_H
#define KVMATRIX_CMD_RUN_H

/* Parses the arguments, runs, reports; gives the exit code. */
int run_series(int argc, char **argv, const char *usage);

#endif
