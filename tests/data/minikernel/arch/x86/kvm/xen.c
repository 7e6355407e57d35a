// SPDX-License-Identifier: GPL-2.0-only
#include "x86.h"

int kvm_xen_hypercall(struct kvm_vcpu *vcpu);

int kvm_xen_hypercall(struct kvm_vcpu *vcpu)
{
	return vcpu->vcpu_id;
}
