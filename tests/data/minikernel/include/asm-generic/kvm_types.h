/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_GENERIC_KVM_TYPES_H
#define _ASM_GENERIC_KVM_TYPES_H

#endif
