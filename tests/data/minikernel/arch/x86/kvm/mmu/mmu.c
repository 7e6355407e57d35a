// SPDX-License-Identifier: GPL-2.0-only
#include "x86.h"
#include <asm/page.h>

int kvm_mmu_load(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.cr3 & (PAGE_SIZE - 1);
}
