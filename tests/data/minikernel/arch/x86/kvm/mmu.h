/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __KVM_X86_MMU_H
#define __KVM_X86_MMU_H

#include <linux/kvm_host.h>

int kvm_mmu_load(struct kvm_vcpu *vcpu);

#endif
