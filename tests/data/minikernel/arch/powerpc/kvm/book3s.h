/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __POWERPC_KVM_BOOK3S_H__
#define __POWERPC_KVM_BOOK3S_H__

#include <linux/kvm_host.h>

void kvmppc_set_lpcr(struct kvm_vcpu *vcpu, u64 lpcr);

#endif
