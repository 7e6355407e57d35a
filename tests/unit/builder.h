/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Run results made by hand, for the tests of what judges them. Messages get
 * their fingerprints as the engine gives them: with the renames of their state.
 */
#ifndef KVMATRIX_TESTS_BUILDER_H
#define KVMATRIX_TESTS_BUILDER_H

#include "model/result.h"

/* Patches 0 to last; one cell "ARCH/default/gcc" a name of arches (separated
 * by blanks). All steps are built and clean. */
void build_run(struct run_result *r, unsigned last, const char *arches);
/* At this patch and all later ones path is the base's file base. */
void build_rename(struct run_result *r, unsigned patch, const char *path,
		  const char *base);
struct step_result *build_step(struct run_result *r, unsigned patch,
			       size_t cell);
/* Takes all messages and failures of the patch before, as if it was not
 * reached; the outcome too. */
void build_unreached(struct run_result *r, unsigned patch, size_t cell);
void build_outcome(struct run_result *r, unsigned patch, size_t cell,
		   enum outcome outcome, const char *reason);

/* unit and file may be NULL. The unit fails. Valid until the next message of
 * the step. */
struct diagnostic *build_error(struct run_result *r, unsigned patch,
			       size_t cell, const char *unit, const char *file,
			       unsigned line, const char *message);
struct diagnostic *build_fatal(struct run_result *r, unsigned patch,
			       size_t cell, const char *unit, const char *file,
			       unsigned line, const char *message);
struct diagnostic *build_warning(struct run_result *r, unsigned patch,
				 size_t cell, const char *unit,
				 const char *file, unsigned line,
				 const char *option, const char *message);
/* "In file included from FILE:LINE": the next outer one. */
void build_from(struct diagnostic *d, const char *file, unsigned line);
/* Of the topic id ("incomplete-type:struct kvm") in a file of a unit. Valid until
 * the next. */
struct proof *build_proof(struct run_result *r, enum proof_kind kind,
			  unsigned patch, size_t cell, const char *unit,
			  const char *id, const char *file);
void build_set(char **field, const char *value);
/* Sets the fingerprints and judges; then finds the causes. */
void build_judge(struct run_result *r);

enum verdict build_verdict(const struct run_result *r, unsigned patch,
			   size_t cell);
const struct cause *build_cause(const struct run_result *r, const char *id);
/* expected: "CELL:FIRST-HEALED" of each span, "0:2-3 1:2-0". */
void build_assert_spans(const struct run_result *r, const char *id,
			const char *expected);
/* What holds for every list of causes. */
void build_assert_causes(const struct run_result *r);

#endif
