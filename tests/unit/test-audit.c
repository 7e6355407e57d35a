// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the audits decide, without a kernel.
 */
#include "audit/accept.h"
#include "audit/audit.h"
#include "audit/cost.h"
#include "audit/coverage.h"
#include "audit/cycles.h"
#include "audit/headers.h"
#include "audit/ledger.h"
#include "audit/sharing.h"
#include "audit/standalone.h"
#include "model/result.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- ledger ------------------------------------------------------------------- */

/* holds: "0110"; want: "added 1 removed 3". */
static void assert_changes(const char *holds, const char *want)
{
	struct fact_change c[2];
	bool at[16];
	unsigned nr = strlen(holds);
	char got[64] = "";

	for (unsigned i = 0; i < nr; i++)
		at[i] = holds[i] == '1';
	nr = fact_changes(at, nr, c);
	for (unsigned i = 0; i < nr; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got),
			 "%s%s %u", i ? " " : "",
			 finding_status_name(c[i].status), c[i].patch);
	assert_string_equal(got, want);
}

static void the_patch_that_brought_it_is_blamed(void **state)
{
	(void)state;
	assert_changes("0000", "");
	assert_changes("1111", "present 0");
	assert_changes("0011", "added 2");
	assert_changes("0110", "added 1 removed 3");
	assert_changes("1100", "removed 2");
	assert_changes("1000", "removed 1");
	assert_changes("0001", "added 3");
	assert_changes("1", "present 0");
	/* what the base has is nobody's fault, though it was away */
	assert_changes("1011", "present 0");
	assert_changes("0101", "added 1");
	assert_changes("1010", "removed 3");
}

/* ---- sharing and headers --------------------------------------------------------- */

static const char sharing_text[] =
	"# comment\n"
	"arch arm arm64 s390\n"
	"arch um x86 # more\n"
	"\n"
	"share arm64 arm include/xen/arm/* arch/arm/xen/*\n"
	"share um x86 arch/x86/*\n";

static void assert_kind(const struct sharing *s, const char *arch,
			const char *file, const char *base, const char *want)
{
	const char *owner = "";
	const char *kind = headers_kind(s, arch, file, base ? base : file,
					&owner);
	_cleanup_free_ char *got =
		kind ? xasprintf("%s %s", kind, owner) : NULL;

	if (!want != !got || (want && strcmp(want, got)))
		fail_msg("%s for %s: %s", file, arch, got ? got : "nobody's");
}

static void a_header_is_another_architectures(void **state)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	struct sharing *s = sharing_parse("s.list", sharing_text, &err);

	(void)state;
	assert_non_null(s);
	assert_kind(s, "s390", "arch/arm64/include/asm/a.h", NULL, "arch arm64");
	assert_kind(s, "s390", "arch/s390/include/asm/a.h", NULL, NULL);
	assert_kind(s, "s390", "include/linux/a.h", NULL, NULL);
	assert_kind(s, "s390", "include/kvm/arm64/a.h", NULL, "named arm64");
	assert_kind(s, "s390", "include/uapi/arch/arm64/a.h", NULL,
		    "named arm64");
	assert_kind(s, "arm64", "include/kvm/arm64/a.h", NULL, NULL);
	/* a file, not a directory, of that name */
	assert_kind(s, "s390", "include/kvm/arm64.h", NULL, NULL);
	assert_kind(s, "s390", "include/kvm/arm_vgic.h", NULL, NULL);
	assert_kind(s, "s390", "arch/Kconfig", NULL, NULL);
	/* moved by the series */
	assert_kind(s, "s390", "include/kvm/v.h", "arch/arm64/include/asm/v.h",
		    "moved arm64");
	assert_kind(s, "arm64", "include/kvm/v.h",
		    "arch/arm64/include/asm/v.h", NULL);
	assert_kind(s, "s390", "arch/s390/include/asm/v.h",
		    "arch/arm64/include/asm/v.h", NULL);
	assert_kind(s, "s390", "include/linux/v.h", "include/kvm/v.h", NULL);
	/* documented */
	assert_kind(s, "arm64", "include/xen/arm/page.h", NULL, NULL);
	assert_kind(s, "arm64", "arch/arm/xen/p.h", NULL, NULL);
	assert_kind(s, "arm64", "arch/arm/include/asm/p.h", NULL, "arch arm");
	assert_kind(s, "s390", "include/xen/arm/page.h", NULL, "named arm");
	assert_kind(s, "um", "arch/x86/um/deep/er/a.h", NULL, NULL);
	sharing_free(s);
}

