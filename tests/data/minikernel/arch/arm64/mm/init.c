// SPDX-License-Identifier: GPL-2.0-only
#include <asm/kvm_host.h>

void bootmem_init(void);

void bootmem_init(void)
{
	kvm_hyp_reserve();
}
