// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading a series: what people's mailboxes and directories really hold, and
 * what must be refused. The files in tests/data/series were written by git
 * format-patch or by hand after messages of public lists. Whatever is accepted
 * is also given to git am, the judge of all of it.
 */
#include "model/series.h"

#include "model/mail.h"
#include "model/patchpath.h"
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/mem.h"
#include "sys/proc.h"
#include "sys/strbuf.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* A place for the files of one test, removed at its end. */
struct place {
	char *dir;
};

static int setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	struct place *p = xcalloc(1, sizeof(*p));

	p->dir = xasprintf("%s/kvmatrix-series-XXXXXX", tmp ? tmp : "/tmp");
	*state = p;
	return mkdtemp(p->dir) ? 0 : -1;
}

static int teardown(void **state)
{
	struct place *p = *state;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	int ret = tree_remove(p->dir, &err);

	free(p->dir);
	free(p);
	return ret;
}

static char *data_path(const char *name)
{
	const char *top = getenv("KVMATRIX_TOP");

	return xasprintf("%s/tests/data/series/%s", top ? top : ".", name);
}

static char *put_bytes(void **state, const char *name, const char *text,
		       size_t len)
{
	struct place *p = *state;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	char *path = path_join(p->dir, name);

	assert_int_equal(dir_make_for(path, &err), 0);
	assert_int_equal(file_write(path, text, len, &err), 0);
	return path;
}

static void put(void **state, const char *name, const char *text)
{
	free(put_bytes(state, name, text, strlen(text)));
}

/* A mail with a subject and a diff that adds the file f<n>.c. */
static char *mail_of(const char *subject, int n)
{
	return xasprintf("From: A B <a@example.org>\nSubject: %s\n\nText.\n---\n"
			 "diff --git a/f%d.c b/f%d.c\nnew file mode 100644\n"
			 "--- /dev/null\n+++ b/f%d.c\n@@ -0,0 +1 @@\n+int v;\n",
			 subject, n, n, n);
}

static void put_mail(void **state, const char *name, const char *subject, int n)
{
	_cleanup_free_ char *text = mail_of(subject, n);

	put(state, name, text);
}

static void read_ok(struct series *s, const char *path)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	int ret = series_read(s, path, &err);

	if (ret)
		print_error("%s\n", err.msg);
	assert_int_equal(ret, 0);
	assert_null(err.msg);
}

static void read_data(struct series *s, const char *name)
{
	_cleanup_free_ char *path = data_path(name);

	read_ok(s, path);
}

static void read_place(struct series *s, void **state, const char *name)
{
	struct place *p = *state;
	_cleanup_free_ char *path = path_join(p->dir, name);

	read_ok(s, path);
}

/* Each of the NULL-ended texts must be in the message. */
static void assert_refused(void **state, const char *name, ...)
{
	struct place *p = *state;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_free_ char *path = path_join(p->dir, name);
	struct series s;
	const char *want;
	va_list ap;

	assert_int_equal(series_read(&s, path, &err), -1);
	assert_non_null(err.msg);
	assert_int_equal(s.nr, 0);
	va_start(ap, name);
	while ((want = va_arg(ap, const char *))) {
		if (!strstr(err.msg, want))
			print_error("\"%s\" is not in: %s\n", want, err.msg);
		assert_non_null(strstr(err.msg, want));
	}
	va_end(ap);
}

static bool warned(const struct series *s, const char *text)
{
	strlist_each(w, &s->warnings) {
		if (strstr(w, text))
			return true;
	}
	return false;
}

static void assert_subjects(const struct series *s, ...)
{
	const char *want;
	size_t i = 0;
	va_list ap;

	va_start(ap, s);
	while ((want = va_arg(ap, const char *))) {
		assert_true(i < s->nr);
		assert_string_equal(s->patches[i++].subject, want);
	}
	va_end(ap);
	assert_int_equal(i, s->nr);
}

