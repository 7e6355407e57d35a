// SPDX-License-Identifier: GPL-2.0-only
#include "kvm-s390.h"
#include "gaccess.h"

int kvm_s390_handle_diag(struct kvm_vcpu *vcpu)
{
	return (int)kvm_s390_logical_to_effective(vcpu, 4096);
}
