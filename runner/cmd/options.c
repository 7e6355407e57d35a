// SPDX-License-Identifier: GPL-2.0-only
#include "cmd/options.h"

#include "audit/audit.h"
#include "cmd/cmd.h"
#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/proc.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	OPT_ACCEPT = 256,
	OPT_AUDIT,
	OPT_BASE,
	OPT_CELLS,
	OPT_FIRST_PARENT,
	OPT_RUN,
	OPT_TIP,
	OPT_DEPTH,
	OPT_AUDIT_SHARE,
	OPT_MEM,
	OPT_EXPLAIN,
	OPT_NO_MEMORY,
	OPT_NO_CCACHE,
	OPT_NO_SANDBOX,
	OPT_SIMULATE,
	OPT_TIMEOUT,
	OPT_TRACE,
	OPT_TREE,
};

static const struct option long_options[] = {
	{ "tree", required_argument, NULL, OPT_TREE },
	{ "base", required_argument, NULL, OPT_BASE },
	{ "matrix", required_argument, NULL, 'm' },
	{ "cells", required_argument, NULL, OPT_CELLS },
	{ "cell", required_argument, NULL, OPT_CELLS },
	{ "first-parent", no_argument, NULL, OPT_FIRST_PARENT },
	{ "run", required_argument, NULL, OPT_RUN },
	{ "tip", no_argument, NULL, OPT_TIP },
	{ "jobs", required_argument, NULL, 'j' },
	{ "depth", required_argument, NULL, OPT_DEPTH },
	{ "accept", required_argument, NULL, OPT_ACCEPT },
	{ "audit", required_argument, NULL, OPT_AUDIT },
	{ "audit-share", required_argument, NULL, OPT_AUDIT_SHARE },
	{ "mem", required_argument, NULL, OPT_MEM },
	{ "output", required_argument, NULL, 'o' },
	{ "explain", no_argument, NULL, OPT_EXPLAIN },
	{ "no-memory", no_argument, NULL, OPT_NO_MEMORY },
	{ "no-ccache", no_argument, NULL, OPT_NO_CCACHE },
	{ "no-sandbox", no_argument, NULL, OPT_NO_SANDBOX },
	{ "simulate", required_argument, NULL, OPT_SIMULATE },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "trace", required_argument, NULL, OPT_TRACE },
	{ "quiet", no_argument, NULL, 'q' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "help", no_argument, NULL, 'h' },
	{ 0 },
};

/* A whole number from 1 to max, or 0 with a complaint. */
static unsigned long number(const char *option, const char *text,
			    unsigned long max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || n < 1 || n > max) {
		complain("%s takes a whole number from 1 to %lu, not '%s'",
			 option, max, text);
		return 0;
	}
	return n;
}

/* A size in bytes, "512M", "6G", or 0 with a complaint. */
static uint64_t size(const char *option, const char *text)
{
	static const char units[] = "KMGT";
	unsigned long long n;
	const char *unit;
	unsigned shift = 0;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (unit) {
		shift = 10 * (unit - units + 1);
		end++;
	}
	if (errno || end == text || *end || !isdigit((unsigned char)*text) ||
	    !n || n > UINT64_MAX >> 2 >> shift) {
		complain("%s takes a size like 512M or 6G, not '%s'", option,
			 text);
		return 0;
	}
	return (uint64_t)n << shift;
}

/* A share, "2" or "2.5%"; as set_option(). */
static int percent(const char *option, const char *text, double *value)
{
	char *end;

	*value = strtod(text, &end);
	end += *end == '%';
	if (isdigit((unsigned char)*text) && !*end && *value >= 0 &&
	    *value <= 100)
		return -1;
	complain("%s takes a share from 0 to 100 percent, not '%s'", option,
		 text);
	return EXIT_USAGE;
}

/* As set_option(). */
static int audit_names(struct options *o)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	if (audit_names_ok(&o->audits, &err))
		return -1;
	complain("%s", err.msg);
	return EXIT_USAGE;
}

static int set_option(struct options *o, int c)
{
	unsigned long n;

	switch (c) {
	case OPT_TREE:
		o->tree = optarg;
		return -1;
	case OPT_BASE:
		o->base = optarg;
		return -1;
	case OPT_CELLS:
		o->cells = optarg;
		return -1;
	case OPT_FIRST_PARENT:
		o->first_parent = true;
		return -1;
	case OPT_RUN:
		o->run = optarg;
		return -1;
	case OPT_TIP:
		o->tip_only = true;
		return -1;
	case OPT_DEPTH:
		if (strcmp(optarg, "full") && strcmp(optarg, "quick")) {
			complain("--depth %s: must be 'quick' or 'full'",
				 optarg);
			return EXIT_USAGE;
		}
		o->depth = optarg;
		return -1;
	case OPT_ACCEPT:
		o->accept = optarg;
		return -1;
	case OPT_AUDIT:
		strlist_split(&o->audits, optarg, ",");
		return audit_names(o);
	case OPT_AUDIT_SHARE:
		return percent("--audit-share", optarg, &o->audit_percent);
	case OPT_MEM:
		o->memory = size("--mem", optarg);
		return o->memory ? -1 : EXIT_USAGE;
	case OPT_TRACE:
		o->trace = optarg;
		return -1;
	case OPT_EXPLAIN:
		o->explain = true;
		return -1;
	case OPT_NO_MEMORY:
		o->no_memory = true;
		return -1;
	case OPT_NO_CCACHE:
		o->no_ccache = true;
		return -1;
	case OPT_NO_SANDBOX:
		o->no_sandbox = true;
		return -1;
	case OPT_SIMULATE:
		o->simulate = number("--simulate (cores)", optarg, 100000);
		return o->simulate ? -1 : EXIT_USAGE;
	case OPT_TIMEOUT:
		n = number("--timeout (seconds)", optarg, 1000000);
		o->timeout_ms = n * 1000;
		return n ? -1 : EXIT_USAGE;
	case 'm':
		o->matrix = optarg;
		return -1;
	case 'j':
		o->jobs = number("-j", optarg, 1024);
		o->jobs_given = true;
		return o->jobs ? -1 : EXIT_USAGE;
	case 'o':
		o->dir = optarg;
		return -1;
	case 'q':
		o->quiet = true;
		return -1;
	case 'v':
		o->verbose = true;
		return -1;
	}
	return EXIT_USAGE;
}

