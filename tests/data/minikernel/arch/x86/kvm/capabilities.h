/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __KVM_X86_CAPABILITIES_H
#define __KVM_X86_CAPABILITIES_H

#define KVM_CAP_PML 1

#endif
