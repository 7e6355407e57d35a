// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kbuild.h>
#include <linux/kvm_host.h>
#include <asm/paca.h>

int main(void);

int main(void)
{
	OFFSET(HSTATE_HOST_R1, paca_struct, kvm_hstate.host_r1);
	OFFSET(VCPU_LPCR, kvm_vcpu, arch.lpcr);
	return 0;
}
