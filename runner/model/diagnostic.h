/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One message of a compiler, assembler, linker, modpost, make or Kconfig, and
 * the parser that finds them in the output of one "make -k -Otarget" run.
 *
 * Formats read:
 *  - gcc and clang text diagnostics (gcc manual, "Diagnostic Message
 *    Formatting Options", -fdiagnostics-plain-output), with "In file included
 *    from" chains and "In function" headings;
 *  - GNU as ("FILE:LINE: Error: ..."), GNU ld and lld, modpost
 *    (scripts/mod/modpost.c: "ERROR: modpost: ..."), Kconfig warnings and
 *    errors, make's own "*** [file:line: target] Error N" and "No rule to
 *    make target";
 *  - kbuild's short log ("  CC [M]  arch/s390/kvm/pv.o"; scripts/Kbuild.include)
 *    to know which unit a message belongs to: with -Otarget make prints the
 *    lines of one target together.
 */
#ifndef KVMATRIX_MODEL_DIAGNOSTIC_H
#define KVMATRIX_MODEL_DIAGNOSTIC_H

#include "sys/strlist.h"
#include "sys/strmap.h"

#include <stdbool.h>
#include <stddef.h>

enum diag_severity { DIAG_WARNING, DIAG_ERROR };
enum diag_status { DIAG_NEW, DIAG_MOVED, DIAG_FIXED, DIAG_KNOWN };

struct diag_from {
	char *file; /* relative to srctree or objtree */
	unsigned line;
};

struct diagnostic {
	/* Object that was being made, normalised ("virt/kvm/eventfd.o"), or
	 * NULL where none was (make itself, Kconfig). */
	char *unit;
	char *file;	 /* relative to srctree/objtree; NULL when none */
	unsigned line;	 /* 0: none */
	unsigned column; /* 0: none */
	enum diag_severity severity;
	char *option;	/* "-Wunused-function", without [] ; NULL when none */
	char *message;	/* one line, valid UTF-8, no escape sequences */
	char *function; /* from "In function 'f':"; NULL when none */
	/* "cc", "as", "ld", "objtool", "modpost", "make", "kconfig"; "config": what
	 * .config holds, compared with what was asked for */
	char *tool;
	/* Text of the first attached "note:", or, where all only tell of macro
	 * expansions, the outermost with its place: "in expansion of macro
	 * 'BUILD_BUG_ON' at x.c:12"; NULL when none. */
	char *note;
	struct diag_from *from; /* innermost includer first */
	size_t nr_from;
	/* "fatal error:" of the compiler: nothing after it was looked at. */
	bool fatal;
	/* Found by replaying a recorded command because make did not get there
	 * ("prepare" failed before the unit was tried). */
	bool replayed;

	/* Filled by diag_fingerprint() / the verdict / the causes: */
	char *fingerprint;
	enum diag_status status;
	char *cause; /* id of a cause, or NULL */
};

struct diag_list {
	struct diagnostic *v;
	size_t nr;
	size_t alloc;
};

#define DIAG_LIST_INIT { 0 }
#define _cleanup_diag_list_ __attribute__((cleanup(diag_list_release)))

void diagnostic_release(struct diagnostic *d);
void diag_list_release(struct diag_list *l);
/* Appends a zeroed element; valid until the next call. */
struct diagnostic *diag_list_new(struct diag_list *l);
/* Deep copy, appended. */
void diag_list_copy(struct diag_list *l, const struct diagnostic *d);
const char *diag_severity_name(enum diag_severity s); /* "error", ... */
const char *diag_status_name(enum diag_status s);     /* "new", ... */

/* What one make run said, as data. */
struct make_log {
	struct diag_list diags;
	/* Objects whose recipe ran ("CC", "AS", "LD", ... lines), normalised,
	 * in order. HOSTCC lines and the like are not units. */
	struct strlist started;
	/* Objects (and other files) whose recipe failed: "*** [...: X] Error N",
	 * normalised, without the directories and phony targets through which
	 * recursive make passes the failure on. Also targets for which there
	 * is no rule. */
	struct strlist failed;
	/* Non-NULL: a fault of the machine, not of the source: compiler killed
	 * or crashed, no space left, out of memory, tool not found. One line
	 * for people; infra_unit is the unit it hit, or NULL. */
	char *infra;
	char *infra_unit;
	/* "internal compiler error" was among them: worth one retry. */
	bool ice;
};

#define MAKE_LOG_INIT { 0 }
#define _cleanup_make_log_ __attribute__((cleanup(make_log_release)))
void make_log_release(struct make_log *l);

/*
 * Parses the merged stdout and stderr of one make run. srctree and objtree are
 * the absolute paths the build saw; they are taken off file names ("./" and
 * "../" forms too). A target that failed without any diagnostic of its own gets
 * one of tool "make" made from make's line, so no failure is without a
 * diagnostic. Never fails: what is not understood is no diagnostic.
 */
void make_log_parse(struct make_log *log, const char *text, size_t len,
		    const char *srctree, const char *objtree);

/*
 * Parses plain compiler output of one replayed command; unit may be NULL.
 */
void diag_parse_compiler(struct diag_list *out, const char *unit,
			 const char *text, size_t len, const char *srctree,
			 const char *objtree);

/*
 * Sets d->fingerprint: hex of a SHA-256 prefix (16 bytes) over severity,
 * option, file, function and the message with numbers, addresses and quoting
 * style taken out. Line and column are not part of it. renames maps a path at
 * this state to its path in the base (may be NULL), so that a message survives
 * the move of its file.
 */
void diag_fingerprint(struct diagnostic *d, const struct strmap *renames);
/* As diag_fingerprint but without the file: equal for a warning that moved
 * with its code from one file to another. Owned by the caller. */
char *diag_fingerprint_anywhere(const struct diagnostic *d);

#endif
