// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads the log of one "make -k -Otarget" run: which units were tried, which
 * failed, and to which unit a message belongs.
 *
 * The trick is the block. With -Otarget make prints the lines of one recipe
 * together: kbuild's short log line "  CC [M]  x.o", what the tools said, and,
 * if it failed, make's own
 *	make[5]: *** [/src/scripts/Makefile.build:234: x.o] Error 1
 * Recursive makes then pass the failure outwards as "[...: drivers/x] Error 2"
 * and finally "[...: __sub-make] Error 2". These are no failures of their own.
 * They are known by three signs together: a sub-make exits with 2; a deeper
 * make complained before; and a recipe that only runs make has no short log
 * line. So no list of kbuild's phony targets is needed.
 *
 * What a hostile source can and cannot do. #error and #warning text stays
 * behind its "FILE:LINE:COLUMN:", and source text shown with carets is stepped
 * over. But "#pragma message", __attribute__((error)) and the assembler's
 * .print can put any line into the output. A made-up "*** [x.o] Error 1" is
 * ignored when x.o was announced, another object since then, and the line is
 * not the last of its block, as make's own always is. Not detected: a made-up
 * failure at the very end of a block, or of a target that this run did not
 * announce; a whole made-up block; a made-up crash. All of these make a result
 * worse. None takes a failure away: make's real line is the last of its block,
 * whatever the recipe printed before it.
 *
 * Formats: GNU make's src/job.c (child_error) and src/remake.c; kbuild's
 * scripts/Kbuild.include (echo-cmd) and the quiet_cmd_* variables.
 */
#include "model/diag_parse.h"

#include "sys/mem.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#define LEVELS 64

/* A target that make gave up. */
struct failure {
	char *target;
	char *makefile; /* of the rule, or NULL */
	unsigned line;
	char *status;  /* "Error 1" */
	char *said;    /* the block's last line that no reader knew, or NULL */
	bool by_ld;    /* ld said it */
	bool explained; /* there is a diagnostic that says why */
};

struct reader {
	struct diag_parser p;
	struct diag_lines l;
	struct make_log *log;
	struct strmap started; /* kernel objects that have a block */
	struct strmap shown;   /* every name on a short log line */
	struct strmap given_up; /* names in log->failed */
	char *current;	       /* the latest of started */
	bool complained[LEVELS]; /* a make of this depth printed "***" */
	bool stopped;	       /* a makefile said "Stop.": depth unknown */
	struct failure *failures;
	size_t nr_failures, alloc_failures;
	char *said;
	bool infra_here;       /* log->infra was found in the open block */
	char *missing_tool;    /* of the open block: "X: not found" */
};

void make_log_release(struct make_log *log)
{
	diag_list_release(&log->diags);
	strlist_release(&log->started);
	strlist_release(&log->failed);
	free(log->infra);
	free(log->infra_unit);
	*log = (struct make_log)MAKE_LOG_INIT;
}

static void block_open(struct reader *r, const char *tag, const char *unit)
{
	diag_block_open(&r->p, tag, unit);
	free(r->said);
	r->said = NULL;
	free(r->missing_tool);
	r->missing_tool = NULL;
	r->infra_here = false;
}

static void set_infra(struct reader *r, const char *what, const char *line)
{
	struct make_log *log = r->log;

	if (log->infra)
		return;
	log->infra = xasprintf("%s: %.*s", what, (int)diag_cut(line, 300),
			       line);
	log->infra_unit = xstrdup_null(r->p.unit);
	r->infra_here = true;
}

/* Has the name a suffix, or is it the one file that has none? */
static bool is_file_name(const char *path)
{
	const char *base = diag_basename(path), *dot = strrchr(base, '.');

	return (dot && dot > base && isalnum((unsigned char)dot[1])) ||
	       starts_with(base, ".tmp_") || !strcmp(base, "vmlinux");
}

