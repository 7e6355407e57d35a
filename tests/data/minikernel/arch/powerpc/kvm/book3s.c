// SPDX-License-Identifier: GPL-2.0-only
#include "book3s.h"

void kvmppc_set_lpcr(struct kvm_vcpu *vcpu, u64 lpcr)
{
	vcpu->arch.lpcr = lpcr;
}

#include <linux/export.h>
EXPORT_SYMBOL(kvmppc_set_lpcr);
