// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kbuild.h>
#include <asm/kvm_host_types.h>

int main(void);

int main(void)
{
	OFFSET(SIE_PREFIX, sie_block, prefix);
	return 0;
}
