// SPDX-License-Identifier: GPL-2.0-only
#include <asm/page.h>

unsigned long mem_init(void);

unsigned long mem_init(void)
{
	return PAGE_SHIFT;
}
