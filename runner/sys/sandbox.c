// SPDX-License-Identifier: GPL-2.0-only
/*
 * The outside of the sandbox: the command line that enters it, whether it works
 * on this machine, whiteouts. The inside is sandbox_enter.c.
 */
#include "sys/sandbox.h"

#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/proc.h"
#include "sys/sandbox_spec.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

void sandbox_release(struct sandbox *s)
{
	strlist_release(&s->src_layers);
	strlist_release(&s->drop);
	strlist_release(&s->writable);
	strlist_release(&s->readable);
	*s = (struct sandbox)SANDBOX_INIT;
}

static int check(const struct sandbox *s, struct errbuf *err)
{
	if (!s->self || !s->src || !s->obj || !s->obj_upper ||
	    !s->src_layers.nr)
		return errbuf_set(err, "sandbox: incomplete description (self, src, obj, obj_upper and src_layers are needed)");
	if (s->obj_lower && !s->obj_work)
		return errbuf_set(err, "sandbox: %s: an overlay needs a work directory",
				  s->obj_lower);
	strlist_each(layer, &s->src_layers)
		if (!dir_exists(layer))
			return errbuf_set(err, "sandbox: %s: no such directory",
					  layer);
	if (s->obj_lower && !dir_exists(s->obj_lower))
		return errbuf_set(err, "sandbox: %s: no such directory",
				  s->obj_lower);
	return 0;
}

/* The places to mount on, and what is written to. */
static int make_dirs(const struct sandbox *s, struct errbuf *err)
{
	if (dir_make(s->src, err) || dir_make(s->obj, err) ||
	    dir_make(s->obj_upper, err) ||
	    (s->obj_work && dir_make(s->obj_work, err)))
		return -1;
	strlist_each(dir, &s->writable)
		if (dir_make(dir, err))
			return -1;
	return 0;
}

int sandbox_argv(const struct sandbox *s, const struct strlist *command,
		 struct strlist *argv, struct errbuf *err)
{
	_cleanup_free_ char *spec = NULL;

	if (!command->nr)
		return errbuf_set(err, "sandbox: empty command");
	if (s->mode == SANDBOX_PLAIN) {
		if (sandbox_drop(s->obj, &s->drop, err))
			return -1;
		strlist_cat(argv, command);
		return 0;
	}
	if (check(s, err) || make_dirs(s, err) ||
	    sandbox_spec_write(s, &spec, err))
		return -1;
	strlist_addl(argv, s->self, "__enter", spec, "--", NULL);
	strlist_cat(argv, command);
	return 0;
}

int sandbox_whiteout(const char *path, struct errbuf *err)
{
	struct stat st;

	if (dir_make_for(path, err))
		return -1;
	if (!mknod(path, S_IFCHR, makedev(0, 0)))
		return 0;
	if (errno == EEXIST && !lstat(path, &st) && S_ISCHR(st.st_mode) &&
	    st.st_rdev == makedev(0, 0))
		return 0;
	return errbuf_set(err, "%s: cannot make a whiteout: %s", path,
			  strerror(errno));
}

/* The probe ------------------------------------------------------------ */

/*
 * Holds the kernel and the file system to what a step relies on: layers
 * merge, whiteouts hide, a dropped directory can be made anew and is empty then
 * (an opaque directory needs user.* attributes on the upper file system), and
 * the source cannot be written. Each line's number is the exit code.
 */
static const char probe_script[] =
	"test -e \"$1/base\" || exit 11\n"
	"test ! -e \"$1/gone\" || exit 12\n"
	"test ! -e dir || exit 13\n"
	"mkdir dir && test ! -e dir/file || exit 14\n"
	"rm -r other && mkdir other && test ! -e other/file || exit 15\n"
	"! touch \"$1/new\" 2>/dev/null || exit 16\n"
	"echo x >new || exit 17\n";

