/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What run, plan and bisect work on.
 *
 * How to call, for a run that leaves a result: options_parse(), session_begin(), fill
 * what session_run_opts() leaves open, run, session_end(). plan leaves nothing behind:
 * session_open() and session_close().
 */
#ifndef KVMATRIX_CMD_SESSION_H
#define KVMATRIX_CMD_SESSION_H

#include "engine/bisect.h"
#include "engine/place.h"
#include "engine/run.h"
#include "engine/tree.h"
#include "model/matrix.h"
#include "model/series.h"

struct options;
struct run_result;
struct store;
struct trace;

struct session {
	struct options *options;
	char *home;
	struct place place;
	struct matrix matrix;
	struct series series;
	struct tree tree;
	struct bisect_dag dag; /* bisect of a range with merges; else empty */
	struct store *store;
	/* Of session_begin() only. */
	struct trace *trace; /* NULL: not asked for */
	char *dir;	     /* what the run writes */
};

/*
 * Opens matrix, place, store, tree and series, in that order, so that cheap
 * mistakes are told before long work. -1: told to the user; *exit_code says how
 * to end.
 */
int session_open(struct session *s, struct options *o, int *exit_code);
void session_close(struct session *s);

/*
 * The same, between the trace and the directory that the run writes. Fills id,
 * version, command, ... of r, and keeps for "kvmatrix repro" where its sources are.
 */
int session_begin(struct session *s, struct options *o, int argc, char **argv,
		  struct run_result *r, int *exit_code);
/* The options that all runs of a session have; event has to be set. */
struct run_opts session_run_opts(struct session *s);
/* Closes all; the exit code, which is another one where the trace is not whole. */
int session_end(struct session *s, int exit_code);

#endif
