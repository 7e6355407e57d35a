/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_X86_KVM_X86_H
#define ARCH_X86_KVM_X86_H

#include <linux/kvm_host.h>
#include "mmu.h"

static inline u64 kvm_read_cr3(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.cr3;
}

#endif