/* --explain CELL PATCH SERIES */
static int explain_arguments(struct options *o, int nr, char **args,
			     const char *command)
{
	if (strcmp(command, "plan")) {
		complain("--explain goes with 'plan' only");
		return EXIT_USAGE;
	}
	if (nr != 3) {
		complain("--explain takes a cell, the number of a patch and the "
			 "series (see kvmatrix plan --help)");
		return EXIT_USAGE;
	}
	if (o->cells) {
		complain("--explain names its cell: --cells does not go with it");
		return EXIT_USAGE;
	}
	o->cells = args[0];
	o->patch = number("--explain: the patch", args[1], 1000000);
	o->series = args[2];
	return o->patch ? -1 : EXIT_USAGE;
}

/* Options that only bisect takes, and those that it does not. */
static int check_bisect(const struct options *o)
{
	bool bisect = !strcmp(o->command, "bisect");
	const char *own = o->run	  ? "--run" :
			  o->first_parent ? "--first-parent" :
			  o->tip_only	  ? "--tip" : NULL;

	if (!bisect && own) {
		complain("%s goes with 'bisect' only", own);
		return EXIT_USAGE;
	}
	if (bisect && strcmp(o->depth, "full")) {
		complain("--depth quick does not go with bisect: what it finds "
			 "has been built");
		return EXIT_USAGE;
	}
	return -1;
}

/* "kvmatrix audit NAME[,NAME...] SERIES"; as set_option(). */
static int audit_arguments(struct options *o, int *argc, char ***argv)
{
	if (*argc != 2) {
		complain("%s (see kvmatrix audit --help)",
			 *argc < 2 ? "an audit and a SERIES have to be given" :
				     "more than one SERIES given");
		return EXIT_USAGE;
	}
	strlist_split(&o->audits, **argv, ",");
	++*argv;
	--*argc;
	return audit_names(o);
}

int options_parse(struct options *o, int argc, char **argv, const char *help)
{
	char **args;
	int c, ret, nr;

	*o = (struct options){
		.command = argv[0],
		.matrix = "kvm",
		.depth = "full",
		.audit_percent = 1,
		.jobs = proc_cpus(),
		.timeout_ms = 30 * 60 * 1000,
	};
	optind = 1;
	opterr = 0;
	while ((c = getopt_long(argc, argv, ":m:j:o:qvh", long_options,
				NULL)) != -1) {
		if (c == 'h') {
			fputs(help, stdout);
			return EXIT_OK;
		}
		if (c == '?' || c == ':') {
			complain("%s '%s' (see kvmatrix %s --help)",
				 c == '?' ? "no such option" :
					    "an argument is missing after",
				 argv[optind - 1], argv[0]);
			return EXIT_USAGE;
		}
		ret = set_option(o, c);
		if (ret >= 0)
			return ret;
	}
	if (o->simulate && strcmp(argv[0], "plan")) {
		complain("--simulate goes with 'plan' only");
		return EXIT_USAGE;
	}
	ret = check_bisect(o);
	if (ret >= 0)
		return ret;
	if (o->explain)
		return explain_arguments(o, argc - optind, argv + optind,
					 argv[0]);
	args = argv + optind;
	nr = argc - optind;
	if (!strcmp(argv[0], "audit")) {
		ret = audit_arguments(o, &nr, &args);
		if (ret >= 0)
			return ret;
	}
	if (o->audits.nr && !strcmp(argv[0], "plan")) {
		complain("--audit goes with 'run' and 'audit' only");
		return EXIT_USAGE;
	}
	if (o->accept && !o->audits.nr) {
		complain("--accept is for the findings of audits: give --audit, "
			 "too");
		return EXIT_USAGE;
	}
	if (nr != 1) {
		complain(nr < 1 ? "no SERIES given (see kvmatrix %s --help)" :
				  "more than one SERIES given (see kvmatrix %s "
				  "--help)",
			 argv[0]);
		return EXIT_USAGE;
	}
	o->series = args[0];
	return -1;
}

void options_release(struct options *o)
{
	strlist_release(&o->audits);
}
