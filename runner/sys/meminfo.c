// SPDX-License-Identifier: GPL-2.0-only
#include "sys/meminfo.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int64_t meminfo_available(void)
{
	char text[4096];
	const char *line;
	unsigned long long kib;
	int fd = open("/proc/meminfo", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n <= 0)
		return -1;
	text[n] = 0;
	line = strstr(text, "\nMemAvailable:");
	if (!line || sscanf(line, "\nMemAvailable: %llu kB", &kib) != 1)
		return -1;
	return (int64_t)(kib << 10);
}
