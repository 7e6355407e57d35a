// SPDX-License-Identifier: GPL-2.0-only
/*
 * Damaged recordings: nothing crashes, all that comes out is clean text, and
 * whatever stands before it, a failure that make reports is found.
 */
#include "diag-helper.h"

static const char *const recordings[] = {
	"gcc-s390",	"clang-x86",	 "prepare",	  "ld-duplicate",
	"ld-vmlinux",	"make-no-rule",	 "make-kvm-variable", "make-error",
	"make-separator", "kconfig-syntax", "kconfig-new", "kconfig-unmet",
	"kconfig-recursive", "modpost",
};

/* Robustness */

static uint64_t xorshift(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

/* Changes text in one of the ways that a hostile or cut output is odd. */
static void damage(struct strbuf *sb, uint64_t *seed)
{
	static const char *const bits[] = {
		"\n", "*** [", "] Error 1\n", "make[", "make[99999]: *** ",
		"  CC      ", ": error: ", ": note: ", "\033[", "\033]",
		"\xe2\x80", "‘", "’", "`", "'", "In file included from ",
		"                 from ", "    inlined from 'x' at ", ":(", ".o:",
		"ld: ", "ld.lld: error: ", ">>> ", " [-W", "]", "objtool: ",
		"No rule to make target '", "(NEW)", "WARNING: modpost: ",
		"WARNING: unmet direct dependencies", ": not found\n",
		"99999999999999999999", "\n ^\n", "/src/", "/obj", "../../..",
		"<", "{standard input}:", "] Deleting ", "Killed\n",
		": undefined reference to `", "; ", " (", ")",
	};
	size_t at = sb->len ? xorshift(seed) % sb->len : 0;
	size_t n = xorshift(seed) % 60;
	_cleanup_free_ char *tail = NULL;
	size_t tail_len;

	if (n > sb->len - at)
		n = sb->len - at;
	switch (xorshift(seed) % 5) {
	case 0: /* flip */
		if (sb->len)
			sb->buf[at] ^= 1 << (xorshift(seed) % 8);
		return;
	case 1: /* cut the end off */
		if (xorshift(seed) % 8 == 0)
			strbuf_setlen(sb, at);
		return;
	case 2: /* drop a piece */
		memmove(sb->buf + at, sb->buf + at + n, sb->len - at - n);
		strbuf_setlen(sb, sb->len - n);
		return;
	case 3: /* repeat a piece */
		tail = xmalloc(n + 1);
		memcpy(tail, sb->buf + at, n);
		strbuf_add(sb, tail, n);
		return;
	default: /* put in a word that a reader knows */
		tail_len = sb->len - at;
		tail = xmalloc(tail_len + 1);
		memcpy(tail, sb->buf + at, tail_len);
		strbuf_setlen(sb, at);
		strbuf_addstr(sb, bits[xorshift(seed) % ARRAY_SIZE(bits)]);
		strbuf_add(sb, tail, tail_len);
	}
}

/* Printable, whole UTF-8 as far as lead and continuation bytes go. */
static void assert_clean(const char *s)
{
	if (!s)
		return;
	for (size_t i = 0; s[i];) {
		unsigned char c = s[i];
		size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

		if (c < 0x20 || c == 0x7f || (c >= 0x80 && c < 0xc2))
			fail_msg("unclean: %s", s);
		for (size_t k = 1; k < n; k++)
			if ((s[i + k] & 0xc0) != 0x80)
				fail_msg("broken character: %s", s);
		i += n;
	}
}

static void assert_sane(const struct make_log *log)
{
	for (size_t i = 0; i < log->diags.nr; i++) {
		const struct diagnostic *d = &log->diags.v[i];

		assert_non_null(d->message);
		assert_non_null(d->tool);
		assert_true(strlen(d->message) <= 2000);
		assert_true(d->file || (!d->line && !d->column));
		assert_clean(d->message);
		assert_clean(d->note);
		assert_clean(d->function);
		assert_clean(d->file);
		assert_clean(d->unit);
		assert_clean(d->option);
		for (size_t k = 0; k < d->nr_from; k++) {
			assert_non_null(d->from[k].file);
			assert_clean(d->from[k].file);
		}
	}
	strlist_each(s, &log->failed)
		assert_clean(s);
	assert_clean(log->infra);
}

static void damaged_logs_are_survived(void **state)
{
	uint64_t seed = 0x9e3779b97f4a7c15;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(recordings); i++) {
		_cleanup_strbuf_ struct strbuf whole = STRBUF_INIT;

		load(recordings[i], &whole);
		for (int round = 0; round < 300; round++) {
			_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
			_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
			size_t changes = 1 + xorshift(&seed) % 20;

			strbuf_add(&sb, whole.buf, whole.len);
			while (changes--)
				damage(&sb, &seed);
			make_log_parse(&log, sb.buf, sb.len, "/src", "/obj");
			for (size_t k = 0; k < log.diags.nr; k++)
				diag_fingerprint(&log.diags.v[k], NULL);
			assert_sane(&log);
		}
	}
}

