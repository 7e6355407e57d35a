// SPDX-License-Identifier: GPL-2.0-only
/*
 * All references between functions and variables of all objects are laid out once
 * (struct boot_link); then boot code is spread over them, and those that lead from
 * outside into KVM are told.
 */
#include "audit/bootcalls.h"

#include "audit/bootcalls_internal.h"
#include "audit/codearch.h"
#include "sys/mem.h"

void boot_edges_release(struct boot_edges *l)
{
	for (size_t i = 0; i < l->nr; i++) {
		free(l->v[i].object);
		free(l->v[i].function);
		free(l->v[i].section);
		free(l->v[i].module);
		free(l->v[i].symbol);
		free(l->v[i].definer);
		free(l->v[i].definer_module);
		free(l->v[i].via);
		free(l->v[i].danger);
	}
	free(l->v);
	*l = (struct boot_edges){ 0 };
}

/* ---- rules --------------------------------------------------------------------- */

bool bootcalls_is_kvm(const char *object)
{
	const char *p;

	if (starts_with(object, "virt/kvm/"))
		return true;
	if (!starts_with(object, "arch/"))
		return false;
	p = strchr(object + 5, '/');
	return p && starts_with(p, "/kvm/");
}

bool bootcalls_is_freed(const char *section)
{
	return starts_with(section, ".init") || ends_with(section, ".init");
}

