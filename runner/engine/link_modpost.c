// SPDX-License-Identifier: GPL-2.0-only
/*
 * What scripts/mod/modpost.c of Linux 6.12 says of vmlinux.o and the modules. It
 * reads no relocation for a module's needs: what the symbol table calls undefined
 * has to be exported by vmlinux or another module, unless it is weak.
 *
 * Mismatches: ordinary code and data must not refer to what is freed after boot
 * (.init.*) or never loaded (.exit.*), nor these to each other. Some places are
 * excused by their names. The check of the exception table is not repeated here.
 */
#include "engine/link_internal.h"

#include "sys/mem.h"
#include "sys/strbuf.h"

#include <elf.h>
#include <fnmatch.h>

struct export {
	const struct obj_export *what;
	const struct link_object *object;
	const char *owner; /* "vmlinux" or the module without ".o" */
	bool module;
};

struct exports {
	struct strmap by_name; /* -> struct export * */
};

static void exports_release(struct exports *x)
{
	strmap_each(e, &x->by_name)
		free(strmap_value(e));
	strmap_release(&x->by_name);
}

static bool any(const char *s, const char *const *patterns)
{
	for (; *patterns; patterns++)
		if (!fnmatch(*patterns, s, 0))
			return true;
	return false;
}

/* The name of a module in messages, owned: without ".o". */
static char *stem(const char *object)
{
	size_t n = strlen(object);

	return xstrndup(object, ends_with(object, ".o") ? n - 2 : n);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* ---- exports ----------------------------------------------------------------------- */

static void add_exports(struct link_job *j, struct exports *x,
			const struct link_object *o, const char *owner,
			bool module)
{
	for (size_t i = 0; i < o->file->nr_exports; i++) {
		const struct obj_export *what = &o->file->exports[i];
		struct export *e = strmap_get(&x->by_name, what->name);

		if (what->local) {
			link_say(j, "modpost", DIAG_ERROR, owner, o, -1,
				 xasprintf("%s: local symbol '%s' was exported",
					   owner, what->name));
			continue;
		}
		if (e) {
			link_say(j, "modpost", DIAG_ERROR, owner, o, -1,
				 xasprintf("%s: '%s' exported twice. Previous "
					   "export was in %s%s",
					   owner, what->name, e->owner,
					   e->module ? ".ko" : ""));
			continue;
		}
		e = xmalloc(sizeof(*e));
		*e = (struct export){
			.what = what,
			.object = o,
			.owner = owner,
			.module = module,
		};
		strmap_set(&x->by_name, what->name, e);
	}
}

static void check_checksums(struct link_job *j, const struct exports *x)
{
	strmap_each(entry, &x->by_name) {
		const struct export *e = strmap_value(entry);

		if (e->object->checksums &&
		    strlist_has_sorted(e->object->checksums, e->what->name))
			continue;
		link_say(j, "modpost", DIAG_WARNING, e->owner, e->object, -1,
			 xasprintf("EXPORT symbol \"%s\" [%s%s] version "
				   "generation failed, symbol will not be "
				   "versioned.",
				   e->what->name, e->owner,
				   e->module ? ".ko" : ""));
	}
}

/* ---- what modules need ---------------------------------------------------------------- */

static bool is_for_the_loader(const struct objfile *f, const char *name)
{
	static const char *const ppc[] = {
		"_restgpr*", "_savegpr*", "_rest32gpr_*", "_save32gpr_*",
		"_restfpr_*", "_savefpr_*", "_restvr_*", "_savevr_*", ".TOC.",
		NULL,
	};

	return !strcmp(name, "__this_module") ||
	       !strcmp(name, "_GLOBAL_OFFSET_TABLE_") ||
	       ((f->machine == EM_PPC || f->machine == EM_PPC64) &&
		any(name, ppc));
}

static bool is_gpl(const struct strlist *licenses)
{
	static const char *const good[] = { "GPL", "GPL v2",
					    "GPL and additional rights",
					    "Dual BSD/GPL", "Dual MIT/GPL",
					    "Dual MPL/GPL" };

	strlist_each(l, licenses) {
		bool known = false;

		for (size_t i = 0; i < ARRAY_SIZE(good); i++)
			known |= !strcmp(l, good[i]);
		if (!known)
			return false;
	}
	return true;
}

struct module {
	const struct link_object *object;
	char *name; /* without ".o" */
	char *ko;
	struct strlist spaces; /* imported */
	bool gpl;
};

static void module_release(struct module *m)
{
	free(m->name);
	free(m->ko);
	strlist_release(&m->spaces);
}

/* Where a module refers to a symbol: the first place; -1: in no function. */
static int user_of(const struct objfile *f, size_t symbol)
{
	const struct obj_ref *first = NULL;

	for (size_t i = 0; i < f->nr_refs; i++) {
		const struct obj_ref *r = &f->refs[i];

		if (r->symbol != symbol || r->from < 0 ||
		    !f->sections[r->section].exec)
			continue;
		if (!first || r->section < first->section ||
		    (r->section == first->section && r->offset < first->offset))
			first = r;
	}
	return first ? first->from : -1;
}

static void need(struct link_job *j, const struct exports *x,
		 const struct module *m, size_t symbol)
{
	const struct objfile *f = m->object->file;
	const struct obj_symbol *s = &f->symbols[symbol];
	const struct export *e = strmap_get(&x->by_name, s->name);
	const char *space = e ? e->what->space : "";

	if (!e) {
		const struct link_def *def = link_def_of(j, s->name);
		_cleanup_free_ char *has = NULL;
		struct diagnostic *d;
		int user;

		if (s->bind == OBJ_WEAK)
			return;
		if (def)
			has = xasprintf("; vmlinux has it%s%s%s, but does not "
					"export it",
					def->object ? " (" : "",
					def->object ? def->object->name : "",
					def->object ? ")" : "");
		d = link_say(j, "modpost", DIAG_ERROR, m->ko, NULL, -1,
			     xasprintf("\"%s\" [%s] undefined!", s->name,
				       m->ko));
		user = user_of(f, symbol);
		/* modpost does not know it: a note keeps both one message */
		if (d && user >= 0)
			d->note = xasprintf("%s needs it%s",
					    f->symbols[user].name,
					    has ? has : "");
		return;
	}
	if (e->object == m->object)
		link_say(j, "modpost", DIAG_ERROR, m->ko, NULL, -1,
			 xasprintf("\"%s\" [%s] was exported without definition",
				   s->name, m->ko));
	if (*space && !starts_with(space, "module:") &&
	    !strlist_has(&m->spaces, space))
		link_say(j, "modpost", DIAG_ERROR, m->ko, NULL, -1,
			 xasprintf("module %s uses symbol %s from namespace "
				   "%s, but does not import it.",
				   base_name(m->name), s->name, space));
	if (e->what->gpl && !m->gpl)
		link_say(j, "modpost", DIAG_ERROR, m->ko, NULL, -1,
			 xasprintf("GPL-incompatible module %s uses GPL-only "
				   "symbol '%s'",
				   base_name(m->ko), s->name));
	if (j->in->checksums &&
	    !(e->object->checksums &&
	      strlist_has_sorted(e->object->checksums, s->name)))
		link_say(j, "modpost", DIAG_WARNING, m->ko, NULL, -1,
			 xasprintf("\"%s\" [%s] has no CRC!", s->name, m->ko));
}

static void check_module(struct link_job *j, const struct exports *x,
			 const struct link_object *o)
{
	_cleanup_(module_release) struct module m = { .object = o };
	_cleanup_strlist_ struct strlist licenses = STRLIST_INIT;
	const struct objfile *f = o->file;

	m.name = stem(o->name);
	m.ko = xasprintf("%s.ko", m.name);
	objfile_modinfo(f, "license", &licenses);
	objfile_modinfo(f, "import_ns", &m.spaces);
	m.gpl = is_gpl(&licenses);
	if (!licenses.nr)
		link_say(j, "modpost", DIAG_ERROR, m.ko, NULL, -1,
			 xasprintf("missing MODULE_LICENSE() in %s", o->name));
	for (size_t i = 1; i < f->nr_symbols; i++) {
		const struct obj_symbol *s = &f->symbols[i];

		if (s->section == OBJ_UNDEFINED && s->bind != OBJ_LOCAL &&
		    !is_for_the_loader(f, s->name))
			need(j, x, &m, i);
	}
}

/* ---- init and exit code -------------------------------------------------------------------- */

static const char *const text[] = { ".text", ".text.*", ".sched.text",
				    ".kprobes.text", ".cpuidle.text",
				    ".noinstr.text", ".ltext", ".ltext.*",
				    NULL };
static const char *const any_text[] = {
	".init.text", ".exit.text", ".text", ".text.*", ".sched.text",
	".kprobes.text", ".cpuidle.text", ".noinstr.text", ".ltext",
	".ltext.*", ".ref.text", ".head.text", ".spinlock.text", ".fixup",
	".entry.text", ".exception.text", ".coldtext", ".softirqentry.text",
	".irqentry.text", NULL,
};
static const char *const data[] = { ".data", ".data.rel", NULL };
static const char *const init_data[] = { ".init.setup", ".init.rodata",
					 ".init.data", NULL };
static const char *const fixups[] = { ".pci_fixup_early", ".pci_fixup_header",
				      ".pci_fixup_final", ".pci_fixup_enable",
				      ".pci_fixup_resume",
				      ".pci_fixup_resume_early",
				      ".pci_fixup_suspend", NULL };

static bool is_init(const char *section)
{
	return starts_with(section, ".init.");
}

static bool is_exit(const char *section)
{
	return starts_with(section, ".exit.");
}

static bool is_mismatch(const char *from, const char *to)
{
	if (any(from, text) || any(from, data))
		return true;
	if (is_init(from))
		return is_exit(to);
	if (is_exit(from))
		return is_init(to);
	return any(from, fixups) && is_init(to);
}

static bool is_excused(const char *from, const char *function, const char *to,
		       const char *symbol)
{
	static const char *const holders[] = { "*_ops", "*_probe", "*_console",
					       NULL };
	static const char *const marks[] = { "__init_begin", "_sinittext",
					     "_einittext", NULL };
	static const char *const copies[] = { "*.constprop.*", NULL };

	if (any(from, data)) {
		if (any(to, init_data) && starts_with(function, "__param"))
			return true;
		if (!strcmp(to, ".init.text") &&
		    starts_with(function, "__param_ops_"))
			return true;
		if (any(function, holders))
			return true;
	}
	if (any(symbol, marks))
		return true;
	return any(from, any_text) && is_init(to) && any(function, copies);
}

/* Name of what a reference means; "": it has none near enough. */
static const char *target_name(const struct objfile *f, const struct obj_ref *r)
{
	const struct obj_symbol *s = &f->symbols[r->symbol];
	struct obj_place place;

	if (s->type != OBJ_SECTION)
		return s->name;
	objfile_ref_place(f, r, &place);
	if (!place.known || place.symbol < 0 ||
	    place.value - f->symbols[place.symbol].code_value > 20)
		return "";
	return f->symbols[place.symbol].name;
}

static void check_ref(struct link_job *j, const struct link_object *o,
		      const char *module, const struct obj_ref *r)
{
	const struct objfile *f = o->file;
	const char *from = f->sections[r->section].name, *symbol, *function;
	const struct link_object *where = o;
	const struct obj_symbol *s = &f->symbols[r->symbol];
	const char *to;
	_cleanup_free_ char *far = NULL, *place = NULL;
	struct diagnostic *d;

	if (!strcmp(module, "vmlinux"))
		s = link_target(j, o, s, &where);
	/* modpost knows no descriptors: they stand in .opd, which is neither */
	to = s->section > 0 ? where->file->sections[s->section].name : NULL;
	if (!to || (!is_init(to) && !is_exit(to)) || !is_mismatch(from, to))
		return;
	function = r->from < 0 ? "" : f->symbols[r->from].name;
	symbol = target_name(f, r);
	if (is_excused(from, function, to, symbol))
		return;
	place = r->from < 0 ?
			xasprintf("0x%jx", (uintmax_t)r->offset) :
			xasprintf("%s+0x%jx", function,
				  (uintmax_t)(r->offset -
					      f->symbols[r->from].code_value));
	if (!*symbol)
		far = xasprintf("0x%jx", (uintmax_t)r->addend);
	d = link_say(j, "modpost",
		     j->in->mismatch_is_error ? DIAG_ERROR : DIAG_WARNING,
		     module, NULL, -1,
		     xasprintf("section mismatch in reference: %s (section: "
			       "%s) -> %s (section: %s)",
			       place, from, far ? far : symbol, to));
	if (d && r->from >= 0)
		d->function = xstrdup(function);
}

static void check_mismatches(struct link_job *j, const struct link_object *o,
			     const char *module)
{
	const struct objfile *f = o->file;

	for (size_t i = 0; i < f->nr_refs; i++)
		check_ref(j, o, module, &f->refs[i]);
	if (!j->in->has_modules)
		return;
	for (size_t i = 0; i < f->nr_exports; i++) {
		const char *name = f->exports[i].name, *section = "";

		for (size_t k = 1; k < f->nr_symbols; k++)
			if (f->symbols[k].section > 0 &&
			    !strcmp(f->symbols[k].name, name))
				section =
					f->sections[f->symbols[k].section].name;
		if (is_init(section) || is_exit(section))
			link_say(j, "modpost", DIAG_WARNING, module, o, -1,
				 xasprintf("%s: %s: EXPORT_SYMBOL used for %s "
					   "symbol. Remove __%s or "
					   "EXPORT_SYMBOL.",
					   module, name,
					   is_init(section) ? "init" : "exit",
					   is_init(section) ? "init" : "exit"));
	}
}

void link_modpost(struct link_job *j)
{
	_cleanup_(exports_release) struct exports x = { STRMAP_INIT };
	_cleanup_strlist_ struct strlist names = STRLIST_INIT;
	const struct link_input *in = j->in;

	for (size_t i = 0; i < in->nr_objects; i++)
		if (j->linked[i])
			check_mismatches(j, &in->objects[i], "vmlinux");
	for (size_t i = 0; i < in->nr_modules; i++) {
		strlist_take(&names, stem(in->modules[i].name));
		check_mismatches(j, &in->modules[i], names.v[i]);
	}
	if (!in->has_modules)
		return;
	for (size_t i = 0; i < in->nr_objects; i++)
		if (j->linked[i])
			add_exports(j, &x, &in->objects[i], "vmlinux", false);
	for (size_t i = 0; i < in->nr_modules; i++)
		add_exports(j, &x, &in->modules[i], names.v[i], true);
	if (in->checksums)
		check_checksums(j, &x);
	for (size_t i = 0; i < in->nr_modules; i++)
		check_module(j, &x, &in->modules[i]);
}
