// SPDX-License-Identifier: GPL-2.0-only
/*
 * The compiler's side: what declarations and code refer to.
 *
 * Declarations come in the order of the source. What comes before the first watched
 * one cannot refer to any, so it is not entered; that is most of the headers of a
 * kernel unit. libclang 14 does not tell operators apart, so pointer arithmetic is
 * known by the types of its operands; where that leaves a doubt (a comma between an
 * integer and a pointer) the greater demand is reported.
 */
#include "sys/cparse_internal.h"

#include "sys/mem.h"

static bool is_record(enum CXCursorKind kind)
{
	return kind == CXCursor_StructDecl || kind == CXCursor_UnionDecl;
}

/* The type without typedefs, qualifiers and array bounds. */
static CXType core_type(CXType t)
{
	for (;;) {
		t = clang.getCanonicalType(t);
		if (t.kind != CXType_ConstantArray &&
		    t.kind != CXType_IncompleteArray &&
		    t.kind != CXType_VariableArray)
			return t;
		t = clang.getArrayElementType(t);
	}
}

/* The name by which people know a record: that of the typedef or of the outer
 * structure where it has none. */
static char *record_name(CXCursor c)
{
	for (;;) {
		_cleanup_free_ char *name = NULL;
		CXCursor up;

		if (!clang.Cursor_isAnonymous(c)) {
			name = parse_text(clang.getCursorSpelling(c));
			if (*name && !strchr(name, '('))
				return STEAL(name);
		}
		up = clang.getCursorSemanticParent(c);
		if (!is_record(clang.getCursorKind(up))) {
			free(name);
			name = parse_text(clang.getTypeSpelling(
				clang.getCursorType(c)));
			return strchr(name, '(') ? xstrdup("(unnamed)") :
						   STEAL(name);
		}
		c = up;
	}
}

static char *record_title(CXCursor c)
{
	_cleanup_free_ char *name = record_name(c);

	return xasprintf("%s %s", clang.getCursorKind(c) == CXCursor_UnionDecl ?
				  "union" : "struct", name);
}

/* ---- what looked-at code declares itself -------------------------------------- */

static char *declared_key(CXCursor c)
{
	_cleanup_free_ char *name = parse_text(clang.getCursorSpelling(c));

	return xasprintf("%c:%s", is_record(clang.getCursorKind(c)) ? 's' : 'f',
			 name);
}

/* A forward declaration, a prototype: whoever sees it needs no other. */
static void note_declared(struct parse *p, CXCursor c)
{
	enum CXCursorKind kind = clang.getCursorKind(c);
	_cleanup_free_ char *key = NULL;

	if ((!is_record(kind) && kind != CXCursor_FunctionDecl &&
	     kind != CXCursor_VarDecl) ||
	    clang.isCursorDefinition(c) ||
	    (kind == CXCursor_VarDecl &&
	     clang.Cursor_getStorageClass(c) != CX_SC_Extern))
		return;
	key = declared_key(c);
	strmap_set(&p->declared, key, p);
}

static bool is_declared(struct parse *p, CXCursor c)
{
	_cleanup_free_ char *key = declared_key(c);

	return strmap_has(&p->declared, key);
}

/* ---- uses -------------------------------------------------------------------- */

/*
 * Is code at this place the looked-at file's own? Not when it is in the body of a
 * watched macro. ret_via (owned): the other macro whose body it is in.
 */
static bool is_own(struct parse *p, const struct place *at, char **ret_via)
{
	const struct expansion *e;

	*ret_via = NULL;
	if (at->file == CPARSE_NO_FILE || !p->u->files[at->file].look)
		return false;
	e = parse_expansion(p, at);
	if (e && e->watched)
		return false;
	if (e)
		*ret_via = parse_word(p, at);
	return true;
}

/* The same for a body of macros: at becomes the place in the body. */
static bool is_body_own(struct parse *p, CXCursor decl, const char *via,
			struct place *at)
{
	_cleanup_free_ char *word = parse_text(clang.getCursorSpelling(decl));

	return parse_in_macro(p, via, word, at) &&
	       at->file != CPARSE_NO_FILE && p->u->files[at->file].look;
}

static struct cparse_ref *add(struct parse *p, CXCursor user,
			      enum cparse_use use, CXCursor decl, char *name)
{
	_cleanup_free_ char *via = NULL;
	struct place at = parse_place(p, user);
	size_t file;

	if (parse_is_watched(p, decl, &file) && is_own(p, &at, &via) &&
	    (!via || is_body_own(p, decl, via, &at)))
		return parse_add_ref(p, use, name, via, file, &at);
	free(name);
	return NULL;
}

