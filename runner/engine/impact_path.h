/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the path of a changed file says about who may read it. Pure: only the
 * cell's architecture and the include index are looked at.
 */
#ifndef KVMATRIX_ENGINE_IMPACT_PATH_H
#define KVMATRIX_ENGINE_IMPACT_PATH_H

#include "engine/impact.h"

/* srcarch: of the cell; index may be NULL. */
enum impact_kind impact_classify(const char *path, const char *srcarch,
				 const struct include_index *index);
/* True for files below an architecture that the cell's build does not use. */
bool impact_is_foreign(const char *path, const char *srcarch,
		       const struct include_index *index);
/* "Kconfig", "Kconfig.debug": what configuration may read. */
bool impact_is_kconfig(const char *path);
bool impact_is_makefile(const char *path);
/* arch/SRCARCH/include/asm/x.h or .../uapi/asm/x.h: a wrapper of asm-generic/x.h
 * is made where it is absent. */
bool impact_is_arch_header(const char *path, const char *srcarch);
/* A file of this architecture that is no source, Makefile or device tree: read
 * by some rule, nobody knows which. */
bool impact_is_arch_data(const char *path, const char *srcarch);

const char *impact_base_name(const char *path);
/* "." for a file at the top. Owned. */
char *impact_dir(const char *path);

#endif