/* Kept code that runs before anything is set up. NULL: it is not. */
static const char *entry_code(const char *section)
{
	static const struct {
		const char *section, *what;
	} known[] = {
		{ ".head.text", "entry code (.head.text...): runs as the "
				"kernel or an exception begins" },
		{ ".idmap.text", "runs with the MMU off, as a CPU comes up" },
		{ ".hyp.idmap.text", "runs with EL2's MMU off" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (starts_with(section, known[i].section))
			return known[i].what;
	return NULL;
}

/* ---- boot code ------------------------------------------------------------------------ */

static bool is_root(const struct boot_graph *j, const struct boot_node *n)
{
	const char *section = boot_graph_section(j, n);

	return !j->in->objects[n->object].module &&
	       (bootcalls_is_freed(section) || entry_code(section));
}

/*
 * A function is boot code when all who refer to it are: at first every function that
 * nobody unknown can refer to may be; those that kept code refers to are taken out,
 * again and again; what boot code does not reach in the end was never it.
 */
static void spread_boot(struct boot_graph *j)
{
	bool again = true;

	for (size_t i = 0; i < j->nr_nodes; i++) {
		struct boot_node *n = &j->nodes[i];

		n->reached = is_root(j, n);
		n->boot = n->reached ||
			  (n->item >= 0 && (j->in->whole || !n->outside) &&
			   !j->in->objects[n->object].module &&
			   code_knows(boot_graph_file(j, n->object)) &&
			   j->units[n->object].items[n->item].kind ==
				   CODE_FUNCTION);
	}
	while (again) {
		again = false;
		for (size_t i = 0; i < j->nr_links; i++) {
			const struct boot_link *l = &j->links[i];

			if (l->to == BOOT_NOWHERE || !j->nodes[l->to].boot ||
			    j->nodes[l->from].boot || l->from == l->to ||
			    is_root(j, &j->nodes[l->to]))
				continue;
			j->nodes[l->to].boot = false;
			again = true;
		}
	}
	for (again = true; again;) {
		again = false;
		for (size_t i = 0; i < j->nr_links; i++) {
			const struct boot_link *l = &j->links[i];

			if (l->to == BOOT_NOWHERE || !j->nodes[l->to].boot ||
			    j->nodes[l->to].reached ||
			    !j->nodes[l->from].reached)
				continue;
			j->nodes[l->to].reached = true;
			again = true;
		}
	}
	for (size_t i = 0; i < j->nr_nodes; i++)
		j->nodes[i].boot &= j->nodes[i].reached;
}

/* The initcall section that a function is called from; NULL: none. */
static const char *initcall_of(const struct boot_graph *j, size_t node)
{
	for (size_t i = 0; i < j->nr_links; i++) {
		const struct boot_link *l = &j->links[i];
		const char *section = boot_graph_section(j, &j->nodes[l->from]);

		if (l->to == node && (starts_with(section, ".initcall") ||
				      starts_with(section, ".con_initcall")))
			return section;
	}
	return NULL;
}

/* What kind of boot code it is; owned. */
static char *tell_boot(const struct boot_graph *j, size_t node)
{
	const struct boot_node *n = &j->nodes[node];
	const char *section = boot_graph_section(j, n), *level;

	if (entry_code(section))
		return xstrdup(entry_code(section));
	if (!bootcalls_is_freed(section))
		return xasprintf("%s, but only boot code refers to it", section);
	level = initcall_of(j, node);
	if (level)
		return xasprintf("an initcall (%s)", level);
	if (starts_with(section, ".init.setup") || strstr(section, "initcall"))
		return xasprintf("a table that boot reads (%s)", section);
	return xasprintf("boot code (%s) that is no initcall: it may run before "
			 "them, and before KVM is set up", section);
}

/* ---- edges ------------------------------------------------------------------------------ */

static char *name_of(const struct boot_graph *j, const struct boot_node *n)
{
	const struct code_unit *u = &j->units[n->object];

	return xstrdup(n->item < 0 ? "" :
				     u->file->symbols[u->items[n->item].symbol]
					     .name);
}

static void judge_edge(const struct boot_graph *j, struct boot_edge *e,
		       const struct boot_link *l)
{
	const struct boot_node *n = &j->nodes[l->from];
	const struct objfile *o = boot_graph_file(j, l->object);
	int code = o->symbols[l->definition].code;
	const char *where = code >= 0 ? o->sections[code].name : "";
	bool asks = !strcmp(l->via, "symbol_get");
	bool freed = !e->definer_module && bootcalls_is_freed(where);
	_cleanup_free_ char *boot = n->boot ? tell_boot(j, l->from) : NULL;

	if (e->definer_module && !e->module && !asks) {
		e->kind = "module";
		e->broken = true;
		e->danger = xasprintf("does not link: built-in code refers to "
				      "what only module %s defines",
				      e->definer_module);
	} else if (e->definer_module) {
		e->kind = "module";
		e->danger = asks ? xasprintf("looked up by name in module %s; "
					     "fails when it is not loaded",
					     e->definer_module) :
				   xasprintf("needs module %s to be loaded, and "
					     "the symbol to be exported",
					     e->definer_module);
	} else if (freed && !e->module && !strcmp(l->via, ".altinstructions")) {
		e->kind = "init";
		e->danger = xstrdup("called while boot patches alternatives");
	} else if (freed && !n->boot) {
		e->kind = "init";
		e->broken = true;
		e->danger = xasprintf("kept code refers to %s, which is freed "
				      "after boot", where);
	} else if (boot) {
		e->kind = "init";
		e->danger = STEAL(boot);
	} else {
		e->kind = "builtin";
		e->danger = xstrdup(e->module ? "a module needs KVM to be built "
						"in, and the symbol to be "
						"exported" :
						"needs KVM to be built in");
	}
}

static void add_edge(struct boot_edges *out, const struct boot_graph *j,
		     const struct boot_link *l)
{
	const struct boot_node *n = &j->nodes[l->from];
	const struct boot_object *from = &j->in->objects[n->object];
	const struct boot_object *to = &j->in->objects[l->object];
	const char *section = boot_graph_section(j, n);
	struct boot_edge *e;

	if (!bootcalls_is_kvm(to->name) || l->object == n->object)
		return;
	/* within KVM only what cannot be right */
	if (bootcalls_is_kvm(from->name) && (from->module || !to->module))
		return;
	if (!strcmp(section, ".export_symbol"))
		return;
	GROW(out->v, out->nr, out->alloc);
	e = &out->v[out->nr++];
	*e = (struct boot_edge){
		.object = xstrdup(from->name),
		.function = name_of(j, n),
		.section = xstrdup(section),
		.module = xstrdup_null(from->module),
		.symbol = xstrdup(l->symbol),
		.definer = xstrdup(to->name),
		.definer_module = xstrdup_null(to->module),
		.via = xstrdup(l->via),
	};
	judge_edge(j, e, l);
}

static int by_names(const void *a, const void *b)
{
	const struct boot_edge *x = a, *y = b;
	int ret = strcmp(x->object, y->object);

	if (!ret)
		ret = strcmp(x->function, y->function);
	if (!ret)
		ret = strcmp(x->symbol, y->symbol);
	if (!ret)
		ret = y->broken - x->broken;
	return ret ? ret : strcmp(x->via, y->via);
}

/* One of each, the worst first. */
static void drop_doubles(struct boot_edges *l)
{
	size_t keep = 0;
	struct boot_edges all = *l;

	if (!l->nr)
		return;
	qsort(l->v, l->nr, sizeof(*l->v), by_names);
	*l = (struct boot_edges){ 0 };
	for (size_t i = 0; i < all.nr; i++) {
		const struct boot_edge *e = &all.v[i];
		const struct boot_edge *last = keep ? &l->v[keep - 1] : NULL;

		GROW(l->v, l->nr, l->alloc);
		if (last && !strcmp(last->object, e->object) &&
		    !strcmp(last->function, e->function) &&
		    !strcmp(last->symbol, e->symbol)) {
			struct boot_edges one = { .v = xcalloc(1, sizeof(*e)),
						  .nr = 1 };

			*one.v = *e;
			boot_edges_release(&one);
			continue;
		}
		l->v[keep++] = *e;
		l->nr = keep;
	}
	free(all.v);
}

void bootcalls_find(struct boot_edges *l, const struct boot_input *in)
{
	struct boot_graph g;

	*l = (struct boot_edges){ 0 };
	boot_graph_init(&g, in);
	spread_boot(&g);
	for (size_t i = 0; i < g.nr_links; i++)
		add_edge(l, &g, &g.links[i]);
	drop_doubles(l);
	boot_graph_release(&g);
}