static void assert_bad_sharing(const char *text, const char *want)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	assert_null(sharing_parse("s.list", text, &err));
	assert_non_null(strstr(err.msg, want));
}

static void a_bad_sharing_file_is_told_by_line(void **state)
{
	(void)state;
	assert_bad_sharing("arch a b\nshare a\n", "s.list:2: 'share' takes");
	assert_bad_sharing("arch a\n\nshare a b c\n", "s.list:3: 'b' is not named");
	assert_bad_sharing("arhc a\n", "s.list:1: 'arhc' is neither");
}

static void the_shipped_sharing_file_is_read(void **state)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	const char *top = getenv("KVMATRIX_TOP");
	struct sharing *s = sharing_read(top ? top : ".", &err);

	(void)state;
	if (!s)
		fail_msg("%s", err.msg);
	assert_true(sharing_allows(s, "arm64", "arm", "include/xen/arm/page.h"));
	assert_string_equal(sharing_owner(s, "arch/powerpc/kvm/book3s.h"),
			    "powerpc");
	sharing_free(s);
	assert_null(sharing_read("/nowhere", &err));
	assert_non_null(strstr(err.msg, "/nowhere/audits/sharing.list"));
}

/* ---- accept ------------------------------------------------------------------------ */

static char *write_file(const char *text)
{
	char *path = xasprintf("/tmp/test-audit.%ld", (long)getpid());
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	assert_int_equal(file_write(path, text, strlen(text), &err), 0);
	return path;
}

static void accepted_findings_have_a_reason(void **state)
{
	_cleanup_free_ char *path = write_file(
		"# known\n\n  headers-0123456789ab \t s390 runs arm64 guests \n"
		"cycles-000000000000 old");
	_cleanup_(accept_release) struct accept_list l = { 0 };
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	(void)state;
	assert_int_equal(accept_read(&l, path, &err), 0);
	unlink(path);
	assert_int_equal(l.nr, 2);
	assert_string_equal(accept_reason(&l, "headers-0123456789ab"),
			    "s390 runs arm64 guests");
	assert_string_equal(accept_reason(&l, "cycles-000000000000"), "old");
	assert_null(accept_reason(&l, "headers-0123456789a"));
	assert_null(accept_reason(NULL, "headers-0123456789ab"));
}

static void assert_bad_accept(const char *text, const char *want)
{
	_cleanup_free_ char *path = write_file(text);
	_cleanup_(accept_release) struct accept_list l = { 0 };
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *full = xasprintf("%s:%s", path, want);

	assert_int_equal(accept_read(&l, path, &err), -1);
	unlink(path);
	if (!starts_with(err.msg, full))
		fail_msg("%s", err.msg);
}

static void a_bad_accept_file_is_told_by_line(void **state)
{
	(void)state;
	assert_bad_accept("\nheaders-0123456789ab\n",
			  "2: headers-0123456789ab is accepted without a reason");
	assert_bad_accept("headers-0123456789ab  \t\n", "1: headers-01");
	assert_bad_accept("heders-0123456789ab why\n",
			  "1: 'heders-0123456789ab' is no id");
	assert_bad_accept("because\n", "1: 'because' is no id");
	assert_bad_accept("cost-1 a\ncost-2 b\ncost-1 c\n",
			  "3: cost-1 is accepted in line 1 already");
}

