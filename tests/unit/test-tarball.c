// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading hostile tarballs. They are written here byte by byte (POSIX ustar),
 * because no archiver would make most of them.
 */
#include "sys/errbuf.h"
#include "sys/fileio.h"
#include "sys/linkpath.h"
#include "sys/mem.h"
#include "sys/strbuf.h"
#include "sys/tarball.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

static char *work; /* directory of this run */
static char *tar_path;

/* ---- a writer ------------------------------------------------------------ */

struct raw {
	char b[512];
};

static void put_entry(struct strbuf *tar, const char *name, char type,
		      const char *link, unsigned mode, const char *content,
		      size_t len)
{
	struct raw h = { { 0 } };
	unsigned sum = 0;

	snprintf(h.b, 100, "%s", name);
	snprintf(h.b + 100, 8, "%07o", mode);
	snprintf(h.b + 108, 8, "%07o", 0);
	snprintf(h.b + 116, 8, "%07o", 0);
	snprintf(h.b + 124, 12, "%011zo", len & 077777777777);
	snprintf(h.b + 136, 12, "%011o", 1);
	h.b[156] = type;
	snprintf(h.b + 157, 100, "%s", link ? link : "");
	memcpy(h.b + 257, "ustar\0" "00", 8);
	memset(h.b + 148, ' ', 8);
	for (int i = 0; i < 512; i++)
		sum += (unsigned char)h.b[i];
	snprintf(h.b + 148, 7, "%06o", sum);
	strbuf_add(tar, h.b, 512);
	if (!content)
		return;
	strbuf_add(tar, content, len);
	while (tar->len % 512)
		strbuf_addch(tar, '\0');
}

static void put_file(struct strbuf *tar, const char *name, const char *text)
{
	put_entry(tar, name, '0', NULL, 0644, text, strlen(text));
}

static void put_end(struct strbuf *tar)
{
	char zeros[1024] = { 0 };

	strbuf_add(tar, zeros, sizeof(zeros));
}

static void save(const struct strbuf *tar)
{
	struct errbuf err = ERRBUF_INIT;

	assert_int_equal(file_write(tar_path, tar->buf, tar->len, &err), 0);
}

static void shell(const char *fmt, ...)
{
	va_list ap;
	_cleanup_strbuf_ struct strbuf cmd = STRBUF_INIT;

	va_start(ap, fmt);
	strbuf_vaddf(&cmd, fmt, ap);
	va_end(ap);
	if (system(cmd.buf))
		fail_msg("failed: %s", cmd.buf);
}

/* ---- a reader ------------------------------------------------------------ */

/* A line an entry: "f path content", "x ..." executable, "l", "h". */
static int list(const struct tarball_limits *limits, struct strbuf *out,
		struct errbuf *err)
{
	_cleanup_tarball_ struct tarball *t =
		tarball_open(tar_path, limits, err);
	struct tarball_entry e;
	int rc;

	if (!t)
		return -1;
	while ((rc = tarball_next(t, &e, err)) > 0) {
		char buf[1000];
		int64_t n;

		strbuf_addf(out, "%c %s ",
			    e.kind == TARBALL_SYMLINK  ? 'l' :
			    e.kind == TARBALL_HARDLINK ? 'h' :
			    e.executable	       ? 'x' :
							 'f',
			    e.path);
		if (e.target)
			strbuf_addstr(out, e.target);
		while (e.kind == TARBALL_FILE &&
		       (n = tarball_read(t, buf, sizeof(buf), err)) != 0) {
			if (n < 0)
				return -1;
			strbuf_add(out, buf, n);
		}
		strbuf_addch(out, '\n');
	}
	return rc;
}

static void assert_refused(const struct tarball_limits *limits,
			   const char *word, const char *entry)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	assert_int_equal(list(limits, &out, &err), -1);
	assert_non_null(err.msg);
	if (!strstr(err.msg, word) || !strstr(err.msg, entry) ||
	    !strstr(err.msg, "t.tar"))
		fail_msg("want '%s' and '%s' in: %s", word, entry, err.msg);
}

