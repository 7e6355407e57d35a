/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Checks of a matrix file that need no other file: words, forms, and whether its
 * parts name each other rightly.
 */
#ifndef KVMATRIX_MODEL_MATRIX_CHECK_H
#define KVMATRIX_MODEL_MATRIX_CHECK_H

struct errbuf;
struct matrix_yaml;
struct yaml_marks;

/* 0, or -1 and err with file, line, key and remedy. */
int matrix_check(const struct matrix_yaml *y, const struct yaml_marks *marks,
		 struct errbuf *err);

#endif
