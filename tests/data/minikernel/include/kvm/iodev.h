/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __KVM_IODEV_H__
#define __KVM_IODEV_H__

#include <linux/kvm_types.h>

struct kvm_io_device {
	gpa_t base;
	u32 len;
};

static inline bool kvm_iodevice_holds(const struct kvm_io_device *dev, gpa_t gpa)
{
	return gpa >= dev->base && gpa < dev->base + dev->len;
}

#endif
