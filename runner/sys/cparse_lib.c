// SPDX-License-Identifier: GPL-2.0-only
/*
 * libclang itself. The Makefile records the name of the library (its soname, so that
 * another version is not taken for it) and the package that has it.
 */
#include "sys/cparse_internal.h"

#include "sys/errbuf.h"
#include "sys/mem.h"

#include <dlfcn.h>

struct libclang clang;

static const struct {
	const char *name;
	size_t at; /* in struct libclang */
} functions[] = {
#define F(name) { "clang_" #name, offsetof(struct libclang, name) },
	LIBCLANG_FUNCTIONS(F)
#undef F
};

const char *cparse_library(void)
{
	return KVMATRIX_LIBCLANG;
}

const char *cparse_package(void)
{
	return KVMATRIX_LIBCLANG_PACKAGE;
}

static int fail(struct errbuf *err, const char *why)
{
	return errbuf_set(err, "libclang cannot be loaded (%s); it is in the "
			       "package %s",
			  why ? why : KVMATRIX_LIBCLANG,
			  KVMATRIX_LIBCLANG_PACKAGE);
}

int cparse_load(struct errbuf *err)
{
	struct libclang found;
	void *lib;

	if (clang.createIndex)
		return 0;
	lib = dlopen(KVMATRIX_LIBCLANG, RTLD_LAZY | RTLD_LOCAL);
	if (!lib)
		return fail(err, dlerror());
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		void *f = dlsym(lib, functions[i].name);

		if (!f) {
			fail(err, dlerror());
			dlclose(lib);
			return -1;
		}
		memcpy((char *)&found + functions[i].at, &f, sizeof(f));
	}
	clang = found;
	return 0;
}