static void expired_entries_are_told(void **state)
{
	_cleanup_free_ char *path =
		write_file("headers-1 a\nheaders-2 b\ncycles-3 c\n");
	_cleanup_(accept_release) struct accept_list l = { 0 };
	_cleanup_run_result_ struct run_result r = RUN_RESULT_INIT;
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	(void)state;
	assert_int_equal(accept_read(&l, path, &err), 0);
	unlink(path);
	/* cycles was not made: nothing is known of its entry */
	strlist_add(&r.audits, "headers");
	run_result_add_finding(&r)->id = xstrdup("headers-2");
	accept_unused(&l, &r, &lines);
	assert_int_equal(lines.nr, 1);
	assert_non_null(strstr(lines.v[0], ":1: headers-1 is not found any more"));
}

/* ---- trees made by hand -------------------------------------------------------------- */

/* text: a line each "PARENT LINE FILE BYTES" . */
static void make_tree(struct look_tree *t, struct look_names *names,
		      const char *text)
{
	_cleanup_strlist_ struct strlist lines = STRLIST_INIT;

	strlist_split(&lines, text, "\n");
	strlist_each(line, &lines) {
		char file[64];
		int parent;
		unsigned at, bytes = 0;

		assert_true(sscanf(line, "%d %u %63s %u", &parent, &at, file,
				   &bytes) >= 3);
		GROW(t->v, t->nr, t->alloc);
		t->v[t->nr++] = (struct look_enter){
			.file = look_name(names, file),
			.parent = parent,
			.line = at,
			.bytes = bytes,
			.lines = bytes / 10,
		};
	}
}

static const struct loop_edge *edge(const struct loops *l, const char *from,
				    const char *to)
{
	for (size_t i = 0; i < l->nr; i++)
		if (!strcmp(l->v[i].from, from) && !strcmp(l->v[i].to, to))
			return &l->v[i];
	return NULL;
}

static void cycles_are_found_where_a_file_is_entered_in_itself(void **state)
{
	_cleanup_(look_names_release) struct look_names names = { 0 };
	_cleanup_(look_tree_release) struct look_tree t = { 0 };
	struct loops l = { 0 };

	(void)state;
	make_tree(&t, &names,
		  "-1 0 x.c\n"
		  "0 1 a.h\n"	/* 1 */
		  "1 2 b.h\n"	/* 2 */
		  "2 3 c.h\n"	/* 3 */
		  "3 4 a.h\n"	/* a -> b -> c -> a */
		  "3 5 d.h\n"	/* not on it */
		  "0 2 b.h\n"	/* not inside itself */
		  "0 3 p.h\n"	/* 7 */
		  "7 1 q.h\n"
		  "8 1 p.h\n"	/* p -> q -> p, apart */
		  "0 4 s.h\n"	/* 10 */
		  "10 9 s.h\n"); /* itself */
	loops_add(&l, &t);
	loops_solve(&l);
	assert_int_equal(l.nr, 6);
	assert_int_equal(l.nr_parts, 3);
	assert_int_equal(edge(&l, "c.h", "a.h")->line, 4);
	assert_null(edge(&l, "c.h", "d.h"));
	assert_null(edge(&l, "x.c", "a.h"));
	assert_int_equal(edge(&l, "a.h", "b.h")->part,
			 edge(&l, "c.h", "a.h")->part);
	assert_int_not_equal(edge(&l, "a.h", "b.h")->part,
			     edge(&l, "p.h", "q.h")->part);
	/* in a plain ring each include breaks it */
	for (size_t i = 0; i < l.nr; i++)
		assert_true(l.v[i].breaks);
	assert_true(loops_have(&l, look_name(&names, "s.h"),
			       look_name(&names, "s.h")));
	loops_release(&l);
}

