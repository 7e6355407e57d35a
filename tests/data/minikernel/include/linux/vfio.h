/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_H
#define VFIO_H

#include <linux/kvm_types.h>

struct vfio_device {
	struct kvm *kvm;
};

void vfio_device_set_kvm(struct vfio_device *device, struct kvm *kvm);

#endif
