// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kvm_host.h>
#include <linux/vfio.h>

void vfio_device_set_kvm(struct vfio_device *device, struct kvm *kvm)
{
	device->kvm = kvm;
}

u32 vfio_vcpus(struct vfio_device *device);

u32 vfio_vcpus(struct vfio_device *device)
{
	return device->kvm->created_vcpus;
}

#include <linux/export.h>
EXPORT_SYMBOL(vfio_device_set_kvm);
MODULE_LICENSE("GPL");
