// SPDX-License-Identifier: GPL-2.0-only
/*
 * A directory whose Makefile changes is dropped as a whole, with the commands in it
 * (impact.c), so one that is still there was recorded under the Makefile as it is;
 * only the baseline's has to be asked about.
 */
#include "engine/commands.h"

#include "engine/impact.h"
#include "sys/fileio.h"
#include "sys/mem.h"

static bool is_in(const char *objtree, const struct unit *u)
{
	_cleanup_free_ char *file = path_join(objtree, u->cmdfile);

	return file_exists(file);
}

const struct unit *commands_find(const struct commands *c, const char *name,
				 bool *built)
{
	const struct unit *u = unit_set_find(c->built, name);

	*built = u && is_in(c->upper, u);
	if (*built)
		return u;
	u = c->base ? unit_set_find(c->base, name) : NULL;
	if (!u || c->since_base->from_empty ||
	    impact_may_change_command(c->since_base, u))
		return NULL;
	return u;
}
