// SPDX-License-Identifier: GPL-2.0-only
#include "kvm-s390.h"

int kvm_arch_vcpu_run(struct kvm_vcpu *vcpu)
{
	return kvm_s390_handle_diag(vcpu);
}
