// SPDX-License-Identifier: GPL-2.0-only
#include "model/finding.h"

#include "sys/mem.h"

const char *finding_status_name(enum finding_status s)
{
	switch (s) {
	case FINDING_ADDED:
		return "added";
	case FINDING_REMOVED:
		return "removed";
	case FINDING_PRESENT:
		return "present";
	}
	return "present";
}

void finding_release(struct finding *f)
{
	free(f->audit);
	free(f->id);
	free(f->cells);
	free(f->unit);
	free(f->file);
	free(f->target);
	free(f->kind);
	free(f->evidence);
	free(f->accepted);
	*f = (struct finding){ 0 };
}

void finding_add_cell(struct finding *f, size_t cell)
{
	size_t at = f->nr_cells;

	for (size_t i = 0; i < f->nr_cells; i++)
		if (f->cells[i] == cell)
			return;
	GROW(f->cells, f->nr_cells, f->alloc_cells);
	for (; at && f->cells[at - 1] > cell; at--)
		f->cells[at] = f->cells[at - 1];
	f->cells[at] = cell;
	f->nr_cells++;
}

bool finding_is_bad(const struct finding *f)
{
	return f->status == FINDING_ADDED && !f->accepted;
}
