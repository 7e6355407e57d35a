// SPDX-License-Identifier: GPL-2.0-only
/*
 * References from outside into KVM, as the compilers of this machine make them.
 */
#include "audit/bootcalls.h"

#include "engine/link_script.h"
#include "sys/mem.h"
#include "sys/objfile.h"

#include "machines.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define MOST 6
#define INIT "__attribute__((section(\".init.text\"), noinline)) "
#define NOINLINE "__attribute__((noinline, noclone)) "

struct kernel {
	const struct machine *t;
	struct objfile files[MOST];
	struct boot_object objects[MOST];
	struct boot_input in;
	struct boot_edges edges;
};

static void release_objects(struct kernel *k)
{
	for (int i = 0; i < MOST; i++)
		objfile_release(&k->files[i]);
}

static void kernel_release(struct kernel *k)
{
	release_objects(k);
	boot_edges_release(&k->edges);
}
#define _cleanup_kernel_ __attribute__((cleanup(kernel_release)))

static void add(struct kernel *k, const char *name, const char *module,
		const char *text)
{
	size_t n = k->in.nr++;

	assert_true(n < MOST);
	compile_and_read(k->t, KERNEL_FLAGS, "a.c", text, &k->files[n],
			 OBJ_WITH_BYTES);
	k->objects[n] = (struct boot_object){ name, &k->files[n], module };
	k->in.objects = k->objects;
}

static const struct boot_edge *edge(const struct kernel *k,
				    const char *function, const char *symbol)
{
	for (size_t i = 0; i < k->edges.nr; i++)
		if (!strcmp(k->edges.v[i].function, function) &&
		    !strcmp(k->edges.v[i].symbol, symbol))
			return &k->edges.v[i];
	return NULL;
}

static const struct boot_edge *must(const struct kernel *k,
				    const char *function, const char *symbol,
				    const char *kind, bool broken)
{
	const struct boot_edge *e = edge(k, function, symbol);

	if (!e)
		fail_msg("%s: %s -> %s is not told", k->t->name, function,
			 symbol);
	if (strcmp(e->kind, kind) || e->broken != broken)
		fail_msg("%s: %s -> %s: %s: %s", k->t->name, function, symbol,
			 e->kind, e->danger);
	return e;
}

#define KVM \
	"int kvm_run(int a) { return a + 1; }\nint kvm_data = 3;\n" \
	INIT "int kvm_setup(int a) { return a + 2; }\n"

#define each_kernel(k) \
	for (const struct machine *t_ = machines; \
	     t_ < machines + NR_MACHINES; t_++) \
		for (struct kernel k __attribute__((cleanup(kernel_release))) = { .t = t_ }, *once_ = &k; \
		     once_; once_ = NULL)

static void callers_outside_are_told_by_kind(void **state)
{
	(void)state;
	each_kernel(k) {
		add(&k, "arch/x/kvm/kvm.o", NULL, KVM);
		add(&k, "arch/x/mm/init.o", NULL,
		    "extern int kvm_run(int), kvm_setup(int), kvm_data, other(int);\n"
		    "static " NOINLINE "int only_boot(int a) { return kvm_run(a) * 3; }\n"
		    "static " NOINLINE "int also_kept(int a) { return kvm_run(a) * 5; }\n"
		    INIT "int boot(int a) { return only_boot(a) + also_kept(a) + kvm_setup(a) + 1; }\n"
		    "int kept(int a) { return also_kept(a) + other(a) + 1; }\n"
		    "int reads(void) { return kvm_data + 1; }\n"
		    "int wrong(int a) { return kvm_setup(a) + 1; }\n");
		bootcalls_find(&k.edges, &k.in);
		must(&k, "only_boot", "kvm_run", "init", false);
		must(&k, "also_kept", "kvm_run", "builtin", false);
		must(&k, "boot", "kvm_setup", "init", false);
		must(&k, "reads", "kvm_data", "builtin", false);
		must(&k, "wrong", "kvm_setup", "init", true);
		assert_null(edge(&k, "kept", "other"));
		assert_int_equal(k.edges.nr, 5);
		assert_string_equal(edge(&k, "reads", "kvm_data")->definer,
				    "arch/x/kvm/kvm.o");
		assert_string_equal(edge(&k, "only_boot", "kvm_run")->section,
				    ".text");
	}
}

