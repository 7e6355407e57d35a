/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What C code means, by libclang. cparse.c, cparse_walk.c, cparse_lib.c and
 * cparse_internal.h are the only files that know <clang-c/...>.
 *
 * How to parse a unit:
 *  1. cparse_args() makes libclang's arguments of the compiler's;
 *  2. fill a struct cparse_job and call cparse_unit() with the directory of the
 *     build as the current one;
 *  3. the unit's files and include lines are known first: job.choose() says then
 *     whose declarations are of interest (watch) and whose code is (look);
 *  4. unit.refs tells what the looked-at code uses of the watched files.
 *
 * One unit takes a second or two and some 300 MB in a large kernel unit, and is
 * another project's code in our process: parse in a process of its own that has
 * limits.
 *
 * Where a use is: at the file and line where its name is written. What is written
 * in the body of a macro of a watched file belongs to that file: who writes the
 * macro's name uses the macro and nothing else.
 */
#ifndef KVMATRIX_SYS_CPARSE_H
#define KVMATRIX_SYS_CPARSE_H

#include "sys/strlist.h"
#include "sys/strmap.h"

#include <stdbool.h>
#include <stddef.h>

struct errbuf;

/* ---- the library ------------------------------------------------------------- */

/* Loads libclang, at the first call. -1: it is not there, or not the one that this
 * program was built for; err names the package. cparse_unit() calls it. */
int cparse_load(struct errbuf *err);
/* Names of the shared library and of the package that has it (Debian's). */
const char *cparse_library(void);
const char *cparse_package(void);

/* ---- arguments --------------------------------------------------------------- */

/*
 * argv: a compiler command (shellwords.h). Gives libclang's: for the same target
 * ("s390x-linux-gnu-gcc" -> --target=s390x-linux-gnu), without what only gcc knows
 * and what only code generation heeds. An option that is in no table is passed on;
 * when libclang does not know it, the unit is not parsed, and says so. -1: no
 * compiler command.
 */
int cparse_args(const struct strlist *argv, struct strlist *out,
		struct errbuf *err);
/* The source of a compiler command, or NULL. Borrowed from argv. */
const char *cparse_source(const struct strlist *argv);
/* Why an option is not passed on as it is, or NULL: it is. For tests and people. */
const char *cparse_option_why(const char *option);

/* ---- units ------------------------------------------------------------------- */

/* By rising demand on the declaration. */
enum cparse_use {
	CPARSE_POINTER,	 /* a structure of which only the name is needed */
	CPARSE_FUNCTION, /* a function that is called, or a variable */
	CPARSE_MACRO,	 /* macro, inline function, enumeration, typedef */
	CPARSE_TYPE,	 /* a structure whose size is needed */
	CPARSE_MEMBERS,	 /* a structure's member by name */
};

struct cparse_file {
	char *path; /* normalised, relative to job.srctree or to the directory */
	bool watch, look; /* set by choose() */
};

struct cparse_include {
	size_t from, to; /* files; from CPARSE_NO_FILE: -include */
	unsigned line;
};
#define CPARSE_NO_FILE ((size_t)-1)

struct cparse_ref {
	enum cparse_use use;
	char *name;  /* "kvm_get_vcpu()", "struct kvm", "kvm_vcpu.arch", "KVM_X" */
	char *via;   /* the macro in whose body it stands, or NULL */
	size_t decl; /* file that declares it */
	size_t file; /* file that uses it, */
	unsigned line; /* there for the first time */
	bool defines; /* it is the definition of what decl declares */
};

/* A name of a watched file, in lines of the source that the preprocessor skipped:
 * another configuration may need it. */
struct cparse_skipped {
	char *name;
	size_t decl;
	unsigned line;
};

struct cparse_unit {
	struct cparse_file *files; /* files[0] is the source */
	size_t nr_files, alloc_files;
	struct cparse_include *includes;
	size_t nr_includes, alloc_includes;
	struct cparse_ref *refs; /* one a (name, use, decl, file) */
	size_t nr_refs, alloc_refs;
	struct cparse_skipped *skipped; /* one a name */
	size_t nr_skipped, alloc_skipped;
	/* What libclang does not understand although the compiler does, and what
	 * is not seen because of that: a line each. */
	struct strlist notes;
	/* private */
	struct strmap seen;
};
void cparse_unit_release(struct cparse_unit *u);

struct cparse_job {
	const struct strlist *args; /* of cparse_args() */
	const char *srctree; /* absolute path without a slash at its end */
	bool assembler; /* the source is an .S file: macros alone are seen */
	void (*choose)(void *data, struct cparse_unit *u);
	void *data;
};

/* -1: it cannot be parsed; err has the first error with its place. */
int cparse_unit(const struct cparse_job *job, struct cparse_unit *u,
		struct errbuf *err);

#endif
