// SPDX-License-Identifier: GPL-2.0-only
#include "machines.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/objfile.h"
#include "sys/proc.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

const struct machine machines[NR_MACHINES] = {
	[X86_64] = { "x86_64", "", "-m elf_x86_64",
		     "-m64 -mcmodel=kernel -mno-red-zone", true, false, false },
	[I386] = { "i386", "", "-m elf_i386", "-m32", false, false, false },
	[ARM64] = { "arm64", "aarch64-linux-gnu-", "", "", true, false, false },
	[S390] = { "s390", "s390x-linux-gnu-", "", "", true, true, false },
	[PPC64LE] = { "ppc64le", "powerpc64le-linux-gnu-", "-m elf64lppc",
		      "-mcmodel=medium", true, false, false },
	[PPC64_ELFV1] = { "ppc64 ELFv1", "powerpc64le-linux-gnu-",
			  "-m elf64ppc", "-mbig-endian -mabi=elfv1", true, true,
			  true },
	[PPC64_ELFV2] = { "ppc64 ELFv2", "powerpc64le-linux-gnu-",
			  "-m elf64ppc", "-mbig-endian -mabi=elfv2", true, true,
			  false },
	[PPC32] = { "ppc32", "powerpc64le-linux-gnu-", "-m elf32ppc",
		    "-m32 -mbig-endian", false, true, false },
};

char *scratch;

int scratch_setup(void **state)
{
	char template[] = "/tmp/kvmatrix-test-XXXXXX";

	(void)state;
	if (!mkdtemp(template))
		return -1;
	scratch = xstrdup(template);
	return 0;
}

int scratch_teardown(void **state)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	int ret = tree_remove(scratch, &err);

	(void)state;
	free(scratch);
	return ret;
}

char *scratch_put(const char *name, const void *text, size_t len)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	char *path = path_join(scratch, name);
	_cleanup_free_ char *parent = xstrndup(path, strrchr(path, '/') - path);

	if (dir_make(parent, &err) || file_write(path, text, len, &err))
		fail_msg("%s", err.msg);
	return path;
}

char *compile(const struct machine *m, const char *flags, const char *name,
	      const char *text)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *source = scratch_put(name, text, strlen(text));
	char *object = xstrdup(source);
	_cleanup_free_ char *command = NULL;

	object[strlen(object) - 1] = 'o';
	command = xasprintf("cd %s && %sgcc %s -ffreestanding -fno-pic "
			    "-fno-asynchronous-unwind-tables %s -c -o %s %s",
			    scratch, m->cross, m->flags, flags, object, name);
	if (proc_run(NULL, &err, "sh", "-c", command, NULL))
		fail_msg("%s: %s", m->name, err.msg);
	return object;
}

void compile_and_read(const struct machine *m, const char *flags,
		      const char *name, const char *text, struct objfile *o,
		      unsigned what)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *object = compile(m, flags, name, text);

	if (objfile_read(o, object, what, &err))
		fail_msg("%s: %s", m->name, err.msg);
}
