/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __POWERPC_KVM_HOST_H__
#define __POWERPC_KVM_HOST_H__

#include <linux/types.h>
#include <asm/page.h>
#include <asm/kvm_book3s_asm.h>

struct kvm_vcpu_arch {
	u64 gpr[32];
	u64 lpcr;
};

struct kvm_arch {
	u32 lpid;
};

#endif
