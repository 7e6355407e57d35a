/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace of a run for trace viewers (ui.perfetto.dev, chrome://tracing): what
 * ran on which slot when.
 *
 * One row ("thread") is one slot: the one that a child of a lane, a make, holds
 * from its start to its end. What else the make gets from the jobserver for its
 * compilers is seen in the counter "slots" only, as all that are busy; so there
 * may be fewer rows than slots.
 *
 * Format: Trace Event Format, "JSON Array Format": events "X" (a child, with its
 * duration), "C" (counters), "i" (instants), "M" (names of rows); times are
 * microseconds since trace_open(). Each event is written at once when it is known
 * and no comma follows the last one, so the file of a run that was killed lacks
 * the closing bracket only, which the format allows.
 *
 * How to call: trace_open(), the other functions in any order, trace_close().
 * NULL is a trace that nobody asked for: nothing happens.
 */
#ifndef KVMATRIX_ENGINE_TRACE_H
#define KVMATRIX_ENGINE_TRACE_H

#include <stdint.h>

struct errbuf;
struct proc_result;
struct trace;

/* Creates path and its parents, or empties the file. */
struct trace *trace_open(const char *path, struct errbuf *err);
/* 0 when everything has been written; else the first error. Frees t. */
int trace_close(struct trace *t, struct errbuf *err);
/* Microseconds since trace_open(). */
uint64_t trace_now(const struct trace *t);

struct trace_span {
	unsigned slot;	  /* from 1 on */
	uint64_t from;	  /* trace_now() when it began; it ends now */
	const char *what; /* "configuring", "step", ...: the category */
	const char *cell;
	int patch; /* negative: of no patch */
};
/* How it ended is taken from res. */
void trace_add_span(struct trace *t, const struct trace_span *s,
		    const struct proc_result *res);
/* Something that happened now, to a cell. */
void trace_add_instant(struct trace *t, const char *text, const char *cell);
/* A counter whose bands are stacked; the keys end with NULL, each is followed
 * by a double. */
void trace_add_counter(struct trace *t, const char *name, ...)
	__attribute__((sentinel));

#endif
