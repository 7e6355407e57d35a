// SPDX-License-Identifier: GPL-2.0-only
/*
 * All references between functions and variables of all objects are laid out once
 * (struct link); then boot code is spread over them, and those that lead from
 * outside into KVM are told.
 */
#include "audit/bootcalls.h"

#include "audit/code.h"
#include "audit/codearch.h"
#include "engine/link_script.h"
#include "sys/mem.h"
#include "sys/strbuf.h"
#include "sys/strmap.h"

#include <ctype.h>
#include <stdio.h>

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

/* ---- objects and references --------------------------------------------------------- */

/* A function or variable; or what a section holds without a name. */
struct node {
	size_t object;
	int item;	  /* of the unit; -1: none */
	unsigned section; /* 0: common storage */
	bool boot;	  /* at the end: boot code */
	bool reached;	  /* from boot code */
	bool outside;	  /* may be referred to by what is not known */
};

struct link {
	size_t from, to; /* nodes; to: NOWHERE when it is not known */
	const char *symbol, *via;
	size_t object;	  /* that defines it */
	int definition; /* its symbol there */
};

#define NOWHERE ((size_t)-1)

struct definition {
	size_t object;
	int symbol;
};

struct job {
	const struct boot_input *in;
	struct code_unit *units;
	size_t *first;	/* node of each unit's first item */
	size_t *loose;	/* node of each unit's section 0 */
	struct node *nodes;
	size_t nr_nodes, alloc_nodes;
	struct link *links;
	size_t nr_links, alloc_links;
	struct strmap builtin, modules; /* name -> struct definition * */
	struct strmap levels; /* "OBJECT FUNCTION" -> initcall section */
	struct boot_edges *out;
};

static const struct objfile *file_of(const struct job *j, size_t object)
{
	return j->in->objects[object].file;
}

static const char *section_of(const struct job *j, const struct node *n)
{
	return file_of(j, n->object)->sections[n->section].name;
}

static void add_definition(struct job *j, size_t object, int symbol)
{
	const struct obj_symbol *s = &file_of(j, object)->symbols[symbol];
	struct strmap *m = j->in->objects[object].module ? &j->modules :
							   &j->builtin;
	struct definition *d = strmap_get(m, s->name);

	if (d && (s->bind == OBJ_WEAK ||
		  file_of(j, d->object)->symbols[d->symbol].bind != OBJ_WEAK))
		return;
	if (!d) {
		d = xcalloc(1, sizeof(*d));
		strmap_set(m, s->name, d);
	}
	*d = (struct definition){ object, symbol };
}

static size_t add_node(struct job *j, size_t object, int item, unsigned section)
{
	GROW(j->nodes, j->nr_nodes, j->alloc_nodes);
	j->nodes[j->nr_nodes] = (struct node){
		.object = object, .item = item, .section = section,
	};
	return j->nr_nodes++;
}

static void add_object(struct job *j, size_t object)
{
	const struct objfile *o = file_of(j, object);
	struct code_unit *u = &j->units[object];

	code_unit_init(u, o);
	for (size_t i = 1; i < o->nr_symbols; i++) {
		const struct obj_symbol *s = &o->symbols[i];

		if (s->bind != OBJ_LOCAL && s->section != OBJ_UNDEFINED &&
		    *s->name)
			add_definition(j, object, i);
	}
	j->first[object] = j->nr_nodes;
	for (size_t i = 0; i < u->nr_items; i++) {
		const struct code_item *it = &u->items[i];
		size_t n = add_node(j, object, i,
				    it->nr_parts ? it->parts->section : 0);

		j->nodes[n].outside =
			o->symbols[it->symbol].bind != OBJ_LOCAL;
	}
	j->loose[object] = j->nr_nodes;
	for (size_t i = 0; i < o->nr_sections; i++)
		add_node(j, object, -1, i);
}

/* Who defines a name that an object does not define itself. */
static const struct definition *find_definition(const struct job *j,
						size_t object, const char *name)
{
	const char *module = j->in->objects[object].module;
	const struct definition *b = strmap_get(&j->builtin, name);
	const struct definition *m = strmap_get(&j->modules, name);

	/* a module's own symbol comes first */
	if (module && m &&
	    !strcmp(module, j->in->objects[m->object].module))
		return m;
	return b ? b : m;
}

