// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what is told beside the steps: proofs of causes and findings of audits.
 */
#include "model/result_json_index.h"

#include "model/json_place.h"
#include "sys/errbuf.h"
#include "sys/json.h"
#include "sys/mem.h"
#include "sys/strmap.h"

static const char *name_of_finding(int v)
{
	return finding_status_name((enum finding_status)v);
}

int result_find_cell(const struct place *p, const struct result_index *ix, size_t *out)
{
	const struct cell_info *c;
	const char *id;

	if (place_need_str(p, "cell", &id))
		return -1;
	c = strmap_get(&ix->cells, id);
	if (!c)
		return place_fail(p, "cell", ": \"%s\" is not in cells[]", id);
	*out = (size_t)(c - ix->r->cells);
	return 0;
}

int result_find_patch(const struct place *p, const struct result_index *ix,
		      unsigned *out)
{
	if (place_uint(p, "patch", out))
		return -1;
	if (*out >= ix->r->nr_patches)
		return place_fail(p, "patch", ": %u is not in patches[]", *out);
	return 0;
}

static const char *name_of_proof(int v)
{
	return proof_kind_name((enum proof_kind)v);
}

static int read_proof(const struct place *p, void *data)
{
	const struct result_index *ix = data;
	struct run_result *r = ix->r;
	int kind = place_name(p, "kind", name_of_proof, PROOF_UNEXPORTED + 1);
	struct proof *f;

	GROW(r->proofs, r->nr_proofs, r->alloc_proofs);
	f = &r->proofs[r->nr_proofs++];
	*f = (struct proof){ 0 };
	if (kind < 0)
		return -1;
	f->kind = (enum proof_kind)kind;
	if (result_find_patch(p, ix, &f->patch) || result_find_cell(p, ix, &f->cell) ||
	    place_str(p, "unit", &f->unit) || place_str(p, "id", &f->id) ||
	    place_str(p, "file", &f->file) ||
	    place_str(p, "thing", &f->thing) ||
	    place_uint(p, "by", &f->by) ||
	    place_str(p, "header", &f->header) ||
	    place_uint(p, "line", &f->line) || place_str(p, "to", &f->to) ||
	    place_str(p, "place", &f->place) ||
	    place_uint(p, "place_line", &f->place_line) ||
	    place_str(p, "text", &f->text) ||
	    place_str(p, "chain", &f->chain) ||
	    place_str(p, "makefile", &f->makefile) ||
	    place_bool(p, "unsure", &f->unsure) ||
	    place_str(p, "remark", &f->remark) ||
	    place_str(p, "luck", &f->luck))
		return -1;
	if (!f->unit || !f->id || !f->file || !f->thing)
		return place_fail(p, "unit",
				  ", id, file and thing must be there");
	return 0;
}

/* Of the store only. One written before there were any has none. */
int result_read_proofs(const struct place *top, struct result_index *ix)
{
	if (!json_object_get(top->o, "proofs"))
		return 0;
	return place_each(top, "proofs", read_proof, ix);
}

static int read_finding_cells(const struct place *p, const struct result_index *ix,
			      struct finding *f)
{
	_cleanup_strlist_ struct strlist ids = STRLIST_INIT;

	if (place_strings(p, "cells", &ids))
		return -1;
	strlist_each(id, &ids) {
		const struct cell_info *c = strmap_get(&ix->cells, id);

		if (!c)
			return place_fail(p, "cells",
					  ": \"%s\" is not in cells[]", id);
		finding_add_cell(f, (size_t)(c - ix->r->cells));
	}
	return 0;
}

static int read_finding(const struct place *p, void *data)
{
	const struct result_index *ix = data;
	struct finding *f = run_result_add_finding(ix->r);
	int status;

	if (place_own_str(p, "audit", &f->audit) ||
	    place_own_str(p, "id", &f->id) ||
	    result_find_patch(p, ix, &f->patch) || read_finding_cells(p, ix, f) ||
	    place_str(p, "unit", &f->unit) || place_str(p, "file", &f->file) ||
	    place_uint_or_null(p, "line", &f->line) ||
	    place_str(p, "target", &f->target) ||
	    place_own_str(p, "kind", &f->kind) ||
	    place_str(p, "evidence", &f->evidence) ||
	    place_str(p, "accepted", &f->accepted))
		return -1;
	status = place_name(p, "status", name_of_finding, FINDING_PRESENT + 1);
	if (status < 0)
		return -1;
	f->status = (enum finding_status)status;
	return 0;
}

/* Of a stored run of a version that had no audits, they are absent. */
int result_read_findings(const struct place *top, struct result_index *ix)
{
	if (!json_object_get(top->o, "audits"))
		return 0;
	return place_each(top, "audits", read_finding, ix);
}
