// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kvm_host.h>
#include <kvm/iodev.h>
#include "lapic.h"

bool kvm_lapic_enabled(struct kvm_vcpu *vcpu)
{
	const struct kvm_io_device dev = { .base = 0xfee00000, .len = 4096 };

	return kvm_iodevice_holds(&dev, vcpu->arch.apic_base);
}
