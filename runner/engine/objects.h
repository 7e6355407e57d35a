/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's objects in an objtree, whether it was linked or holds a few
 * directories only: every object that a recorded compiler command made (.X.o.cmd),
 * with -D__KERNEL__, and the arm64 hypervisor's kvm_nvhe.o, which is put together
 * from objects whose symbols are not yet the final ones.
 *
 * Left out: composite objects (their parts are there), and what is linked to
 * programs of its own: vDSO, boot wrapper, purgatory, real-mode code; and what the
 * link makes by itself (.vmlinux.export.o, kallsyms).
 */
#ifndef KVMATRIX_ENGINE_OBJECTS_H
#define KVMATRIX_ENGINE_OBJECTS_H

#include "engine/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct errbuf;

struct tree_object {
	char *name;   /* "arch/x86/kvm/x86.o" */
	char *path;   /* where it lies */
	char *module; /* "kvm_intel", as lsmod says it; NULL: built in; "?": a
		       * module whose name is not known */
};

struct tree_objects {
	struct tree_object *v; /* by name */
	size_t nr, alloc;
	bool linked; /* the whole kernel was built: there is a vmlinux.o */
};

#define _cleanup_tree_objects_ __attribute__((cleanup(tree_objects_release)))
void tree_objects_release(struct tree_objects *l);
int tree_objects_find(struct tree_objects *l, const struct image_tree *t,
		      struct errbuf *err);
const struct tree_object *tree_objects_get(const struct tree_objects *l,
					   const char *name);

/* ---- pure --------------------------------------------------------------------- */

/* What the text of a .cmd file says of its object. False: it is none of ours. The
 * command of an assembly file does not name its module: "?" */
bool object_of_command(const char *name, const char *text, char **module);

#endif
