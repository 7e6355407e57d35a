/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All diagnostics of a judged run in the order in which causes are found: cell
 * by cell, state by state, each with its topic, its place in its unit, and
 * whether the base had it.
 */
#ifndef KVMATRIX_ENGINE_CAUSE_SCAN_H
#define KVMATRIX_ENGINE_CAUSE_SCAN_H

#include "engine/cause_kind.h"
#include "sys/strmap.h"

struct cause_story;

/* One topic, once a run. */
struct cause_node {
	struct cause_topic topic;
	bool root; /* stands for itself somewhere: see engine/cause.h */
	struct cause_node *alias; /* the topic that explains it, or NULL */
	/* What proofs name: all things of the topic, and their headers. */
	struct strlist things, headers;
	const char *luck; /* struct proof.luck of the first that has one */
	/* The cause it became: of the series, of the base. */
	struct cause_story *story[2];
};

#define CAUSE_NO_ITEM ((size_t)-1)

struct cause_item {
	struct diagnostic *d;
	char *unit; /* name in the base, "" when it has none */
	struct cause_node *node;
	size_t cell;
	unsigned patch;
	size_t leader;	/* item: first error of the unit in this step; itself;
			 * CAUSE_NO_ITEM in a unit without errors */
	bool from_base; /* the series did not make it */
	bool begins;	/* was not there at the state before */
	struct cause_story *story;
};

/* One judged state of a cell. */
struct cause_moment {
	size_t cell;
	unsigned patch;
	/* What is there at this state, and what it may hide. */
	size_t *items;
	size_t nr;
	bool gap; /* states before it, from gap_from on, were not judged */
	unsigned gap_from;
	/* Of the states before it, from unlinked_from on, nobody knows what their
	 * link says. */
	bool unlinked;
	unsigned unlinked_from;
};

/* A message of step.fixed and the item that it was. */
struct cause_link {
	struct diagnostic *fixed;
	size_t item;
};

struct cause_scan {
	struct cause_item *items;
	size_t nr_items, alloc_items;
	struct cause_moment *moments;
	size_t nr_moments, alloc_moments;
	struct cause_link *links;
	size_t nr_links, alloc_links;
	struct strmap nodes; /* topic id to struct cause_node */
	/* The id by the message alone, to the node that a proof made of it (the
	 * first one). */
	struct strmap proved;
};

void cause_scan_init(struct cause_scan *s, struct run_result *r);
void cause_scan_release(struct cause_scan *s);

#endif