static void git(const char *cwd, struct strbuf *out, ...)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	_cleanup_strlist_ struct strlist argv = STRLIST_INIT;
	struct proc_opts o = { .argv = &argv, .cwd = cwd };
	const char *arg;
	va_list ap;
	int ret;

	strlist_addl(&argv, "git", "-c", "user.name=T", "-c",
		     "user.email=t@example.org", "-c", "commit.gpgsign=false",
		     NULL);
	va_start(ap, out);
	while ((arg = va_arg(ap, const char *)))
		strlist_add(&argv, arg);
	va_end(ap);
	ret = proc_run_opts(&o, out, &err);
	if (ret)
		print_error("%s\n", err.msg);
	assert_int_equal(ret, 0);
}

/* git am must make of the mails exactly the commits that we announce. */
static void assert_git_agrees(void **state, const struct series *s)
{
	struct place *p = *state;
	_cleanup_free_ char *repo = path_join(p->dir, "repo");
	_cleanup_strbuf_ struct strbuf log = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf want = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	assert_int_equal(dir_make(repo, &err), 0);
	git(repo, NULL, "init", "-q", NULL);
	git(repo, NULL, "commit", "-q", "--allow-empty", "-m", "base", NULL);
	for (size_t i = 0; i < s->nr; i++) {
		const struct patch *pa = &s->patches[i];
		_cleanup_free_ char *file =
			put_bytes(state, "one.mail", pa->mail, pa->mail_len);

		git(repo, NULL, "am", "-q", "-3", "--keep-cr",
		    "--quoted-cr=strip", file, NULL);
		strbuf_addf(&want, "%s|%s\n", pa->subject,
			    pa->author ? pa->author :
					 "kvmatrix <" MAIL_NOBODY_ADDRESS ">");
	}
	git(repo, &log, "log", "--reverse", "--skip=0", "--format=%s|%an <%ae>",
	    NULL);
	assert_true(starts_with(log.buf, "base|"));
	assert_string_equal(strchr(log.buf, '\n') + 1, want.buf);
}

static void test_format_patch(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT;

	read_data(&s, "format-patch");
	assert_subjects(&s, "KVM: s390: add a",
			"KVM: \303\244ndere Gr\303\266\303\237e of a very long "
			"subject line that format-patch has to fold in the mail",
			"KVM: rename, and drop comments", NULL);
	assert_string_equal(s.title,
			    "KVM: headers wandern \303\274ber Nacht");
	assert_string_equal(s.base_commit,
			    "e8810cd3d61dfa38821f945a3172a293b688a240");
	assert_string_equal(s.patches[0].author,
			    "Zo\303\253 M\303\274ller <zoe@example.org>");
	assert_int_equal(s.patches[1].number, 2);
	assert_int_equal(s.patches[1].total, 3);
	assert_int_equal(s.warnings.nr, 0);
	assert_git_agrees(state, &s);
}

static void test_thread(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT;

	read_data(&s, "thread.mbox");
	assert_subjects(&s, "KVM: first, with a folded subject", "KVM: second",
			"KVM: third", NULL);
	assert_string_equal(s.title, "KVM: a thread out of order");
	assert_string_equal(s.base_commit,
			    "0123456789abcdef0123456789abcdef01234567");
	assert_true(starts_with(s.patches[0].origin, "message 3 of "));
	assert_int_equal(s.warnings.nr, 4);
	assert_true(warned(&s, "is the same message as message 1"));
	assert_true(warned(&s, "is a reply that holds a diff"));
	assert_true(warned(&s, "is a robot's mail that holds a diff"));
	assert_true(warned(&s, "needs 1 other patch first"));
	assert_git_agrees(state, &s);
}

static void test_from_lines(void **state)
{
	_cleanup_series_ struct series rd = SERIES_INIT, raw = SERIES_INIT;
	_cleanup_series_ struct series raw_again = SERIES_INIT;

	read_data(&rd, "mboxrd.mbox");
	assert_subjects(&rd, "KVM: one", "KVM: two", NULL);
	assert_non_null(strstr(rd.patches[0].mail,
			       "\nFrom the beginning.\n>From one level"));
	/* what git would split at stays quoted */
	assert_non_null(strstr(rd.patches[0].mail, "\n>From 0123456789"));
	read_data(&raw, "unquoted.mbox");
	assert_subjects(&raw, "KVM: one", "KVM: two", NULL);
	assert_git_agrees(state, &raw);
}

