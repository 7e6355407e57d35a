// SPDX-License-Identifier: GPL-2.0-only
/*
 * Architecture names: what the kernel calls them (ARCH= and, behind it, the
 * directory below arch/, SRCARCH: see the top Makefile), and with what Debian
 * compiles them. Only architectures that have, or had, KVM and for which Debian
 * packages a gcc are known; gcc-loongarch64-linux-gnu came with Debian 13.
 *
 * One compiler may serve several: powerpc64le's gcc builds every PowerPC
 * flavour, big-endian and 32-bit too, and an x86_64 gcc builds i386, because
 * the kernel passes -m64/-m32 and the byte order itself.
 */
#include "model/arch.h"

#include "model/matrix.h"
#include "sys/mem.h"

#include <sys/utsname.h>

struct arch {
	const char *name;
	const char *srcarch;
	const char *prefix;
	const char *package;
	/* uname(2) machines whose own gcc does it. */
	const char *machines[4];
};

static const struct arch arches[] = {
	{ "x86_64", "x86", "x86_64-linux-gnu-", "gcc-x86-64-linux-gnu",
	  { "x86_64" } },
	{ "i386", "x86", "i686-linux-gnu-", "gcc-i686-linux-gnu",
	  { "x86_64", "i686", "i586" } },
	{ "arm64", "arm64", "aarch64-linux-gnu-", "gcc-aarch64-linux-gnu",
	  { "aarch64" } },
	{ "s390", "s390", "s390x-linux-gnu-", "gcc-s390x-linux-gnu",
	  { "s390x" } },
	{ "powerpc", "powerpc", "powerpc64le-linux-gnu-",
	  "gcc-powerpc64le-linux-gnu", { "ppc64le", "ppc64" } },
	{ "riscv", "riscv", "riscv64-linux-gnu-", "gcc-riscv64-linux-gnu",
	  { "riscv64" } },
	{ "loongarch", "loongarch", "loongarch64-linux-gnu-",
	  "gcc-loongarch64-linux-gnu", { "loongarch64" } },
	{ "mips", "mips", "mips64el-linux-gnuabi64-",
	  "gcc-mips64el-linux-gnuabi64", { "mips64" } },
	{ "arm", "arm", "arm-linux-gnueabihf-", "gcc-arm-linux-gnueabihf",
	  { "armv7l", "armv8l" } },
};

static const struct arch *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(arches); i++)
		if (!strcmp(arches[i].name, name))
			return &arches[i];
	return NULL;
}

static bool native(const struct arch *a)
{
	struct utsname u;

	if (uname(&u) < 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(a->machines) && a->machines[i]; i++)
		if (!strcmp(a->machines[i], u.machine))
			return true;
	return false;
}

void arch_names(struct strlist *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(arches); i++)
		strlist_add(out, arches[i].name);
}

const char *arch_srcarch(const char *arch)
{
	const struct arch *a = find(arch);

	return a ? a->srcarch : NULL;
}

const char *arch_cross_compile(const char *arch)
{
	const struct arch *a = find(arch);

	if (!a)
		return NULL;
	return native(a) ? "" : a->prefix;
}

const char *arch_gcc_package(const char *arch)
{
	const struct arch *a = find(arch);

	if (!a)
		return NULL;
	return native(a) ? "gcc" : a->package;
}
