// SPDX-License-Identifier: GPL-2.0-only
/*
 * git mailinfo as the judge of MIME: character sets, quoted-printable, base64,
 * attachments, in-body headers. It costs a process of 3 ms a mail and is always
 * right about what git am will do.
 *
 * It writes message and diff to two files. Ours have no name (memfd), so a
 * killed run leaves nothing behind. The user's git configuration is shut out: a
 * series must not change its meaning from one account to the next.
 *
 * CRs inside base64 and quoted-printable text are taken for the mailer's (git
 * am --quoted-cr=strip); see mail.c for those of plain text.
 */
#include "model/mailinfo.h"

#include "model/mail.h"
#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/proc.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAILINFO_TIMEOUT_MS 60000

void mailinfo_release(struct mailinfo *mi)
{
	free(mi->subject);
	free(mi->author);
	free(mi->complaint);
	strbuf_release(&mi->message);
	strbuf_release(&mi->diff);
	*mi = (struct mailinfo)MAILINFO_INIT;
}

int mailinfo_open(struct mailinfo_reader *r, struct errbuf *err)
{
	r->message_fd = memfd_create("message", MFD_CLOEXEC);
	r->diff_fd = memfd_create("diff", MFD_CLOEXEC);
	if (r->message_fd >= 0 && r->diff_fd >= 0)
		return 0;
	errbuf_set(err, "cannot make a temporary file in memory: %s",
		   strerror(errno));
	mailinfo_close(r);
	return -1;
}

void mailinfo_close(struct mailinfo_reader *r)
{
	if (r->message_fd >= 0)
		close(r->message_fd);
	if (r->diff_fd >= 0)
		close(r->diff_fd);
	r->message_fd = r->diff_fd = -1;
}

/* Length of the UTF-8 sequence at s, 0 when it is none (RFC 3629). */
static size_t utf8_len(const unsigned char *s)
{
	size_t n = *s < 0x80 ? 1 : *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : 2;

	if (n == 1)
		return 1;
	if (*s < 0xc2 || *s > 0xf4)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

char *utf8_line(const char *s)
{
	struct strbuf out = STRBUF_INIT;

	while (*s) {
		size_t n = utf8_len((const unsigned char *)s);

		if (!n && (unsigned char)*s >= 0xa0) /* as git commit does */
			strbuf_addf(&out, "%c%c", 0xc0 | (*s >> 6 & 3),
				    0x80 | (*s & 0x3f));
		else if (!n)
			strbuf_addstr(&out, "\357\277\275");
		else if (n == 1 && ((unsigned char)*s < ' ' || *s == 127))
			strbuf_addch(&out, ' ');
		else
			strbuf_add(&out, s, n);
		s += n ? n : 1;
	}
	return strbuf_detach(&out);
}

static int read_back(int fd, struct strbuf *out, struct errbuf *err)
{
	char chunk[65536];
	off_t at = 0;
	ssize_t n;

	while ((n = pread(fd, chunk, sizeof(chunk), at)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errbuf_set(err, "reading back from git "
					  "mailinfo: %s", strerror(errno));
		strbuf_add(out, chunk, n);
		at += n;
	}
	return 0;
}

/* The value of "Key: value" among git's findings; owned, NULL when absent. */
static char *finding(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *p = text; p && *p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, key, n)) {
			_cleanup_free_ char *v =
				xstrndup(p + n, strcspn(p + n, "\n"));

			return utf8_line(v);
		}
	}
	return NULL;
}

static void take_findings(struct mailinfo *mi, const char *text)
{
	_cleanup_free_ char *name = finding(text, "Author: ");
	_cleanup_free_ char *mail = finding(text, "Email: ");

	mi->subject = finding(text, "Subject: ");
	if (mi->subject && !*mi->subject)
		free(STEAL(mi->subject));
	if (mail && strcmp(mail, MAIL_NOBODY_ADDRESS))
		mi->author = xasprintf("%s <%s>", name ? name : "", mail);
}

/* The caller's environment without what could steer git. */
static void plain_environment(struct strlist *env)
{
	for (char **e = environ; *e; e++)
		if (!starts_with(*e, "GIT_") && !starts_with(*e, "LC_ALL="))
			strlist_add(env, *e);
	strlist_addl(env, "LC_ALL=C", "GIT_CONFIG_NOSYSTEM=1",
		     "GIT_CONFIG_GLOBAL=/dev/null", "GIT_DIR=/dev/null", NULL);
}

/*
 * Runs git once. 0: findings are in; 1: git cannot read the mail, the complaint
 * is set; -1: error.
 */
static int run(struct mailinfo_reader *r, const char *recode, const char *text,
	       size_t len, struct strbuf *findings, struct strbuf *complaint,
	       struct errbuf *err)
{
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	_cleanup_strlist_ struct strlist env = STRLIST_INIT;
	_cleanup_(proc_result_release) struct proc_result res = { 0 };
	struct proc_opts o = {
		.argv = &argv,
		.env = &env,
		.input = text,
		.input_len = len,
		.timeout_ms = MAILINFO_TIMEOUT_MS,
		.split_stderr = true,
		.pass_fds = { r->message_fd, r->diff_fd },
	};

	plain_environment(&env);
	strlist_addl(&argv, "git", "mailinfo", recode, "--quoted-cr=strip",
		     NULL);
	strlist_addf(&argv, "/proc/self/fd/%d", r->message_fd);
	strlist_addf(&argv, "/proc/self/fd/%d", r->diff_fd);
	strbuf_init(&res.output);
	strbuf_init(&res.err_output);
	if (proc_capture(&o, &res, err))
		return -1;
	if (res.stopped || res.timed_out || res.signal)
		return errbuf_set(err, "git mailinfo: %s",
				  res.timed_out ? "took more than a minute" :
				  res.stopped	? "interrupted" :
						  "killed by a signal");
	if (res.exit_code) {
		strbuf_addstr(complaint, res.err_output.buf);
		return 1;
	}
	strbuf_addstr(findings, res.output.buf);
	return 0;
}

int mailinfo_read(struct mailinfo_reader *r, const char *text, size_t len,
		  struct mailinfo *mi, struct errbuf *err)
{
	_cleanup_strbuf_ struct strbuf findings = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf complaint = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf again = STRBUF_INIT;
	/* not --encoding=UTF-8: git 2.39 then converts nothing */
	int ret = run(r, "-u", text, len, &findings, &complaint, err);

	/* a character set that is unknown or wrong: the diff is as good */
	if (ret > 0) {
		complaint.buf[strcspn(complaint.buf, "\n")] = '\0';
		mi->complaint = utf8_line(complaint.buf);
		ret = run(r, "-n", text, len, &findings, &again, err);
	}
	if (ret > 0)
		return errbuf_set(err, "git mailinfo cannot read this mail: %s",
				  mi->complaint);
	if (ret || read_back(r->message_fd, &mi->message, err) ||
	    read_back(r->diff_fd, &mi->diff, err))
		return -1;
	take_findings(mi, findings.buf);
	return 0;
}
