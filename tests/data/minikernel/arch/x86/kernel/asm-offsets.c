// SPDX-License-Identifier: GPL-2.0-only
#include <linux/kbuild.h>
#include <linux/types.h>
#include <linux/mutex.h>

int main(void);

int main(void)
{
	OFFSET(MUTEX_OWNER, mutex, owner);
	return 0;
}
