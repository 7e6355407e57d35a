/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which units a configuration builds, asked of kbuild itself: make walks its
 * own directories with -n (nothing is built) while a few lines after
 * scripts/Makefile.build print the object lists of each directory.
 *
 * Single targets ("make drivers/vfio/main.o") are built by pattern rules
 * whether the configuration has them or not; so before asking make for a unit
 * outside KVM one has to know that it is part of the build.
 */
#ifndef KVMATRIX_ENGINE_LISTING_H
#define KVMATRIX_ENGINE_LISTING_H

#include "sys/strlist.h"

#include <stdbool.h>
#include <stddef.h>

struct errbuf;

/* Name, below OBJ, of the makefile that does it. */
#define LISTING_MAKEFILE ".kvmatrix-list.mk"

/* Writes the makefile into directory objdir. */
int listing_write_makefile(const char *objdir, struct errbuf *err);

/*
 * Goals that make kbuild descend into each directory that holds a source:
 * "drivers/vfio/kvmatrix-none.o"; and into arch/SRCARCH in any case, so that
 * listing_parse() can tell a walk that got through. Sorted.
 */
void listing_goals(const struct strlist *sources, const struct strlist *dirs,
		   const char *srcarch, struct strlist *goals);

/*
 * The objects printed, as kbuild names them, sorted. False when the descent did
 * not get to the places it must: arch/SRCARCH, and of the directories that every
 * kernel has those that hold a source (sources is sorted). Then the objects are
 * not all there are. An empty list is an answer: the configuration builds nothing
 * in these directories.
 */
bool listing_parse(const char *output, size_t len, const char *srcarch,
		   const struct strlist *sources, struct strlist *objects);

/*
 * Of the objects, those whose source is among sources (sorted) and which the
 * paths of the cell do not build anyway: the dependents, as make goals.
 */
void listing_dependents(const struct strlist *objects,
			const struct strlist *sources,
			const struct strlist *paths, struct strlist *goals);

#endif
