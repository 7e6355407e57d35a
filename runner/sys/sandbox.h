/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The place where a build runs: two directories at fixed paths, SRC (the
 * kernel source of one state, read-only) and OBJ (O= of one cell), so that
 * every build sees the same paths whatever state and cell it is.
 *
 * With namespaces: the child enters a user and mount namespace of its own,
 * mounts overlay(state, base) on SRC and overlay(scratch, baseline) on OBJ, then
 * runs bubblewrap, which makes everything else read-only, hides the home
 * directory, cuts the network and gives it its own process namespace, so that no
 * process outlives it. The mounts vanish with the namespace.
 *
 * Since a mount needs a process that is inside, kvmatrix starts itself again
 * as "kvmatrix __enter SPEC". That process stays as the parent of the build
 * and ends, with the build's exit code, when all of the build's processes are
 * gone and the mounts with them. It dies with kvmatrix, and the build with it.
 *
 * Inside: / read-only, no capabilities; /tmp, /run, the home and s->hide empty
 * but for SRC, OBJ, s->writable and the toolchains in PATH; HOME=/tmp; the
 * directory is OBJ. In SANDBOX_PLAIN the caller sets proc_opts.cwd.
 */
#ifndef KVMATRIX_SYS_SANDBOX_H
#define KVMATRIX_SYS_SANDBOX_H

#include "sys/strlist.h"

#include <stdbool.h>

struct errbuf;

enum sandbox_mode {
	SANDBOX_OVERLAY, /* namespaces, overlays, bubblewrap */
	SANDBOX_PLAIN,	 /* none: SRC and OBJ are real directories */
};

struct sandbox {
	enum sandbox_mode mode;
	const char *self;  /* path of the kvmatrix program */
	const char *src;   /* fixed path of the source */
	const char *obj;   /* fixed path of O= */
	/* SANDBOX_OVERLAY: lower directories of SRC, topmost first (the state's
	 * own directory, then the base checkout). One entry: a bind mount. */
	struct strlist src_layers;
	/* SANDBOX_OVERLAY: what is written under OBJ goes to obj_upper; with
	 * obj_lower it is an overlay over that directory and obj_work is the
	 * overlay's work directory (same file system as obj_upper). Without
	 * obj_lower obj_upper itself is bound. "<obj_upper>.drop" is used for
	 * a moment; one sandbox at a time may use an obj_upper. */
	const char *obj_upper;
	const char *obj_work;
	const char *obj_lower;
	/* With obj_lower: one more layer between it and obj_upper, not written
	 * to; may be NULL. */
	const char *obj_middle;
	/* Paths relative to OBJ, removed (files, or whole trees) after mounting
	 * and before the command. */
	struct strlist drop;
	/* Further directories that stay writable (the ccache directory). */
	struct strlist writable;
	/* Further directories that can be read where they would be hidden. */
	struct strlist readable;
	/* Fixed top of the cache, hidden from the build except for what is
	 * mounted above; NULL: nothing hidden. */
	const char *hide;
};

#define SANDBOX_INIT { 0 }
void sandbox_release(struct sandbox *s);

/*
 * Tries, once, in a child, to mount a small overlay under DIR and to run "true"
 * through bubblewrap. true: SANDBOX_OVERLAY works here; otherwise why (owned
 * by the caller) says in one line what does not.
 */
bool sandbox_probe(const char *self, const char *dir, char **why);

/*
 * Gives the argv that runs command (an argv) inside the sandbox, for proc.h:
 * [self, "__enter", spec, "--", command...] where spec is a one-line JSON text.
 * In SANDBOX_PLAIN mode it does the drops and gives the command itself.
 */
int sandbox_argv(const struct sandbox *s, const struct strlist *command,
		 struct strlist *argv, struct errbuf *err);

/*
 * main() of "kvmatrix __enter SPEC -- COMMAND...": does not return on success.
 * On failure prints "kvmatrix: sandbox: ..." and returns 125, which no build
 * tool uses, so that the caller can tell it from a failed build.
 */
int sandbox_enter_main(int argc, char **argv);
#define SANDBOX_EXIT_FAILED 125

/*
 * Makes a whiteout (overlayfs: character device 0/0, needs no privilege since
 * Linux 5.8) at path, so that the file or directory of that name in the layers
 * below is absent.
 */
int sandbox_whiteout(const char *path, struct errbuf *err);

#endif