static void what_only_a_module_defines_is_out_of_reach(void **state)
{
	(void)state;
	each_kernel(k) {
		add(&k, "arch/x/kvm/hv.o", "kvm_hv", KVM);
		add(&k, "arch/x/kvm/builtin.o", NULL,
		    "extern int kvm_run(int);\n"
		    "int inside(int a) { return kvm_run(a) + 1; }\n");
		add(&k, "drivers/a.o", NULL,
		    "extern int kvm_run(int), inside(int);\n"
		    "int outside(int a) { return kvm_run(a) + inside(a); }\n");
		add(&k, "drivers/m.o", "driver",
		    "extern int kvm_run(int), inside(int);\n"
		    INIT "int loaded(int a) { return kvm_run(a) + inside(a); }\n");
		bootcalls_find(&k.edges, &k.in);
		must(&k, "inside", "kvm_run", "module", true);
		must(&k, "outside", "kvm_run", "module", true);
		must(&k, "outside", "inside", "builtin", false);
		/* a module's init code is not the kernel's */
		must(&k, "loaded", "kvm_run", "module", false);
		must(&k, "loaded", "inside", "builtin", false);
		assert_int_equal(k.edges.nr, 5);
	}
}

static void tables_and_texts_are_followed(void **state)
{
	(void)state;
	each_kernel(k) {
		const struct boot_edge *e;

		add(&k, "virt/kvm/kvm_main.o", NULL, KVM);
		add(&k, "drivers/a.o", NULL,
		    "extern int kvm_run(int), kvm_data; extern void *__symbol_get(const char *); extern int other(void *);\n"
		    "int jumps(int a) { asm volatile(\"1:\\n\\t.pushsection __jump_table,\\\"aw\\\"\\n\"\n"
		    "	\"\\t.long 1b - .\\n\\t.long 1b - .\\n\\t.long kvm_data - .\\n\\t.popsection\"); return a; }\n"
		    "int asks(void) { return other(__symbol_get(\"kvm_run\")) + 1; }\n"
		    "int says(void) { return other(\"kvm_run\") + 1; }\n"
		    "int (*early)(int) __attribute__((section(\".initcall1.init\"))) = kvm_run;\n");
		bootcalls_find(&k.edges, &k.in);
		/* edges are told when the objects are gone */
		release_objects(&k);
		e = must(&k, "jumps", "kvm_data", "builtin", false);
		assert_string_equal(e->via, "__jump_table");
		e = must(&k, "asks", "kvm_run", "builtin", false);
		assert_string_equal(e->via, "symbol_get");
		must(&k, "early", "kvm_run", "init", false);
		assert_null(edge(&k, "says", "kvm_run"));
	}
}

static void initcalls_are_told_from_other_boot_code(void **state)
{
	(void)state;
	each_kernel(k) {
		add(&k, "virt/kvm/kvm_main.o", NULL, KVM);
		add(&k, "drivers/a.o", NULL,
		    "extern int kvm_run(int), other(int);\n"
		    "static " INIT "int start(int a) { return kvm_run(a) + 1; }\n"
		    INIT "int before(int a) { return kvm_run(a) + other(a); }\n"
		    "int (*entry)(int) __attribute__((section(\".initcall6.init\"), used)) = start;\n");
		bootcalls_find(&k.edges, &k.in);
		assert_non_null(strstr(must(&k, "start", "kvm_run", "init",
					    false)->danger,
				       ".initcall6.init"));
		assert_non_null(strstr(must(&k, "before", "kvm_run", "init",
					    false)->danger,
				       "no initcall"));
	}
}

/* A global function can be called from where nobody looks, unless all is known. */
static void only_the_whole_kernel_tells_of_global_functions(void **state)
{
	static const char caller[] =
		"extern int kvm_run(int);\n"
		"int global(int a) { return kvm_run(a) * 3; }\n";
	static const char boot[] =
		"extern int global(int);\n"
		INIT "int boot(int a) { return global(a) + 1; }\n";

	(void)state;
	for (int whole = 0; whole < 2; whole++)
		each_kernel(k) {
			add(&k, "virt/kvm/kvm_main.o", NULL, KVM);
			add(&k, "kernel/a.o", NULL, caller);
			add(&k, "init/b.o", NULL, boot);
			k.in.whole = whole;
			bootcalls_find(&k.edges, &k.in);
			must(&k, "global", "kvm_run", whole ? "init" : "builtin",
			     false);
		}
}