/* What can follow a recipe's block. */
static const char *const after[] = {
	"", "  CC      z.o\n", "make[5]: Target 'x' not remade because of errors.\n"
};

/* One block of q/unit.o that holds odd and ends with make's line. */
static void add_block(struct strbuf *sb, const struct strbuf *odd,
		      uint64_t *seed)
{
	strbuf_addstr(sb, "  CC      q/unit.o\n");
	strbuf_add(sb, odd->buf, odd->len);
	strbuf_addstr(sb, "\n");
	/* a source that wants the line to look out of place */
	if (xorshift(seed) % 2)
		strbuf_addstr(sb, "  CC      q/other.o\n");
	if (xorshift(seed) % 2)
		strbuf_addstr(sb, "/src/a.c:1:2: error: x\n");
	strbuf_addstr(sb, "make[5]: *** [/src/scripts/Makefile.build:234: "
			  "q/unit.o] Error 1\n");
	strbuf_addstr(sb, after[xorshift(seed) % ARRAY_SIZE(after)]);
}

static void nothing_printed_hides_a_failure(void **state)
{
	uint64_t seed = 0x1234567;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(recordings); i++) {
		_cleanup_strbuf_ struct strbuf whole = STRBUF_INIT;

		load(recordings[i], &whole);
		for (int round = 0; round < 50; round++) {
			_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
			_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
			_cleanup_strbuf_ struct strbuf odd = STRBUF_INIT;
			size_t from = xorshift(&seed) % whole.len;

			strbuf_add(&odd, whole.buf + from, whole.len - from);
			for (int k = 0; k < 10; k++)
				damage(&odd, &seed);
			add_block(&sb, &odd, &seed);
			make_log_parse(&log, sb.buf, sb.len, "/src", "/obj");
			assert_true(strlist_has(&log.failed, "q/unit.o"));
			assert_true(log.diags.nr > 0);
		}
	}
}

static void huge_input_takes_linear_time(void **state)
{
	_cleanup_make_log_ struct make_log log = MAKE_LOG_INIT;
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;

	(void)state;
	strbuf_addstr(&sb, "  CC      a.o\n");
	for (int i = 0; i < 20000; i++)
		strbuf_addf(&sb,
			    "/src/h%d.h:%d:1: error: e%d\n"
			    "make[5]: *** [x:1: fake%d] Error 1\n",
			    i, i, i, i);
	make_log_parse(&log, sb.buf, sb.len, "/src", "/obj");
	assert_true(log.diags.nr >= 20000);
	assert_int_equal(log.failed.nr, 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged_logs_are_survived),
		cmocka_unit_test(nothing_printed_hides_a_failure),
		cmocka_unit_test(huge_input_takes_linear_time),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
