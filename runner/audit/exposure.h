/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Exposure: what code outside KVM sees of KVM's headers, and what it uses of them.
 *
 * KVM headers are arch/<A>/include/asm/kvm*.h, include/linux/kvm*.h, include/kvm/,
 * arch/<A>/kvm/ and virt/kvm/. A unit is outside when it is not built from
 * arch/<A>/kvm/ or virt/kvm/. Code outside is the unit's source and every header
 * that it would read without KVM's; what KVM's headers include besides arrives
 * through them.
 *
 * How to audit an objtree:
 *  1. exposure_units() lists the outside units;
 *  2. exposure_scan() of each, in a process of its own (cparse.h), whose answer
 *     travels as JSON;
 *  3. exposure_try() compiles without the includes that look needless;
 *  4. exposure_merge() all of it into a table, exposure_print() that.
 */
#ifndef KVMATRIX_AUDIT_EXPOSURE_H
#define KVMATRIX_AUDIT_EXPOSURE_H

#include "model/unit.h"
#include "sys/strlist.h"
#include "sys/strmap.h"

#include <stdbool.h>
#include <stddef.h>

struct errbuf;
struct strbuf;

bool exposure_is_header(const char *path);
bool exposure_is_kvm_unit(const struct unit *u);
/* Names of the outside units of a set that read a KVM header. */
void exposure_units(const struct unit_set *s, struct strlist *out);

enum exposure_kind {
	EXPOSURE_NOTHING,
	EXPOSURE_POINTER, /* the name of a structure */
	EXPOSURE_FUNCTION, /* a function or variable */
	EXPOSURE_MACRO,	  /* macro, inline function, enumeration, typedef */
	EXPOSURE_TYPE,	  /* a structure's size */
	EXPOSURE_MEMBERS, /* a structure's members */
};
/* "nothing", "pointer", "function", "macro", "type", "members" */
const char *exposure_kind_name(enum exposure_kind k);

/* What a unit uses of one KVM header. */
struct exposure_header {
	char *path;
	enum exposure_kind kind;
	struct strlist names; /* "struct kvm.arch (drivers/x.c:12)" */
};

/*
 * A file that includes a KVM header by name, or that uses one although only other
 * files include it (line 0).
 */
struct exposure_row {
	char *file;
	unsigned line;
	char *header; /* the KVM header that it includes, */
	char *source; /* that of the unit, with line 0 */
	enum exposure_kind kind; /* of all that comes with it */
	struct strlist names; /* "kvm_get_kvm() (1234)", strongest first */
	struct strlist arrivals; /* "get_cpu_cap() of asm/x.h (12)" */
};

enum exposure_proof {
	EXPOSURE_UNTRIED,
	EXPOSURE_PROVED,  /* compiles without, and warns of no more */
	EXPOSURE_REFUTED, /* it does not: message; forward and instead are what
			   * was tried */
};

/* An include line of a unit's source that looks as if it could go. */
struct exposure_removal {
	unsigned line;
	char *header;
	struct strlist forward; /* "struct kvm": has to be declared instead */
	struct strlist instead; /* headers to include instead */
	/* "kvm_x (12)": in lines that this configuration leaves out */
	struct strlist skipped;
	enum exposure_proof proof;
	char *message; /* first error without it */
};

struct exposure_unit {
	char *name;
	char *source;
	char *error;	      /* it could not be parsed: why; nothing follows */
	struct strlist notes; /* what was not seen */
	bool assembler;	      /* macros alone are seen */
	struct exposure_header *headers;
	size_t nr_headers, alloc_headers;
	struct exposure_row *rows;
	size_t nr_rows, alloc_rows;
	struct exposure_removal *removals;
	size_t nr_removals, alloc_removals;
	double seconds;
	unsigned long max_rss; /* KiB */
};
void exposure_unit_release(struct exposure_unit *u);

/* ---- one unit ------------------------------------------------------------------ */

struct exposure_site {
	const char *objtree; /* absolute */
	const char *srctree; /* absolute: where the sources are */
	/* What recorded commands call the source directory, when it stands
	 * somewhere else now; or NULL. */
	const char *recorded;
};

/* The recorded command of a unit as argv, with the source directory as it is now.
 * -1: there is none that can be used. */
int exposure_argv(const struct exposure_site *at, const struct unit *u,
		  struct strlist *argv, struct errbuf *err);
/* Parses in this process, which has to be in objtree. A unit that cannot be parsed
 * has u->error. */
void exposure_scan(const struct exposure_site *at, const struct unit *unit,
		   struct exposure_unit *u);
char *exposure_dump(const struct exposure_unit *u);
int exposure_load(const char *json, struct exposure_unit *u,
		  struct errbuf *err);
/*
 * Tries the removals of a unit, each in addition to those before it that worked, on
 * a copy of the source in the directory scratch. -1: the compiler cannot be run, or
 * the unit does not compile as it is.
 */
int exposure_try(const struct exposure_site *at, const struct unit *unit,
		 struct exposure_unit *u, const char *scratch,
		 struct errbuf *err);
/* The source with some removals done (those with done[i]). Owned; pure. */
char *exposure_edit(const char *source, const struct exposure_removal *r,
		    size_t nr, const bool *done);

/* ---- many ---------------------------------------------------------------------- */

struct exposure_table {
	struct exposure_entry *v;
	size_t nr, alloc;
	struct strmap by_key;
	size_t nr_units, nr_failed;
	struct strlist failed; /* "arch/x.o: drivers/x.c:3: unknown type" */
	struct strlist notes;
};
void exposure_table_release(struct exposure_table *t);
/* place: what the row is said to be of, an architecture or a cell. */
void exposure_merge(struct exposure_table *t, const char *place,
		    const struct exposure_unit *u);
void exposure_print(struct exposure_table *t, struct strbuf *out);

#endif
