/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_TYPES_H
#define _LINUX_TYPES_H

#define NULL ((void *)0)
#define __init __attribute__((section(".init.text")))
#define __maybe_unused __attribute__((unused))
#define offsetof(type, member) __builtin_offsetof(type, member)

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef _Bool bool;
typedef unsigned long size_t;

#endif
