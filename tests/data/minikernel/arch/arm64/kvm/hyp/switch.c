// SPDX-License-Identifier: GPL-2.0-only
#include <hyp/switch.h>

int __kvm_vcpu_run(struct kvm_vcpu *vcpu);

int __kvm_vcpu_run(struct kvm_vcpu *vcpu)
{
	return guest_is_on(vcpu);
}
