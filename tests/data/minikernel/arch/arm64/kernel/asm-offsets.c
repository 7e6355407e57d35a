// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kbuild.h>
#include <linux/kvm_host.h>

int main(void);

int main(void)
{
	OFFSET(VCPU_HCR_EL2, kvm_vcpu, arch.hcr_el2);
	return 0;
}
