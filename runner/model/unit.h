/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Units: what kbuild recorded about each file it made, read from the ".X.cmd"
 * files of an objtree (written by scripts/basic/fixdep.c and the if_changed
 * macros of scripts/Kbuild.include):
 *
 *	savedcmd_PATH := COMMAND		("cmd_PATH" before Linux 6.3)
 *	source_PATH := SOURCE
 *	deps_PATH := \
 *	    $(wildcard include/config/FOO) \
 *	    FILE \
 *
 * A file without deps_ (an archive, a linked module) is no unit.
 */
#ifndef KVMATRIX_MODEL_UNIT_H
#define KVMATRIX_MODEL_UNIT_H

#include "sys/strlist.h"
#include "sys/strmap.h"

#include <stdbool.h>
#include <stddef.h>

struct errbuf;

struct unit {
	char *target;	/* as kbuild names it, relative to objtree; may hold
			 * "/../": "arch/s390/kvm/../../../virt/kvm/vfio.o" */
	char *name;	/* normalised: "virt/kvm/vfio.o" */
	char *cmdfile;	/* relative to objtree */
	/* Files it read, normalised: relative to srctree, or (generated ones)
	 * relative to objtree. Borrowed from the set. */
	const char **deps;
	size_t nr_deps;
	bool kernel; /* compiled for the target, by $(CC) -D__KERNEL__; not a
		      * host program */
};

/* A file that some unit read. */
struct unit_file {
	unsigned *users; /* indexes of these units in the set, ascending */
	size_t nr, alloc;
	const struct unit_file *same_base; /* the next with that base name */
	char path[];
};

/* All units of an objtree, by normalised name. */
struct unit_set {
	struct unit *v; /* sorted by name */
	size_t nr, alloc;
	struct strmap files; /* every file some unit read: path -> unit_file */
	struct strmap bases; /* base name -> the first unit_file */
};

#define UNIT_SET_INIT { 0 }
#define _cleanup_unit_set_ __attribute__((cleanup(unit_set_release)))
void unit_set_release(struct unit_set *s);

/*
 * Reads every .cmd file below objtree/SUB (SUB "" for all). srctree is the path
 * the build saw. A cmd file that cannot be understood is skipped: make will
 * then build its target again, and so do we.
 */
int unit_set_read(struct unit_set *s, const char *objtree, const char *sub,
		  const char *srctree, struct errbuf *err);

/*
 * Puts a unit with the dependencies that a compiler wrote of it ("TARGET: FILE
 * FILE ...", -MMD) in the place of the one of that name; target as kbuild spells
 * it. Call unit_set_sort() before the set is searched again.
 */
void unit_set_put(struct unit_set *s, const char *target, const char *deps,
		  const char *srctree);
void unit_set_sort(struct unit_set *s);

/* NULL when there is none. */
const struct unit *unit_set_find(const struct unit_set *s, const char *name);
bool unit_set_reads(const struct unit_set *s, const char *path);
/* Who reads a file; NULL when nobody does. */
const struct unit_file *unit_set_file(const struct unit_set *s,
				      const char *path);
/* The first file read that has this base name; more follow by same_base. */
const struct unit_file *unit_set_base(const struct unit_set *s,
				      const char *base);

/*
 * The same set in one file that is read in a millisecond or two. stamp (a line)
 * says what the objtree was: unit_set_load() takes no file with another one, and
 * none that is damaged; then it returns false and s is empty.
 */
int unit_set_save(const struct unit_set *s, const char *file,
		  const char *stamp, struct errbuf *err);
bool unit_set_load(struct unit_set *s, const char *file, const char *stamp);

#endif