static void test_encodings(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT;

	read_data(&s, "encodings.mbox");
	assert_subjects(&s, "KVM: gr\303\266\303\237er",
			"KVM: gr\303\266\303\237er",
			"KVM: \342\200\234gr\303\266\303\237er\342\200\235",
			"KVM: gr\303\266\303\237er",
			"KVM: gr\303\266\303\237er", NULL);
	assert_string_equal(s.patches[1].author, "J\303\266rg Gro\303\237mann "
						 "<joerg@example.org>");
	assert_git_agrees(state, &s);
}

static void test_wrong_charset(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT;
	_cleanup_free_ char *text =
		mail_of("=?x-nobody?Q?[PATCH]_gr=F6=DFer?=", 1);

	put(state, "a.eml", text);
	read_place(&s, state, "a.eml");
	assert_int_equal(s.nr, 1);
	assert_true(warned(&s, "a.eml:1: its character set"));
	assert_true(warned(&s, "x-nobody"));
}

static void test_one_mail(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT;

	read_data(&s, "crlf.eml");
	assert_subjects(&s, "KVM: line ends", NULL);
	assert_string_equal(s.title, "KVM: line ends");
	assert_null(strchr(s.patches[0].mail, '\r'));
	assert_git_agrees(state, &s);
}

static void test_crlf_content(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT;
	_cleanup_free_ char *text = mail_of("[PATCH] KVM: DOS file", 1);

	strcpy(strstr(text, "+int v;\n"), "+int;\r\n");
	put(state, "a.patch", text);
	read_place(&s, state, "a.patch");
	assert_non_null(strstr(s.patches[0].mail, "+int;\r\n"));
	assert_git_agrees(state, &s);
}

static void test_attachment_base64(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT;

	read_data(&s, "attachment-base64.eml");
	assert_subjects(&s, "KVM: attached", NULL);
	assert_git_agrees(state, &s);
}

static void test_attachment_plain(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT;

	read_data(&s, "attachment-plain.eml");
	assert_subjects(&s, "KVM: attached", NULL);
	assert_git_agrees(state, &s);
}

static void test_bare_diff(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT;

	read_data(&s, "bare.diff");
	assert_subjects(&s, "bare", NULL);
	assert_null(s.patches[0].author);
	assert_int_equal(s.patches[0].number, 0);
	assert_git_agrees(state, &s);
}

static void test_binary_patch(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT;

	read_data(&s, "binary.patch");
	assert_subjects(&s, "KVM: a binary file", NULL);
	assert_git_agrees(state, &s);
}

static void test_quilt(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT;

	(void)state;
	read_data(&s, "quilt/");
	assert_subjects(&s, "z first", "KVM: second of the queue", "a", NULL);
	assert_string_equal(s.title, "quilt");
	assert_string_equal(s.patches[1].author,
			    "Quilt User <quilt@example.org>");
	assert_true(ends_with(s.patches[0].origin, "quilt/z first.patch"));
}

static void test_quilt_errors(void **state)
{
	put_mail(state, "q/a.patch", "[PATCH] a", 1);
	put(state, "q/series", "# c\na.patch -p0\n");
	assert_refused(state, "q", "q/series:2", "-p0", "quilt refresh -p1",
		       NULL);
	put(state, "q/series", "a.patch -R\n");
	assert_refused(state, "q", "q/series:1", "-R", NULL);
	put(state, "q/series", "a.patch\n\ngone.patch\n");
	assert_refused(state, "q", "q/series:3", "gone.patch", NULL);
	put(state, "q/series", "a.patch\na.patch\n");
	assert_refused(state, "q", "q/series:2", "listed twice", NULL);
	put(state, "q/series", "# nothing\n\n");
	assert_refused(state, "q", "lists no patch", NULL);
	put(state, "q/b.patch", "From: A <a@b>\nSubject: [PATCH] talk\n\nhi\n");
	put(state, "q/series", "a.patch\nb.patch\n");
	assert_refused(state, "q", "q/b.patch:1", "no diff", NULL);
}