static void add_link(struct job *j, size_t from, size_t to, const char *symbol,
		     const char *via, size_t object, int definition)
{
	GROW(j->links, j->nr_links, j->alloc_links);
	j->links[j->nr_links++] = (struct link){
		.from = from, .to = to, .symbol = symbol, .via = via,
		.object = object, .definition = definition,
	};
}

/* The node of what lies at a place of an object. */
static size_t node_at(const struct job *j, size_t object, int section,
		      uint64_t value)
{
	int item;

	if (section < 0)
		return NOWHERE;
	item = code_item_at(&j->units[object], section, value);
	return item >= 0 ? j->first[object] + item :
			   j->loose[object] + section;
}

static void link_name(struct job *j, size_t from, const char *name,
		      const char *via)
{
	const struct definition *d =
		find_definition(j, j->nodes[from].object, name);
	const struct obj_symbol *s;

	if (!d)
		return;
	s = &file_of(j, d->object)->symbols[d->symbol];
	add_link(j, from, node_at(j, d->object, s->code, s->code_value), s->name,
		 via, d->object, d->symbol);
}

static void follow_range(struct job *j, size_t from, const struct code_range *r,
			 const char *via, unsigned depth, struct strlist *texts);

static void follow(struct job *j, size_t from, const struct obj_reloc *l,
		   const char *via, unsigned depth, struct strlist *texts)
{
	size_t object = j->nodes[from].object;
	const struct objfile *o = file_of(j, object);
	const struct code_unit *u = &j->units[object];
	const struct obj_section *s;
	struct code_target t;
	const struct obj_symbol *sym;

	code_target(u, l, &t);
	if (t.symbol >= 0) {
		sym = &o->symbols[t.symbol];
		/* another object's, when this one's is weak */
		if (sym->section == OBJ_UNDEFINED || sym->bind == OBJ_WEAK)
			link_name(j, from, sym->name, via);
		else if (sym->code >= 0)
			add_link(j, from,
				 node_at(j, object, sym->code,
					 sym->code_value + t.offset),
				 sym->name, via, object, t.symbol);
		return;
	}
	if (t.kind != TARGET_BLOB)
		return;
	s = &o->sections[t.range.section];
	if (s->strings && s->bytes && t.range.begin < s->size)
		strlist_add(texts, s->bytes + t.range.begin);
	else if (depth < 4)
		follow_range(j, from, &t.range,
			     starts_with(s->name, ".toc") ||
					     starts_with(s->name, ".got") ?
				     s->name :
				     via,
			     depth + 1, texts);
}

static void follow_range(struct job *j, size_t from, const struct code_range *r,
			 const char *via, unsigned depth, struct strlist *texts)
{
	const struct objfile *o = file_of(j, j->nodes[from].object);

	for (size_t i = objfile_reloc_at(o, r->section, r->begin);
	     i < o->nr_relocs && o->relocs[i].section == r->section &&
	     o->relocs[i].offset < r->end;
	     i++)
		follow(j, from, &o->relocs[i], via, depth, texts);
}

/* symbol_get(x) is __symbol_get("x"). */
static void follow_texts(struct job *j, size_t from,
			 const struct strlist *texts)
{
	const struct objfile *o = file_of(j, j->nodes[from].object);
	const struct node *n = &j->nodes[from];
	const struct code_unit *u = &j->units[n->object];
	bool asks = false;

	for (size_t k = 0; k < u->items[n->item].nr_parts && !asks; k++) {
		const struct code_range *r = &u->items[n->item].parts[k];

		for (size_t i = objfile_reloc_at(o, r->section, r->begin);
		     i < o->nr_relocs && o->relocs[i].section == r->section &&
		     o->relocs[i].offset < r->end && !asks;
		     i++)
			asks = !strcmp(o->symbols[o->relocs[i].symbol].name,
				       "__symbol_get");
	}
	for (size_t i = 0; asks && i < texts->nr; i++)
		link_name(j, from, texts->v[i], "symbol_get");
}

