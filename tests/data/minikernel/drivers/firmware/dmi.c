// SPDX-License-Identifier: GPL-2.0-only
#include <linux/types.h>

int dmi_init(void);

int dmi_init(void)
{
	return 0;
}
