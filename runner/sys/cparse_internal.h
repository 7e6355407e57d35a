/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between cparse.c (files, includes, macros), cparse_walk.c (declarations and code)
 * and cparse_lib.c (libclang itself).
 */
#ifndef KVMATRIX_SYS_CPARSE_INTERNAL_H
#define KVMATRIX_SYS_CPARSE_INTERNAL_H

#include "sys/cparse.h"

#include <clang-c/Index.h>
#include <stdint.h>

/*
 * What is called of libclang. It is not linked: setting it up takes longer than
 * starting kvmatrix, and few commands need it. cparse_load() fills this table in;
 * its types are those of the header.
 */
#define LIBCLANG_FUNCTIONS(F) \
	F(createIndex) F(Cursor_getStorageClass) F(Cursor_isAnonymous) \
	F(Cursor_isNull) F(disposeDiagnostic) F(disposeIndex) \
	F(disposeSourceRangeList) F(disposeString) F(disposeTokens) \
	F(disposeTranslationUnit) F(equalCursors) F(equalTypes) \
	F(getArrayElementType) F(getCanonicalCursor) F(getCanonicalType) \
	F(getCString) F(getCursorDefinition) F(getCursorExtent) \
	F(getCursorKind) F(getCursorLocation) F(getCursorReferenced) \
	F(getCursorResultType) F(getCursorSemanticParent) \
	F(getCursorSpelling) F(getCursorType) F(getDiagnostic) \
	F(getDiagnosticLocation) F(getDiagnosticSeverity) \
	F(getDiagnosticSpelling) F(getFile) F(getFileContents) \
	F(getFileLocation) F(getFileName) F(getIncludedFile) \
	F(getNumDiagnostics) F(getPointeeType) F(getSkippedRanges) \
	F(getTokenKind) F(getTokenLocation) F(getTokenSpelling) \
	F(getTranslationUnitCursor) F(getTypeDeclaration) \
	F(getTypeSpelling) F(isCursorDefinition) F(isPreprocessing) \
	F(parseTranslationUnit2FullArgv) F(tokenize) F(visitChildren)

struct libclang {
#define F(name) typeof(clang_##name) *name;
	LIBCLANG_FUNCTIONS(F)
#undef F
};
/* Written once, by cparse_load(). */
extern struct libclang clang;

/* A macro's name in code that is looked at. */
struct expansion {
	size_t file;
	unsigned offset;
	bool watched; /* the macro is a watched file's */
};

struct file_slot {
	CXFile key;
	size_t file;
};

struct parse {
	CXTranslationUnit tu;
	const struct cparse_job *job;
	struct cparse_unit *u;
	/* CXFile -> index of unit.files; open addressing, a power of two. */
	struct file_slot *slots;
	size_t nr_slots, used_slots;
	struct file_slot last;
	/* All macro definitions, newest of a name; name -> index + 1. */
	CXCursor *macros;
	size_t nr_macros, alloc_macros;
	struct strmap macro_by_name;
	struct strmap entered; /* names of macros whose bodies were read */
	struct expansion *expansions; /* sorted once collected */
	size_t nr_expansions, alloc_expansions;
	/* Walk. */
	struct strmap declared; /* "s:kvm", "f:kvm_get_vcpu": looked-at code has
				 * a declaration of its own */
	bool started; /* a watched declaration was seen */
	struct strmap names; /* that watched files declare: "kvm_get_kvm",
			      * "struct kvm" -> file + 1 */
};

struct place {
	size_t file; /* CPARSE_NO_FILE: none */
	unsigned line, offset;
};

struct place parse_place(struct parse *p, CXCursor c);
bool parse_is_watched(struct parse *p, CXCursor c, size_t *file);
/* The expansion at a place of looked-at code, or NULL. */
const struct expansion *parse_expansion(const struct parse *p,
					const struct place *at);
/*
 * Where a word stands in the body of a macro that is not watched, or in those that
 * it stands for. false: in one that is watched.
 */
bool parse_in_macro(struct parse *p, const char *macro, const char *word,
		    struct place *at);
/* The newest definition of a macro, or NULL. */
CXCursor *parse_macro(const struct parse *p, const char *name);
/* The identifier that stands at a place; owned. */
char *parse_word(struct parse *p, const struct place *at);
/* name is taken over; via may be NULL. */
struct cparse_ref *parse_add_ref(struct parse *p, enum cparse_use use,
				 char *name, const char *via, size_t decl,
				 const struct place *at);
char *parse_text(CXString s);

void parse_walk(struct parse *p);
/* After the walk: names in what the preprocessor skipped of the source. */
void parse_skipped(struct parse *p);

#endif
