/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The commands. Each cmd_x() is main() of "kvmatrix x": argv[0] is the command's
 * name; it returns the exit code. Only this floor prints.
 */
#ifndef KVMATRIX_CMD_CMD_H
#define KVMATRIX_CMD_CMD_H

struct store;

#define EXIT_OK 0
#define EXIT_WORSE 1
#define EXIT_USAGE 2
#define EXIT_UNKNOWN 3

int cmd_run(int argc, char **argv);
int cmd_audit(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_bisect(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_repro(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_gc(int argc, char **argv);
int cmd_exposure(int argc, char **argv);

/* Prints "kvmatrix: MESSAGE" to stderr. */
void complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Prints "kvmatrix: warning: MESSAGE" to stderr. */
void warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The directory that holds matrices/ and configs/: the checkout, or where
 * "make install" put them. Owned. */
char *home_dir(void);
/* Absolute path of the running program. Owned. */
char *self_path(void);
/* The runs that are stored, to be closed; NULL: told, and *exit_code says how to end. */
struct store *open_runs(int *exit_code);

#endif
