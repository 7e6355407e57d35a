/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __KERNEL_PRINTK__
#define __KERNEL_PRINTK__

int printk(const char *fmt, ...);
#define pr_info(...) printk(__VA_ARGS__)

#endif