static void test_quilt_ignores_numbers(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT;

	put_mail(state, "q/a.patch", "[PATCH 3/9] third", 1);
	put_mail(state, "q/b.patch", "Re: [PATCH v7 1/4] other", 2);
	put(state, "q/series", "b.patch\na.patch\n");
	read_place(&s, state, "q");
	assert_subjects(&s, "other", "third", NULL);
}

static void test_name_order(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT;

	put_mail(state, "d/10-x.patch", "ten", 10);
	put_mail(state, "d/2-x.patch", "two", 2);
	put_mail(state, "d/1-x.diff", "one", 1);
	put(state, "d/README", "not a patch\n");
	put(state, "d/2-x.patch~", "not a patch\n");
	read_place(&s, state, "d");
	assert_subjects(&s, "one", "two", "ten", NULL);
	assert_string_equal(s.title, "d");
}

static void test_number_order(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT;

	put_mail(state, "d/a.eml", "[RFC PATCH net-next v3 02/02] two", 2);
	put_mail(state, "d/b.eml", "[PATCH 6.12 RFC PATCHv3 1/2] one", 1);
	read_place(&s, state, "d");
	assert_subjects(&s, "one", "two", NULL);
}

static void test_mixed_numbers(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT;

	put_mail(state, "d/1.patch", "[PATCH 1/2] one", 1);
	put_mail(state, "d/2.patch", "[PATCH 2/2] two", 2);
	put_mail(state, "d/3.patch", "[PATCH] fixup", 3);
	read_place(&s, state, "d");
	assert_subjects(&s, "one", "two", "fixup", NULL);
	assert_true(warned(&s, "3.patch: has no [PATCH n/m]"));
	put_mail(state, "d/2.patch", "[PATCH 1/2] one", 1);
	put_mail(state, "d/1.patch", "[PATCH 2/2] two", 2);
	assert_refused(state, "d", "3.patch has no [PATCH n/m]", "series", NULL);
}

static void test_missing_numbers(void **state)
{
	put_mail(state, "d/1.patch", "[PATCH 1/9] one", 1);
	put_mail(state, "d/4.patch", "[PATCH 4/9] four", 4);
	put_mail(state, "d/5.patch", "[PATCH 5/9] five", 5);
	put(state, "d/6.patch", "From: A <a@b>\nSubject: [PATCH 6/9] x\n\nhi\n");
	assert_refused(state, "d", "patch 2-3, 6-9 of 9 are missing",
		       "6.patch:1 is 6/9 but has no diff", NULL);
}

static void test_doubled_numbers(void **state)
{
	put_mail(state, "d/1.patch", "[PATCH 1/2] one", 1);
	put_mail(state, "d/2.patch", "[PATCH 2/2] two", 2);
	put_mail(state, "d/x.patch", "[PATCH 2/2] other", 3);
	assert_refused(state, "d", "patch 2/2 is there 2 times", "d/2.patch",
		       "d/x.patch", NULL);
}

static void test_two_versions(void **state)
{
	put_mail(state, "d/1.patch", "[PATCH 1/1] one", 1);
	put_mail(state, "d/v2-1.patch", "[PATCH v2 1/1] one", 1);
	assert_refused(state, "d", "several series or versions", "v1 of 1",
		       "d/1.patch", "v2 of 1", "d/v2-1.patch", NULL);
	put_mail(state, "d/v2-1.patch", "[PATCH 1/3] one", 1);
	assert_refused(state, "d", "v1 of 1", "v1 of 3", NULL);
}

static void test_number_beyond_total(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT;

	put_mail(state, "d/1.patch", "[PATCH 1/1] one", 1);
	put_mail(state, "d/2.patch", "[PATCH 2/1] forgot this", 2);
	/* another total would be another series */
	read_place(&s, state, "d");
	assert_subjects(&s, "one", "forgot this", NULL);
	assert_true(warned(&s, "numbered 2 of 1"));
}