/* An expression or declaration that has to know the size of its type. */
static void need_complete(struct parse *p, CXCursor user, CXType type)
{
	CXType t = core_type(type);
	CXCursor def;

	if (t.kind != CXType_Record)
		return;
	def = clang.getCursorDefinition(clang.getTypeDeclaration(t));
	if (!clang.Cursor_isNull(def))
		add(p, user, CPARSE_TYPE, def, record_title(def));
}

static void refer_function(struct parse *p, CXCursor user, CXCursor decl)
{
	_cleanup_free_ char *name = parse_text(clang.getCursorSpelling(decl));
	CXCursor def = clang.getCursorDefinition(decl);
	size_t file;
	bool here = !clang.Cursor_isNull(def) &&
		    parse_is_watched(p, def, &file);

	if (!is_declared(p, decl))
		add(p, user, here ? CPARSE_MACRO : CPARSE_FUNCTION, decl,
		    xasprintf("%s()", name));
}

static void refer_record(struct parse *p, CXCursor user, CXCursor decl)
{
	CXCursor def = clang.getCursorDefinition(decl);
	CXCursor first = clang.getCanonicalCursor(decl);

	if (is_declared(p, first))
		return;
	if (!clang.Cursor_isNull(def))
		add(p, user, CPARSE_POINTER, def, record_title(def));
	/* The header with the forward declaration gives all that it takes. */
	add(p, user, CPARSE_POINTER, first, record_title(first));
}

static void refer_field(struct parse *p, CXCursor user, CXCursor decl)
{
	_cleanup_free_ char *field = parse_text(clang.getCursorSpelling(decl));
	_cleanup_free_ char *record =
		record_name(clang.getCursorSemanticParent(decl));

	add(p, user, CPARSE_MEMBERS, decl, xasprintf("%s.%s", record, field));
}

static void refer(struct parse *p, CXCursor user)
{
	CXCursor decl = clang.getCursorReferenced(user);
	_cleanup_free_ char *name = NULL;

	switch (clang.getCursorKind(decl)) {
	case CXCursor_FunctionDecl:
		refer_function(p, user, decl);
		break;
	case CXCursor_VarDecl:
		if (!is_declared(p, decl))
			add(p, user, CPARSE_FUNCTION, decl,
			    parse_text(clang.getCursorSpelling(decl)));
		break;
	case CXCursor_FieldDecl:
		refer_field(p, user, decl);
		break;
	case CXCursor_StructDecl:
	case CXCursor_UnionDecl:
		refer_record(p, user, decl);
		break;
	case CXCursor_EnumDecl:
		name = parse_text(clang.getCursorSpelling(decl));
		add(p, user, CPARSE_MACRO, decl, xasprintf("enum %s", name));
		break;
	case CXCursor_EnumConstantDecl:
	case CXCursor_TypedefDecl:
		add(p, user, CPARSE_MACRO, decl,
		    parse_text(clang.getCursorSpelling(decl)));
		break;
	default:
		break;
	}
}

/* ---- expressions that need a size ---------------------------------------------- */

struct operands {
	CXCursor v[2];
	unsigned nr;
};

static enum CXChildVisitResult take_operand(CXCursor c, CXCursor parent,
					    CXClientData data)
{
	struct operands *o = data;

	(void)parent;
	if (o->nr < 2)
		o->v[o->nr] = c;
	o->nr++;
	return CXChildVisit_Continue;
}

static struct operands operands_of(CXCursor c)
{
	struct operands o = { .nr = 0 };

	clang.visitChildren(c, take_operand, &o);
	return o;
}

static bool is_pointer(CXType t)
{
	return clang.getCanonicalType(t).kind == CXType_Pointer;
}

static bool is_integer(CXType t)
{
	enum CXTypeKind kind = clang.getCanonicalType(t).kind;

	return (kind >= CXType_Bool && kind <= CXType_Int128) ||
	       kind == CXType_Enum;
}

/* "p + 1", "p += n", "p - q", but neither "p = q" nor "p < q". */
static void see_binary(struct parse *p, CXCursor c)
{
	struct operands o = operands_of(c);
	CXType left, right, type = clang.getCursorType(c);

	if (o.nr != 2)
		return;
	left = clang.getCursorType(o.v[0]);
	right = clang.getCursorType(o.v[1]);
	if (is_pointer(type) && is_pointer(left) && is_integer(right))
		need_complete(p, c, clang.getPointeeType(
				clang.getCanonicalType(left)));
	else if (is_pointer(type) && is_integer(left) && is_pointer(right))
		need_complete(p, c, clang.getPointeeType(
				clang.getCanonicalType(right)));
	else if (is_pointer(left) && is_pointer(right) &&
		 clang.getCanonicalType(type).kind == CXType_Long)
		need_complete(p, c, clang.getPointeeType(
				clang.getCanonicalType(left)));
}

