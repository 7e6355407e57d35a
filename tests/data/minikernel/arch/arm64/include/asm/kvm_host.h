/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ARM64_KVM_HOST_H__
#define __ARM64_KVM_HOST_H__

#include <linux/types.h>
#include <asm/kvm_arm.h>
#include <asm/page.h>

struct kvm_vcpu_arch {
	u64 hcr_el2;
	u64 regs[31];
};

struct kvm_arch {
	u64 vttbr;
};

#ifdef CONFIG_KVM
void kvm_hyp_reserve(void);
#else
static inline void kvm_hyp_reserve(void) { }
#endif

#endif
