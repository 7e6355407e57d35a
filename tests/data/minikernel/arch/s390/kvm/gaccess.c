// SPDX-License-Identifier: GPL-2.0-only
#include "gaccess.h"

u64 kvm_s390_translate(struct kvm_vcpu *vcpu, u64 ga);

u64 kvm_s390_translate(struct kvm_vcpu *vcpu, u64 ga)
{
	return kvm_s390_logical_to_effective(vcpu, ga);
}
