/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __KVM_X86_VMX_H
#define __KVM_X86_VMX_H

#include <linux/kvm_host.h>
#include "capabilities.h"

struct vcpu_vmx {
	struct kvm_vcpu vcpu;
	u32 exec_control;
};

#endif