/* "p++"; not "&x" and "*pp", which give a pointer of another type. */
static void see_unary(struct parse *p, CXCursor c)
{
	struct operands o = operands_of(c);
	CXType type = clang.getCanonicalType(clang.getCursorType(c));

	if (o.nr == 1 && is_pointer(type) &&
	    clang.equalTypes(type, clang.getCanonicalType(
					   clang.getCursorType(o.v[0]))))
		need_complete(p, c, clang.getPointeeType(type));
}

/* "sizeof(struct x *)": libclang does not give the type in the parentheses. */
static bool ends_in_star(struct parse *p, CXCursor c)
{
	CXToken *tokens = NULL;
	unsigned nr = 0;
	bool star = false;

	clang.tokenize(p->tu, clang.getCursorExtent(c), &tokens, &nr);
	if (nr >= 2) {
		_cleanup_free_ char *word = parse_text(
			clang.getTokenSpelling(p->tu, tokens[nr - 2]));

		star = !strcmp(word, "*");
	}
	clang.disposeTokens(p->tu, tokens, nr);
	return star;
}

static void see_sizeof(struct parse *p, CXCursor c)
{
	struct operands o = operands_of(c);
	CXCursor decl;

	if (!o.nr)
		return;
	if (clang.getCursorKind(o.v[0]) != CXCursor_TypeRef) {
		need_complete(p, c, clang.getCursorType(o.v[0]));
		return;
	}
	decl = clang.getCursorReferenced(o.v[0]);
	if (!ends_in_star(p, c))
		need_complete(p, c, clang.getCursorType(decl));
}

/* ---- the walk ------------------------------------------------------------------ */

/* The looked-at code defines what a watched file declares. */
static void see_function(struct parse *p, CXCursor c)
{
	_cleanup_free_ char *name = NULL;
	struct cparse_ref *ref;
	CXCursor first;

	if (!clang.isCursorDefinition(c))
		return;
	need_complete(p, c, clang.getCursorResultType(c));
	first = clang.getCanonicalCursor(c);
	if (clang.equalCursors(first, c) || is_declared(p, c))
		return;
	name = parse_text(clang.getCursorSpelling(c));
	ref = add(p, c, CPARSE_FUNCTION, first, xasprintf("%s()", name));
	if (ref)
		ref->defines = true;
}

static void see_variable(struct parse *p, CXCursor c)
{
	struct cparse_ref *ref;
	CXCursor first;

	/* A tentative definition is one, though libclang says it is not. */
	if (clang.Cursor_getStorageClass(c) == CX_SC_Extern &&
	    !clang.isCursorDefinition(c))
		return; /* the type may be incomplete */
	need_complete(p, c, clang.getCursorType(c));
	first = clang.getCanonicalCursor(c);
	if (clang.equalCursors(first, c) || is_declared(p, c))
		return;
	ref = add(p, c, CPARSE_FUNCTION, first,
		  parse_text(clang.getCursorSpelling(c)));
	if (ref)
		ref->defines = true;
}

/* A parameter by value; a mere prototype may leave its type incomplete. */
static void see_parameter(struct parse *p, CXCursor c, CXCursor parent)
{
	if (clang.getCursorKind(parent) == CXCursor_FunctionDecl &&
	    clang.isCursorDefinition(parent))
		need_complete(p, c, clang.getCursorType(c));
}

static enum CXChildVisitResult see(CXCursor c, CXCursor parent,
				   CXClientData data)
{
	struct parse *p = data;

	switch (clang.getCursorKind(c)) {
	case CXCursor_FunctionDecl:
		see_function(p, c);
		break;
	case CXCursor_VarDecl:
		see_variable(p, c);
		break;
	case CXCursor_FieldDecl:
		need_complete(p, c, clang.getCursorType(c));
		break;
	case CXCursor_ParmDecl:
		see_parameter(p, c, parent);
		break;
	case CXCursor_TypeRef:
	case CXCursor_DeclRefExpr:
	case CXCursor_MemberRefExpr:
	case CXCursor_MemberRef:
		refer(p, c);
		break;
	case CXCursor_BinaryOperator:
	case CXCursor_CompoundAssignOperator:
		see_binary(p, c);
		break;
	case CXCursor_UnaryOperator:
		see_unary(p, c);
		break;
	case CXCursor_UnaryExpr:
		see_sizeof(p, c);
		break;
	case CXCursor_UnexposedExpr: /* reads a value */
	case CXCursor_CallExpr:
	case CXCursor_ArraySubscriptExpr:
	case CXCursor_InitListExpr:
	case CXCursor_CompoundLiteralExpr:
		need_complete(p, c, clang.getCursorType(c));
		break;
	default:
		break;
	}
	return CXChildVisit_Recurse;
}

