// SPDX-License-Identifier: GPL-2.0-only
#include "audit/audit.h"

#include "cmd/cmd.h"
#include "cmd/run.h"
#include "sys/mem.h"
#include "sys/strbuf.h"

#include <stdio.h>

static const char head[] =
	"usage: kvmatrix audit NAME[,NAME...] [options] SERIES\n"
	"\n"
	"Tells what the compiler does not say of SERIES, compared with its base. It\n"
	"is a run (see kvmatrix run --help for SERIES and the options) with audits:\n"
	"\n";

static const char tail[] =
	"\n"
	"  --accept FILE   findings that are known: an id and a reason a line. They\n"
	"                  are reported and do not make the exit code 1\n"
	"\n"
	"Exit code: as of run, and 1 when the series adds a finding that is not\n"
	"accepted.\n";

int cmd_audit(int argc, char **argv)
{
	_cleanup_strbuf_ struct strbuf help = STRBUF_INIT;
	const struct audit *a;

	strbuf_addstr(&help, head);
	for (size_t i = 0; (a = audit_nth(i)); i++)
		strbuf_addf(&help, "  %-15s %s\n", a->name, a->help);
	strbuf_addstr(&help, tail);
	return run_series(argc, argv, help.buf);
}
