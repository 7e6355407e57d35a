// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/cmd.h"
#include "cmd/options.h"
#include "engine/run.h"
#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdio.h>

static const char help[] =
	"usage: kvmatrix plan [options of run] SERIES\n"
	"\n"
	"Tells for each patch and cell whether run would build it and why not\n"
	"otherwise; builds nothing. What a cell reads is known once its base was\n"
	"built by a run.\n";

static const char *first_line(const char *s)
{
	return s ? s : "";
}

static void print(const struct options *o, const struct run_result *r,
		  const struct plan *p)
{
	unsigned build = 0, skip = 0, known = 0, unknown = 0;

	printf("%zu cell%s, %zu patch%s on %.12s\n\n", r->nr_cells,
	       r->nr_cells == 1 ? "" : "s", r->nr_patches - 1,
	       r->nr_patches == 2 ? "" : "es",
	       first_line(r->patches[0].commit));
	for (size_t i = 0; i < r->nr_cells; i++) {
		printf("%s: ", r->cells[i].id);
		if (!p->has_baseline[i])
			puts("no baseline yet");
		else
			printf("%zu dependent%s outside the target paths\n",
			       p->goals[i].nr, p->goals[i].nr == 1 ? "" : "s");
		if (o->verbose)
			strlist_each(g, &p->goals[i])
				printf("    %s\n", g);
	}
	for (unsigned k = 1; k < r->nr_patches; k++) {
		printf("\npatch %u: %s\n", k, first_line(r->patches[k].subject));
		for (size_t i = 0; i < r->nr_cells; i++) {
			const struct plan_step *s = &p->v[k * r->nr_cells + i];

			printf("  %-7s %-28s %s\n", s->action, r->cells[i].id,
			       first_line(s->reason));
			build += !strcmp(s->action, "build");
			skip += !strcmp(s->action, "skip");
			known += !strcmp(s->action, "known");
			unknown += !strcmp(s->action, "unknown");
		}
	}
	printf("\n%u to build, %u skipped by proof, %u built by earlier runs, "
	       "%u not known yet\n",
	       build, skip, known, unknown);
}

static void no_event(void *data, const struct run_event *e)
{
	(void)data;
	(void)e;
}

int cmd_plan(int argc, char **argv)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;
	struct plan p = { 0 };
	struct options o;
	struct session s;
	int code = options_parse(&o, argc, argv, help);

	if (code >= 0)
		return code;
	if (session_open(&s, &o, &code))
		return code;
	{
		struct run_opts ro = {
			.matrix = &s.matrix,
			.tree = &s.tree,
			.store = s.store,
			.place = &s.place,
			.jobs = o.jobs,
			.use_memory = !o.no_memory,
			.event = no_event,
		};

		code = EXIT_OK;
		if (run_plan(&ro, &r, &p, &err)) {
			complain("%s", err.msg);
			code = EXIT_UNKNOWN;
		} else {
			print(&o, &r, &p);
		}
	}
	plan_release(&p);
	session_close(&s);
	return code;
}
