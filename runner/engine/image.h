/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The objects that a kernel and its modules are linked from, read from an
 * objtree. What was read is remembered by path, inode, size and time, so that a
 * state costs the objects that its build has made anew.
 *
 * Which objects: the archives on the recorded command line of vmlinux.a
 * (".vmlinux.a.cmd", whole) and vmlinux.o (".vmlinux.o.cmd": libraries), and the
 * modules of modules.order; scripts/Makefile.vmlinux_o, since Linux 6.1.
 */
#ifndef KVMATRIX_ENGINE_IMAGE_H
#define KVMATRIX_ENGINE_IMAGE_H

#include "engine/link_check.h"

#include <stdbool.h>

struct errbuf;

/* An objtree that may lie in two layers, as overlayfs has left them. */
struct image_tree {
	const char *upper;
	const char *lower; /* NULL: there is one only */
	/* Where the command lines of the links are found when they are not in
	 * the tree (it was begun anew and not linked yet); NULL: nowhere. */
	const char *linked;
};

/* A file of the tree, owned; NULL: it is not there. Whiteouts and opaque
 * directories count. */
char *image_path(const struct image_tree *t, const char *name);

struct image;
struct image *image_new(void);
void image_free(struct image *m);

/*
 * Fills objects, modules, has_modules, checksums and mismatch_is_error of in.
 * config is the text of .config. The objects are the image's: in is valid until
 * the next call. An error names the file.
 */
int image_read(struct image *m, const struct image_tree *t, const char *config,
	       struct link_input *in, struct errbuf *err);
/* Of these, how many were read from their files by the last call. */
unsigned image_nr_read(const struct image *m);

/*
 * Symbols of a linked vmlinux that none of the objects defines, as keys of given
 * with the value m. An error where there is no vmlinux.
 */
int image_given(struct image *m, const struct image_tree *t,
		const struct link_input *in, struct strmap *given,
		struct errbuf *err);

/* The source that an object was made of, as its .cmd file says, relative to
 * srctree (or objtree); owned, NULL: it does not say. */
char *image_source(const struct image_tree *t, const char *object,
		   const char *srctree);

#endif
