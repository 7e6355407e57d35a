// SPDX-License-Identifier: GPL-2.0-only
/*
 * The preprocessor's side: which files, which include lines, which macros. libclang
 * keeps a record of them (CXTranslationUnit_DetailedPreprocessingRecord), and gives
 * it as the first children of the translation unit. It does not record macros that
 * stand in the body of another macro, so these are found in the bodies' tokens.
 */
#include "sys/cparse.h"

#include "sys/cparse_internal.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <ctype.h>

void cparse_unit_release(struct cparse_unit *u)
{
	for (size_t i = 0; i < u->nr_files; i++)
		free(u->files[i].path);
	for (size_t i = 0; i < u->nr_refs; i++) {
		free(u->refs[i].name);
		free(u->refs[i].via);
	}
	for (size_t i = 0; i < u->nr_skipped; i++)
		free(u->skipped[i].name);
	free(u->skipped);
	free(u->files);
	free(u->includes);
	free(u->refs);
	strlist_release(&u->notes);
	strmap_release(&u->seen);
	*u = (struct cparse_unit){ 0 };
}

char *parse_text(CXString s)
{
	char *text = xstrdup(clang.getCString(s) ? clang.getCString(s) : "");

	clang.disposeString(s);
	return text;
}

/* ---- files ------------------------------------------------------------------- */

static char *file_path(const struct cparse_job *job, CXFile file)
{
	_cleanup_free_ char *name = parse_text(clang.getFileName(file));
	char *path = path_normalize(name);
	size_t len = strlen(job->srctree);

	if (!strncmp(path, job->srctree, len) && path[len] == '/')
		memmove(path, path + len + 1, strlen(path + len + 1) + 1);
	return path;
}

static struct file_slot *slot_of(struct parse *p, CXFile file)
{
	size_t i = ((uintptr_t)file >> 4) * 0x9e3779b97f4a7c15u;

	for (i &= p->nr_slots - 1; p->slots[i].key && p->slots[i].key != file;)
		i = (i + 1) & (p->nr_slots - 1);
	return &p->slots[i];
}

static void grow_slots(struct parse *p)
{
	struct file_slot *old = p->slots;
	size_t nr = p->nr_slots;

	p->nr_slots = nr ? nr * 2 : 1024;
	p->slots = xcalloc(p->nr_slots, sizeof(*p->slots));
	for (size_t i = 0; i < nr; i++)
		if (old[i].key)
			*slot_of(p, old[i].key) = old[i];
	free(old);
}

/* The same file by two names is one: what was made of its path is compared. */
static size_t file_index(struct parse *p, CXFile file)
{
	struct cparse_unit *u = p->u;
	struct file_slot *slot;
	char *path;
	size_t i;

	if (!file)
		return CPARSE_NO_FILE;
	if (file == p->last.key)
		return p->last.file;
	if (p->used_slots * 2 >= p->nr_slots)
		grow_slots(p);
	slot = slot_of(p, file);
	if (!slot->key) {
		path = file_path(p->job, file);
		for (i = 0; i < u->nr_files; i++)
			if (!strcmp(u->files[i].path, path))
				break;
		if (i == u->nr_files) {
			GROW(u->files, u->nr_files, u->alloc_files);
			u->files[u->nr_files++] =
				(struct cparse_file){ .path = STEAL(path) };
		}
		free(path);
		*slot = (struct file_slot){ file, i };
		p->used_slots++;
	}
	p->last = *slot;
	return slot->file;
}

struct place parse_place(struct parse *p, CXCursor c)
{
	struct place at = { .file = CPARSE_NO_FILE };
	CXFile file = NULL;

	clang.getFileLocation(clang.getCursorLocation(c), &file, &at.line, NULL,
			      &at.offset);
	at.file = file_index(p, file);
	return at;
}

bool parse_is_watched(struct parse *p, CXCursor c, size_t *file)
{
	struct place at = parse_place(p, c);

	*file = at.file;
	return at.file != CPARSE_NO_FILE && p->u->files[at.file].watch;
}