static void assert_listed(const char *want)
{
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	if (list(NULL, &out, &err))
		fail_msg("refused: %s", err.msg);
	assert_string_equal(out.buf, want);
}

/* One hostile entry among good ones. */
static void refuse_entry(const char *name, char type, const char *link,
			 const char *word)
{
	_cleanup_strbuf_ struct strbuf tar = STRBUF_INIT;

	put_file(&tar, "top/a", "A");
	put_entry(&tar, "top/d/in", '2', "../a", 0777, NULL, 0);
	put_entry(&tar, name, type, link, 0644, NULL, 0);
	put_file(&tar, "top/z", "Z");
	put_end(&tar);
	save(&tar);
	assert_refused(NULL, word, name);
}

/* ---- tests --------------------------------------------------------------- */

static void good_archive(struct strbuf *tar)
{
	put_entry(tar, "top/", '5', NULL, 0755, NULL, 0);
	put_file(tar, "top/a", "A");
	put_entry(tar, "./top//s/run.sh", '0', NULL, 0755, "run", 3);
	put_entry(tar, "top/s/l/arm", '2', "../../a", 0777, NULL, 0);
	put_entry(tar, "top/hard", '1', "top/a", 0644, NULL, 0);
	put_end(tar);
}

static const char good_list[] =
	"f a A\nx s/run.sh run\nl s/l/arm ../../a\nh hard a\n";

static void test_reads(void **state)
{
	_cleanup_strbuf_ struct strbuf tar = STRBUF_INIT;

	(void)state;
	good_archive(&tar);
	save(&tar);
	assert_listed(good_list);
}

static void test_compressed(void **state)
{
	static const char *const tools[] = { "gzip", "xz", "zstd -q --rm",
					     "bzip2" };
	_cleanup_strbuf_ struct strbuf tar = STRBUF_INIT;

	(void)state;
	good_archive(&tar);
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		save(&tar);
		shell("command -v %.4s >/dev/null || exit 0; cd %s && "
		      "%s t.tar && mv t.tar.* t.tar", tools[i], work, tools[i]);
		assert_listed(good_list);
	}
}

static void test_paths(void **state)
{
	(void)state;
	refuse_entry("/etc/passwd", '0', NULL, "absolute");
	refuse_entry("top/../../x", '0', NULL, "'..'");
	refuse_entry("../x", '0', NULL, "'..'");
	refuse_entry("top/.git/hooks/x", '0', NULL, "'.git'");
	refuse_entry("top/a/.GIT", '0', NULL, "'.git'");
	refuse_entry("top/sub/git~1/x", '0', NULL, "'.git'");
	refuse_entry("other/x", '0', NULL, "top directory 'top'");
	refuse_entry("README", '0', NULL, "top directory 'top'");
	refuse_entry("top", '0', NULL, "top directory");
	refuse_entry("top/a/b", '0', NULL, "goes through 'a', which is a file");
	refuse_entry("top/d/in/b", '0', NULL,
		     "goes through 'd/in', which is a symbolic link");
	refuse_entry("top/d", '0', NULL, "was a directory before");
	refuse_entry("top/d/in", '0', NULL, "was a symbolic link before");
}

static void test_kinds(void **state)
{
	(void)state;
	refuse_entry("top/dev", '3', NULL, "a device");
	refuse_entry("top/blk", '4', NULL, "a device");
	refuse_entry("top/pipe", '6', NULL, "a fifo");
}

