/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sources of every state, as text: which files there are, what one says
 * (engine/ctext.h), and what a unit reads of them, followed from #include to
 * #include. Where the compiler's own dependency files know what a name means
 * they decide, so that <asm/x.h> is the header of the unit's architecture.
 *
 * What cannot be read is not there: less can then be said, and nothing wrong.
 */
#ifndef KVMATRIX_ENGINE_SOURCES_H
#define KVMATRIX_ENGINE_SOURCES_H

#include "engine/ctext.h"
#include "sys/strbuf.h"

struct tree;
struct unit;
struct unit_set;

struct sources {
	const struct tree *tree;
	const char *checkout;	/* of the base */
	struct strmap wanted;	/* names to look for; see ctext_scan() */
	struct strmap versions; /* blob or path in the base -> struct ctext * */
	struct strmap paths;	/* is it in the base? "y" or "n" */
};

void sources_release(struct sources *s);

/* Of one cell. */
struct source_cell {
	const char *srcarch;
	const char *obj; /* objtree of the base, for generated headers */
	const struct unit_set *units; /* of the base; NULL: not known */
	const struct strmap *config;  /* see ctext_cond_holds() */
};

bool sources_exist(struct sources *s, const struct source_cell *c,
		   const char *path, unsigned state);
/* Appends the text; false where there is no such file. */
bool sources_text(struct sources *s, const struct source_cell *c,
		  const char *path, unsigned state, struct strbuf *out);
/* NULL where there is no such file. Lives as long as s. */
const struct ctext *sources_look(struct sources *s, const struct source_cell *c,
				 const char *path, unsigned state);
/* The name that the file path of the base has at a state, and back. Borrowed;
 * path itself where it was not renamed. */
const char *sources_at(const struct sources *s, const char *base_path,
		       unsigned state);
const char *sources_base(const struct sources *s, const char *path,
			 unsigned state);

/* What #include NAME in file from means for unit u (may be NULL). Owned; NULL
 * where nothing is found. */
char *sources_resolve(struct sources *s, const struct source_cell *c,
		      const struct unit *u, const char *from, char form,
		      const char *name, unsigned state);

/* A file that is reached, and the include that led there first. */
struct reached {
	char *path;
	const struct reached *from;	/* NULL: a beginning */
	const struct ctext_include *by; /* in from; NULL: a beginning */
};

struct reach {
	struct reached **v; /* nearest first */
	size_t nr, alloc;
	struct strmap by_path;
};

/*
 * Follows the includes of path, and what the compiler reads before it when
 * forced. Those that the configuration leaves out are not followed.
 */
void sources_reach(struct sources *s, const struct source_cell *c,
		   const struct unit *u, const char *path, bool forced,
		   unsigned state, struct reach *r);
void reach_release(struct reach *r);
#define _cleanup_reach_ __attribute__((cleanup(reach_release)))
const struct reached *reach_find(const struct reach *r, const char *path);
/* "a.c > b.h > c.h". Owned. */
char *reach_chain(const struct reached *to);

#endif
