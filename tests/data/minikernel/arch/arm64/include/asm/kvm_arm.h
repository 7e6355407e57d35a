/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __ARM64_KVM_ARM_H__
#define __ARM64_KVM_ARM_H__

#define HCR_VM 1

#endif