static void the_include_that_breaks_two_rings_is_the_common_one(void **state)
{
	_cleanup_(look_names_release) struct look_names names = { 0 };
	_cleanup_(look_tree_release) struct look_tree t = { 0 };
	struct loops l = { 0 };

	(void)state;
	/* a -> b, b -> c -> a and b -> d -> a */
	make_tree(&t, &names, "-1 0 x.c\n0 1 a.h\n1 1 b.h\n2 1 c.h\n3 1 a.h\n"
			      "2 2 d.h\n5 1 a.h\n");
	loops_add(&l, &t);
	loops_solve(&l);
	assert_int_equal(l.nr_parts, 1);
	assert_int_equal(l.nr, 5);
	assert_true(edge(&l, "a.h", "b.h")->breaks);
	assert_false(edge(&l, "b.h", "c.h")->breaks);
	assert_false(edge(&l, "c.h", "a.h")->breaks);
	assert_false(edge(&l, "d.h", "a.h")->breaks);
	loops_release(&l);
}

static void two_rings_in_one_file_need_two_cuts(void **state)
{
	_cleanup_(look_names_release) struct look_names names = { 0 };
	_cleanup_(look_tree_release) struct look_tree t = { 0 };
	struct loops l = { 0 };

	(void)state;
	make_tree(&t, &names, "-1 0 x.c\n0 1 a.h\n1 1 b.h\n2 1 a.h\n"
			      "1 2 c.h\n4 1 a.h\n");
	loops_add(&l, &t);
	loops_solve(&l);
	assert_int_equal(l.nr_parts, 1);
	for (size_t i = 0; i < l.nr; i++)
		assert_false(l.v[i].breaks);
	loops_release(&l);
}

static void tracepoints_are_no_cycles(void **state)
{
	_cleanup_(look_names_release) struct look_names names = { 0 };
	_cleanup_(look_tree_release) struct look_tree t = { 0 };
	struct loops l = { 0 };

	(void)state;
	make_tree(&t, &names, "-1 0 x.c\n0 1 trace.h\n"
			      "1 9 include/trace/define_trace.h\n2 95 trace.h\n");
	loops_add(&l, &t);
	assert_int_equal(l.nr, 0);
	loops_release(&l);
}

/* ---- cost ---------------------------------------------------------------------------- */

static void a_header_costs_what_it_brings(void **state)
{
	_cleanup_(look_names_release) struct look_names names = { 0 };
	_cleanup_(look_tree_release) struct look_tree t = { 0 };
	struct cost all = { 0 }, whole = { 0 }, own = { 0 };

	(void)state;
	make_tree(&t, &names, "-1 0 x.c 100\n0 1 a.h 10\n1 1 b.h 20\n2 1 c.h 40\n"
			      "0 2 d.h 80\n0 3 b.h 5\n");
	cost_of_tree(&t, &all);
	assert_int_equal(all.bytes, 255);
	assert_int_equal(all.includes, 5);
	assert_int_equal(all.units, 1);
	cost_of_header(&t, look_name(&names, "b.h"), &whole, &own);
	assert_int_equal(whole.bytes, 60);
	assert_int_equal(whole.includes, 1);
	assert_int_equal(own.bytes, 20);
	cost_of_header(&t, look_name(&names, "none.h"), &whole, &own);
	assert_int_equal(whole.units, 1);
	assert_true(cost_is_kvm_header("arch/s390/include/asm/kvm_host.h"));
	assert_true(cost_is_kvm_header("arch/x86/kvm/mmu.h"));
	assert_false(cost_is_kvm_header("include/linux/mm.h"));
	assert_false(cost_is_kvm_header("virt/kvm/kvm_main.c"));
}

/* ---- coverage -------------------------------------------------------------------------- */

static void assert_makefile(const char *text, const char *object,
			    const char *want)
{
	_cleanup_free_ char *got = coverage_makefile_option(text, object);

	if (want)
		assert_string_equal(got, want);
	else
		assert_null(got);
}

static void makefiles_name_the_option(void **state)
{
	static const char text[] =
		"kvm-y += x86.o emulate.o \\\n\tmmu/mmu.o\n"
		"kvm-$(CONFIG_KVM_XEN)\t+= xen.o\n"
		"kvm-$(CONFIG_KVM_SMM) += a.o \\\n  smm.o\n"
		"obj-$(CONFIG_KVM_AMD)+=amd.o\n"
		"# xen2.o\n";

	(void)state;
	assert_makefile(text, "xen.o", "CONFIG_KVM_XEN");
	assert_makefile(text, "smm.o", "CONFIG_KVM_SMM");
	assert_makefile(text, "amd.o", "CONFIG_KVM_AMD");
	assert_makefile(text, "x86.o", NULL);
	assert_makefile(text, "n.o", NULL);
	assert_makefile(text, "xen2.o", NULL);
}

