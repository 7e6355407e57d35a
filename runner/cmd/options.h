/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arguments that run and plan have in common, and what they open.
 */
#ifndef KVMATRIX_CMD_OPTIONS_H
#define KVMATRIX_CMD_OPTIONS_H

#include "engine/place.h"
#include "engine/tree.h"
#include "model/matrix.h"
#include "model/series.h"
#include "sys/strlist.h"

#include <stdbool.h>
#include <stdint.h>

struct errbuf;
struct run_result;
struct store;

struct options {
	const char *tree;
	const char *base;
	const char *matrix;
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
	struct strlist audits; /* names, as given */
	const char *accept;    /* a file of accepted findings */
	unsigned patch; /* to explain, in the only cell of cells */
	bool explain, no_memory, no_ccache, no_sandbox, quiet, verbose;
};

/*
 * Parses; on bad usage prints what is wrong and returns EXIT_USAGE, for --help
 * prints help and returns EXIT_OK; -1: go on.
 */
int options_parse(struct options *o, int argc, char **argv, const char *help);
void options_release(struct options *o);

/* Everything a run works on. */
struct session {
	struct options *options;
	char *home;
	struct place place;
	struct matrix matrix;
	struct series series;
	struct tree tree;
	struct store *store;
};

/*
 * Opens matrix, place, store, tree and series, in that order, so that cheap
 * mistakes are told before long work. -1: told to the user; *exit_code says how
 * to end.
 */
int session_open(struct session *s, struct options *o, int *exit_code);
void session_close(struct session *s);
/* Fills id, version, command, ... of a run. */
void session_describe(const struct session *s, struct run_result *r, int argc,
		      char **argv);

#endif
