/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arguments that run, plan and bisect have in common.
 */
#ifndef KVMATRIX_CMD_OPTIONS_H
#define KVMATRIX_CMD_OPTIONS_H

#include "sys/strlist.h"

#include <stdbool.h>
#include <stdint.h>

struct options {
	const char *tree;
	const char *base;
	const char *matrix;
	const char *command; /* argv[0] */
	const char *cells;
	const char *dir;
	const char *series;
	const char *depth;
	const char *trace;
	unsigned jobs;
	bool jobs_given;
	uint64_t memory; /* bytes; 0: not given */
	uint64_t timeout_ms;
	double audit_percent;
	unsigned simulate; /* cores; 0: not asked for */
	struct strlist audits; /* names, as given */
	const char *accept;    /* a file of accepted findings */
	unsigned patch; /* to explain, in the only cell of cells */
	/* bisect's own */
	const char *run; /* --run, or NULL */
	bool first_parent, tip_only;
	bool explain, no_memory, no_ccache, no_sandbox, quiet, verbose;
};

/*
 * Parses; on bad usage prints what is wrong and returns EXIT_USAGE, for --help
 * prints help and returns EXIT_OK; -1: go on.
 */
int options_parse(struct options *o, int argc, char **argv, const char *help);
void options_release(struct options *o);

#endif
