/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * "Did you mean ...?": the word of a list that a mistyped one stands for.
 */
#ifndef KVMATRIX_SYS_NEAREST_H
#define KVMATRIX_SYS_NEAREST_H

struct strlist;

/*
 * The element of words with the fewest edits (insert, delete, replace, swap of
 * neighbours; case does not count) from word, or NULL when none is near enough
 * to be meant: at most a third of its letters. Borrowed from words.
 */
const char *nearest_word(const struct strlist *words, const char *word);

#endif
