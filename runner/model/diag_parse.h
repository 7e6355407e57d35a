/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to model/diag*.c: what the readers of the different tools share.
 *
 * A reader is a function that is shown one cleaned line and says whether the
 * line was its own. Readers keep what they must remember from line to line in
 * struct diag_parser. diag_make.c owns the loop over a build's log and tells
 * the others which unit is being made (diag_block_open).
 */
#ifndef KVMATRIX_MODEL_DIAG_PARSE_H
#define KVMATRIX_MODEL_DIAG_PARSE_H

#include "model/diagnostic.h"
#include "sys/strbuf.h"

/* Lines of a log, cleaned, with a look at the line after. */
struct diag_lines {
	const char *text;
	size_t len, pos;
	struct strbuf cur, next;
	bool has_next;
};

#define _cleanup_diag_lines_ __attribute__((cleanup(diag_lines_release)))
void diag_lines_init(struct diag_lines *l, const char *text, size_t len);
void diag_lines_release(struct diag_lines *l);
/* Moves on; cur is the new line, next the one after it. false: at the end. */
bool diag_lines_advance(struct diag_lines *l);

/*
 * Appends a line as valid UTF-8 that is safe to show: escape sequences,
 * control characters and text-direction marks removed, tabs made spaces, bytes
 * that are no UTF-8 replaced.
 */
void diag_clean_line(struct strbuf *out, const char *line, size_t len);

/* diag_heal.c: appends the output of a build, the lines of each recipe together
 * although other makes spoke in between. */
void diag_heal(struct strbuf *out, const char *text, size_t len);

/* What the lines of the block that is read now are about. */
enum diag_more {
	DIAG_MORE_NONE,
	DIAG_MORE_LLD,	      /* ">>> ..." of ld.lld */
	DIAG_MORE_UNMET,      /* Kconfig: "Depends on", "Selected by" */
	DIAG_MORE_RECURSION,  /* Kconfig: "symbol A depends on B" */
	DIAG_MORE_REQUESTED,  /* merge_config.sh: two lines of values */
};

struct diag_parser {
	struct diag_list *out;
	char *srctree, *objtree; /* normalised; NULL when not given */

	/* The open block: the lines of one recipe. */
	char *unit;	     /* what it makes; NULL when that is no object */
	bool unit_is_object; /* a kernel object, "x.o" or "x.s" */
	char *tag;	     /* "CC", "MODPOST"; NULL: no short log line */
	size_t block;	     /* index of its first diagnostic */

	bool has_last;	     /* last is valid: notes go there */
	size_t last;	     /* index of the latest diagnostic of the block */
	bool note_is_macro;  /* its note only tells of a macro's expansion */
	bool located;	     /* the line before was a located diagnostic */

	char *function;	     /* "In function" heading in force */
	char *inlined;	     /* "inlined from 'g' at f:1", for the next one */
	bool in_heading;     /* "inlined from" lines may follow */
	struct diag_from *chain; /* "In file included from", for the next */
	size_t nr_chain, alloc_chain;

	char *ld_object, *ld_function; /* of ld's "in function" heading */
	char *ld_text;	     /* a line of ld that may tell of a failure */

	enum diag_more more;
	char *prompt;	     /* latest Kconfig question on a new symbol */
};

void diag_parser_init(struct diag_parser *p, struct diag_list *out,
		      const char *srctree, const char *objtree);
void diag_parser_release(struct diag_parser *p);

/* Starts a block: forgets all that belonged to the one before. */
void diag_block_open(struct diag_parser *p, const char *tag, const char *unit);
/* Appends a diagnostic of the open block; message is cut and stripped. */
struct diagnostic *diag_add(struct diag_parser *p, const char *tool,
			    enum diag_severity severity, const char *message);
/* The diagnostic that a note or a continued line belongs to, or NULL. */
struct diagnostic *diag_last(struct diag_parser *p);
/* Sets the note, or appends to it after "; ". */
void diag_add_note(struct diag_parser *p, struct diagnostic *d,
		   const char *text);

/*
 * A file name as the tools print it, relative to srctree or objtree; what lies
 * outside stays as it is, normalised. NULL for "<command-line>" and the like.
 * Relative names are seen from objtree, where kbuild runs the tools. Owned.
 */
char *diag_path(const struct diag_parser *p, const char *path);
char *diag_path_n(const struct diag_parser *p, const char *path, size_t len);

/* "FILE", "FILE:12" or "FILE:12:3"; file is a part of text. */
struct diag_place {
	const char *file;
	size_t len;
	unsigned line, column;
};
void diag_place_parse(struct diag_place *pl, const char *text, size_t len);
/*
 * Splits "PLACE: rest" where PLACE has no blank in it. Returns rest, or NULL
 * for another kind of line.
 */
const char *diag_place_split(const char *line, struct diag_place *pl);

/* First text in quotes of any style, "f" of "In function 'f':". Owned. */
char *diag_quoted(const char *s);
/* Length of s, at most max bytes, without splitting a character. */
size_t diag_cut(const char *s, size_t max);
/* A program's name without directory, of "/usr/bin/ld". */
const char *diag_basename(const char *s);
bool diag_is_compiler(const char *name, size_t len);
bool diag_is_linker(const char *name, size_t len);
/* Basename Makefile*, Kbuild*, *.mk. */
bool diag_is_makefile(const char *name, size_t len);
/* "x.o", "x.s": what a unit is called. */
bool diag_is_object(const char *path);

/* The readers. */
bool diag_compiler_line(struct diag_parser *p, const char *line);
bool diag_link_line(struct diag_parser *p, const char *line);
bool diag_modpost_line(struct diag_parser *p, const char *line);
bool diag_kconfig_line(struct diag_parser *p, const char *line);
/*
 * Steps over source text that a compiler shows below a message, known by the
 * line of carets after it, and over the carets. clang (before 17) prints it
 * from the first column, so it can read like a line of make.
 */
bool diag_skip_source_echo(struct diag_parser *p, struct diag_lines *l);

/*
 * Does the line tell of a fault of the machine? Returns what it is in a few
 * words, or NULL; sets *ice for a crash of the compiler.
 */
const char *diag_infra_line(const char *line, bool *ice);
/* The same for the end of make's line: "Killed", "Error 137". */
const char *diag_infra_status(const char *status);
/* "sh: 1: X: not found" and its kin: X, owned; else NULL. */
char *diag_command_not_found(const char *line);
/* A program that the build environment has to bring, not the source. */
bool diag_is_build_tool(const char *name);

#endif
