/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The effective .config of a cell: base target, fragments, inline options, and
 * the engine's own (warnings are not errors while collecting), merged with the
 * kernel's scripts/kconfig/merge_config.sh, then olddefconfig with closed stdin;
 * afterwards every requested option is compared with what came out.
 */
#ifndef KVMATRIX_ENGINE_CELLCONF_H
#define KVMATRIX_ENGINE_CELLCONF_H

#include "sys/strlist.h"

#include <stddef.h>

struct cell;
struct diag_list;
struct errbuf;
struct sandbox;

/* An option that was asked for and did not come out. */
struct lost_option {
	char *option; /* "CONFIG_KVM_XEN=y" */
	char *got;    /* "n", "m", "absent" */
	char *where;  /* "configs/kvm-x86_64.config:7", or the matrix' options */
	/* The dependency that is not met, or the select that forces it, in
	 * Kconfig's terms with the values found: "depends on XEN (=n)"; "no such
	 * symbol in this tree"; NULL when it could not be told. */
	char *why;
	/* Of the Kconfig tree that was asked for the reason: the file that defines
	 * the symbol, and the line of it; NULL and 0: none does. */
	char *file;
	unsigned line;
};

struct lost_options {
	struct lost_option *v;
	size_t nr;
	size_t alloc;
};
void lost_options_release(struct lost_options *l);

/*
 * Options that every cell gets, where the symbol exists: WERROR=n, KVM_WERROR=n,
 * PPC_WERROR off, DRM_WERROR=n, ... Warnings must be collected, not fatal; the
 * verdict judges them. A symbol that does not exist in the tree is no loss.
 */
extern const char *const cellconf_engine_options[];

/*
 * Parses a fragment or .config text: "CONFIG_X=v" and "# CONFIG_X is not set"
 * (= n). Unknown lines are an error that names file and line (a typo must not
 * be silence). out gets "CONFIG_X=v" strings, where gets "file:line".
 */
int cellconf_parse_fragment(const char *path, struct strlist *out,
			    struct strlist *where, struct errbuf *err);

/*
 * Compares requests with an effective .config text.
 */
void cellconf_check(const struct strlist *wanted, const struct strlist *where,
		    const char *config_text, struct lost_options *lost);

/*
 * For each lost option finds why, from the Kconfig files of the tree at srctree
 * and the effective configuration ("depends on" and "select" of the symbol;
 * text reading, no expression is evaluated further than symbol by symbol).
 */
void cellconf_explain(struct lost_options *lost, const char *srctree,
		      const char *srcarch, const char *config_text);

/*
 * What a patch is told that makes them be lost: an error of tool "config" for each,
 * without a unit, at the place that defines the symbol. Its words are the same at
 * every state that lacks the option; the note holds what may change: what came
 * out, who asks for it, the reason. Those that are lost because another one is say
 * so in the note ("lost with CONFIG_KVM; ...") and follow the others.
 */
void cellconf_lost_diags(const struct lost_options *lost,
			 struct diag_list *out);

/*
 * Writes into dir the merged fragment file ("cell.fragment") of the cell:
 * engine options first, then fragments, then inline options; later ones win.
 * wanted/where list the requests (engine options not among them).
 */
int cellconf_write_fragment(const struct cell *c, const char *dir,
			    struct strlist *wanted, struct strlist *where,
			    struct errbuf *err);

/*
 * The shell command (for "sh -c", run inside the sandbox with cwd = OBJ) that
 * makes .config from base target + fragment: make BASE; merge_config.sh -m
 * -O OBJ; make olddefconfig; all with stdin closed. make_args is the list
 * "ARCH=..", "CROSS_COMPILE=..", "CC=..". The caller frees.
 */
char *cellconf_command(const struct cell *c, const char *src, const char *obj,
		       const char *fragment_path,
		       const struct strlist *make_args);

#endif
