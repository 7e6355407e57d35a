/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ASM_KVM_HOST_H
#define ASM_KVM_HOST_H

#include <linux/types.h>
#include <asm/kvm_host_types.h>
#include <asm/page.h>

struct kvm_vcpu_arch {
	struct sie_block sie;
};

struct kvm_arch {
	u32 use_vectors;
};

#endif
