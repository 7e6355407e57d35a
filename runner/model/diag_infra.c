// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells a fault of the machine from a fault of the source: a killed or crashed
 * compiler, a full disk, no memory, a tool that is not there.
 *
 * Such a step could not be judged, and calling it broken would blame a patch
 * for a full disk. The other mistake is as bad, so the words must stand where
 * only a tool can put them: what a source file says through #error or #warning
 * follows "FILE:LINE:COLUMN: error: " and is never looked at.
 *
 * Sources: gcc/gcc.cc and gcc/diagnostic.cc, libiberty/xmalloc.c,
 * gas/messages.c, bfd/bfd.c, GNU make's src/job.c and src/function.c,
 * signal names of glibc's strsignal(3).
 */
#include "model/diag_parse.h"

#include "sys/mem.h"

#include <stdlib.h>
#include <string.h>

static bool has_any(const char *s, const char *const *list)
{
	for (; *list; list++)
		if (strstr(s, *list))
			return true;
	return false;
}

/* The line ends with an errno text that only a machine in trouble gives. */
static const char *errno_fault(const char *line)
{
	static const struct {
		const char *text, *what;
	} faults[] = {
		{ "No space left on device", "no space left on the disk" },
		{ "Disk quota exceeded", "disk quota exceeded" },
		{ "Cannot allocate memory", "out of memory" },
		{ "Input/output error", "input/output error" },
		{ "Too many open files", "too many open files" },
		{ "Resource temporarily unavailable", "too many processes" },
		{ "Read-only file system", "read-only file system" },
		{ "Stale file handle", "stale file handle" },
	};
	size_t n = strlen(line);

	while (n && strchr("'\". ", line[n - 1]))
		n--;
	for (size_t i = 0; i < ARRAY_SIZE(faults); i++) {
		size_t k = strlen(faults[i].text);

		/* ": text" or "'text": never the words of a sentence */
		if (n > k + 1 && !strncmp(line + n - k, faults[i].text, k) &&
		    strchr(" '\"", line[n - k - 1]))
			return faults[i].what;
	}
	return NULL;
}

static const char *crash(const char *rest, bool *ice)
{
	static const char *const killed[] = { "Killed", "terminated program",
					      NULL };

	if (starts_with(rest, "internal compiler error: ")) {
		*ice = true;
		return has_any(rest, killed) ? "compiler killed" :
					       "compiler crashed";
	}
	if (starts_with(rest, "fatal error: error in backend:")) {
		*ice = true;
		return "compiler crashed";
	}
	return NULL;
}

/* What a compiler or assembler says about itself: "gcc: fatal error: ...". */
static const char *tool_fault(const char *rest, bool *ice)
{
	static const char *const died[] = { " terminated program ",
					    "signal terminated",
					    " terminated with signal ", NULL };
	static const char *const clang_died[] = {
		"unable to execute command:", "command failed due to signal",
		"unable to remove file:", NULL
	};

	if (starts_with(rest, "fatal error: ") && has_any(rest, died))
		return "compiler killed";
	if (starts_with(rest, "error: ") && has_any(rest, clang_died)) {
		*ice = strstr(rest, "Killed") == NULL;
		return *ice ? "compiler crashed" : "compiler killed";
	}
	if (starts_with(rest, "out of memory") ||
	    starts_with(rest, "memory exhausted"))
		return "out of memory";
	return NULL;
}

/* Lines that a dying process or its shell leaves, without a place. */
static const char *bare_fault(const char *line, bool *ice)
{
	static const char *const words[] = { "Killed", "Terminated",
					     "Segmentation fault", "Bus error",
					     "Aborted", "Hangup" };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		size_t n = strlen(words[i]);

		if (!strncmp(line, words[i], n) &&
		    (!line[n] || !strcmp(line + n, " (core dumped)")))
			return "a tool was killed or crashed";
	}
	if (starts_with(line, "virtual memory exhausted: ") ||
	    starts_with(line, "LLVM ERROR: out of memory") ||
	    strstr(line, "'std::bad_alloc'"))
		return "out of memory";
	if (starts_with(line, "BFD (GNU Binutils") &&
	    (strstr(line, "internal error") || strstr(line, "assertion fail")))
		return "binutils crashed";
	if (starts_with(line, "PLEASE submit a bug report to ")) {
		*ice = true;
		return "compiler crashed";
	}
	return NULL;
}

