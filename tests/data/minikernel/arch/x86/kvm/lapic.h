/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __KVM_X86_LAPIC_H
#define __KVM_X86_LAPIC_H

#include <linux/kvm_types.h>

bool kvm_lapic_enabled(struct kvm_vcpu *vcpu);

#endif