char *parse_word(struct parse *p, const struct place *at)
{
	_cleanup_free_ char *path = NULL;
	size_t len = 0, end;
	const char *text;
	CXFile file = NULL;

	for (size_t i = 0; i < p->nr_slots && !file; i++)
		if (p->slots[i].key && p->slots[i].file == at->file)
			file = p->slots[i].key;
	text = file ? clang.getFileContents(p->tu, file, &len) : NULL;
	for (end = at->offset; text && end < len; end++)
		if (!isalnum((unsigned char)text[end]) && text[end] != '_')
			break;
	return text ? xstrndup(text + at->offset, end - at->offset) :
		      xstrdup("");
}

/* ---- uses -------------------------------------------------------------------- */

struct cparse_ref *parse_add_ref(struct parse *p, enum cparse_use use,
				 char *name, const char *via, size_t decl,
				 const struct place *at)
{
	struct cparse_unit *u = p->u;
	_cleanup_free_ char *key = xasprintf("%d %zu %zu %s", (int)use, decl,
					     at->file, name);

	if (strmap_has(&u->seen, key)) {
		free(name);
		return NULL;
	}
	strmap_set(&u->seen, key, u);
	GROW(u->refs, u->nr_refs, u->alloc_refs);
	u->refs[u->nr_refs] = (struct cparse_ref){
		.use = use,
		.name = name,
		.via = xstrdup_null(via),
		.decl = decl,
		.file = at->file,
		.line = at->line,
	};
	return &u->refs[u->nr_refs++];
}

/* ---- includes ---------------------------------------------------------------- */

static enum CXChildVisitResult see_include(CXCursor c, CXCursor parent,
					   CXClientData data)
{
	struct parse *p = data;
	struct cparse_unit *u = p->u;
	struct place at;
	size_t to;

	(void)parent;
	if (!clang.isPreprocessing(clang.getCursorKind(c)))
		return CXChildVisit_Break;
	if (clang.getCursorKind(c) != CXCursor_InclusionDirective)
		return CXChildVisit_Continue;
	to = file_index(p, clang.getIncludedFile(c));
	if (to == CPARSE_NO_FILE)
		return CXChildVisit_Continue;
	at = parse_place(p, c);
	GROW(u->includes, u->nr_includes, u->alloc_includes);
	u->includes[u->nr_includes++] =
		(struct cparse_include){ at.file, to, at.line };
	return CXChildVisit_Continue;
}

/* ---- macros ------------------------------------------------------------------ */

static enum CXChildVisitResult see_definition(CXCursor c, CXCursor parent,
					      CXClientData data)
{
	struct parse *p = data;

	(void)parent;
	if (!clang.isPreprocessing(clang.getCursorKind(c)))
		return CXChildVisit_Break;
	if (clang.getCursorKind(c) == CXCursor_MacroDefinition) {
		_cleanup_free_ char *name =
			parse_text(clang.getCursorSpelling(c));

		GROW(p->macros, p->nr_macros, p->alloc_macros);
		p->macros[p->nr_macros++] = c;
		strmap_set(&p->macro_by_name, name,
			   (void *)(uintptr_t)p->nr_macros);
	}
	return CXChildVisit_Continue;
}

CXCursor *parse_macro(const struct parse *p, const char *name)
{
	uintptr_t nr = (uintptr_t)strmap_get(&p->macro_by_name, name);

	return nr ? &p->macros[nr - 1] : NULL;
}

/* Calls see for each identifier in a macro's body until one says true. */
static bool each_word(struct parse *p, CXCursor macro,
		      bool (*see)(struct parse *p, const char *word,
				  const struct place *at, void *data),
		      void *data)
{
	CXToken *tokens = NULL;
	unsigned nr = 0;
	bool end = false;

	clang.tokenize(p->tu, clang.getCursorExtent(macro), &tokens, &nr);
	for (unsigned i = 1; i < nr && !end; i++) {
		struct place at = { .file = CPARSE_NO_FILE };
		_cleanup_free_ char *word = NULL;
		CXFile file = NULL;

		if (clang.getTokenKind(tokens[i]) != CXToken_Identifier)
			continue;
		word = parse_text(clang.getTokenSpelling(p->tu, tokens[i]));
		clang.getFileLocation(clang.getTokenLocation(p->tu, tokens[i]),
				      &file, &at.line, NULL, &at.offset);
		at.file = file_index(p, file);
		if (at.file != CPARSE_NO_FILE)
			end = see(p, word, &at, data);
	}
	clang.disposeTokens(p->tu, tokens, nr);
	return end;
}

