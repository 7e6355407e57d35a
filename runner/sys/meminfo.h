/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much memory the machine has left.
 */
#ifndef KVMATRIX_SYS_MEMINFO_H
#define KVMATRIX_SYS_MEMINFO_H

#include <stdint.h>

/* MemAvailable of /proc/meminfo (proc_meminfo(5)) in bytes: what can be used
 * without swapping. -1: not known. */
int64_t meminfo_available(void);

#endif
