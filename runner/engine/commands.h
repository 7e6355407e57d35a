/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands of the state that an objtree was last built at: what make recorded of
 * the units that it built since the base, and what the baseline recorded of all
 * others, where nothing can have changed it since.
 *
 * kbuild records a command when it has worked. Of a unit that has failed since its
 * Makefile changed there is none, and the baseline's is another one.
 */
#ifndef KVMATRIX_ENGINE_COMMANDS_H
#define KVMATRIX_ENGINE_COMMANDS_H

#include "model/unit.h"

#include <stdbool.h>

struct impact;

struct commands {
	const struct unit_set *built; /* units of upper; may be empty */
	const char *upper; /* the objtree, or its part that is not the baseline */
	/* Units of the baseline, where it shows through, and what lies between
	 * it and the state; base NULL: it does not. */
	const struct unit_set *base;
	const struct impact *since_base;
};

/*
 * The unit whose cmdfile, in the objtree, is what make would run at that state; NULL:
 * it is not known. *built: it was built since the base, and its dependencies are those
 * of that state, too.
 */
const struct unit *commands_find(const struct commands *c, const char *name,
				 bool *built);

#endif