/* Names that a block of compiling, linking or post-processing can have. */
static bool is_made_unit(const char *tag, const char *path)
{
	static const char *const suffixes[] = { ".o",  ".s",   ".ko", ".a",
						".so", ".dbg", ".lds", ".elf" };
	const char *base = diag_basename(path);

	if (starts_with(tag, "HOST"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(suffixes); i++)
		if (ends_with(path, suffixes[i]))
			return true;
	return starts_with(base, "vmlinux") ||
	       starts_with(base, ".tmp_vmlinux");
}

static bool is_source(const char *path)
{
	return ends_with(path, ".c") || ends_with(path, ".S") ||
	       ends_with(path, ".rs") || ends_with(path, ".h");
}

/* Splits "  CC [M]  x.o - due to ..." ; both owned by the caller. */
static bool short_log(const char *line, char **tag, char **path)
{
	const char *s = line + 2, *end = s, *name;
	size_t name_len;

	if (line[0] != ' ' || line[1] != ' ' || !isupper((unsigned char)*s))
		return false;
	while (isupper((unsigned char)*end) || isdigit((unsigned char)*end) ||
	       *end == '_' || *end == '-')
		end++;
	if (*end != ' ' || end - s < 2 || end - s > 12)
		return false;
	name_len = end - s;
	name = s;
	s = end + strspn(end, " ");
	if (*s == '[' && isupper((unsigned char)s[1]) && s[2] == ']') {
		s += 3;
		s += strspn(s, " ");
	}
	end = s + strcspn(s, " ");
	/* KBUILD_VERBOSE=2 adds why; modpost before 5.8 said "12 modules" */
	if (end == s || (*end && !starts_with(end, " - due to") &&
			 strcmp(end, " modules")))
		return false;
	*tag = xstrndup(name, name_len);
	*path = xstrndup(s, end - s);
	return true;
}

static bool short_log_line(struct reader *r, const char *line)
{
	_cleanup_free_ char *tag = NULL, *path = NULL, *unit = NULL;

	if (!short_log(line, &tag, &path))
		return false;
	/* "  CHECK   x.c" belongs to the block of x.o */
	if (is_source(path) && r->p.unit_is_object)
		return true;
	unit = diag_path(&r->p, path);
	if (!unit)
		return false;
	/* these only start another make, whose failure is told twice */
	if (strcmp(tag, "DESCEND") && strcmp(tag, "SYNC"))
		strmap_set(&r->shown, unit, r);
	block_open(r, tag, is_made_unit(tag, unit) ? unit : NULL);
	if (starts_with(tag, "HOST") || starts_with(unit, "tools/") ||
	    (!diag_is_object(unit) && !ends_with(unit, ".ko") &&
	     strcmp(unit, "vmlinux")))
		return true;
	strlist_add(&r->log->started, unit);
	/* rustc runs unsynchronised, to be a client of the jobserver */
	if (strcmp(tag, "RUSTC")) {
		strmap_set(&r->started, unit, r);
		free(r->current);
		r->current = xstrdup(unit);
	}
	return true;
}

static void add_failed(struct reader *r, const char *target)
{
	if (strmap_has(&r->given_up, target))
		return;
	strmap_set(&r->given_up, target, r);
	strlist_add(&r->log->failed, target);
}

/*
 * Gives the block's messages to the target that failed where the block itself
 * did not know: "LD .tmp_vmlinux1" fails as vmlinux, "GEN x.h" as x.h. Returns
 * whether one of them says why.
 */
static bool claim_block(struct reader *r, const char *target)
{
	struct diag_parser *p = &r->p;
	bool explained = false;

	for (size_t i = p->block; i < p->out->nr; i++) {
		struct diagnostic *d = &p->out->v[i];
		bool own = p->unit_is_object && strcmp(p->unit, target);

		if (own && d->severity == DIAG_ERROR &&
		    strcmp(d->tool, "cc") && strcmp(d->tool, "as"))
			own = false;
		if (!own && strcmp(d->tool, "kconfig") &&
		    streq_null(d->unit, p->unit) && is_file_name(target)) {
			free(d->unit);
			d->unit = xstrdup(target);
		}
		if (!own && d->severity == DIAG_ERROR)
			explained = true;
	}
	return explained;
}

static void add_failure(struct reader *r, const char *target,
			const struct diag_place *rule, const char *status)
{
	struct failure *f;

	GROW(r->failures, r->nr_failures, r->alloc_failures);
	f = &r->failures[r->nr_failures++];
	*f = (struct failure){
		.target = xstrdup(target),
		.status = xstrdup(status),
		.explained = claim_block(r, target),
	};
	if (rule->len) {
		f->makefile = diag_path_n(&r->p, rule->file, rule->len);
		f->line = rule->line;
	}
	if (r->p.ld_text) {
		f->said = STEAL(r->p.ld_text);
		f->by_ld = true;
	} else {
		f->said = STEAL(r->said);
	}
	add_failed(r, target);
	if (r->missing_tool)
		set_infra(r, "tool not found", r->missing_tool);
	if (r->infra_here && is_file_name(target)) {
		free(r->log->infra_unit);
		r->log->infra_unit = xstrdup(target);
	}
}

/* A make that only says that a make below it failed. */
static bool is_cascade(struct reader *r, unsigned level, const char *target,
		       const char *status)
{
	bool deeper = level + 1 < LEVELS && r->complained[level + 1];

	if (strcmp(status, "Error 2") || (!deeper && !r->stopped))
		return false;
	if (strmap_has(&r->shown, target))
		return false;
	/* tools/build links by a make of its own */
	return !diag_is_object(target) || ends_with(target, "-in.o");
}

/* "make[5]: "; the depth, and what follows, or NULL. */
static const char *make_prefix(const char *line, unsigned *level)
{
	size_t n = strcspn(line, ":[ ");
	const char *s = line + n;
	_cleanup_free_ char *name = xstrndup(line, n);
	const char *base = diag_basename(name);

	if (strcmp(base, "make") && strcmp(base, "gmake"))
		return NULL;
	*level = 0;
	if (*s == '[') {
		for (s++; isdigit((unsigned char)*s) && *level < LEVELS; s++)
			*level = *level * 10 + (*s - '0');
		if (*s++ != ']')
			return NULL;
	}
	return s[0] == ':' && s[1] == ' ' ? s + 2 : NULL;
}

/* "Error 1", "Killed", "Segmentation fault (core dumped)" and nothing more. */
static bool is_status(const char *s)
{
	if (starts_with(s, "Error ")) {
		s += strlen("Error ");
		return *s && !s[strspn(s, "0123456789")];
	}
	if (!isupper((unsigned char)*s))
		return false;
	while (isalnum((unsigned char)*s) || (*s && strchr(" ()/-", *s)))
		s++;
	return !*s;
}

/* The next line begins something new: the block ends here. */
static bool ends_block(const struct diag_lines *l)
{
	_cleanup_free_ char *tag = NULL, *path = NULL;
	unsigned level;

	return !l->has_next || make_prefix(l->next.buf, &level) ||
	       short_log(l->next.buf, &tag, &path);
}

/*
 * The line names an object that has a block of its own before this one, in the
 * middle of another's block: a source printed it, not make.
 */
static bool is_made_up(const struct reader *r, const char *target)
{
	return diag_is_object(target) && strmap_has(&r->started, target) &&
	       strcmp(r->current, target) && diag_is_object(r->current) &&
	       !ends_block(&r->l);
}

/* "[/src/scripts/Makefile.build:234: x.o] Error 1" */
static bool failed_line(struct reader *r, unsigned level, const char *s)
{
	_cleanup_free_ char *inner = NULL, *target = NULL;
	struct diag_place rule = { 0 };
	const char *end = NULL, *status, *name, *rest, *what;

	/* a target may hold brackets: "parse.tab.[ch]" */
	for (const char *hit = s; (hit = strstr(hit, "] ")); hit++)
		end = hit;
	if (!end)
		return false;
	status = end + 2;
	if (starts_with(status, "Deleting ") || ends_with(status, "(ignored)"))
		return true;
	inner = xstrndup(s + 1, end - s - 1);
	rest = diag_place_split(inner, &rule);
	if (!rest || !rule.line) {
		rule.len = 0;
		rest = inner;
	}
	name = rest;
	target = diag_path(&r->p, name);
	if (!target)
		return false;
	if (!is_status(status) || is_made_up(r, target))
		return false;
	if (!is_cascade(r, level, target, status)) {
		what = diag_infra_status(status);
		if (what) {
			_cleanup_free_ char *why =
				xasprintf("%s (%s)", target, status);

			set_infra(r, what, why);
		}
		add_failure(r, target, &rule, status);
	} else {
		r->stopped = false;
	}
	block_open(r, NULL, NULL);
	return true;
}

static struct diagnostic *make_diag(struct reader *r,
				    enum diag_severity severity,
				    const char *text)
{
	_cleanup_free_ char *s = xstrdup(text);
	size_t n = strlen(s);

	if (ends_with(s, "  Stop.")) {
		n -= strlen("  Stop.");
		s[n] = '\0';
	}
	return diag_add(&r->p, "make", severity, s);
}

/* "No rule to make target 'X', needed by 'Y'." */
static void no_rule_line(struct reader *r, const char *s)
{
	_cleanup_free_ char *name = diag_quoted(s), *target = NULL;

	target = name ? diag_path(&r->p, name) : NULL;
	block_open(r, NULL, target && is_file_name(target) ? target : NULL);
	make_diag(r, DIAG_ERROR, s);
	if (target)
		add_failed(r, target);
	block_open(r, NULL, NULL);
}

/* What follows "make[N]: *** ". */
static bool stars_line(struct reader *r, unsigned level, const char *s)
{
	static const char *const machine[] = { "fork",	     "vfork",
					       "read jobs",  "write jobs",
					       "virtual memory exhausted",
					       "write error", "wait:",
					       "INTERNAL" };

	if (*s == '[') {
		if (!failed_line(r, level, s))
			return false;
	} else if (starts_with(s, "No rule to make target ")) {
		no_rule_line(r, s);
	} else if (!starts_with(s, "Deleting ") &&
		   !starts_with(s, "Waiting for unfinished jobs")) {
		for (size_t i = 0; i < ARRAY_SIZE(machine); i++)
			if (starts_with(s, machine[i]))
				set_infra(r, "make could not go on", s);
		block_open(r, NULL, NULL);
		make_diag(r, DIAG_ERROR, s);
	}
	if (level < LEVELS)
		r->complained[level] = true;
	return true;
}

/* "FILE:16: *** text.  Stop.": $(error), missing separator. */
static bool makefile_line(struct reader *r, const char *line)
{
	struct diag_place pl;
	const char *s = diag_place_split(line, &pl);
	struct diagnostic *d;

	if (!s || !pl.line || pl.column)
		return false;
	if (starts_with(s, "*** ") && (ends_with(s, "  Stop.") ||
				       diag_is_makefile(pl.file, pl.len))) {
		block_open(r, NULL, NULL);
		d = make_diag(r, DIAG_ERROR, s + 4);
		r->stopped = true;
	} else if (diag_is_makefile(pl.file, pl.len) &&
		   !ends_with(s, ": No such file or directory")) {
		/* $(warning text); a missing include gets a "No rule" */
		if (starts_with(s, "warning: "))
			s += strlen("warning: ");
		block_open(r, NULL, NULL);
		d = make_diag(r, DIAG_WARNING, s);
	} else {
		return false;
	}
	d->file = diag_path_n(&r->p, pl.file, pl.len);
	d->line = pl.line;
	return true;
}

/*
 * "/bin/sh: 1: X: not found". Without a compiler nothing can be judged; of
 * other tools kbuild can do without some, so they count when the recipe fails.
 * A program of no known name is a script of the tree: the source's own fault.
 */
static bool not_found_line(struct reader *r, const char *line)
{
	_cleanup_free_ char *name = diag_command_not_found(line);

	if (!name)
		return false;
	if (!diag_is_build_tool(diag_basename(name)))
		return false;
	if (diag_is_compiler(name, strlen(name))) {
		set_infra(r, "tool not found", name);
		return true;
	}
	free(r->missing_tool);
	r->missing_tool = STEAL(name);
	return true;
}

static bool make_line(struct reader *r, const char *line)
{
	unsigned level;
	const char *s;

	if (not_found_line(r, line))
		return true;
	s = make_prefix(line, &level);
	if (!s)
		return makefile_line(r, line);
	if (starts_with(s, "*** "))
		return stars_line(r, level, s + 4);
	if (starts_with(s, "Circular ") &&
	    ends_with(s, " dependency dropped.")) {
		block_open(r, NULL, NULL);
		make_diag(r, DIAG_WARNING, s);
		return true;
	}
	if (starts_with(s, "write error"))
		set_infra(r, "make could not go on", s);
	if (!starts_with(s, "Target ") && !starts_with(s, "Failed to ") &&
	    !starts_with(s, "Entering ") && !starts_with(s, "Leaving ") &&
	    !starts_with(s, "warning: ") && !starts_with(s, "Nothing ") &&
	    !ends_with(s, " is up to date."))
		return false;
	block_open(r, NULL, NULL);
	return true;
}

static void read_line(struct reader *r, const char *line)
{
	struct diag_parser *p = &r->p;
	const char *what;
	bool ice;

	if (make_line(r, line) || short_log_line(r, line)) {
		p->located = false;
		return;
	}
	what = diag_infra_line(line, &ice);
	if (what)
		set_infra(r, what, line);
	r->log->ice |= ice;
	if (diag_kconfig_line(p, line) || diag_compiler_line(p, line) ||
	    diag_modpost_line(p, line) || diag_link_line(p, line))
		return;
	if (*line && *line != ' ' && !ends_with(line, " generated.") &&
	    strcmp(line, "compilation terminated.")) {
		free(r->said);
		r->said = xstrdup(line);
	}
}

/* No failure without a diagnostic: make's own words for those without. */
static void explain_failures(struct reader *r)
{
	struct diag_parser *p = &r->p;
	struct strmap known = STRMAP_INIT;

	for (size_t i = 0; i < p->out->nr; i++)
		if (p->out->v[i].unit && p->out->v[i].severity == DIAG_ERROR)
			strmap_set(&known, p->out->v[i].unit, r);
	for (size_t i = 0; i < r->nr_failures; i++) {
		struct failure *f = &r->failures[i];
		_cleanup_free_ char *text = NULL;
		struct diagnostic *d;

		if (f->explained || strmap_has(&known, f->target))
			continue;
		strmap_set(&known, f->target, r);
		block_open(r, NULL,
			   is_file_name(f->target) ? f->target : NULL);
		text = f->by_ld ? xstrdup(f->said) :
				  xasprintf("making %s failed: %s", f->target,
					    f->status);
		d = diag_add(p, f->by_ld ? "ld" : "make", DIAG_ERROR, text);
		if (!f->by_ld) {
			d->file = STEAL(f->makefile);
			d->line = d->file ? f->line : 0;
			if (f->said)
				diag_add_note(p, d, f->said);
		}
	}
	strmap_release(&known);
}

static void reader_release(struct reader *r)
{
	for (size_t i = 0; i < r->nr_failures; i++) {
		free(r->failures[i].target);
		free(r->failures[i].makefile);
		free(r->failures[i].status);
		free(r->failures[i].said);
	}
	free(r->failures);
	free(r->said);
	free(r->current);
	strmap_release(&r->started);
	strmap_release(&r->shown);
	strmap_release(&r->given_up);
	free(r->missing_tool);
	diag_parser_release(&r->p);
	diag_lines_release(&r->l);
}

void make_log_parse(struct make_log *log, const char *text, size_t len,
		    const char *srctree, const char *objtree)
{
	struct reader r = { .log = log };
	_cleanup_strbuf_ struct strbuf healed = STRBUF_INIT;

	diag_heal(&healed, text, len);
	diag_parser_init(&r.p, &log->diags, srctree, objtree);
	diag_lines_init(&r.l, healed.buf ? healed.buf : "", healed.len);
	while (diag_lines_advance(&r.l))
		if (!diag_skip_source_echo(&r.p, &r.l))
			read_line(&r, r.l.cur.buf);
	explain_failures(&r);
	reader_release(&r);
}
