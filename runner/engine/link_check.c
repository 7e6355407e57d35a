// SPDX-License-Identifier: GPL-2.0-only
/*
 * What ld says of vmlinux.
 *
 * ld complains of an undefined symbol when it applies a relocation, so a name
 * that only discarded sections refer to (what EXPORT_SYMBOL and __ADDRESSABLE
 * leave behind) is none. And it complains of discarded code when a section that
 * is kept refers to it, with a few exceptions for tables of the debugger and
 * unwinder (bfd's _bfd_elf_default_action_discarded and PowerPC's own).
 *
 * vmlinux.a is linked as a whole. Of libraries (KBUILD_VMLINUX_LIBS) a member
 * comes in when it defines what is undefined so far; a weak reference brings in
 * nothing.
 */
#include "engine/link_check.h"

#include "engine/link_internal.h"

#include "sys/mem.h"

#include <elf.h>

void link_input_release(struct link_input *in)
{
	for (size_t i = 0; i < in->nr_objects; i++) {
		free(in->objects[i].name);
		free(in->objects[i].source);
	}
	for (size_t i = 0; i < in->nr_modules; i++) {
		free(in->modules[i].name);
		free(in->modules[i].source);
	}
	free(in->objects);
	free(in->modules);
	*in = (struct link_input)LINK_INPUT_INIT;
}

struct link_object *link_input_object(struct link_input *in)
{
	GROW(in->objects, in->nr_objects, in->alloc_objects);
	in->objects[in->nr_objects] = (struct link_object){ 0 };
	return &in->objects[in->nr_objects++];
}

struct link_object *link_input_module(struct link_input *in)
{
	GROW(in->modules, in->nr_modules, in->alloc_modules);
	in->modules[in->nr_modules] = (struct link_object){ 0 };
	return &in->modules[in->nr_modules++];
}

struct diagnostic *link_say(struct link_job *j, const char *tool,
			    enum diag_severity severity, const char *unit,
			    const struct link_object *object, int from,
			    char *message)
{
	struct diagnostic *d = diag_list_new(j->out);
	_cleanup_free_ char *key = NULL;
	enum link_stage stage;

	d->tool = xstrdup(tool);
	d->severity = severity;
	d->unit = xstrdup(unit);
	d->message = message;
	if (object)
		d->file = xstrdup(object->source ? object->source :
						   object->name);
	if (object && from >= 0)
		d->function = xstrdup(object->file->symbols[from].name);
	key = link_key(d, &stage);
	if (key && j->in->excused && strmap_has(j->in->excused, key)) {
		diagnostic_release(d);
		j->out->nr--;
		return NULL;
	}
	return d;
}

const struct link_def *link_def_of(const struct link_job *j, const char *name)
{
	const struct link_def *d = strmap_get(&j->defs, name);

	/* ELFv1: ".f" is the code that the descriptor "f" names */
	if (!d && *name == '.')
		d = strmap_get(&j->defs, name + 1);
	return d;
}

const struct obj_symbol *link_target(const struct link_job *j,
				     const struct link_object *object,
				     const struct obj_symbol *s,
				     const struct link_object **where)
{
	const struct link_def *d = NULL;

	if (s->bind != OBJ_LOCAL && s->type != OBJ_SECTION)
		d = link_def_of(j, s->name);
	*where = d ? d->object : object;
	return d ? d->symbol : s;
}

/* ---- who defines what ----------------------------------------------------------- */

static bool is_global(const struct obj_symbol *s)
{
	return s->bind != OBJ_LOCAL && s->type != OBJ_SECTION &&
	       s->type != OBJ_FILE && *s->name;
}

/* Of two definitions the better one counts: a common one gives way to a proper
 * one, as a weak one does. */
static unsigned strength(const struct link_def *d)
{
	if (d->symbol->bind == OBJ_WEAK)
		return 0;
	return d->symbol->section == OBJ_COMMON ? 1 : 2;
}

/* Any object that has the same section group may define it. */
static bool is_grouped(const struct link_def *d)
{
	return d->symbol->section > 0 &&
	       d->object->file->sections[d->symbol->section].grouped;
}

static void say_duplicate(struct link_job *j, const struct link_def *first,
			  const struct link_def *second)
{
	struct diagnostic *d = link_say(
		j, "ld", DIAG_ERROR, "vmlinux.o", second->object, -1,
		xasprintf("multiple definition of `%s'", second->symbol->name));

	if (d)
		d->note = xasprintf("%s: first defined here",
				    first->object->name);
}

static void define(struct link_job *j, const struct link_object *o,
		   const struct obj_symbol *s)
{
	struct link_def *old = strmap_get(&j->defs, s->name);
	struct link_def now = { .object = o, .symbol = s };

	if (!old) {
		old = xmalloc(sizeof(*old));
		*old = now;
		strmap_set(&j->defs, s->name, old);
		return;
	}
	if (strength(old) == 2 && strength(&now) == 2) {
		if (!is_grouped(old) || !is_grouped(&now))
			say_duplicate(j, old, &now);
		return;
	}
	if (strength(&now) > strength(old))
		*old = now;
}