static enum CXChildVisitResult see_constant(CXCursor c, CXCursor parent,
					    CXClientData data)
{
	struct parse *p = data;
	_cleanup_free_ char *name = parse_text(clang.getCursorSpelling(c));
	size_t file;

	(void)parent;
	if (clang.getCursorKind(c) == CXCursor_EnumConstantDecl &&
	    parse_is_watched(p, c, &file))
		strmap_set(&p->names, name, (void *)(file + 1));
	return CXChildVisit_Continue;
}

/* A declaration of a watched file. */
static void note_name(struct parse *p, CXCursor c, size_t file)
{
	_cleanup_free_ char *name = parse_text(clang.getCursorSpelling(c));
	_cleanup_free_ char *key = NULL;

	switch (clang.getCursorKind(c)) {
	case CXCursor_StructDecl:
	case CXCursor_UnionDecl:
		/* A name alone is no reason to keep a header. */
		if (!clang.isCursorDefinition(c))
			return;
		key = record_title(c);
		break;
	case CXCursor_EnumDecl:
		clang.visitChildren(c, see_constant, p);
		key = xasprintf("enum %s", name);
		break;
	default:
		key = xstrdup(name);
	}
	strmap_set(&p->names, key, (void *)(file + 1));
}

static enum CXChildVisitResult see_top(CXCursor c, CXCursor parent,
				       CXClientData data)
{
	struct parse *p = data;
	struct place at;

	if (clang.isPreprocessing(clang.getCursorKind(c)))
		return CXChildVisit_Continue;
	at = parse_place(p, c);
	if (at.file == CPARSE_NO_FILE)
		return CXChildVisit_Continue;
	if (p->u->files[at.file].watch) {
		p->started = true;
		note_name(p, c, at.file);
	}
	if (!p->u->files[at.file].look)
		return CXChildVisit_Continue;
	if (p->started) {
		see(c, parent, p);
		clang.visitChildren(c, see, p);
	}
	note_declared(p, c);
	return CXChildVisit_Continue;
}

void parse_walk(struct parse *p)
{
	clang.visitChildren(clang.getTranslationUnitCursor(p->tu), see_top, p);
}

/* ---- what was skipped ----------------------------------------------------------- */

static void add_skipped(struct parse *p, const char *name, unsigned line)
{
	struct cparse_unit *u = p->u;
	size_t file = (size_t)strmap_get(&p->names, name);
	_cleanup_free_ char *key = xasprintf("skipped %s", name);
	CXCursor *macro = file ? NULL : parse_macro(p, name);

	if (file)
		file--;
	else if (!macro || !parse_is_watched(p, *macro, &file))
		return;
	if (strmap_has(&u->seen, key))
		return;
	strmap_set(&u->seen, key, u);
	GROW(u->skipped, u->nr_skipped, u->alloc_skipped);
	u->skipped[u->nr_skipped++] =
		(struct cparse_skipped){ xstrdup(name), file, line };
}

static void see_skipped(struct parse *p, CXSourceRange range)
{
	_cleanup_free_ char *before = xstrdup("");
	CXToken *tokens = NULL;
	unsigned nr = 0, line;

	clang.tokenize(p->tu, range, &tokens, &nr);
	for (unsigned i = 0; i < nr; i++) {
		enum CXTokenKind kind = clang.getTokenKind(tokens[i]);
		_cleanup_free_ char *word = NULL, *tagged = NULL;

		if (kind == CXToken_Comment)
			continue;
		word = parse_text(clang.getTokenSpelling(p->tu, tokens[i]));
		if (kind == CXToken_Identifier) {
			clang.getFileLocation(
				clang.getTokenLocation(p->tu, tokens[i]), NULL,
				&line, NULL, NULL);
			tagged = xasprintf("%s %s", before, word);
			if (strmap_has(&p->names, tagged))
				add_skipped(p, tagged, line);
			else
				add_skipped(p, word, line);
		}
		free(before);
		before = STEAL(word);
	}
	clang.disposeTokens(p->tu, tokens, nr);
}

void parse_skipped(struct parse *p)
{
	CXCursor root = clang.getTranslationUnitCursor(p->tu);
	_cleanup_free_ char *source = parse_text(clang.getCursorSpelling(root));
	CXFile file = clang.getFile(p->tu, source);
	CXSourceRangeList *list =
		file ? clang.getSkippedRanges(p->tu, file) : NULL;

	if (!list)
		return;
	for (unsigned i = 0; i < list->count; i++)
		see_skipped(p, list->ranges[i]);
	clang.disposeSourceRangeList(list);
}