/* Two functions that call each other and nobody else calls are no boot code. */
static void a_cycle_alone_is_no_boot_code(void **state)
{
	(void)state;
	each_kernel(k) {
		add(&k, "virt/kvm/kvm_main.o", NULL, KVM);
		add(&k, "kernel/a.o", NULL,
		    "extern int kvm_run(int);\nint b(int);\n"
		    NOINLINE "int a(int x) { return x ? b(x - 1) + kvm_run(x) : 1; }\n"
		    NOINLINE "int b(int x) { return x ? a(x - 1) * 3 : 2; }\n");
		k.in.whole = true;
		bootcalls_find(&k.edges, &k.in);
		must(&k, "a", "kvm_run", "builtin", false);
	}
}

static void names_of_the_linker_script_are_followed(void **state)
{
	(void)state;
	each_kernel(k) {
		_cleanup_link_script_ struct link_script s = LINK_SCRIPT_INIT;

		link_script_parse(&s, "alias_run = kvm_run;\nSECTIONS { .text : { *(.text) } }\n");
		add(&k, "virt/kvm/kvm_main.o", NULL, KVM);
		add(&k, "kernel/a.o", NULL,
		    "extern int alias_run(int);\n"
		    "int calls(int a) { return alias_run(a) + 1; }\n");
		k.in.script = &s;
		bootcalls_find(&k.edges, &k.in);
		must(&k, "calls", "kvm_run", "builtin", false);
	}
}

static void weak_definitions_give_way(void **state)
{
	(void)state;
	each_kernel(k) {
		add(&k, "kernel/weak.o", NULL,
		    "__attribute__((weak)) int kvm_run(int a) { return a; }\n"
		    "int calls(int a) { return kvm_run(a) + 1; }\n");
		add(&k, "virt/kvm/kvm_main.o", NULL, KVM);
		bootcalls_find(&k.edges, &k.in);
		assert_string_equal(must(&k, "calls", "kvm_run", "builtin",
					 false)->definer,
				    "virt/kvm/kvm_main.o");
	}
}

static void assembly_is_as_good_as_c(void **state)
{
	(void)state;
	each_kernel(k) {
		const struct boot_edge *e;

		add(&k, "arch/x/kvm/entry.o", NULL, KVM);
		add(&k, "arch/x/kernel/head.o", NULL,
		    "asm(\".section .head.text,\\\"ax\\\"\\n.globl start\\nstart:\\n\"\n"
		    "\".long kvm_run - .\\n.previous\\n\");\n");
		bootcalls_find(&k.edges, &k.in);
		e = must(&k, "start", "kvm_run", "init", false);
		assert_string_equal(e->section, ".head.text");
	}
}

static void what_is_kvm_goes_by_its_directory(void **state)
{
	(void)state;
	assert_true(bootcalls_is_kvm("virt/kvm/kvm_main.o"));
	assert_true(bootcalls_is_kvm("arch/arm64/kvm/hyp/nvhe/kvm_nvhe.o"));
	assert_false(bootcalls_is_kvm("arch/x86/kernel/kvm.o"));
	assert_false(bootcalls_is_kvm("arch/x86/kvmx/a.o"));
	assert_false(bootcalls_is_kvm("virt/lib/irqbypass.o"));
	assert_true(bootcalls_is_freed(".init.text"));
	assert_true(bootcalls_is_freed(".x86_cpu_dev.init"));
	assert_false(bootcalls_is_freed(".text"));
	assert_false(bootcalls_is_freed(".head.text"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(callers_outside_are_told_by_kind),
		cmocka_unit_test(what_only_a_module_defines_is_out_of_reach),
		cmocka_unit_test(tables_and_texts_are_followed),
		cmocka_unit_test(initcalls_are_told_from_other_boot_code),
		cmocka_unit_test(only_the_whole_kernel_tells_of_global_functions),
		cmocka_unit_test(a_cycle_alone_is_no_boot_code),
		cmocka_unit_test(names_of_the_linker_script_are_followed),
		cmocka_unit_test(weak_definitions_give_way),
		cmocka_unit_test(assembly_is_as_good_as_c),
		cmocka_unit_test(what_is_kvm_goes_by_its_directory),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_setup, scratch_teardown);
}