static bool is_tool(const struct diag_place *pl)
{
	char base[32] = "";

	if (pl->len < sizeof(base))
		memcpy(base, pl->file, pl->len);
	return diag_is_compiler(pl->file, pl->len) ||
	       diag_is_linker(pl->file, pl->len) ||
	       diag_is_build_tool(diag_basename(base));
}

const char *diag_infra_line(const char *line, bool *ice)
{
	struct diag_place pl;
	const char *rest = diag_place_split(line, &pl), *what;

	*ice = false;
	if (!*line || *line == ' ')
		return NULL;
	if (!rest)
		return bare_fault(line, ice);
	what = crash(rest, ice);
	if (what)
		return what;
	/* A place in a source: only the fatal ones are the tool's own words. */
	if (pl.line)
		return starts_with(rest, "fatal error: ") ||
				       starts_with(rest, "Fatal error: ") ?
			       errno_fault(line) :
			       NULL;
	if (is_tool(&pl)) {
		what = tool_fault(rest, ice);
		if (!what && strstr(rest, "file truncated"))
			what = "truncated object file";
		if (!what && starts_with(line, "ccache: "))
			what = "ccache failed";
	}
	if (!what)
		what = bare_fault(line, ice);
	return what ? what : errno_fault(line);
}

const char *diag_infra_status(const char *status)
{
	static const char *const signals[] = {
		"Killed", "Terminated", "Interrupt", "Hangup", "Quit",
		"Segmentation fault", "Bus error", "Aborted",
		"Illegal instruction", "CPU time limit exceeded",
		"File size limit exceeded", "Floating point exception",
		"User defined signal", "Broken pipe", "Alarm clock",
	};
	long n;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		if (starts_with(status, signals[i]))
			return "a tool was killed or crashed";
	if (!starts_with(status, "Error "))
		return NULL;
	/* a shell passes a signal on as 128 + its number */
	n = strtol(status + strlen("Error "), NULL, 10);
	return n > 128 && n < 128 + 32 ? "a tool was killed or crashed" : NULL;
}

bool diag_is_build_tool(const char *name)
{
	static const char *const names[] = {
		"as",	   "ar",     "nm",	"objcopy", "objdump", "strip",
		"readelf", "ranlib", "bison",	"flex",	   "bc",      "perl",
		"python3", "awk",    "gawk",	"pahole",  "openssl", "ccache",
		"cpio",	   "gzip",   "xz",	"zstd",	   "lz4",     "lzop",
		"rsync",   "m4",     "bindgen", "tar",	   "git",     "sed",
	};
	const char *dash = strrchr(name, '-');

	if (diag_is_compiler(name, strlen(name)) ||
	    diag_is_linker(name, strlen(name)))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]) ||
		    (dash && !strcmp(dash + 1, names[i])))
			return true;
	return starts_with(name, "llvm-");
}

/* "sh", "/bin/sh", "bash", "make[3]", "env" */
static bool is_runner(const char *s, size_t len)
{
	_cleanup_free_ char *name = xstrndup(s, len);
	const char *base = diag_basename(name);

	return !strcmp(base, "sh") || !strcmp(base, "bash") ||
	       !strcmp(base, "dash") || !strcmp(base, "env") ||
	       !strcmp(base, "make") || starts_with(base, "make[");
}

/*
 * dash: "/bin/sh: 1: X: not found"; bash: "/bin/sh: line 1: X: command not
 * found"; make: "make[3]: X: No such file or directory" (4.3) or "make[3]: X:
 * Command not found" (before).
 */
char *diag_command_not_found(const char *line)
{
	static const char *const ends[] = { ": not found",
					    ": command not found",
					    ": Command not found",
					    ": No such file or directory" };
	size_t n = strcspn(line, ":"), len = strlen(line), k = 0;
	const char *end, *start;

	if (!line[n] || !is_runner(line, n))
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(ends) && !k; i++)
		if (ends_with(line, ends[i]))
			k = strlen(ends[i]);
	end = line + len - k;
	if (!k || end <= line + n)
		return NULL;
	for (start = end; start > line && start[-1] != ' ' && start[-1] != ':';)
		start--;
	return end > start ? xstrndup(start, end - start) : NULL;
}
