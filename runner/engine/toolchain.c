// SPDX-License-Identifier: GPL-2.0-only
/*
 * "gcc" is the cross gcc of the architecture, "gcc-13" a versioned one, "llvm"
 * and "llvm-15" what the kernel's own LLVM= means (Documentation/kbuild/llvm.rst).
 * A compiler's driver is a small program that starts others, so the identity
 * covers cc1, as and ld as the driver itself finds them.
 */
#include "engine/toolchain.h"

#include "model/matrix.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/hash.h"
#include "sys/mem.h"
#include "sys/proc.h"
#include "sys/strbuf.h"

void toolchain_release(struct toolchain *t)
{
	strlist_release(&t->make_vars);
	free(t->cc);
	free(t->hostcc);
	free(t->version);
	free(t->id);
	*t = (struct toolchain){ 0 };
}

void toolchain_copy(struct toolchain *to, const struct toolchain *from)
{
	*to = (struct toolchain){
		.cc = xstrdup_null(from->cc),
		.hostcc = xstrdup_null(from->hostcc),
		.version = xstrdup_null(from->version),
		.id = xstrdup_null(from->id),
	};
	strlist_cat(&to->make_vars, &from->make_vars);
}

/* Output of one short command without its newline; NULL when it failed. */
static char *output_of(const char *prog, const char *arg)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;

	if (proc_run(&out, &ignored, prog, arg, NULL))
		return NULL;
	strbuf_setlen(&out, strcspn(out.buf, "\n"));
	return strbuf_detach(&out);
}

static void hash_program(struct hash *h, const char *name)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_free_ char *path = name ? program_find(name) : NULL;
	_cleanup_free_ char *hex = path ? hash_file(path, &ignored) : NULL;

	hash_add_str(h, hex);
}

static int identify(struct toolchain *t, struct errbuf *err)
{
	static const char *const parts[] = { "cc1", "as", "ld" };
	struct hash *h;

	t->version = output_of(t->cc, "--version");
	if (!t->version)
		return errbuf_set(err, "%s --version does not work", t->cc);
	h = hash_new();
	hash_add_str(h, t->version);
	hash_program(h, t->cc);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		_cleanup_free_ char *opt =
			xasprintf("-print-prog-name=%s", parts[i]);
		_cleanup_free_ char *prog = output_of(t->cc, opt);

		hash_program(h, prog);
	}
	t->id = hash_finish(h);
	return 0;
}

int toolchain_resolve(struct toolchain *t, const struct cell *c,
		      struct errbuf *err)
{
	const char *cross = arch_cross_compile(c->arch);
	const char *suffix = strchr(c->toolchain, '-');
	_cleanup_free_ char *found = NULL;

	strlist_addf(&t->make_vars, "ARCH=%s", c->arch);
	if (*cross)
		strlist_addf(&t->make_vars, "CROSS_COMPILE=%s", cross);
	if (starts_with(c->toolchain, "llvm")) {
		strlist_addf(&t->make_vars, "LLVM=%s", suffix ? suffix : "1");
		t->cc = xasprintf("clang%s", suffix ? suffix : "");
		t->hostcc = xstrdup(t->cc);
	} else {
		t->cc = xasprintf("%sgcc%s", cross, suffix ? suffix : "");
		t->hostcc = xstrdup("gcc");
		if (suffix)
			strlist_addf(&t->make_vars, "CC=%s", t->cc);
	}
	found = program_find(t->cc);
	if (!found)
		return errbuf_set(err,
				  "compiler %s is not installed (Debian: "
				  "apt-get install %s%s)",
				  t->cc,
				  starts_with(c->toolchain, "llvm") ?
					  "clang lld llvm" :
					  arch_gcc_package(c->arch),
				  starts_with(c->toolchain, "llvm") || !suffix ?
					  "" :
					  ", in that version");
	return identify(t, err);
}