static void test_reply_alone(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT;

	put_mail(state, "re.eml", "Re: [BUG] KVM: does this help?", 1);
	read_place(&s, state, "re.eml");
	assert_subjects(&s, "KVM: does this help?", NULL);
}

static void test_base_commit(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT, odd = SERIES_INIT;
	_cleanup_free_ char *text = mail_of("[PATCH] x", 1), *with = NULL;
	_cleanup_free_ char *bad = NULL;

	with = xasprintf("%s\nbase-commit: 0123456789abcdef\n-- \n2.39\n", text);
	put(state, "a.patch", with);
	read_place(&s, state, "a.patch");
	assert_string_equal(s.base_commit, "0123456789abcdef");
	bad = xasprintf("%s\nbase-commit: --upload-pack=x\n", text);
	put(state, "a.patch", bad);
	read_place(&odd, state, "a.patch");
	assert_null(odd.base_commit);
	assert_true(warned(&odd, "names no commit"));
}

static void test_base_in_hunk(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT;

	put(state, "a.patch",
	    "From: A <a@b>\nSubject: [PATCH] x\n\n---\n"
	    "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n"
	    " base-commit: 0123456789\n-a\n+base-commit: 1123456789\n");
	read_place(&s, state, "a.patch");
	assert_null(s.base_commit);
	assert_int_equal(s.warnings.nr, 0);
}

static void test_no_series(void **state)
{
	struct place *p = *state;
	_cleanup_free_ char *nul = NULL, *packed = NULL, *wide = NULL;
	_cleanup_free_ char *empty = path_join(p->dir, "nothing");
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	put(state, "empty", "");
	assert_refused(state, "empty", "is empty", NULL);
	put(state, "blank", "\n \n\t\n");
	assert_refused(state, "blank", "is empty", NULL);
	put(state, "prose", "\nDear list,\nhow are you?\n");
	assert_refused(state, "prose", "prose:2", "not a mail or a diff", NULL);
	nul = put_bytes(state, "elf", "\177ELF\n\2\1\0\0", 9);
	assert_refused(state, "elf", "elf:2", "not a mail or a diff", NULL);
	packed = put_bytes(state, "t.mbox.gz", "\037\213\10\0\0", 5);
	assert_refused(state, "t.mbox.gz", "compressed", "zcat", NULL);
	wide = put_bytes(state, "wide", "\377\376F\0r\0", 6);
	assert_refused(state, "wide", "UTF-16", NULL);
	assert_refused(state, "absent", "absent", "No such file", NULL);
	assert_int_equal(dir_make(empty, &err), 0);
	assert_refused(state, "nothing", "no *.patch", NULL);
	put(state, "talk.mbox",
	    "From a Thu Jan  1 00:00:00 1970\nFrom: A <a@b>\nSubject: x\n\nhi\n"
	    "From a Thu Jan  1 00:00:00 1970\nFrom: A <a@b>\nSubject: y\n\nho\n");
	assert_refused(state, "talk.mbox", "no patch in it", "2 messages",
		       NULL);
}

static void test_too_big(void **state)
{
	_cleanup_free_ char *path = put_bytes(state, "big.mbox", "", 0);

	assert_int_equal(truncate(path, (off_t)257 << 20), 0);
	assert_refused(state, "big.mbox", "big.mbox", "256 MiB", NULL);
}

static void test_stdin(void **state)
{
	_cleanup_free_ char *path = data_path("thread.mbox");
	_cleanup_series_ struct series s = SERIES_INIT;
	int saved = dup(STDIN_FILENO), fd = open(path, O_RDONLY);

	(void)state;
	assert_true(fd >= 0);
	assert_true(dup2(fd, STDIN_FILENO) >= 0);
	read_ok(&s, "-");
	assert_true(dup2(saved, STDIN_FILENO) >= 0);
	close(saved);
	close(fd);
	assert_int_equal(s.nr, 3);
	assert_string_equal(s.patches[0].origin,
			    "message 3 of standard input");
}

