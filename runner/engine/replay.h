/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replay: running the commands that kbuild recorded for units, without kbuild.
 * Used where "prepare" fails at a state and hides every unit behind it.
 */
#ifndef KVMATRIX_ENGINE_REPLAY_H
#define KVMATRIX_ENGINE_REPLAY_H

#include "sys/strlist.h"

struct commands;
struct errbuf;

/* A makefile that runs the recorded command of each named unit, announced in
 * kbuild's short form; the replay has to see the objtree of the commands. Owned by the
 * caller. */
char *replay_makefile(const struct commands *commands,
		      const struct strlist *names);

/*
 * Writes the makefile to a directory of its own, dir (commands of many units are
 * more than an argument can hold), and gives the command that obeys it in OBJ. The
 * sandbox has to show dir.
 */
int replay_argv(const char *dir, const char *makefile, struct strlist *argv,
		struct errbuf *err);

#endif
