// SPDX-License-Identifier: GPL-2.0-only
/*
 * kvmatrix: which patch of a series breaks which architecture and configuration
 * of KVM. This file holds the table of commands and nothing else.
 */
#include "cmd/cmd.h"
#include "sys/mem.h"
#include "sys/sandbox.h"

#include <signal.h>
#include <stdio.h>

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "run", cmd_run, "judge a series in every cell of a matrix" },
	{ "audit", cmd_audit, "what the compiler does not say of a series" },
	{ "plan", cmd_plan, "what run would build, and why not the rest" },
	{ "bisect", cmd_bisect, "the first bad patch of every failing cause" },
	{ "report", cmd_report, "print a stored run again" },
	{ "repro", cmd_repro, "shell commands that reproduce one step" },
	{ "doctor", cmd_doctor, "what is missing on this machine" },
	{ "exposure", cmd_exposure, "what code outside KVM uses of its headers" },
	{ "gc", cmd_gc, "free disk" },
};

static void help(void)
{
	puts("usage: kvmatrix COMMAND [options]\n"
	     "\n"
	     "Applies a kernel patch series patch by patch, cross-compiles KVM "
	     "for several\n"
	     "architectures and configurations, and tells which patch breaks "
	     "what.\n");
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		printf("  %-8s %s\n", commands[i].name, commands[i].help);
	puts("\n\"kvmatrix COMMAND --help\" tells the options of a command.\n"
	     "Exit code: 0 nothing got worse, 1 the series made something "
	     "worse, 2 wrong\n"
	     "usage or bad input, 3 could not find out.");
}

int main(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : "";

	mem_setup();
	/* The sandbox's own side; see sys/sandbox.h. */
	if (!strcmp(name, "__enter"))
		return sandbox_enter_main(argc, argv);
	/* A reader that goes away is told by write(), not by a signal. */
	signal(SIGPIPE, SIG_IGN);
	if (!strcmp(name, "--help") || !strcmp(name, "-h") ||
	    !strcmp(name, "help")) {
		help();
		return EXIT_OK;
	}
	if (!strcmp(name, "--version")) {
		puts("kvmatrix " KVMATRIX_VERSION);
		return EXIT_OK;
	}
	for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(name, commands[i].name))
			return commands[i].main(argc - 1, argv + 1);
	complain(*name ? "no command '%s' (see kvmatrix --help)" :
			 "no command given%s (see kvmatrix --help)",
		 name);
	return EXIT_USAGE;
}
