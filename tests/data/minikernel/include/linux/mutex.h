/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __LINUX_MUTEX_H
#define __LINUX_MUTEX_H

#include <linux/types.h>

struct mutex {
	u32 owner;
};

static inline void mutex_lock(struct mutex *lock)
{
	lock->owner = 1;
}

static inline void mutex_unlock(struct mutex *lock)
{
	lock->owner = 0;
}

#endif
