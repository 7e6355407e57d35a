/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ASM_KVM_BOOK3S_ASM_H__
#define __ASM_KVM_BOOK3S_ASM_H__

#include <linux/types.h>

struct kvmppc_host_state {
	u64 host_r1;
	u8 in_guest;
};

#endif