/* What no function and no variable has: initcall tables without labels, say. */
static void follow_loose(struct job *j, size_t object)
{
	const struct objfile *o = file_of(j, object);
	const struct code_unit *u = &j->units[object];
	_cleanup_strlist_ struct strlist ignored = STRLIST_INIT;

	for (size_t i = 0; i < o->nr_relocs; i++) {
		const struct obj_reloc *l = &o->relocs[i];
		const char *name = o->sections[l->section].name;

		if (code_aside(name) || code_is_table(o, l->section) ||
		    starts_with(name, ".toc") || starts_with(name, ".got") ||
		    starts_with(name, ".rodata") || starts_with(name, ".alt") ||
		    code_item_at(u, l->section, l->offset) >= 0)
			continue;
		follow(j, j->loose[object] + l->section, l, "", 4, &ignored);
	}
}

/* Branches within a section, which the assembler resolves without a trace. What only
 * looks like one does no harm: it makes a function less likely to be boot code. */
static void follow_branches(struct job *j, size_t from,
			    const struct code_range *r)
{
	size_t object = j->nodes[from].object;
	const struct objfile *o = file_of(j, object);
	const struct obj_section *s = &o->sections[r->section];
	const unsigned char *code = (const unsigned char *)s->bytes + r->begin;
	size_t len = r->end - r->begin;
	struct code_operand op;

	for (size_t at = 0; s->bytes && s->exec && at < len; at++) {
		uint64_t to;
		int item;

		if (!code_branch(o, code, len, at, &op))
			continue;
		to = r->begin + op.value;
		item = to < s->size ? code_item_at(&j->units[object],
						   r->section, to) :
				      -1;
		if (item < 0 || j->first[object] + item == from)
			continue;
		add_link(j, from, j->first[object] + item, "", "", object,
			 j->units[object].items[item].symbol);
	}
}

static void follow_object(struct job *j, size_t object)
{
	const struct code_unit *u = &j->units[object];

	for (size_t i = 0; i < u->nr_items; i++) {
		const struct code_item *it = &u->items[i];
		size_t from = j->first[object] + i;
		_cleanup_strlist_ struct strlist texts = STRLIST_INIT;

		for (size_t k = 0; k < it->nr_parts; k++) {
			follow_range(j, from, &it->parts[k], "", 0, &texts);
			follow_branches(j, from, &it->parts[k]);
		}
		for (size_t k = 0; k < it->nr_entries; k++)
			follow_range(j, from, &it->entries[k],
				     u->file->sections[it->entries[k].section]
					     .name,
				     0, &texts);
		if (it->kind == CODE_FUNCTION && texts.nr)
			follow_texts(j, from, &texts);
	}
	follow_loose(j, object);
}

/* ---- boot code ------------------------------------------------------------------------ */

static bool is_root(const struct job *j, const struct node *n)
{
	const char *section = section_of(j, n);

	return !j->in->objects[n->object].module &&
	       (bootcalls_is_freed(section) || entry_code(section));
}

/*
 * A function is boot code when all who refer to it are: at first every function that
 * nobody unknown can refer to may be; those that kept code refers to are taken out,
 * again and again; what boot code does not reach in the end was never it.
 */
