/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_KVM_HOST_TYPES_H
#define _ASM_KVM_HOST_TYPES_H

#include <linux/types.h>

struct sie_block {
	u32 cpuflags;
	u32 prefix;
};

#endif
