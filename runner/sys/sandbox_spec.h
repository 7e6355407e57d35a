/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the parent tells the process that enters the sandbox: one line of JSON
 * on its command line, and the list of drops in a file, since a single argument
 * is limited to 128 KiB. Private to sandbox*.c.
 *
 * Drop file: the paths, each ended by a NUL. It lies beside the scratch
 * directory as "<obj_upper>.drop" and is removed by the process that reads it.
 */
#ifndef KVMATRIX_SYS_SANDBOX_SPEC_H
#define KVMATRIX_SYS_SANDBOX_SPEC_H

#include "sys/strlist.h"

struct errbuf;
struct sandbox;

struct sandbox_spec {
	char *src;
	char *obj;
	struct strlist src_layers;
	char *obj_upper;
	char *obj_work;	 /* NULL: no overlay */
	char *obj_lower; /* NULL: no overlay */
	char *obj_middle; /* NULL: none */
	char *drop_file; /* NULL: nothing to drop */
	struct strlist writable;
	struct strlist readable;
	struct strlist hidden; /* homes and the cache, beyond /tmp and /run */
};

#define _cleanup_spec_ __attribute__((cleanup(sandbox_spec_release)))
void sandbox_spec_release(struct sandbox_spec *spec);
/* Writes the drop file too; the caller frees *text. */
int sandbox_spec_write(const struct sandbox *s, char **text,
		       struct errbuf *err);
int sandbox_spec_read(struct sandbox_spec *spec, const char *text,
		      struct errbuf *err);
/* Reads the drop file and removes it. */
int sandbox_spec_drops(const struct sandbox_spec *spec, struct strlist *drop,
		       struct errbuf *err);

/*
 * Removes paths (files, whole trees) below obj. What is absent is no error;
 * a path that leaves obj, by "..", by a leading slash or through a symbolic
 * link that a build has put there, is refused.
 */
int sandbox_drop(const char *obj, const struct strlist *drop,
		 struct errbuf *err);

/* Appends the bwrap command line (without the command) to argv. */
int sandbox_bwrap_argv(const struct sandbox_spec *spec, int status_fd,
		       struct strlist *argv, struct errbuf *err);

#endif
