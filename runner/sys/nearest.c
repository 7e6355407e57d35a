// SPDX-License-Identifier: GPL-2.0-only
/*
 * Optimal string alignment distance with three rows.
 */
#include "sys/nearest.h"

#include "sys/mem.h"
#include "sys/strlist.h"

#include <ctype.h>
#include <limits.h>

/* Longer words are not typed by hand, and the rows live on the stack. */
#define LONGEST 127

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][LONGEST + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > LONGEST || lb > LONGEST)
		return UINT_MAX;
	for (size_t j = 0; j <= lb; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= la; i++) {
		unsigned *row = rows[i % 3], *up = rows[(i + 2) % 3];
		const unsigned *up2 = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= lb; j++) {
			row[j] = min3(up[j] + 1, row[j - 1] + 1,
				      up[j - 1] + !same(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
			    same(a[i - 2], b[j - 1]))
				row[j] = min3(row[j], up2[j - 2] + 1, UINT_MAX);
		}
	}
	return rows[la % 3][lb];
}

const char *nearest_word(const struct strlist *words, const char *word)
{
	const char *best = NULL;
	unsigned least = UINT_MAX;

	strlist_each(w, words) {
		unsigned d = distance(w, word);

		if (d < least) {
			least = d;
			best = w;
		}
	}
	return best && least <= (strlen(word) + 2) / 3 ? best : NULL;
}