static const char *probe_meaning(int code)
{
	switch (code) {
	case 11:
		return "an overlay does not show its lower layer";
	case 12:
		return "a whiteout in an overlay does not hide";
	case 13:
		return "a file removed from an overlay is still there";
	case 14:
	case 15:
		return "a directory cannot be replaced in an overlay (no user.* attributes on this file system?)";
	case 16:
		return "the source is writable";
	case 17:
		return "the object directory is not writable";
	default:
		return NULL;
	}
}

static int touch_in(const char *top, const char *name, struct errbuf *err)
{
	_cleanup_free_ char *path = path_join(top, name);

	if (dir_make_for(path, err))
		return -1;
	return file_write(path, "x\n", 2, err);
}

static int fill_probe(const char *top, struct errbuf *err)
{
	_cleanup_free_ char *gone = path_join(top, "state/gone");

	if (touch_in(top, "base/base", err) ||
	    touch_in(top, "base/gone", err) ||
	    touch_in(top, "lower/dir/file", err) ||
	    touch_in(top, "lower/other/file", err))
		return -1;
	return sandbox_whiteout(gone, err);
}

/* The last line that a failed child printed. */
static char *last_line(const struct proc_result *res)
{
	size_t end = res->output.len, at;

	while (end && res->output.buf[end - 1] == '\n')
		end--;
	for (at = end; at && res->output.buf[at - 1] != '\n'; at--)
		;
	return xstrndup(res->output.buf + at, end - at);
}

/* bwrap says more than the line that follows from it. */
static char *first_line(const struct proc_result *res)
{
	return xstrndup(res->output.buf, strcspn(res->output.buf, "\n"));
}

static int judge_probe(const struct proc_result *res, struct errbuf *err)
{
	_cleanup_free_ char *line = NULL;

	if (res->exit_code == 0)
		return 0;
	if (res->timed_out)
		return errbuf_set(err, "a trial did not end within 30 s");
	if (probe_meaning(res->exit_code))
		return errbuf_set(err, "%s", probe_meaning(res->exit_code));
	line = strstr(res->output.buf, "bwrap: ") ? first_line(res) :
							  last_line(res);
	if (*line)
		return errbuf_set(err, "%s", line);
	return errbuf_set(err, "a trial ended with exit code %d, signal %d",
			  res->exit_code, res->signal);
}

static int run_probe(const char *self, const char *top, struct errbuf *err)
{
	_cleanup_(sandbox_release) struct sandbox s = SANDBOX_INIT;
	_cleanup_strlist_ struct strlist command = STRLIST_INIT;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_free_ char *src = path_join(top, "src");
	_cleanup_free_ char *obj = path_join(top, "obj");
	_cleanup_free_ char *upper = path_join(top, "upper");
	_cleanup_free_ char *work = path_join(top, "work");
	_cleanup_free_ char *lower = path_join(top, "lower");
	struct proc_opts o = { .argv = &argv, .timeout_ms = 30000 };
	struct proc_result res;
	int ret;

	s.self = self;
	s.src = src;
	s.obj = obj;
	s.obj_upper = upper;
	s.obj_work = work;
	s.obj_lower = lower;
	strlist_addf(&s.src_layers, "%s/state", top);
	strlist_addf(&s.src_layers, "%s/base", top);
	strlist_add(&s.drop, "dir");
	strlist_addl(&command, "sh", "-c", probe_script, "probe", src, NULL);
	if (fill_probe(top, err) || sandbox_argv(&s, &command, &argv, err) ||
	    proc_capture(&o, &res, err))
		return -1;
	ret = judge_probe(&res, err);
	proc_result_release(&res);
	return ret;
}

bool sandbox_probe(const char *self, const char *dir, char **why)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_errbuf_ struct errbuf ignored = ERRBUF_INIT;
	_cleanup_free_ char *top = path_join(dir, "probe.XXXXXX");
	int ret;

	*why = NULL;
	if (dir_make(dir, &err)) {
		*why = STEAL(err.msg);
		return false;
	}
	if (!mkdtemp(top)) {
		*why = xasprintf("%s: %s", top, strerror(errno));
		return false;
	}
	ret = run_probe(self, top, &err);
	tree_remove(top, &ignored);
	if (ret)
		*why = STEAL(err.msg);
	return !ret;
}
