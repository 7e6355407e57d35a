// SPDX-License-Identifier: GPL-2.0-only
#include <generated/asm-offsets.h>
#include <asm/kvm_arm.h>

	.text
	.globl __guest_enter
__guest_enter:
	ldr	x1, [x0, #VCPU_HCR_EL2]
	mov	x2, #HCR_VM
	ret
