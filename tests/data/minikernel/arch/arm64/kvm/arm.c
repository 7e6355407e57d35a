// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kvm_host.h>
#include <asm/vncr_mapping.h>

int kvm_arch_vcpu_run(struct kvm_vcpu *vcpu)
{
	return vcpu->arch.regs[0] == VNCR_VTTBR_EL2;
}