static void test_links(void **state)
{
	(void)state;
	refuse_entry("top/h", '1', "/etc/passwd", "absolute hard link");
	refuse_entry("top/h", '1', "top/../../etc/passwd", "'..'");
	refuse_entry("top/h", '1', "other/a", "top directory");
	refuse_entry("top/h", '1', "top/nothing", "no earlier file");
	refuse_entry("top/h", '1', "top/d/in", "no earlier file");
	refuse_entry("top/s", '2', "/etc/passwd", "leaves the tree");
	refuse_entry("top/s", '2', "..", "leaves the tree");
	refuse_entry("top/d/s", '2', "../../top/a", "leaves the tree");
}

static void test_link_chain(void **state)
{
	_cleanup_strbuf_ struct strbuf tar = STRBUF_INIT;

	(void)state;
	/* Textually p/q/up/../../a is p/a; really it is above the top. */
	put_entry(&tar, "top/bad", '2', "p/q/up/../../a", 0777, NULL, 0);
	put_entry(&tar, "top/p/q/up", '2', "..", 0777, NULL, 0);
	put_end(&tar);
	save(&tar);
	assert_refused(NULL, "leaves the tree", "top/bad");
}

static void test_resolve(void **state)
{
	_cleanup_strmap_ struct strmap m = STRMAP_INIT;

	(void)state;
	strmap_set(&m, "loop", (char[]){ "loop2" });
	strmap_set(&m, "loop2", (char[]){ "./loop" });
	strmap_set(&m, "d/dangling", (char[]){ "../nowhere/./x/../y" });
	strmap_set(&m, "d/out", (char[]){ "../nowhere/../.." });
	strmap_set(&m, "d/top", (char[]){ ".." });
	strmap_set(&m, "via", (char[]){ "d/top/.." });
	assert_true(linkpath_inside(&m, "loop"));
	assert_true(linkpath_inside(&m, "d/dangling"));
	assert_true(linkpath_inside(&m, "d/top"));
	assert_false(linkpath_inside(&m, "d/out"));
	assert_false(linkpath_inside(&m, "via"));
}

static void test_limits(void **state)
{
	struct tarball_limits bytes = { .bytes = 3 }, entries = { .entries = 4 };
	_cleanup_strbuf_ struct strbuf tar = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf out = STRBUF_INIT;
	_cleanup_errbuf_ struct errbuf err = ERRBUF_INIT;

	(void)state;
	good_archive(&tar);
	save(&tar);
	assert_refused(&bytes, "larger than 3 bytes", "s/run.sh");
	assert_refused(&entries, "more than 4 entries", "top/hard");
	bytes.bytes = 4;
	entries.entries = 5;
	assert_int_equal(list(&bytes, &out, &err), 0);
	assert_int_equal(list(&entries, &out, &err), 0);
	/* A size that lies must not be allocated or believed. */
	strbuf_reset(&tar);
	put_entry(&tar, "top/huge", '0', NULL, 0644, NULL, 0);
	memcpy(tar.buf + 124, "77777777777", 11);
	memset(tar.buf + 148, ' ', 8);
	{
		unsigned sum = 0;

		for (int i = 0; i < 512; i++)
			sum += (unsigned char)tar.buf[i];
		snprintf(tar.buf + 148, 7, "%06o", sum);
	}
	save(&tar);
	assert_refused(NULL, "truncated", "t.tar");
	assert_refused(&bytes, "larger than", "top/huge");
}

static void test_truncated(void **state)
{
	_cleanup_strbuf_ struct strbuf tar = STRBUF_INIT;
	size_t before_end;

	(void)state;
	good_archive(&tar);
	before_end = tar.len - 1024;
	strbuf_setlen(&tar, before_end);
	save(&tar);
	assert_refused(NULL, "without an end mark", "top/hard");
	strbuf_setlen(&tar, before_end - 300);
	save(&tar);
	assert_refused(NULL, "truncated", "t.tar");
	/* In the middle of a file's content. */
	strbuf_setlen(&tar, 1024);
	save(&tar);
	assert_refused(NULL, "truncated", "top/a");
}

