// SPDX-License-Identifier: GPL-2.0-only
#include <linux/types.h>
#include <asm/page.h>

size_t setup_pages(void);

size_t setup_pages(void)
{
	return PAGE_SIZE;
}
