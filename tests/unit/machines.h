/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects compiled on the spot, for all kinds of machine: little and big endian, 32
 * and 64 bit, with and without function descriptors and addends in place. They lie
 * in a directory that lasts as long as a group of tests.
 */
#ifndef KVMATRIX_TESTS_MACHINES_H
#define KVMATRIX_TESTS_MACHINES_H

#include <stdbool.h>
#include <stddef.h>

struct objfile;

struct machine {
	const char *name;
	const char *cross; /* what the names of its tools begin with */
	const char *ld;	   /* flags of the linker */
	const char *flags; /* of the compiler */
	bool is64, big_endian, descriptors;
};

enum {
	X86_64, I386, ARM64, S390, PPC64LE, PPC64_ELFV1, PPC64_ELFV2, PPC32,
	NR_MACHINES
};
extern const struct machine machines[NR_MACHINES];

/* For cmocka_run_group_tests(). */
int scratch_setup(void **state);
int scratch_teardown(void **state);
/* The directory. */
extern char *scratch;
/* Writes a file in it, "k/a.o"; gives its path, owned. */
char *scratch_put(const char *name, const void *text, size_t len);

/* Compiles "a.c" to "a.o", with flags beside the machine's own; gives the path of the
 * object, owned. */
char *compile(const struct machine *m, const char *flags, const char *name,
	      const char *text);
/* The same, and reads it; what: see objfile_read(). */
void compile_and_read(const struct machine *m, const char *flags,
		      const char *name, const char *text, struct objfile *o,
		      unsigned what);
/* Flags with which functions keep their order and their data, as kernels are built. */
#define KERNEL_FLAGS \
	"-O2 -fno-section-anchors -fno-stack-protector -fno-toplevel-reorder"

#endif
