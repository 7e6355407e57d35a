/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a symbolic link of a tree leads, told from the tree's own list of links
 * and not from any file system: the tree is still inside an archive or a git
 * repository when the question is asked.
 */
#ifndef KVMATRIX_SYS_LINKPATH_H
#define KVMATRIX_SYS_LINKPATH_H

#include "sys/strmap.h"

#include <stdbool.h>

/*
 * True when the link at path (relative to the top of the tree) cannot lead out
 * of the tree. links maps the path of every link of the tree, this one
 * included, to its target (char *). Links on the way are followed; a loop or
 * a target that does not exist leads nowhere and is inside.
 */
bool linkpath_inside(const struct strmap *links, const char *path);

#endif
