/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_BUG_H
#define _LINUX_BUG_H

#include <asm/bug.h>

#define BUILD_BUG_ON(cond) _Static_assert(!(cond), #cond)

#endif
