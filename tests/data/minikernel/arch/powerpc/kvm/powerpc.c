// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kvm_host.h>

int kvm_arch_vcpu_run(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.gpr[3];
}
