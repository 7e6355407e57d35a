/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __KVM_MM_H__
#define __KVM_MM_H__

#include <linux/kvm_types.h>

int kvm_gfn_to_pfn(struct kvm *kvm, gfn_t gfn);

#endif
