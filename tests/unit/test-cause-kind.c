// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a message is about, in the words of each tool.
 */
#include "engine/cause_kind.h"

#include "sys/mem.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#define INCOMPLETE "invalid use of undefined type 'struct kvm_vcpu'"

struct said {
	const char *message;
	const char *id;
};

static void assert_id(const char *tool, const char *message, const char *note,
		      const char *id)
{
	_cleanup_diag_list_ struct diag_list l = DIAG_LIST_INIT;
	struct diagnostic *d = diag_list_new(&l);
	struct cause_topic t;

	d->severity = DIAG_ERROR;
	d->tool = xstrdup(tool);
	d->message = xstrdup(message);
	d->note = xstrdup_null(note);
	d->function = xstrdup("f");
	d->fingerprint = xstrdup("FP");
	cause_topic_init(&t, d, "x86");
	assert_string_equal(t.id, id);
	cause_topic_release(&t);
}

static void assert_ids(const struct said *said, size_t nr, const char *tool)
{
	for (size_t i = 0; i < nr; i++)
		assert_id(tool, said[i].message, NULL, said[i].id);
}

static void compiler_messages_are_known_by_their_thing(void **state)
{
	static const struct said said[] = {
		{"asm/sysreg.h: No such file or directory",
		 "missing-include:asm/sysreg.h"},
		{"'asm/sysreg.h' file not found",
		 "missing-include:asm/sysreg.h"},
		{"../../vncr-2.h: No such file or directory",
		 "missing-include:../../vncr-2.h"},
		{"opening dependency file a.d: No such file or directory",
		 "other:FP"},
		{"'X' undeclared (first use in this function)",
		 "missing-declaration:X"},
		{"\xe2\x80\x98X\xe2\x80\x99 undeclared here (not in a "
		 "function); did you mean \xe2\x80\x98Y\xe2\x80\x99?",
		 "missing-declaration:X"},
		{"implicit declaration of function 'X'; did you mean 'Y'?",
		 "missing-declaration:X"},
		{"call to undeclared function 'X'; ISO C99 and later do not "
		 "support implicit function declarations",
		 "missing-declaration:X"},
		{"unknown type name 'X'", "missing-declaration:X"},
		{"use of undeclared identifier 'X'", "missing-declaration:X"},
		{"type defaults to 'int' in declaration of 'X'",
		 "missing-declaration:X"},
		{INCOMPLETE, "incomplete-type:struct kvm_vcpu"},
		{"invalid use of undefined type 'const struct kvm_vcpu'",
		 "incomplete-type:struct kvm_vcpu"},
		{"dereferencing pointer to incomplete type 'struct X'",
		 "incomplete-type:struct X"},
		{"invalid application of 'sizeof' to incomplete type "
		 "'struct X'",
		 "incomplete-type:struct X"},
		{"array type has incomplete element type 'struct X'",
		 "incomplete-type:struct X"},
		{"invalid use of incomplete typedef 'X_t' {aka 'struct X'}",
		 "incomplete-type:struct X"},
		{"incomplete definition of type 'struct X'",
		 "incomplete-type:struct X"},
		{"variable has incomplete type 'struct X[4]'",
		 "incomplete-type:struct X"},
		{"tentative definition has type 'union X' that is never "
		 "completed",
		 "incomplete-type:union X"},
		{"storage size of 'x' isn't known", "incomplete-type:x in f"},
		{"field 'x' has incomplete type", "incomplete-type:x in f"},
		{"parameter 2 ('x') has incomplete type",
		 "incomplete-type:x in f"},
		{"storage size of 'x' isn't constant", "other:FP"},
		{"passing argument 1 of 'g' from incompatible pointer type",
		 "other:FP"},
		{"'struct X' has no member named 'Y'",
		 "missing-member:struct X.Y"},
		{"'const struct X' has no member named 'Y'; did you mean 'Z'?",
		 "missing-member:struct X.Y"},
		{"no member named 'Y' in 'struct X'",
		 "missing-member:struct X.Y"},
		{"field designator 'Y' does not refer to any field in type "
		 "'struct X'",
		 "missing-member:struct X.Y"},
		{"redefinition of 'X'", "redefinition:X"},
		{"redefinition of 'struct X'", "redefinition:struct X"},
		{"conflicting types for 'X'; have 'int(void)'",
		 "redefinition:X"},
		{"redeclaration of enumerator 'X'", "redefinition:X"},
		{"'X' redeclared as different kind of symbol",
		 "redefinition:X"},
		{"static declaration of 'X' follows non-static declaration",
		 "redefinition:X"},
		{"static assertion failed: \"sizeof(a) == 8\"",
		 "assertion:\"sizeof(a) == 8\""},
		{"static_assert failed due to requirement 'sizeof(a) == 8'",
		 "assertion:due to requirement 'sizeof(a) == 8'"},
		{"static assertion failed",
		 "assertion:static assertion failed in f"},
		{"call to '__compiletime_assert_439' declared with attribute "
		 "error: BUILD_BUG_ON failed: sizeof(x) > 4",
		 "assertion:BUILD_BUG_ON failed: sizeof(x) > 4"},
		{"call to '__compiletime_assert_7' declared with attribute "
		 "error: BUILD_BUG failed",
		 "assertion:BUILD_BUG failed in f"},
		{"expected ';' before '}' token", "other:FP"},
		{"", "other:FP"},
		{"'", "other:FP"},
		{"' undeclared", "other:FP"},
		{"unknown type name '", "other:FP"},
	};

	(void)state;
	assert_ids(said, ARRAY_SIZE(said), "cc");
}

