// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads what Kconfig and merge_config.sh print.
 *
 * Kconfig's parser prints "FILE:LINE: text" for errors and
 * "FILE:LINE:warning: text" for warnings (scripts/kconfig/parser.y,
 * confdata.c); what it has to say about symbols spans several lines
 * (scripts/kconfig/symbol.c). A symbol that .config does not know is asked for
 * on standard input, and where that is closed conf takes the default and
 * returns 0 (scripts/kconfig/conf.c): then a configuration was built that
 * nobody asked for, so it is an error here.
 */
#include "model/diag_parse.h"

#include "sys/mem.h"

#include <ctype.h>
#include <string.h>

static struct diagnostic *kconfig_add(struct diag_parser *p,
				      enum diag_severity severity,
				      const char *message)
{
	struct diagnostic *d = diag_add(p, "kconfig", severity, message);

	/* the configuration belongs to no object */
	free(d->unit);
	d->unit = NULL;
	return d;
}

static bool is_kconfig_file(const struct diag_place *pl)
{
	const char *slash = memrchr(pl->file, '/', pl->len);
	const char *base = slash ? slash + 1 : pl->file;
	size_t n = pl->len - (base - pl->file);

	return (n >= 7 && !strncmp(base, "Kconfig", 7)) ||
	       (n >= 7 && !strncmp(base + n - 7, ".config", 7));
}

/* Ends "...:12:warning" before the colon; the severity it stood for. */
static bool cut_word(struct diag_place *pl, const char *line, size_t len,
		     const char *word)
{
	size_t n = strlen(word);

	if (len <= n || strncmp(line + len - n, word, n))
		return false;
	diag_place_parse(pl, line, len - n);
	return true;
}

/* "arch/x86/kvm/Kconfig:99: syntax error", "...:99:warning: text" */
static bool placed_line(struct diag_parser *p, const char *line)
{
	enum diag_severity severity = DIAG_ERROR;
	struct diag_place pl;
	const char *rest = diag_place_split(line, &pl);
	struct diagnostic *d;
	size_t n;

	if (!rest)
		return false;
	n = rest - line - 2;
	if (cut_word(&pl, line, n, ":warning"))
		severity = DIAG_WARNING;
	else
		cut_word(&pl, line, n, ":error");
	if (!pl.line || pl.column || !is_kconfig_file(&pl))
		return false;
	rest += strspn(rest, " ");
	if (starts_with(rest, "warning: ")) {
		severity = DIAG_WARNING;
		rest += strlen("warning: ");
	}
	/* before 6.10 the chain of a recursion had places too */
	d = diag_last(p);
	if (p->more == DIAG_MORE_RECURSION && d &&
	    (starts_with(rest, "symbol ") || starts_with(rest, "choice "))) {
		diag_add_note(p, d, rest);
		return true;
	}
	d = kconfig_add(p, severity, rest);
	d->file = diag_path_n(p, pl.file, pl.len);
	d->line = pl.line;
	if (starts_with(rest, "recursive dependency"))
		p->more = DIAG_MORE_RECURSION;
	return true;
}

/* The indented lines that belong to the message before. */
static bool more_line(struct diag_parser *p, const char *line)
{
	struct diagnostic *d = diag_last(p);
	const char *s = line + strspn(line, " ");
	bool mine = false;

	if (!d)
		return false;
	switch (p->more) {
	case DIAG_MORE_UNMET:
		mine = s > line && (starts_with(s, "Depends on [") ||
				    starts_with(s, "Selected by [") ||
				    starts_with(s, "- "));
		break;
	case DIAG_MORE_RECURSION:
		mine = s > line && (starts_with(s, "symbol ") ||
				    starts_with(s, "choice "));
		break;
	case DIAG_MORE_REQUESTED:
		mine = starts_with(s, "Requested value:") ||
		       starts_with(s, "Actual value:");
		break;
	case DIAG_MORE_NONE:
	case DIAG_MORE_LLD:
		return false;
	}
	if (mine)
		diag_add_note(p, d, s);
	else if (*line)
		p->more = DIAG_MORE_NONE;
	return mine;
}

/* "A new thing (KVM_NEW) [N/y/?] (NEW)": KVM_NEW. Owned. */
static char *prompt_symbol(const char *s)
{
	const char *bracket = strstr(s, ") ["), *open;

	if (!bracket)
		return NULL;
	for (open = bracket; open > s && open[-1] != '('; open--)
		if (!isalnum((unsigned char)open[-1]) && open[-1] != '_')
			return NULL;
	return open > s ? xstrndup(open, bracket - open) : NULL;
}

static bool prompt_line(struct diag_parser *p, const char *line)
{
	_cleanup_free_ char *symbol = NULL, *text = NULL;
	struct diagnostic *d;

	if (strstr(line, "(NEW)")) {
		free(p->prompt);
		p->prompt = xstrdup(line);
		return true;
	}
	if (strcmp(line, "Error in reading or end of file."))
		return false;
	symbol = p->prompt ? prompt_symbol(p->prompt) : NULL;
	if (symbol)
		text = xasprintf("new symbol %s has no value: Kconfig asked "
				 "for one on standard input",
				 symbol);
	d = kconfig_add(p, DIAG_ERROR,
			text ? text :
			       "Kconfig asked for a value on standard input");
	if (p->prompt)
		diag_add_note(p, d, p->prompt);
	free(p->prompt);
	p->prompt = NULL;
	return true;
}

static bool symbol_line(struct diag_parser *p, const char *line)
{
	const char *s = line;

	if (starts_with(s, "WARNING: unmet direct dependencies") ||
	    starts_with(s, "warning: unmet direct dependencies")) {
		kconfig_add(p, DIAG_WARNING, s + strlen("WARNING: "));
		p->more = DIAG_MORE_UNMET;
		return true;
	}
	/* before 4.19 */
	if (starts_with(s, "warning: (") &&
	    strstr(s, " which has unmet direct dependencies (")) {
		kconfig_add(p, DIAG_WARNING, s + strlen("warning: "));
		return true;
	}
	if (starts_with(s, "error: recursive dependency detected!")) {
		kconfig_add(p, DIAG_ERROR, s + strlen("error: "));
		p->more = DIAG_MORE_RECURSION;
		return true;
	}
	if (starts_with(s, "Value requested for CONFIG_") &&
	    strstr(s, " not in final .config")) {
		kconfig_add(p, DIAG_WARNING, s);
		p->more = DIAG_MORE_REQUESTED;
		return true;
	}
	s += strspn(s, " ");
	if (!strcmp(s, "ERROR: Kernel configuration is invalid.")) {
		kconfig_add(p, DIAG_ERROR, s + strlen("ERROR: "));
		return true;
	}
	return false;
}

bool diag_kconfig_line(struct diag_parser *p, const char *line)
{
	return placed_line(p, line) || more_line(p, line) ||
	       prompt_line(p, line) || symbol_line(p, line);
}