static void test_place_of_bad_path(void **state)
{
	_cleanup_free_ char *one = mail_of("[PATCH 1/2] one", 1);
	_cleanup_free_ char *two = mail_of("[PATCH 2/2] two", 2), *mbox = NULL;

	memcpy(strstr(two, "+++ b/f2.c"), "+++ b/../c", 10);
	mbox = xasprintf("From a Thu Jan  1 00:00:00 1970\n%s\n"
			 "From a Thu Jan  1 00:00:00 1970\n%s", one, two);
	put(state, "m.mbox", mbox);
	/* 1 From line + 11 of the mail + 1 blank + 1 From line + the 9th */
	assert_refused(state, "m.mbox", "m.mbox:23: path \"b/../c\" holds \"..\"",
		       NULL);
	put(state, "bare.diff", strstr(two, "diff --git"));
	assert_refused(state, "bare.diff", "bare.diff:4: path", NULL);
	put(state, "b64.eml",
	    "From: A <a@b>\nSubject: [PATCH] x\nMIME-Version: 1.0\n"
	    "Content-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: base64\n\n"
	    "ZGlmZiAtLWdpdCBhLy4uL3ggYi8uLi94Cg==\n");
	assert_refused(state, "b64.eml", "b64.eml:1 (line 1 of its decoded diff)",
		       "holds \"..\"", NULL);
}

/* Checks one diff text; why is in the message, NULL where it is fine. */
static void check_diff(const char *text, const char *why)
{
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;
	int ret = patch_check_paths(text, strlen(text), &err);

	if (!!ret != !!why || (why && !strstr(err.msg, why)))
		print_error("%s\n-> %s\n", text, err.msg ? err.msg : "fine");
	assert_int_equal(ret, why ? -1 : 0);
	if (why)
		assert_non_null(strstr(err.msg, why));
}

static void test_bad_paths(void **state)
{
	(void)state;
	check_diff("diff --git a/x /etc/x\n", "line 1: absolute path");
	check_diff("diff --git a//etc/x b//etc/x\n", "absolute path");
	check_diff("diff --git a/x b/x\n--- a/x\n+++ /tmp/x\n",
		   "line 3: absolute path");
	check_diff("diff --git a/x b/x\nrename from x\nrename to ../x\n",
		   "line 3: path \"../x\"");
	check_diff("diff --git a/x b/x\ncopy to y/.git/config\n", ".git");
	check_diff("diff --git a/.GIT/x b/.GIT/x\n", "points into .git");
	check_diff("--- a/x\n+++ b/../../x\n@@ -1 +1 @@\n-a\n+b\n",
		   "line 2: path");
	check_diff("diff --git \"a/\\056\\056/x\" b/x\n", "holds \"..\"");
	check_diff("diff --git a/x b/x\n+++ \"b/\\056\\056/x\"\n",
		   "line 2: path");
	check_diff("diff --git a/x b/x\n+++ \"b/x\n", "broken quoting");
	check_diff("diff --git \"a/\\000x\" b/x\n", "NUL");
	check_diff("diff --git \"a/\\nx\" b/x\n", "control character");
	check_diff("diff --git a/m b/m\nnew file mode 160000\n", "submodule");
	/* after a hunk the next file is looked at again */
	check_diff("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n"
		   "diff --git a/y b/../y\n", "line 6: path");
	/* a hunk that breaks off hides nothing */
	check_diff("--- a/x\n+++ b/x\n@@ -1,9 +1,9 @@\n-a\n+b\n"
		   "diff --git a/y b/../y\n", "line 6: path");
}

