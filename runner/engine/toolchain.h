/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The compiler of a cell: what make is told, and what identifies it.
 */
#ifndef KVMATRIX_ENGINE_TOOLCHAIN_H
#define KVMATRIX_ENGINE_TOOLCHAIN_H

#include "sys/strlist.h"

struct cell;
struct errbuf;

struct toolchain {
	/* "ARCH=s390", "CROSS_COMPILE=s390x-linux-gnu-", "CC=...", "LLVM=1":
	 * what a person types. */
	struct strlist make_vars;
	char *cc;	/* compiler program: "s390x-linux-gnu-gcc" */
	char *hostcc;	/* "gcc" or "clang" */
	char *version;	/* first line of --version */
	char *id;	/* SHA-256 over version and the binaries of driver,
			 * compiler proper, assembler and linker */
};

void toolchain_copy(struct toolchain *to, const struct toolchain *from);
void toolchain_release(struct toolchain *t);

/*
 * Resolves the toolchain of a cell. -1: it is not there; err names the missing
 * program and the Debian package that has it.
 */
int toolchain_resolve(struct toolchain *t, const struct cell *c,
		      struct errbuf *err);

#endif
