// SPDX-License-Identifier: GPL-2.0-only
#include "book3s.h"

void kvmppc_hv_enter(struct kvm_vcpu *vcpu);

void kvmppc_hv_enter(struct kvm_vcpu *vcpu)
{
	kvmppc_set_lpcr(vcpu, 1);
}

#include <linux/export.h>
MODULE_LICENSE("GPL");
