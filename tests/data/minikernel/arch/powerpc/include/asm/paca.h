/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_POWERPC_PACA_H
#define _ASM_POWERPC_PACA_H

#include <asm/kvm_book3s_asm.h>

struct paca_struct {
	u64 stack;
	struct kvmppc_host_state kvm_hstate;
};

#endif