static void test_good_paths(void **state)
{
	(void)state;
	check_diff("", NULL);
	check_diff("diff --git a/x b/x\nnew file mode 100644\n"
		   "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n", NULL);
	check_diff("diff --git \"a/\\303\\244 b\" \"b/\\303\\244 b\"\n", NULL);
	check_diff("diff --git a/a b b/a b\nold mode 100644\n"
		   "new mode 100755\n", NULL);
	check_diff("--- a/.gitignore\t2024-01-01\n+++ b/..x/y..\t2024-01-01\n"
		   "@@ -1 +1 @@\n-a\n+b\n", NULL);
	/* removed and added lines that look like headers */
	check_diff("--- a/x\n+++ b/x\n@@ -1 +1 @@\n--- ../y\n+++ /etc/x\n"
		   "@@ -9 +9 @@\n--- /etc/x\n+++ ../y\n", NULL);
	/* notes below the "---" line */
	check_diff("---\nv2: --- ../x\n--- ../x\n\ndiff --git a/x b/x\n", NULL);
	/* a blob whose id begins like a link's mode */
	check_diff("diff --git a/x b/x\nindex 1200001..2\n--- a/x\n+++ b/x\n"
		   "@@ -1 +1 @@\n-a\n+/etc\n", NULL);
}

static void check_link(const char *name, const char *target, const char *why)
{
	_cleanup_free_ char *text = xasprintf(
		"diff --git a/%s b/%s\nnew file mode 120000\nindex 0..1\n"
		"--- /dev/null\n+++ b/%s\n@@ -0,0 +1 @@\n+%s\n"
		"\\ No newline at end of file\n", name, name, name, target);

	check_diff(text, why);
}

static void test_links(void **state)
{
	(void)state;
	check_link("arch/arm64/tools/t", "../../../scripts/t", NULL);
	check_link("a/b/c", "../.././x", NULL);
	check_link("c", "d", NULL);
	check_link("c", "/etc/passwd", "line 7: symbolic link \"c\" leads to "
				       "an absolute path");
	check_link("c", "../x", "leads out of the tree");
	check_link("a/b/c", "../../../x", "leads out of the tree");
	check_link("a/c", "./.././../x", "leads out of the tree");
	check_link("a/c", "d/../../../x", "in its middle");
	check_link("a/c", "../.git/config", "refused");
	check_diff("diff --git a/x b/x\nindex 1..2 120000\n--- a/x\n+++ b/x\n"
		   "@@ -1 +1 @@\n-y\n+/etc\n", "absolute path");
	check_diff("diff --git a/x b/x\nnew file mode 120000\nindex 0..1\n"
		   "GIT binary patch\nliteral 4\n", "binary");
	check_diff("diff --git a/x b/x\nold mode 100644\nnew mode 120000\n",
		   "existing file");
	check_diff("diff --git a/x b/x\ndeleted file mode 120000\nindex 1..0\n"
		   "--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-/etc\n", NULL);
}

static void check_tag(const char *subject, unsigned number, unsigned total,
		      const char *version, bool reply)
{
	struct mail_tag t;

	mail_tag_read(&t, subject);
	assert_int_equal(t.number, number);
	assert_int_equal(t.total, total);
	assert_int_equal(t.numbered, total != 0);
	assert_string_equal(t.version, version);
	assert_int_equal(t.reply, reply);
}

static void test_tags(void **state)
{
	(void)state;
	check_tag("[PATCH v2 3/15] x", 3, 15, "2", false);
	check_tag("[RFC PATCH net-next v3 07/12] x", 7, 12, "3", false);
	check_tag("[PATCH 6.12 1/2] x", 1, 2, "1", false);
	check_tag("[PATCHv4 1/2] x", 1, 2, "4", false);
	check_tag("[PATCH V2.1, 1/2] x", 1, 2, "2.1", false);
	check_tag("[Intel-gfx] [PATCH 0/2] x", 0, 2, "1", false);
	check_tag("RE[2]: [PATCH 2/2] x", 2, 2, "1", true);
	check_tag("AW: Re: x", 0, 0, "1", true);
	check_tag("[PATCH] [1/2 x", 0, 0, "1", false);
	check_tag("[PATCH 1/0] x [2/3]", 0, 0, "1", false);
	check_tag("[PATCH 3/-1] [PATCH 1/99999999] x", 0, 0, "1", false);
	check_tag("KVM: report: 1/2", 0, 0, "1", false);
	check_tag("", 0, 0, "1", false);
}

