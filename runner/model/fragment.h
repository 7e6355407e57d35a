/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kconfig options as people write them: "CONFIG_X=value" in a matrix file, and
 * lines of a fragment or .config (Documentation/kbuild/kconfig.rst and
 * scripts/kconfig/confdata.c of the kernel).
 */
#ifndef KVMATRIX_MODEL_FRAGMENT_H
#define KVMATRIX_MODEL_FRAGMENT_H

struct errbuf;
struct strlist;

/*
 * NULL when text is CONFIG_X=value with a value that Kconfig can hold (y, m, n,
 * a decimal number, 0x..., or a text in double quotes); otherwise what is wrong
 * and what to do, as the second half of a sentence.
 */
const char *fragment_option_fault(const char *text);

/*
 * Reads the lines of a fragment: "CONFIG_X=v" and "# CONFIG_X is not set" (as
 * CONFIG_X=n) go to out; empty lines and other comments are skipped. where
 * gets "NAME:LINE" for each; name is what messages call the file. Any other
 * line is an error, as is a comment that looks like a mistyped "is not set".
 */
int fragment_parse(const char *name, const char *text, struct strlist *out,
		   struct strlist *where, struct errbuf *err);

#endif
