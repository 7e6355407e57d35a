// SPDX-License-Identifier: GPL-2.0-only
#include "audit/bootcalls_internal.h"

#include "audit/codearch.h"
#include "engine/link_script.h"
#include "sys/mem.h"
#include "sys/strlist.h"

const struct objfile *boot_graph_file(const struct boot_graph *j, size_t object)
{
	return j->in->objects[object].file;
}

const char *boot_graph_section(const struct boot_graph *j, const struct boot_node *n)
{
	return boot_graph_file(j, n->object)->sections[n->section].name;
}

static void add_definition(struct boot_graph *j, size_t object, int symbol)
{
	const struct obj_symbol *s = &boot_graph_file(j, object)->symbols[symbol];
	struct strmap *m = j->in->objects[object].module ? &j->modules :
							   &j->builtin;
	struct boot_definition *d = strmap_get(m, s->name);

	if (d && (s->bind == OBJ_WEAK ||
		  boot_graph_file(j, d->object)->symbols[d->symbol].bind != OBJ_WEAK))
		return;
	if (!d) {
		d = xcalloc(1, sizeof(*d));
		strmap_set(m, s->name, d);
	}
	*d = (struct boot_definition){ object, symbol };
}

static size_t add_node(struct boot_graph *j, size_t object, int item, unsigned section)
{
	GROW(j->nodes, j->nr_nodes, j->alloc_nodes);
	j->nodes[j->nr_nodes] = (struct boot_node){
		.object = object, .item = item, .section = section,
	};
	return j->nr_nodes++;
}

static void add_object(struct boot_graph *j, size_t object)
{
	const struct objfile *o = boot_graph_file(j, object);
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
static const struct boot_definition *find_definition(const struct boot_graph *j,
						size_t object, const char *name)
{
	const char *module = j->in->objects[object].module;
	const struct boot_definition *b = strmap_get(&j->builtin, name);
	const struct boot_definition *m = strmap_get(&j->modules, name);

	/* a module's own symbol comes first */
	if (module && m &&
	    !strcmp(module, j->in->objects[m->object].module))
		return m;
	return b ? b : m;
}

static void add_link(struct boot_graph *j, size_t from, size_t to, const char *symbol,
		     const char *via, size_t object, int definition)
{
	GROW(j->links, j->nr_links, j->alloc_links);
	j->links[j->nr_links++] = (struct boot_link){
		.from = from, .to = to, .symbol = symbol, .via = via,
		.object = object, .definition = definition,
	};
}

/* The node of what lies at a place of an object. */
static size_t node_at(const struct boot_graph *j, size_t object, int section,
		      uint64_t value)
{
	int item;

	if (section < 0)
		return BOOT_NOWHERE;
	item = code_item_at(&j->units[object], section, value);
	return item >= 0 ? j->first[object] + item :
			   j->loose[object] + section;
}

static void link_name(struct boot_graph *j, size_t from, const char *name,
		      const char *via)
{
	const struct boot_definition *d =
		find_definition(j, j->nodes[from].object, name);
	const struct obj_symbol *s;

	if (!d)
		return;
	s = &boot_graph_file(j, d->object)->symbols[d->symbol];
	add_link(j, from, node_at(j, d->object, s->code, s->code_value), s->name,
		 via, d->object, d->symbol);
}

static void follow_range(struct boot_graph *j, size_t from, const struct code_range *r,
			 const char *via, unsigned depth, struct strlist *texts);

static void follow(struct boot_graph *j, size_t from, const struct obj_reloc *l,
		   const char *via, unsigned depth, struct strlist *texts)
{
	size_t object = j->nodes[from].object;
	const struct objfile *o = boot_graph_file(j, object);
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

static void follow_range(struct boot_graph *j, size_t from, const struct code_range *r,
			 const char *via, unsigned depth, struct strlist *texts)
{
	const struct objfile *o = boot_graph_file(j, j->nodes[from].object);

	for (size_t i = objfile_reloc_at(o, r->section, r->begin);
	     i < o->nr_relocs && o->relocs[i].section == r->section &&
	     o->relocs[i].offset < r->end;
	     i++)
		follow(j, from, &o->relocs[i], via, depth, texts);
}

/* symbol_get(x) is __symbol_get("x"). */
static void follow_texts(struct boot_graph *j, size_t from,
			 const struct strlist *texts)
{
	const struct objfile *o = boot_graph_file(j, j->nodes[from].object);
	const struct boot_node *n = &j->nodes[from];
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
static void follow_loose(struct boot_graph *j, size_t object)
{
	const struct objfile *o = boot_graph_file(j, object);
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
static void follow_branches(struct boot_graph *j, size_t from,
			    const struct code_range *r)
{
	size_t object = j->nodes[from].object;
	const struct objfile *o = boot_graph_file(j, object);
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

static void follow_object(struct boot_graph *j, size_t object)
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

/* A name that the linker script makes of another one is that one to who uses it. */
static void follow_script(struct boot_graph *j)
{
	const struct link_script *s = j->in->script;

	for (size_t i = 0; s && i < s->nr_symbols; i++) {
		const struct script_symbol *sym = &s->symbols[i];

		if (!sym->name)
			continue;
		strlist_each(word, &sym->uses) {
			const struct boot_definition *d =
				strmap_get(&j->builtin, word);
			struct boot_definition *copy;

			if (!d || strmap_has(&j->builtin, sym->name))
				continue;
			copy = xcalloc(1, sizeof(*copy));
			*copy = *d;
			strmap_set(&j->builtin, sym->name, copy);
			break;
		}
	}
}

static void free_definitions(struct strmap *m)
{
	strmap_each(e, m)
		free(strmap_value(e));
	strmap_release(m);
}

void boot_graph_init(struct boot_graph *j, const struct boot_input *in)
{
	*j = (struct boot_graph){ .in = in };
	j->units = xcalloc(in->nr + 1, sizeof(*j->units));
	j->first = xcalloc(in->nr + 1, sizeof(*j->first));
	j->loose = xcalloc(in->nr + 1, sizeof(*j->loose));
	for (size_t i = 0; i < in->nr; i++)
		add_object(j, i);
	follow_script(j);
	for (size_t i = 0; i < in->nr; i++)
		follow_object(j, i);
}

void boot_graph_release(struct boot_graph *j)
{
	for (size_t i = 0; i < j->in->nr; i++)
		code_unit_release(&j->units[i]);
	free_definitions(&j->builtin);
	free_definitions(&j->modules);
	free(j->units);
	free(j->first);
	free(j->loose);
	free(j->nodes);
	free(j->links);
}
