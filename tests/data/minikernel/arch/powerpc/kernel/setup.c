// SPDX-License-Identifier: GPL-2.0-only
#include <linux/types.h>
#include <generated/asm-offsets.h>
#include <asm/paca.h>

size_t setup_paca(void);

size_t setup_paca(void)
{
	return sizeof(struct paca_struct) + HSTATE_HOST_R1;
}
