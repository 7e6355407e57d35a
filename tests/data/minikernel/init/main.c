// SPDX-License-Identifier: GPL-2.0-only
#include <linux/types.h>
#include <linux/printk.h>

int __init start_kernel(void);

int __init start_kernel(void)
{
	return printk("hello\n");
}
