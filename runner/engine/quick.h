/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The quick pass: the recorded compiler commands of the units that a state
 * reaches, replayed without make. Alone it checks their syntax (-fsyntax-only).
 * Before builds and with a compiler cache it compiles them: the objects go to the
 * cache, and make, which comes to the same call later, finds them there. So each
 * unit is read by a compiler once, and not twice.
 *
 * It knows less than a build. It cannot see what needs the linker, nor, checking
 * the syntax, code generation; and it says nothing ("not judged") of units whose command may be another
 * one at this state: a Makefile, Kconfig file or script changed, or the unit is
 * new. What it does say must be what the build says: quick_compare() holds the two
 * against each other.
 */
#ifndef KVMATRIX_ENGINE_QUICK_H
#define KVMATRIX_ENGINE_QUICK_H

#include "model/result.h"
#include "model/unit.h"
#include "sys/strlist.h"
#include "sys/strmap.h"

#include <stdbool.h>

struct errbuf;
struct make_log;

enum quick_how {
	QUICK_SYNTAX,  /* -fsyntax-only */
	QUICK_OBJECTS, /* through ccache, where the command has it */
};

/* What is known of one state. */
struct quick_state {
	bool done;  /* the pass has been here */
	bool recalled; /* it is what a build said, known from the store */
	bool blind; /* no unit is judged: what works for the whole build changed */
	unsigned nr_judged;	/* commands run for this state */
	double seconds;
	struct strlist failed;	/* sorted */
	struct strlist unread;	/* sorted, of these: nobody knows what they
				 * read, so they are replayed at each state */
	struct strlist unjudged; /* sorted units that are not judged any more */
	struct diag_list diags; /* of all units of the cell, as in step_result */
	/* What the units replayed so far read and the baseline did not. */
	struct strlist reads;
};
void quick_state_release(struct quick_state *q);
void quick_state_copy(struct quick_state *to, const struct quick_state *from);

/*
 * The compiler command of a recorded one ("savedcmd_X := ..." without the name),
 * up to the first command separator: without ccache and with -fsyntax-only, or with
 * ccache as it is. Text in, text out is make's (quoted '$' and '#'). NULL: not a
 * compiler call.
 */
char *quick_command(const char *saved, enum quick_how how);

/* The compiler's part of a unit's recorded command, without ccache, from its .cmd file
 * below objtree; of a linker script it ends after preprocessing. NULL: there is none. */
char *quick_compiler_call(const struct unit *u, const char *objtree);

/*
 * A makefile that runs the quick command of each named unit, announced in
 * kbuild's short form. A compiler that meets an error writes no dependencies, so
 * of a unit that fails the preprocessor writes them, if it can read to the end. Units without one are added to unjudged. objtree: where
 * the .cmd files are.
 */
char *quick_makefile(const struct unit_set *units, const char *objtree,
		     const struct strlist *names, enum quick_how how,
		     struct strlist *unjudged);

/* Where gcc writes the dependencies of a unit, relative to OBJ: ".x.o.d" beside
 * the object. Owned. */
char *quick_depfile(const struct unit *u);

/*
 * What the log says of the units it started takes the place of what q (a copy of
 * the state before) says of them.
 */
void quick_harvest(struct quick_state *q, struct make_log *log,
		   const struct strmap *renames);

/*
 * Where the pass and the build disagree about units that both have judged: a
 * line each. What the pass could not know is no disagreement. known: the units
 * whose commands the pass has, sorted.
 */
void quick_compare(const struct quick_state *q, const struct step_result *s,
		   const struct strlist *known, struct strlist *lines);

/* True for a message that only code generation, the assembler or a later tool
 * gives. */
bool quick_needs_codegen(const struct diagnostic *d);

#endif