static void define_all(struct link_job *j, size_t nr, struct strmap *wanted)
{
	const struct link_object *o = &j->in->objects[nr];

	j->linked[nr] = true;
	for (size_t i = 1; i < o->file->nr_symbols; i++) {
		const struct obj_symbol *s = &o->file->symbols[i];

		if (!is_global(s))
			continue;
		if (s->section != OBJ_UNDEFINED)
			define(j, o, s);
		else if (s->bind == OBJ_GLOBAL)
			strmap_set(wanted, s->name, j);
	}
}

static bool is_wanted(const struct link_job *j, const struct link_object *o,
		      const struct strmap *wanted)
{
	for (size_t i = 1; i < o->file->nr_symbols; i++) {
		const struct obj_symbol *s = &o->file->symbols[i];

		if (is_global(s) && s->section != OBJ_UNDEFINED &&
		    strmap_has(wanted, s->name) && !link_def_of(j, s->name))
			return true;
	}
	return false;
}

static void resolve(struct link_job *j)
{
	_cleanup_strmap_ struct strmap wanted = STRMAP_INIT;
	bool more = true;

	for (size_t i = 0; i < j->in->nr_objects; i++)
		if (!j->in->objects[i].library)
			define_all(j, i, &wanted);
	for (size_t i = 0; j->in->script && i < j->in->script->nr_symbols; i++)
		strlist_each(use, &j->in->script->symbols[i].uses)
			if (!j->in->script->symbols[i].provided)
				strmap_set(&wanted, use, j);
	while (more) {
		more = false;
		for (size_t i = 0; i < j->in->nr_objects; i++) {
			const struct link_object *o = &j->in->objects[i];

			if (j->linked[i] || !is_wanted(j, o, &wanted))
				continue;
			define_all(j, i, &wanted);
			more = true;
		}
	}
}

/* ---- relocations ------------------------------------------------------------------- */

static bool discards(const struct link_job *j, const struct link_object *o,
		     const char *section)
{
	return j->in->script &&
	       link_script_discards(j->in->script, o->name, section);
}

static bool is_kept(const struct link_job *j, const struct link_object *o,
		    unsigned section)
{
	const struct obj_section *s = &o->file->sections[section];

	return s->alloc && !discards(j, o, s->name);
}

static bool script_defines(const struct link_job *j, const char *name)
{
	const struct link_script *s = j->in->script;

	for (size_t i = 0; s && i < s->nr_symbols; i++)
		if (s->symbols[i].name && !strcmp(s->symbols[i].name, name))
			return true;
	return false;
}

/*
 * ld's own: the middle of the TOC and GOT, PowerPC's functions that save and
 * restore registers, and both ends of a section with a name that C can spell.
 */
