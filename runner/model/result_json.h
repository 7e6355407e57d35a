/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * results.json, format "kvmatrix-results/1" (docs/results.md and the JSON Schema
 * docs/results.schema.json), and the pieces of it that the store keeps.
 *
 * Text is written the same way every time: members in a fixed order, each entry
 * of a list on a line of its own. Seconds are kept to the millisecond. Bytes
 * that are not UTF-8 become U+FFFD, nothing else is lost: what is read back is
 * what was written.
 *
 * Every reader expects an empty (zeroed) target and leaves it empty on error.
 */
#ifndef KVMATRIX_MODEL_RESULT_JSON_H
#define KVMATRIX_MODEL_RESULT_JSON_H

#include "model/result.h"

struct errbuf;
struct strbuf;

#define RESULTS_FORMAT "kvmatrix-results/1"

/* The whole judged result as JSON text, appended. */
void run_result_to_json(const struct run_result *r, struct strbuf *out);
/* And back; verdicts and causes included. */
int run_result_from_json(struct run_result *r, const char *text, size_t len,
			 struct errbuf *err);

/* The run, its cells and patches without steps and causes, for the store. The
 * reader gives every step as OUTCOME_PENDING. */
void run_head_to_json(const struct run_result *r, struct strbuf *out);
int run_head_from_json(struct run_result *r, const char *text, size_t len,
		       struct errbuf *err);

/*
 * One unjudged step (outcome, reason, units, failed, diags), for the store.
 * What a judgement writes is not in it: status and cause of its diagnostics are
 * as in a fresh one (new, NULL), and patch and cell are left alone by the reader.
 * Fingerprints are kept; they depend on the renames of the state.
 */
void step_result_to_json(const struct step_result *s, struct strbuf *out);
int step_result_from_json(struct step_result *s, const char *text, size_t len,
			  struct errbuf *err);

#endif