static void test_cut_compressed(void **state)
{
	static const char *const tools[] = { "gzip", "xz" };
	_cleanup_strbuf_ struct strbuf tar = STRBUF_INIT;

	(void)state;
	good_archive(&tar);
	for (size_t i = 0; i < ARRAY_SIZE(tools); i++) {
		save(&tar);
		shell("cd %s && %s t.tar && mv t.tar.* t.tar && "
		      "truncate -s -9 t.tar", work, tools[i]);
		assert_refused(NULL, "truncated", "t.tar");
	}
}

/* A changed byte that still decompresses: only the checksum tells. */
static void test_bad_checksum(void **state)
{
	_cleanup_strbuf_ struct strbuf tar = STRBUF_INIT;
	_cleanup_strbuf_ struct strbuf packed = STRBUF_INIT;
	struct errbuf err = ERRBUF_INIT;

	(void)state;
	good_archive(&tar);
	save(&tar);
	shell("cd %s && gzip t.tar && mv t.tar.gz t.tar", work);
	assert_int_equal(file_read(tar_path, &packed, &err), 0);
	packed.buf[packed.len - 8] ^= 1;
	save(&packed);
	assert_refused(NULL, "damaged", "t.tar");
	/* xz: the check field of a block that no entry reads to its end. */
	strbuf_reset(&packed);
	for (int i = 0; i < 300; i++)
		put_end(&tar);
	save(&tar);
	shell("cd %s && xz --check=crc32 t.tar && mv t.tar.xz t.tar", work);
	assert_int_equal(file_read(tar_path, &packed, &err), 0);
	/* Footer 12, index 8 + 4 ... : the block's CRC is before the index. */
	packed.buf[packed.len - 12 - 12 - 1] ^= 1;
	save(&packed);
	assert_refused(NULL, "damaged", "t.tar");
}

static void test_no_tar(void **state)
{
	_cleanup_strbuf_ struct strbuf text = STRBUF_INIT;

	(void)state;
	save(&text);
	assert_refused(NULL, "not a source tarball", "t.tar");
	for (int i = 0; i < 300; i++)
		strbuf_addstr(&text, "this is no archive\n");
	save(&text);
	assert_refused(NULL, "not a source tarball", "t.tar");
	unlink(tar_path);
	assert_refused(NULL, "No such file", "t.tar");
}

/* ---- frame --------------------------------------------------------------- */

static int set_up(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	work = xasprintf("%s/test-tarball.XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(work))
		return -1;
	tar_path = path_join(work, "t.tar");
	return 0;
}

static int tear_down(void **state)
{
	struct errbuf err = ERRBUF_INIT;

	(void)state;
	tree_remove(work, &err);
	free(work);
	free(tar_path);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		{ "files, links and modes come out without the top directory",
		  test_reads, NULL, NULL, NULL },
		{ "gzip, xz, zstd and bzip2 are recognised by content",
		  test_compressed, NULL, NULL, NULL },
		{ "paths that leave the tree or its shape are refused",
		  test_paths, NULL, NULL, NULL },
		{ "devices and fifos are refused", test_kinds, NULL, NULL,
		  NULL },
		{ "hard and symbolic links out of the tree are refused",
		  test_links, NULL, NULL, NULL },
		{ "a link that leaves the tree through another is refused",
		  test_link_chain, NULL, NULL, NULL },
		{ "links are followed as the kernel does", test_resolve, NULL,
		  NULL, NULL },
		{ "too many bytes or entries are refused", test_limits, NULL,
		  NULL, NULL },
		{ "a truncated tar is refused, also between entries",
		  test_truncated, NULL, NULL, NULL },
		{ "a truncated compressed tar is refused", test_cut_compressed,
		  NULL, NULL, NULL },
		{ "a wrong checksum is refused", test_bad_checksum, NULL, NULL,
		  NULL },
		{ "what is no tar is refused", test_no_tar, NULL, NULL, NULL },
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