static void enter_macro(struct parse *p, const char *name);

static bool see_mention(struct parse *p, const char *word,
			const struct place *at, void *data)
{
	CXCursor *macro = parse_macro(p, word);
	size_t decl;

	if (!macro)
		return false;
	if (parse_is_watched(p, *macro, &decl))
		parse_add_ref(p, CPARSE_MACRO, xstrdup(word), data, decl, at);
	else
		enter_macro(p, word);
	return false;
}

/* The watched macros in the body of a macro that is used and not watched, and in
 * what that stands for. */
static void enter_macro(struct parse *p, const char *name)
{
	CXCursor *macro = parse_macro(p, name);

	if (!macro || strmap_has(&p->entered, name))
		return;
	strmap_set(&p->entered, name, p);
	each_word(p, *macro, see_mention, (void *)name);
}

struct search {
	const char *word;
	unsigned depth;
	struct place at;
	bool in_watched;
};

static bool search_macro(struct parse *p, const char *name, struct search *s);

static bool see_searched(struct parse *p, const char *word,
			 const struct place *at, void *data)
{
	struct search *s = data;
	bool found = false;

	if (!strcmp(word, s->word)) {
		s->at = *at;
		return true;
	}
	if (parse_macro(p, word) && s->depth < 16) {
		s->depth++;
		found = search_macro(p, word, s);
		s->depth--;
	}
	return found;
}

static bool search_macro(struct parse *p, const char *name, struct search *s)
{
	CXCursor *macro = parse_macro(p, name);
	size_t file;

	if (!macro || !each_word(p, *macro, see_searched, s))
		return false;
	s->in_watched |= parse_is_watched(p, *macro, &file);
	return true;
}

bool parse_in_macro(struct parse *p, const char *macro, const char *word,
		    struct place *at)
{
	struct search s = { .word = word };
	CXCursor *def = parse_macro(p, macro);

	if (search_macro(p, macro, &s)) {
		*at = s.at;
		return !s.in_watched;
	}
	/* Put together by ##: the macro's own place. */
	if (def)
		*at = parse_place(p, *def);
	return true;
}

static enum CXChildVisitResult see_expansion(CXCursor c, CXCursor parent,
					     CXClientData data)
{
	struct parse *p = data;
	_cleanup_free_ char *name = NULL;
	struct place at;
	size_t decl = CPARSE_NO_FILE;
	bool watched;
	CXCursor def;

	(void)parent;
	if (!clang.isPreprocessing(clang.getCursorKind(c)))
		return CXChildVisit_Break;
	if (clang.getCursorKind(c) != CXCursor_MacroExpansion)
		return CXChildVisit_Continue;
	at = parse_place(p, c);
	if (at.file == CPARSE_NO_FILE || !p->u->files[at.file].look)
		return CXChildVisit_Continue;
	name = parse_text(clang.getCursorSpelling(c));
	def = clang.getCursorReferenced(c);
	watched = !clang.Cursor_isNull(def) && parse_is_watched(p, def, &decl);
	if (watched)
		parse_add_ref(p, CPARSE_MACRO, xstrdup(name), NULL, decl, &at);
	else
		enter_macro(p, name);
	GROW(p->expansions, p->nr_expansions, p->alloc_expansions);
	p->expansions[p->nr_expansions++] =
		(struct expansion){ at.file, at.offset, watched };
	return CXChildVisit_Continue;
}

