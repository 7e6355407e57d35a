// SPDX-License-Identifier: GPL-2.0-only
#include "x86.h"
#include "lapic.h"

int kvm_arch_vcpu_run(struct kvm_vcpu *vcpu)
{
	return kvm_mmu_load(vcpu) + kvm_lapic_enabled(vcpu) + (int)kvm_read_cr3(vcpu);
}

#include <linux/export.h>
MODULE_LICENSE("GPL");
