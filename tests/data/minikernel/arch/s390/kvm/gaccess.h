/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __KVM_S390_GACCESS_H
#define __KVM_S390_GACCESS_H

#include <linux/kvm_host.h>

static inline u64 kvm_s390_logical_to_effective(struct kvm_vcpu *vcpu, u64 ga)
{
	return ga + vcpu->arch.sie.prefix;
}

#endif
