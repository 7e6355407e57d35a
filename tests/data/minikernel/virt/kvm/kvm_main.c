// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kvm_host.h>
#include <linux/printk.h>
#include <kvm/iodev.h>

#include "kvm_mm.h"

void kvm_get_kvm(struct kvm *kvm)
{
	mutex_lock(&kvm->lock);
	kvm->created_vcpus++;
	mutex_unlock(&kvm->lock);
}

void kvm_put_kvm(struct kvm *kvm)
{
	if (!--kvm->created_vcpus)
		pr_info("gone\n");
}

int kvm_gfn_to_pfn(struct kvm *kvm, gfn_t gfn)
{
	return kvm && gfn;
}

int kvm_vcpu_check(struct kvm_vcpu *vcpu)
{
	return vcpu->requests ? kvm_arch_vcpu_run(vcpu) : 0;
}