static void spread_boot(struct job *j)
{
	bool again = true;

	for (size_t i = 0; i < j->nr_nodes; i++) {
		struct node *n = &j->nodes[i];

		n->reached = is_root(j, n);
		n->boot = n->reached ||
			  (n->item >= 0 && (j->in->whole || !n->outside) &&
			   !j->in->objects[n->object].module &&
			   code_knows(file_of(j, n->object)) &&
			   j->units[n->object].items[n->item].kind ==
				   CODE_FUNCTION);
	}
	while (again) {
		again = false;
		for (size_t i = 0; i < j->nr_links; i++) {
			const struct link *l = &j->links[i];

			if (l->to == NOWHERE || !j->nodes[l->to].boot ||
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
			const struct link *l = &j->links[i];

			if (l->to == NOWHERE || !j->nodes[l->to].boot ||
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
static const char *initcall_of(const struct job *j, size_t node)
{
	for (size_t i = 0; i < j->nr_links; i++) {
		const struct link *l = &j->links[i];
		const char *section = section_of(j, &j->nodes[l->from]);

		if (l->to == node && (starts_with(section, ".initcall") ||
				      starts_with(section, ".con_initcall")))
			return section;
	}
	return NULL;
}

/* What kind of boot code it is; owned. */
static char *tell_boot(const struct job *j, size_t node)
{
	const struct node *n = &j->nodes[node];
	const char *section = section_of(j, n), *level;

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

static char *name_of(const struct job *j, const struct node *n)
{
	const struct code_unit *u = &j->units[n->object];

	return xstrdup(n->item < 0 ? "" :
				     u->file->symbols[u->items[n->item].symbol]
					     .name);
}

static void judge_edge(const struct job *j, struct boot_edge *e,
		       const struct link *l)
{
	const struct node *n = &j->nodes[l->from];
	const struct objfile *o = file_of(j, l->object);
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

static void add_edge(struct job *j, const struct link *l)
{
	const struct node *n = &j->nodes[l->from];
	const struct boot_object *from = &j->in->objects[n->object];
	const struct boot_object *to = &j->in->objects[l->object];
	const char *section = section_of(j, n);
	struct boot_edge *e;

	if (!bootcalls_is_kvm(to->name) || l->object == n->object)
		return;
	/* within KVM only what cannot be right */
	if (bootcalls_is_kvm(from->name) && (from->module || !to->module))
		return;
	if (!strcmp(section, ".export_symbol"))
		return;
	GROW(j->out->v, j->out->nr, j->out->alloc);
	e = &j->out->v[j->out->nr++];
	*e = (struct boot_edge){
		.object = xstrdup(from->name),
		.function = name_of(j, n),
		.section = xstrdup(section),
		.module = xstrdup_null(from->module),
		.symbol = xstrdup(l->symbol),
		.definer = xstrdup(to->name),
		.definer_module = xstrdup_null(to->module),
		.via = l->via,
	};
	judge_edge(j, e, l);
}

/* A name that the linker script makes of another one is that one to who uses it. */
static void follow_script(struct job *j)
{
	const struct link_script *s = j->in->script;

	for (size_t i = 0; s && i < s->nr_symbols; i++) {
		const struct script_symbol *sym = &s->symbols[i];

		if (!sym->name)
			continue;
		strlist_each(word, &sym->uses) {
			const struct definition *d =
				strmap_get(&j->builtin, word);
			struct definition *copy;

			if (!d || strmap_has(&j->builtin, sym->name))
				continue;
			copy = xcalloc(1, sizeof(*copy));
			*copy = *d;
			strmap_set(&j->builtin, sym->name, copy);
			break;
		}
	}
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

static void free_definitions(struct strmap *m)
{
	strmap_each(e, m)
		free(strmap_value(e));
	strmap_release(m);
}

void bootcalls_find(struct boot_edges *l, const struct boot_input *in)
{
	struct job j = { .in = in, .out = l };

	*l = (struct boot_edges){ 0 };
	j.units = xcalloc(in->nr + 1, sizeof(*j.units));
	j.first = xcalloc(in->nr + 1, sizeof(*j.first));
	j.loose = xcalloc(in->nr + 1, sizeof(*j.loose));
	for (size_t i = 0; i < in->nr; i++)
		add_object(&j, i);
	follow_script(&j);
	for (size_t i = 0; i < in->nr; i++)
		follow_object(&j, i);
	spread_boot(&j);
	for (size_t i = 0; i < j.nr_links; i++)
		add_edge(&j, &j.links[i]);
	drop_doubles(l);
	for (size_t i = 0; i < in->nr; i++)
		code_unit_release(&j.units[i]);
	free_definitions(&j.builtin);
	free_definitions(&j.modules);
	free(j.units);
	free(j.first);
	free(j.loose);
	free(j.nodes);
	free(j.links);
}
