// SPDX-License-Identifier: GPL-2.0-only
/*
 * The .cmd files are makefiles (kbuild includes them itself), with '#' written
 * as $(pound); so they are included here too and make does the unquoting.
 */
#include "engine/replay.h"

#include "engine/commands.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

char *replay_makefile(const struct commands *commands,
		      const struct strlist *names)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, "pound := \\#\n"
			   ".PHONY: all FORCE\n"
			   "all:\nFORCE:\n");
	strlist_each(name, names) {
		bool built;
		const struct unit *u = commands_find(commands, name, &built);

		if (!u)
			continue;
		strbuf_addf(&sb, "include %s\nall: %s\n%s: FORCE\n",
			    u->cmdfile, u->target, u->target);
		strbuf_addf(&sb, "\t@echo '  CC      $@'\n"
				 "\t@$(or $(savedcmd_$@),$(cmd_$@))\n");
	}
	return strbuf_detach(&sb);
}

int replay_argv(const char *dir, const char *makefile, struct strlist *argv,
		struct errbuf *err)
{
	_cleanup_free_ char *file = path_join(dir, "replay.mk");

	if (dir_make(dir, err) ||
	    file_write(file, makefile, strlen(makefile), err))
		return -1;
	strlist_addl(argv, "make", "--no-print-directory", "-k", "-Otarget",
		     "-f", file, NULL);
	return 0;
}
