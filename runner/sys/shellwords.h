/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A recorded command as an argv.
 */
#ifndef KVMATRIX_SYS_SHELLWORDS_H
#define KVMATRIX_SYS_SHELLWORDS_H

#include "sys/strlist.h"

struct errbuf;

/*
 * Appends the words of one simple command, written as make and then a POSIX shell
 * read it: "$$" is a dollar sign, "$(pound)" is '#', quotes and backslashes are the
 * shell's. What would need a shell to know (a variable, a command substitution, a
 * pattern, a redirection) is an error; nothing is ever expanded or run.
 */
int shellwords_split(const char *text, struct strlist *argv,
		     struct errbuf *err);

#endif