static void sources_of_the_kernel_count(void **state)
{
	static const unsigned lines[] = { 3, 4, 5, 9, 11, 12 };
	_cleanup_free_ char *ranges = coverage_ranges(lines, 6);

	(void)state;
	assert_string_equal(ranges, "3-5, 9, 11-12");
	assert_true(coverage_counts("arch/x86/kvm/x86.c"));
	assert_true(coverage_counts("include/kvm/a.h"));
	assert_true(coverage_counts("arch/s390/kernel/entry.S"));
	assert_false(coverage_counts("tools/testing/selftests/kvm/a.c"));
	assert_false(coverage_counts("Documentation/a.h"));
	assert_false(coverage_counts("arch/x86/kvm/Makefile"));
}

/* ---- standalone --------------------------------------------------------------------------- */

#define SOURCE "/d/3.c"

static void assert_alone(const char *errors, bool first, bool second,
			 const char *message)
{
	struct alone_fault f;

	alone_parse(&f, errors, SOURCE);
	assert_int_equal(f.first, first);
	assert_int_equal(f.second, second);
	if (message)
		assert_string_equal(f.message, message);
	else
		assert_null(f.message);
	free(f.message);
}

static void the_first_and_the_second_time_are_told_apart(void **state)
{
	(void)state;
	assert_alone("", false, false, NULL);
	assert_alone("In file included from " SOURCE ":1:\n"
		     "a.h:3:1: error: unknown type name 'u64'\n",
		     true, false, "a.h:3:1: error: unknown type name 'u64'");
	assert_alone("In file included from a.h:2,\n"
		     "                 from " SOURCE ":2:\n"
		     "b.h:1:5: error: redefinition of 'x'\n",
		     false, true, "b.h:1:5: error: redefinition of 'x'");
	/* both: the first time is the graver one */
	assert_alone("In file included from " SOURCE ":1:\n"
		     "a.h:3:1: error: one\n"
		     "In file included from " SOURCE ":2:\n"
		     "a.h:3:1: error: two\n",
		     true, true, "a.h:3:1: error: one");
	/* gcc does not say again where errors of the same file come from */
	assert_alone("In file included from " SOURCE ":2:\n"
		     "a.h:1:1: error: one\na.h:2:1: error: two\n",
		     false, true, "a.h:1:1: error: one");
	assert_alone("In file included from " SOURCE ":1:\n"
		     "a.h:3:1: warning: x\n", false, false, NULL);
	assert_alone(SOURCE ":1:10: fatal error: a.h: No such file\n", true,
		     false, SOURCE ":1:10: fatal error: a.h: No such file");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_patch_that_brought_it_is_blamed),
		cmocka_unit_test(a_header_is_another_architectures),
		cmocka_unit_test(a_bad_sharing_file_is_told_by_line),
		cmocka_unit_test(the_shipped_sharing_file_is_read),
		cmocka_unit_test(accepted_findings_have_a_reason),
		cmocka_unit_test(a_bad_accept_file_is_told_by_line),
		cmocka_unit_test(expired_entries_are_told),
		cmocka_unit_test(cycles_are_found_where_a_file_is_entered_in_itself),
		cmocka_unit_test(the_include_that_breaks_two_rings_is_the_common_one),
		cmocka_unit_test(two_rings_in_one_file_need_two_cuts),
		cmocka_unit_test(tracepoints_are_no_cycles),
		cmocka_unit_test(a_header_costs_what_it_brings),
		cmocka_unit_test(makefiles_name_the_option),
		cmocka_unit_test(sources_of_the_kernel_count),
		cmocka_unit_test(the_first_and_the_second_time_are_told_apart),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
