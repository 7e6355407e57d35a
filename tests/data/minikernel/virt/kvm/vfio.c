// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kvm_host.h>
#include <linux/vfio.h>

void kvm_vfio_attach(struct vfio_device *device, struct kvm_vcpu *vcpu);

void kvm_vfio_attach(struct vfio_device *device, struct kvm_vcpu *vcpu)
{
	vfio_device_set_kvm(device, vcpu->kvm);
}
