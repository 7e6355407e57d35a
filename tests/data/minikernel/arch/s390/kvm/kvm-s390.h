/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef ARCH_S390_KVM_S390_H
#define ARCH_S390_KVM_S390_H

#include <linux/kvm_host.h>

int kvm_s390_handle_diag(struct kvm_vcpu *vcpu);

#endif
