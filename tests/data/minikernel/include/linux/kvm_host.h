/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __KVM_HOST_H
#define __KVM_HOST_H

#include <linux/types.h>
#include <linux/bug.h>
#include <linux/mutex.h>
#include <linux/kvm_types.h>
#include <asm/kvm_host.h>

#define KVM_MAX_VCPUS 64

struct kvm_vcpu {
	struct kvm *kvm;
	int vcpu_id;
	u64 requests;
	struct kvm_vcpu_arch arch;
};

struct kvm {
	struct mutex lock;
	u32 created_vcpus;
	struct kvm_arch arch;
};

int kvm_arch_vcpu_run(struct kvm_vcpu *vcpu);
int kvm_vcpu_check(struct kvm_vcpu *vcpu);
void kvm_get_kvm(struct kvm *kvm);
void kvm_put_kvm(struct kvm *kvm);

#endif