static bool ld_defines(const struct link_job *j, const struct objfile *f,
		       const char *name)
{
	static const char *const ends[] = { "__start_", "__stop_" };
	static const char *const ppc64[] = { "_savegpr", "_restgpr", "_savefpr",
					     "_restfpr", "_savevr_",
					     "_restvr_" };

	if (!strcmp(name, "_GLOBAL_OFFSET_TABLE_"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (starts_with(name, ends[i]) &&
		    strmap_has(&j->sections, name + strlen(ends[i])))
			return true;
	if (f->machine != EM_PPC64)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(ppc64); i++)
		if (starts_with(name, ppc64[i]))
			return true;
	return !strcmp(name, ".TOC.");
}

static bool is_defined(const struct link_job *j, const char *name)
{
	return link_def_of(j, name) ||
	       (j->in->given && strmap_has(j->in->given, name)) ||
	       script_defines(j, name);
}

/* Which module has what vmlinux lacks; NULL: none. */
static const struct link_object *module_with(const struct link_job *j,
					     const char *name)
{
	for (size_t i = 0; i < j->in->nr_modules; i++) {
		const struct objfile *f = j->in->modules[i].file;

		for (size_t k = 1; k < f->nr_symbols; k++)
			if (f->symbols[k].section != OBJ_UNDEFINED &&
			    is_global(&f->symbols[k]) &&
			    !strcmp(f->symbols[k].name, name))
				return &j->in->modules[i];
	}
	return NULL;
}

static void say_undefined(struct link_job *j, const struct link_object *o,
			  const struct obj_ref *r)
{
	const struct objfile *f = o->file;
	int from = f->sections[r->section].exec ? r->from : -1;
	struct diagnostic *d = link_say(
		j, "ld", DIAG_ERROR, "vmlinux", o, from,
		xasprintf("undefined reference to `%s'",
			  f->symbols[r->symbol].name));
	const struct link_object *m =
		d ? module_with(j, f->symbols[r->symbol].name) : NULL;

	if (d)
		d->note = xasprintf("referenced in section %s of %s%s%s",
				    f->sections[r->section].name, o->name,
				    m ? "; only a module defines it: " : "",
				    m ? m->name : "");
}

/* Tables from which a reference to discarded code is dropped without a word. */
static bool may_dangle(const char *section)
{
	static const char *const names[] = { ".opd",  ".toc",  ".toc1",
					     ".fixup", ".got2", ".eh_frame",
					     ".sframe", ".gcc_except_table" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(section, names[i]))
			return true;
	return false;
}

static void check_discarded(struct link_job *j, const struct link_object *o,
			    const struct obj_ref *r)
{
	const struct objfile *f = o->file;
	const struct obj_symbol *s = &f->symbols[r->symbol];
	const char *from = f->sections[r->section].name, *to;
	const struct link_object *where;

	if (may_dangle(from))
		return;
	/* of a function the code counts, not its descriptor */
	s = link_target(j, o, s, &where);
	if (s->code <= 0)
		return;
	to = where->file->sections[s->code].name;
	if (discards(j, where, to))
		link_say(j, "ld", DIAG_ERROR, "vmlinux", o,
			 f->sections[r->section].exec ? r->from : -1,
			 xasprintf("`%s' referenced in section `%s' of %s: "
				   "defined in discarded section `%s' of %s",
				   s->name, from, o->name, to, where->name));
}

static void note_sections(struct link_job *j, const struct link_object *o)
{
	for (size_t i = 1; i < o->file->nr_sections; i++) {
		const char *name = o->file->sections[i].name;

		if (*name != '.' && !strpbrk(name, ".-+$ ") &&
		    is_kept(j, o, i))
			strmap_set(&j->sections, name, j);
	}
}

/* Once for each symbol that an object refers to: the first place. */
static void check_object(struct link_job *j, const struct link_object *o)
{
	const struct objfile *f = o->file;
	_cleanup_free_ size_t *first = xcalloc(f->nr_symbols + 1,
					       sizeof(*first));

	for (size_t i = 0; i < f->nr_refs; i++) {
		const struct obj_ref *r = &f->refs[i], *old;
		size_t *known = &first[r->symbol];

		if (!is_kept(j, o, r->section))
			continue;
		old = *known ? &f->refs[*known - 1] : NULL;
		if (!old || r->section < old->section ||
		    (r->section == old->section && r->offset < old->offset))
			*known = i + 1;
	}
	for (size_t i = 1; i < f->nr_symbols; i++) {
		const struct obj_symbol *s = &f->symbols[i];

		if (!first[i])
			continue;
		if (s->section == OBJ_UNDEFINED && s->bind == OBJ_GLOBAL &&
		    !is_defined(j, s->name) && !ld_defines(j, f, s->name))
			say_undefined(j, o, &f->refs[first[i] - 1]);
		else
			check_discarded(j, o, &f->refs[first[i] - 1]);
	}
	/* the table of exports, which modpost makes, refers to each of them */
	for (size_t i = 0; j->in->has_modules && i < f->nr_exports; i++)
		if (!f->exports[i].defined &&
		    !is_defined(j, f->exports[i].name))
			link_say(j, "ld", DIAG_ERROR, "vmlinux", o, -1,
				 xasprintf("undefined reference to `%s'",
					   f->exports[i].name));
}

/* ---- the script ----------------------------------------------------------------------- */

static bool is_referred(const struct link_job *j, const char *name)
{
	for (size_t i = 0; i < j->in->nr_objects; i++) {
		const struct objfile *f = j->in->objects[i].file;

		for (size_t k = 1; j->linked[i] && k < f->nr_symbols; k++)
			if (f->symbols[k].section == OBJ_UNDEFINED &&
			    !strcmp(f->symbols[k].name, name))
				return true;
	}
	return false;
}

static void check_script(struct link_job *j)
{
	const struct link_script *s = j->in->script;

	for (size_t i = 0; s && i < s->nr_symbols; i++) {
		const struct script_symbol *n = &s->symbols[i];

		strlist_each(use, &n->uses) {
			struct diagnostic *d;

			if (is_defined(j, use) ||
			    (n->provided && !is_referred(j, n->name)))
				continue;
			d = link_say(j, "ld", DIAG_ERROR, "vmlinux", NULL, -1,
				     xasprintf("undefined symbol `%s' "
					       "referenced in expression",
					       use));
			if (d && n->name)
				d->note = xasprintf("the linker script makes "
						    "%s of it",
						    n->name);
		}
	}
}

void link_check(const struct link_input *in, struct diag_list *out)
{
	struct link_job j = { .in = in, .defs = STRMAP_INIT, .out = out };

	j.linked = xcalloc(in->nr_objects + 1, sizeof(*j.linked));
	resolve(&j);
	link_modpost(&j);
	for (size_t i = 0; i < in->nr_objects; i++)
		if (j.linked[i])
			note_sections(&j, &in->objects[i]);
	for (size_t i = 0; i < in->nr_objects; i++)
		if (j.linked[i])
			check_object(&j, &in->objects[i]);
	check_script(&j);
	strmap_each(e, &j.defs)
		free(strmap_value(e));
	strmap_release(&j.defs);
	strmap_release(&j.sections);
	free(j.linked);
}
