/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Replay: running the commands that kbuild recorded for units, without kbuild.
 * Used where "prepare" fails at a state and hides every unit behind it.
 */
#ifndef KVMATRIX_ENGINE_REPLAY_H
#define KVMATRIX_ENGINE_REPLAY_H

#include "model/unit.h"
#include "sys/strlist.h"

/* A makefile that runs the recorded command of each named unit, announced in
 * kbuild's short form. Owned by the caller. */
char *replay_makefile(const struct unit_set *units,
		      const struct strlist *names);

/* The command, to be run in OBJ, that writes the makefile there and obeys it. */
void replay_argv(const char *makefile, struct strlist *argv);

#endif