static void other_tools_messages_are_known_by_their_thing(void **state)
{
	static const struct said ld[] = {
		{"undefined reference to `kvm_x'", "undefined-symbol:kvm_x"},
		{"undefined reference to `.kvmppc_x'",
		 "undefined-symbol:kvmppc_x"},
		{"undefined symbol: kvm_x", "undefined-symbol:kvm_x"},
		{"multiple definition of `kvm_x'; a.o: first defined here",
		 "duplicate-symbol:kvm_x"},
		{"duplicate symbol: kvm_x", "duplicate-symbol:kvm_x"},
	};
	static const struct said modpost[] = {
		{"\"kvm_x\" [arch/x86/kvm/kvm.ko] undefined!",
		 "undefined-symbol:kvm_x"},
		{"arch/x86/kvm/kvm: 'kvm_x' exported twice. Previous export "
		 "was in vmlinux",
		 "duplicate-symbol:kvm_x"},
	};
	static const struct said make[] = {
		{"No rule to make target 'arch/s390/kvm/../../../virt/x.o', "
		 "needed by 'arch/s390/kvm/kvm.o'.",
		 "make:virt/x.o"},
		{"missing separator", "make:missing separator"},
		{"making arch/s390/kvm/a.o failed: Error 255",
		 "make:making arch/s390/kvm/a.o failed: Error N"},
	};
	static const struct said kconfig[] = {
		{"unmet direct dependencies detected for KVM",
		 "config:CONFIG_KVM"},
		{"Value requested for CONFIG_KVM_INTEL not in final .config",
		 "config:CONFIG_KVM_INTEL"},
		{"new symbol KVM_NEW has no value: Kconfig asked for one on "
		 "standard input",
		 "config:CONFIG_KVM_NEW"},
		{"syntax error", "config:syntax error"},
	};

	(void)state;
	assert_ids(ld, ARRAY_SIZE(ld), "ld");
	assert_ids(modpost, ARRAY_SIZE(modpost), "modpost");
	assert_ids(make, ARRAY_SIZE(make), "make");
	assert_ids(kconfig, ARRAY_SIZE(kconfig), "kconfig");
}

static void an_option_lost_with_another_is_the_loss_of_that(void **state)
{
	static const char said[] =
		"CONFIG_KVM_INTEL=m, which the cell asks for, is lost";

	(void)state;
	assert_id("config", said, "it is n now; depends on X (=n)",
		  "config:lost:CONFIG_KVM_INTEL");
	assert_id("config", said, NULL, "config:lost:CONFIG_KVM_INTEL");
	assert_id("config", said, "lost with CONFIG_KVM; it is n now",
		  "config:lost:CONFIG_KVM");
}

static void modpost_and_the_symbol_tables_tell_of_exports(void **state)
{
	static const char said[] =
		"\"kvm_x\" [arch/x86/kvm/kvm.ko] undefined!";

	(void)state;
	assert_id("modpost", said, "f needs it", "undefined-symbol:kvm_x");
	assert_id("modpost", said,
		  "f needs it; vmlinux has it (a.o), but does not export it",
		  "unexported-symbol:kvm_x");
}

static void a_recursion_in_kconfig_is_named_by_its_note(void **state)
{
	(void)state;
	assert_id("kconfig", "recursive dependency detected!",
		  "symbol KVM depends on KVM_INTEL", "config:CONFIG_KVM");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(compiler_messages_are_known_by_their_thing),
		cmocka_unit_test(other_tools_messages_are_known_by_their_thing),
		cmocka_unit_test(
			an_option_lost_with_another_is_the_loss_of_that),
		cmocka_unit_test(modpost_and_the_symbol_tables_tell_of_exports),
		cmocka_unit_test(a_recursion_in_kconfig_is_named_by_its_note),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
