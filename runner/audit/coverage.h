/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KVMATRIX_AUDIT_COVERAGE_H
#define KVMATRIX_AUDIT_COVERAGE_H

#include <stdbool.h>
#include <stddef.h>

/* A source or header of the kernel itself. */
bool coverage_counts(const char *path);
/* The option that a Makefile's text builds an object with ("CONFIG_KVM_XEN" of
 * "kvm-$(CONFIG_KVM_XEN) += xen.o"), owned; NULL: it is not said so. */
char *coverage_makefile_option(const char *text, const char *object);
/* "3-5, 9" of ascending lines. Owned. */
char *coverage_ranges(const unsigned *lines, size_t nr);

#endif
