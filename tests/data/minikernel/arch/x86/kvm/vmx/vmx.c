// SPDX-License-Identifier: GPL-2.0-only
#include "x86.h"
#include "vmx.h"

int vmx_vcpu_run(struct vcpu_vmx *vmx);

int vmx_vcpu_run(struct vcpu_vmx *vmx)
{
	return vmx->exec_control & KVM_CAP_PML;
}

#include <linux/export.h>
MODULE_LICENSE("GPL");
