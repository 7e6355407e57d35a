// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kvm_types.h>
#include <kvm/iodev.h>

bool kvm_eventfd_holds(const struct kvm_io_device *dev, gpa_t gpa);

bool kvm_eventfd_holds(const struct kvm_io_device *dev, gpa_t gpa)
{
	return kvm_iodevice_holds(dev, gpa);
}
