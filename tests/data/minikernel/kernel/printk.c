// SPDX-License-Identifier: GPL-2.0-only
#include <linux/printk.h>

int printk(const char *fmt, ...)
{
	return !fmt;
}

#include <linux/export.h>
EXPORT_SYMBOL(printk);
