/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __KVM_TYPES_H__
#define __KVM_TYPES_H__

struct kvm;
struct kvm_vcpu;

#include <linux/types.h>
#include <asm/kvm_types.h>

typedef u64 gpa_t;
typedef u64 gfn_t;

#endif