static int compare_expansions(const void *a, const void *b)
{
	const struct expansion *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

const struct expansion *parse_expansion(const struct parse *p,
					const struct place *at)
{
	struct expansion key = { at->file, at->offset, false };

	return p->nr_expansions ?
		       bsearch(&key, p->expansions, p->nr_expansions,
			       sizeof(key), compare_expansions) :
		       NULL;
}

/* ---- errors ------------------------------------------------------------------ */

/*
 * What gcc's assembler statements may say and libclang does not know. Such a
 * statement is left out of what libclang gives, with the expressions in it.
 */
static bool is_about_asm(const char *message)
{
	static const char *const marks[] = {
		"constraint '", /* "invalid input constraint 'YZ<>' in asm" */
		"inline asm", "asm operand", "in asm",
	};

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (strstr(message, marks[i]))
			return true;
	return false;
}

static char *diagnostic_text(struct parse *p, CXDiagnostic d,
			     struct place *at, char **ret_message)
{
	CXFile file = NULL;
	char *message = parse_text(clang.getDiagnosticSpelling(d));

	clang.getFileLocation(clang.getDiagnosticLocation(d), &file, &at->line,
			      NULL, &at->offset);
	at->file = file_index(p, file);
	*ret_message = message;
	if (at->file == CPARSE_NO_FILE)
		return xstrdup(message);
	return xasprintf("%s:%u: %s", p->u->files[at->file].path, at->line,
			 message);
}

/* Assembler sources are no C; only what stops the preprocessor counts. */
static bool counts(const struct parse *p, enum CXDiagnosticSeverity s)
{
	return s >= (p->job->assembler ? CXDiagnostic_Fatal :
					 CXDiagnostic_Error);
}

static int check_errors(struct parse *p, struct errbuf *err)
{
	unsigned nr = clang.getNumDiagnostics(p->tu);

	for (unsigned i = 0; i < nr; i++) {
		CXDiagnostic d = clang.getDiagnostic(p->tu, i);
		bool bad = counts(p, clang.getDiagnosticSeverity(d));
		_cleanup_free_ char *text = NULL, *message = NULL;
		struct place at = { 0 };

		if (bad)
			text = diagnostic_text(p, d, &at, &message);
		clang.disposeDiagnostic(d);
		if (!bad)
			continue;
		if (!is_about_asm(message))
			return errbuf_set(err, "%s", text);
		strlist_addf(&p->u->notes, "%s (what this asm statement uses is "
			     "not seen)", text);
	}
	return 0;
}

/* ---- a unit ------------------------------------------------------------------ */

static void parse_release(struct parse *p)
{
	strmap_release(&p->entered);
	strmap_release(&p->macro_by_name);
	strmap_release(&p->declared);
	strmap_release(&p->names);
	free(p->macros);
	free(p->expansions);
	free(p->slots);
	if (p->tu)
		clang.disposeTranslationUnit(p->tu);
}

static int parse_source(CXIndex index, struct parse *p, struct errbuf *err)
{
	enum CXErrorCode code;
	_cleanup_free_ char *source = NULL;
	CXFile file = NULL;
	CXCursor root;

	code = clang.parseTranslationUnit2FullArgv(
		index, NULL, (const char *const *)p->job->args->v,
		(int)p->job->args->nr, NULL, 0,
		CXTranslationUnit_DetailedPreprocessingRecord, &p->tu);
	if (code != CXError_Success || !p->tu)
		return errbuf_set(err, "libclang gives up (%s)",
				  code == CXError_Crashed ? "it crashed" :
				  "it takes none of the options, or there is "
				  "no source");
	root = clang.getTranslationUnitCursor(p->tu);
	source = parse_text(clang.getCursorSpelling(root));
	file = clang.getFile(p->tu, source);
	if (!file)
		return errbuf_set(err, "%s: cannot be read", source);
	file_index(p, file);
	return check_errors(p, err);
}

static void understand(struct parse *p)
{
	CXCursor root = clang.getTranslationUnitCursor(p->tu);

	clang.visitChildren(root, see_include, p);
	if (p->job->choose)
		p->job->choose(p->job->data, p->u);
	clang.visitChildren(root, see_definition, p);
	clang.visitChildren(root, see_expansion, p);
	if (p->nr_expansions)
		qsort(p->expansions, p->nr_expansions, sizeof(*p->expansions),
		      compare_expansions);
	if (!p->job->assembler) {
		parse_walk(p);
		parse_skipped(p);
	}
}

int cparse_unit(const struct cparse_job *job, struct cparse_unit *u,
		struct errbuf *err)
{
	struct parse p = { .job = job, .u = u };
	CXIndex index;
	int ret;

	if (cparse_load(err))
		return -1;
	index = clang.createIndex(0, 0);
	ret = parse_source(index, &p, err);
	if (!ret)
		understand(&p);
	parse_release(&p);
	clang.disposeIndex(index);
	return ret;
}
