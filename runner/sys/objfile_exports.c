// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an object exports to modules. How it says so has changed:
 *
 *  - since Linux 6.4 (include/linux/export.h) in section .export_symbol, which
 *    no image keeps: a label __export_symbol_NAME, the license ("GPL" or ""),
 *    the namespace, and a reference to NAME;
 *  - before, in the tables themselves: a section ___ksymtab+NAME or
 *    ___ksymtab_gpl+NAME with a label __ksymtab_NAME; the namespace is the text
 *    at the label __kstrtabns_NAME.
 *
 * A composite module is linked with "ld -r", which leaves all of that as it is.
 */
#include "sys/objfile_priv.h"

#include "sys/mem.h"

#define NEW_SECTION ".export_symbol"
#define NEW_LABEL "__export_symbol_"
#define OLD_LABEL "__ksymtab_"
#define OLD_SPACE "__kstrtabns_"

static const struct obj_symbol *find_name(const struct objfile *o,
					  const char *name)
{
	const struct obj_symbol *found = NULL;

	/* a local one counts only where there is no other */
	for (size_t i = 1; i < o->nr_symbols; i++) {
		const struct obj_symbol *s = &o->symbols[i];

		if (strcmp(s->name, name) || s->type == OBJ_SECTION ||
		    s->type == OBJ_FILE)
			continue;
		if (!found || found->bind == OBJ_LOCAL)
			found = s;
	}
	return found;
}

/* The text at an offset of a section, NULL: it lies outside of it. */
static const char *text_at(struct obj_reader *r, int section, uint64_t offset)
{
	const char *bytes;
	size_t len;

	if (section < 0)
		return NULL;
	bytes = obj_contents(r, section, &len);
	if (!bytes || offset >= len ||
	    !memchr(bytes + offset, '\0', len - offset))
		return NULL;
	return bytes + offset;
}

/* A copy that lives as long as the object. */
static const char *keep(struct objfile *o, const char *text)
{
	GROW(o->strings, o->nr_strings, o->alloc_strings);
	o->strings[o->nr_strings] = xstrdup(text);
	return o->strings[o->nr_strings++];
}

static void add_export(struct objfile *o, const char *name, const char *space,
		       bool gpl)
{
	const struct obj_symbol *s = find_name(o, name);

	GROW(o->exports, o->nr_exports, o->alloc_exports);
	o->exports[o->nr_exports++] = (struct obj_export){
		.name = name,
		.space = *space ? keep(o, space) : "",
		.gpl = gpl,
		.defined = s && s->section != OBJ_UNDEFINED,
		.local = s && s->bind == OBJ_LOCAL,
	};
}

static int read_new(struct obj_reader *r, const struct obj_symbol *label)
{
	const char *license = text_at(r, label->section, label->value), *space;

	if (!license)
		return obj_damaged(r, "%s has no license", label->name);
	space = text_at(r, label->section,
			label->value + strlen(license) + 1);
	if (!space)
		return obj_damaged(r, "%s has no namespace", label->name);
	add_export(r->o, label->name + strlen(NEW_LABEL), space,
		   !strcmp(license, "GPL"));
	return 0;
}

static void read_old(struct obj_reader *r, const struct obj_symbol *label)
{
	const char *name = label->name + strlen(OLD_LABEL), *text = NULL;
	const char *section = r->o->sections[label->section].name;
	_cleanup_free_ char *place = xasprintf(OLD_SPACE "%s", name);
	const struct obj_symbol *space = find_name(r->o, place);

	if (space)
		text = text_at(r, space->section, space->value);
	add_export(r->o, name, text ? text : "",
		   starts_with(section, "___ksymtab_gpl+"));
}

int obj_read_exports(struct obj_reader *r)
{
	struct objfile *o = r->o;

	for (size_t i = 1; i < o->nr_symbols; i++) {
		const struct obj_symbol *s = &o->symbols[i];
		const char *section =
			s->section > 0 ? o->sections[s->section].name : "";

		if (starts_with(s->name, NEW_LABEL) &&
		    !strcmp(section, NEW_SECTION)) {
			if (read_new(r, s))
				return -1;
		} else if (starts_with(s->name, OLD_LABEL) &&
			   starts_with(section, "___ksymtab")) {
			read_old(r, s);
		}
	}
	return 0;
}