static void check_words(const char *in, const char *out)
{
	_cleanup_free_ char *got = mail_decode_words(in);

	assert_string_equal(got, out);
}

static void test_words(void **state)
{
	(void)state;
	check_words("=?UTF-8?q?=5BPATCH_1/2=5D?= x", "[PATCH 1/2] x");
	check_words("=?utf-8?B?W1BBVENI?=  =?utf-8?b?XQ==?=", "[PATCH]");
	check_words("a =?x?y", "a =?x?y");
	check_words("=?x?Q?=4?= =?", "=4 =?");
	check_words("=?x?Z?abc?=", "=?x?Z?abc?=");
}

static void test_no_environment_leaks(void **state)
{
	_cleanup_series_ struct series s = SERIES_INIT;
	struct place *p = *state;
	_cleanup_free_ char *home = xstrdup_null(getenv("HOME"));

	/* an encoding that cannot hold all of the subjects */
	put(state, ".gitconfig", "[i18n]\n\tcommitEncoding = ISO-8859-1\n");
	setenv("HOME", p->dir, 1);
	read_data(&s, "encodings.mbox");
	if (home)
		setenv("HOME", home, 1);
	else
		unsetenv("HOME");
	assert_int_equal(s.nr, 5);
	assert_string_equal(s.patches[2].subject, "KVM: \342\200\234gr\303\266"
						  "\303\237er\342\200\235");
}

#define T(f, title)                                                          \
	{                                                                    \
		title, f, setup, teardown, NULL                              \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_format_patch, "a format-patch directory: cover letter "
				     "skipped, title and base taken from it"),
		T(test_thread, "a shuffled thread: ordered by number, replies, "
			       "robots and doubles left out with a warning"),
		T(test_from_lines, "From lines in bodies do not split mails, "
				   "mboxrd quoting is undone"),
		T(test_encodings, "subjects and authors in any encoding"),
		T(test_wrong_charset, "an unknown character set is a warning"),
		T(test_one_mail, "one CRLF mail without a From line"),
		T(test_crlf_content, "CRs of a patched file are kept"),
		T(test_attachment_base64, "a patch attached in base64"),
		T(test_attachment_plain, "an attached format-patch file does "
					 "not split its mail"),
		T(test_bare_diff, "a bare diff gets its file name as subject "
				  "and git am takes it"),
		T(test_binary_patch, "a binary patch"),
		T(test_quilt, "a quilt series file is obeyed"),
		T(test_quilt_errors, "quilt mistakes are told with their line"),
		T(test_quilt_ignores_numbers,
		  "a quilt series file overrules patch numbers"),
		T(test_name_order, "without numbers files go by natural order"),
		T(test_number_order, "numbers overrule file names"),
		T(test_mixed_numbers, "mixed numbering keeps a consistent order "
				      "or is refused"),
		T(test_missing_numbers, "missing numbers are named"),
		T(test_doubled_numbers, "doubled numbers name their files"),
		T(test_two_versions, "two versions in one place are refused"),
		T(test_number_beyond_total, "a late 2/1 comes last, with a "
					    "warning"),
		T(test_reply_alone, "a lone reply with a diff is the patch"),
		T(test_base_commit, "base-commit of a patch, odd ones warned"),
		T(test_base_in_hunk, "base-commit inside a hunk is content"),
		T(test_no_series, "what is no series is told why"),
		T(test_too_big, "more than 256 MiB is refused"),
		T(test_stdin, "an mbox on standard input"),
		T(test_place_of_bad_path, "a bad path is told as FILE:LINE"),
		T(test_bad_paths, "paths out of the tree are refused"),
		T(test_good_paths, "harmless paths and look-alikes pass"),
		T(test_links, "symbolic links must stay inside the tree"),
		T(test_tags, "subject tags"),
		T(test_words, "encoded words"),
		T(test_no_environment_leaks, "the user's git configuration "
					     "changes nothing"),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
