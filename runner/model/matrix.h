/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The matrix file: architectures x configurations x toolchains. The format is
 * described in docs/matrix.md; it is YAML, read with libcyaml.
 */
#ifndef KVMATRIX_MODEL_MATRIX_H
#define KVMATRIX_MODEL_MATRIX_H

#include "sys/strlist.h"

#include <stdbool.h>
#include <stddef.h>

struct errbuf;

/* One configuration of the file, before it is crossed with architectures. */
struct matrix_config {
	char *name;
	char *base;		  /* "defconfig", "allnoconfig", "tinyconfig",
				   * "ppc64le_defconfig", ... : a make target */
	struct strlist fragments; /* as written */
	struct strlist options;	  /* "CONFIG_X=y" */
	struct strlist arches;	  /* empty: all */
};

struct cell {
	char *id;	 /* "s390/default/gcc" */
	char *arch;	 /* as written: "x86_64", "arm64", "s390", "powerpc" */
	char *srcarch;	 /* kernel's SRCARCH: "x86", ... */
	char *config;	 /* name of its configuration */
	char *toolchain; /* "gcc", "gcc-13", "llvm", ... */
	char *base;
	/* Absolute paths of the fragment files, general before per-arch, in
	 * the order of the matrix file. */
	struct strlist fragments;
	struct strlist options;
	struct strlist paths; /* target.paths with $SRCARCH put in */
};

struct matrix {
	char *path; /* file it was read from */
	struct strlist paths; /* target.paths as written */
	bool dependents;
	bool image;
	bool warnings_allowed; /* "warnings: allow": a new warning is no
				* regression; default is "fail" */
	struct cell *cells; /* crossed, excluded, included; in file order:
			     * architectures outermost */
	size_t nr_cells;
};

#define MATRIX_INIT { 0 }
#define _cleanup_matrix_ __attribute__((cleanup(matrix_release)))
void matrix_release(struct matrix *m);

/*
 * Reads a matrix. NAME is a path, or the name of a shipped matrix ("smoke"):
 * home/matrices/NAME.yaml. Fragments are names (home/configs/NAME.config, and
 * home/configs/NAME-<arch>.config when it exists; at least one of the two must)
 * or paths relative to the matrix file (they hold a '/' or end in ".config").
 * Errors name file, line and key: unknown key, unknown architecture ("known
 * are: ..."), unknown toolchain form, missing fragment, an option that is not
 * CONFIG_X=value, a configuration name used twice, an exclude or include that
 * matches nothing, no cell left.
 */
int matrix_read(struct matrix *m, const char *name, const char *home,
		struct errbuf *err);

/* Keeps only the cells whose id matches the glob (fnmatch(3); '*' also
 * matches '/'; a pattern without '/' matches the architecture). Several
 * patterns are separated by commas. Error when none matches: lists the ids. */
int matrix_select(struct matrix *m, const char *glob, struct errbuf *err);

/* Kernel ARCH= values and their SRCARCH; NULL for an unknown name. */
const char *arch_srcarch(const char *arch);
/* Debian's GNU triplet prefix for CROSS_COMPILE, "s390x-linux-gnu-"; for the
 * build machine's own architecture "" . NULL for an unknown name. */
const char *arch_cross_compile(const char *arch);
/* The Debian package with that compiler, for messages of doctor. */
const char *arch_gcc_package(const char *arch);

#endif
