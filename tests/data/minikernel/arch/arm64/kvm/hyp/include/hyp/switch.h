/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ARM64_KVM_HYP_SWITCH_H__
#define __ARM64_KVM_HYP_SWITCH_H__

#include <linux/kvm_host.h>

static inline bool guest_is_on(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.hcr_el2 & HCR_VM;
}

#endif
