// SPDX-License-Identifier: GPL-2.0-only
#include <linux/types.h>

size_t strlen(const char *s);

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}
