// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/cmd.h"
#include "engine/place.h"
#include "engine/toolchain.h"
#include "model/matrix.h"
#include "sys/cparse.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strlist.h"

#include <getopt.h>
#include <stdio.h>

static const char help[] =
	"usage: kvmatrix doctor [-m MATRIX]\n"
	"\n"
	"Tells what a run of the matrix (default: kvm) needs on this machine, what is\n"
	"missing, and the command that installs it. Exit code 0 when all is there,\n"
	"3 when something needed is missing.\n";

static const struct {
	const char *program, *package, *use;
	bool needed;
} tools[] = {
	{ "git", "git", "patches and states", true },
	{ "make", "make", "the kernel's build", true },
	{ "gcc", "gcc", "the kernel's host programs", true },
	{ "bc", "bc", "the kernel's build", true },
	{ "bison", "bison", "the kernel's build", true },
	{ "flex", "flex", "the kernel's build", true },
	{ "perl", "perl", "the kernel's build", true },
	{ "bwrap", "bubblewrap", "isolated builds, several at once", false },
	{ "ccache", "ccache", "not compiling the same thing twice", false },
};

static void line(const char *status, const char *what, const char *detail)
{
	printf("%-8s %-28s %s\n", status, what, detail);
}

static bool check_tools(struct strlist *packages)
{
	bool ok = true;

	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		_cleanup_free_ char *path = program_find(tools[i].program);

		if (path) {
			line("ok", tools[i].program, tools[i].use);
			continue;
		}
		line(tools[i].needed ? "MISSING" : "absent", tools[i].program,
		     tools[i].use);
		strlist_add(packages, tools[i].package);
		ok = ok && !tools[i].needed;
	}
	return ok;
}

/* The only library that is not linked. */
static void check_libclang(struct strlist *packages)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	bool there = !cparse_load(&err);

	line(there ? "ok" : "absent", cparse_library(),
	     "what C code means, for the audit exposure");
	if (!there)
		strlist_add(packages, cparse_package());
}

static bool check_compilers(const struct matrix *m, struct strlist *packages)
{
	_cleanup_strlist_ struct strlist seen = STRLIST_INIT;
	bool ok = true;

	for (size_t i = 0; i < m->nr_cells; i++) {
		const struct cell *c = &m->cells[i];
		_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
		_cleanup_(toolchain_release) struct toolchain t = { 0 };
		_cleanup_free_ char *name =
			xasprintf("%s %s", c->arch, c->toolchain);

		if (strlist_has(&seen, name))
			continue;
		strlist_add(&seen, name);
		if (!toolchain_resolve(&t, c, &err)) {
			line("ok", name, t.version);
			continue;
		}
		line("MISSING", name, err.msg);
		if (starts_with(c->toolchain, "gcc"))
			strlist_add(packages, arch_gcc_package(c->arch));
		else
			strlist_addl(packages, "clang", "lld", "llvm", NULL);
		ok = false;
	}
	return ok;
}

static bool check_place(void)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *self = self_path();
	_cleanup_free_ char *cache = cache_dir();
	struct place p = { .lock = -1 };
	char text[100];
	int64_t bytes;
	bool ok = true;

	if (place_open(&p, self, false, true, &err)) {
		line("MISSING", "cache", err.msg);
		return false;
	}
	if (p.mode == SANDBOX_OVERLAY)
		line("ok", "isolated builds", "namespaces, overlays, bubblewrap");
	else
		line("absent", "isolated builds", p.why_plain);
	bytes = disk_free_bytes(p.cache);
	snprintf(text, sizeof(text), "%lld GiB free",
		 (long long)(bytes >> 30));
	if (bytes < (4LL << 30))
		ok = false;
	line(ok ? "ok" : "MISSING", p.cache, text);
	place_close(&p);
	return ok;
}

int cmd_doctor(int argc, char **argv)
{
	static const struct option options[] = {
		{ "matrix", required_argument, NULL, 'm' },
		{ "help", no_argument, NULL, 'h' },
		{ 0 },
	};
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_matrix_ struct matrix m = MATRIX_INIT;
	_cleanup_strlist_ struct strlist packages = STRLIST_INIT;
	_cleanup_free_ char *home = home_dir();
	const char *name = "kvm";
	bool ok;
	int c;

	while ((c = getopt_long(argc, argv, "m:h", options, NULL)) != -1) {
		if (c == 'h') {
			fputs(help, stdout);
			return EXIT_OK;
		}
		if (c != 'm')
			return EXIT_USAGE;
		name = optarg;
	}
	if (matrix_read(&m, name, home, &err)) {
		complain("%s", err.msg);
		return EXIT_USAGE;
	}
	ok = check_tools(&packages);
	check_libclang(&packages);
	ok = check_compilers(&m, &packages) && ok;
	ok = check_place() && ok;
	if (packages.nr) {
		_cleanup_free_ char *all = NULL;

		strlist_sort(&packages);
		all = strlist_join(&packages, " ");
		printf("\nOn Debian: apt-get install %s\n", all);
	}
	return ok ? EXIT_OK : EXIT_UNKNOWN;
}
