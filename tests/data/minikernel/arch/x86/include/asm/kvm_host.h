/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_X86_KVM_HOST_H
#define _ASM_X86_KVM_HOST_H

#include <linux/types.h>
#include <asm/page.h>

struct kvm_vcpu_arch {
	u64 cr3;
	u32 apic_base;
};

struct kvm_arch {
	u64 mmu_pages;
};

#endif
