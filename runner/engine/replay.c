// SPDX-License-Identifier: GPL-2.0-only
/*
 * The .cmd files are makefiles (kbuild includes them itself), with '#' written
 * as $(pound); so they are included here too and make does the unquoting.
 */
#include "engine/replay.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

/* The command of a unit that was built since the base, or else the base's. */
static void add_command(struct strbuf *sb, const struct unit *u,
			const char *newer)
{
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_free_ char *file = path_join(newer, u->cmdfile);
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	if (file_exists(file) && !file_read(file, &text, &ignored))
		strbuf_addf(sb, "%s\n", text.buf);
	else
		strbuf_addf(sb, "include %s\n", u->cmdfile);
}

char *replay_makefile(const struct unit_set *units, const struct strlist *names,
		      const char *newer)
{
	struct strbuf sb = STRBUF_INIT;

	strbuf_addstr(&sb, "pound := \\#\n"
			   ".PHONY: all FORCE\n"
			   "all:\nFORCE:\n");
	strlist_each(name, names) {
		const struct unit *u = unit_set_find(units, name);

		if (!u)
			continue;
		add_command(&sb, u, newer);
		strbuf_addf(&sb, "all: %s\n%s: FORCE\n", u->target, u->target);
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
