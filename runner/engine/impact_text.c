// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words for what impact.c found.
 */
#include "engine/impact.h"

#include "sys/mem.h"
#include "sys/strbuf.h"

const char *impact_kind_text(enum impact_kind kind)
{
	switch (kind) {
	case IMPACT_DOCUMENTATION:
		return "documentation";
	case IMPACT_SOURCE:
		return "source";
	case IMPACT_DIRECTORY:
		return "Makefile or data of its directory";
	case IMPACT_KCONFIG:
		return "configuration";
	case IMPACT_BUILD:
		return "whole build";
	}
	return "";
}

/* What holds; %s is the other file. */
static const char *why_text(enum impact_why why)
{
	switch (why) {
	case IMPACT_NOT_READ:
		return "is not read";
	case IMPACT_FOREIGN:
		return "belongs to another architecture, and is not read";
	case IMPACT_NO_BUILD_READS:
		return "is read by no build";
	case IMPACT_NOT_BUILT:
		return "belongs to directory %s, which this cell does not "
		       "build";
	case IMPACT_NOT_CONFIGURING:
		return "was not read when this cell was configured";
	case IMPACT_CONFIGURED:
		return "is read when a base is configured, not later";
	case IMPACT_READ:
		return "is read";
	case IMPACT_READ_AS:
		return "is read as %s, a symbolic link";
	case IMPACT_SHADOWS:
		return "is new and could be found instead of %s, which is read";
	case IMPACT_OTHER_SOURCE:
		return "is new and could be what %s is made from";
	case IMPACT_UNLISTED:
		return "is referred to by %s, which is read, by "
		       "__has_include, .include or .incbin";
	case IMPACT_WRAPPER:
		return "decides whether kbuild makes a wrapper of "
		       "asm-generic's file";
	case IMPACT_BUILT:
		return "belongs to directory %s, which this cell builds";
	case IMPACT_NAMED:
		return "is named by %s, which this cell uses";
	case IMPACT_ARCH_DATA:
		return "is input of some rule of this architecture";
	case IMPACT_CONFIGURES:
		return "can change the configuration";
	case IMPACT_WHOLE_BUILD:
		return "works for the whole build";
	case IMPACT_LINK:
		return "is a symbolic link, which may stand for a directory";
	case IMPACT_BROKEN:
		return "could be read by a unit that fails";
	}
	return "";
}

char *impact_reason_text(const struct impact_reason *why)
{
	struct strbuf out = STRBUF_INIT;
	const char *text = why_text(why->why);
	const char *gap = strstr(text, "%s");

	if (gap)
		strbuf_addf(&out, "%.*s%s%s", (int)(gap - text), text,
			    why->other ? why->other : "?", gap + 2);
	else
		strbuf_addstr(&out, text);
	if (!why->matters)
		return strbuf_detach(&out);
	if (why->from_empty)
		strbuf_addstr(&out, "; the objtree starts empty");
	else if (why->nr_units == 1)
		strbuf_addf(&out, "; 1 unit: %s", why->unit);
	else if (why->nr_units)
		strbuf_addf(&out, "; %zu units, one is %s", why->nr_units,
			    why->unit);
	else
		strbuf_addstr(&out, "; no recorded unit");
	return strbuf_detach(&out);
}
