// SPDX-License-Identifier: GPL-2.0-only
#include "model/json_place.h"

#include "sys/errbuf.h"
#include "sys/mem.h"
#include "sys/strbuf.h"
#include "sys/strlist.h"

#include <limits.h>

/* "steps[3].units." */
static void add_where(const struct place *p, struct strbuf *out)
{
	if (!p->up)
		return;
	add_where(p->up, out);
	strbuf_addstr(out, p->key);
	if (p->i != PLACE_MEMBER)
		strbuf_addf(out, "[%zu]", p->i);
	strbuf_addch(out, '.');
}

int place_fail(const struct place *p, const char *key, const char *fmt, ...)
{
	_cleanup_strbuf_ struct strbuf sb = STRBUF_INIT;
	va_list ap;

	add_where(p, &sb);
	strbuf_addstr(&sb, key);
	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	return errbuf_set(p->err, "%s", sb.buf);
}

static int wrong(const struct place *p, const char *key, const char *must)
{
	if (!json_object_get(p->o, key))
		return place_fail(p, key, " is missing");
	return place_fail(p, key, " must be %s", must);
}

int place_enter(struct place *sub, const struct place *p, const char *key,
		size_t i, const json_t *v)
{
	*sub = (struct place){
		.o = v, .up = p, .key = key, .i = i, .err = p->err
	};
	if (json_is_object(v))
		return 0;
	if (!v)
		return place_fail(p, key, " is missing");
	if (i == PLACE_MEMBER)
		return place_fail(p, key, " must be an object");
	return place_fail(p, key, "[%zu] must be an object", i);
}

int place_str(const struct place *p, const char *key, char **out)
{
	const json_t *v = json_object_get(p->o, key);

	if (json_is_null(v))
		return 0;
	if (!json_is_string(v))
		return wrong(p, key, "a string or null");
	*out = xstrdup(json_string_value(v));
	return 0;
}

int place_need_str(const struct place *p, const char *key, const char **out)
{
	const json_t *v = json_object_get(p->o, key);

	if (!json_is_string(v))
		return wrong(p, key, "a string");
	*out = json_string_value(v);
	return 0;
}

int place_own_str(const struct place *p, const char *key, char **out)
{
	const char *s = NULL;

	if (place_need_str(p, key, &s))
		return -1;
	*out = xstrdup(s);
	return 0;
}

int place_bool(const struct place *p, const char *key, bool *out)
{
	const json_t *v = json_object_get(p->o, key);

	if (!json_is_boolean(v))
		return wrong(p, key, "true or false");
	*out = json_is_true(v);
	return 0;
}

int place_uint(const struct place *p, const char *key, unsigned *out)
{
	const json_t *v = json_object_get(p->o, key);

	if (!json_is_integer(v) || json_integer_value(v) < 0 ||
	    json_integer_value(v) > UINT_MAX)
		return wrong(p, key, "a number from 0 to 4294967295");
	*out = (unsigned)json_integer_value(v);
	return 0;
}

int place_uint_or_null(const struct place *p, const char *key, unsigned *out)
{
	if (json_is_null(json_object_get(p->o, key))) {
		*out = 0;
		return 0;
	}
	return place_uint(p, key, out);
}

int place_seconds(const struct place *p, double *out)
{
	const json_t *v = json_object_get(p->o, "seconds");

	if (!json_is_number(v) || json_number_value(v) < 0)
		return wrong(p, "seconds", "a number, not negative");
	*out = json_number_value(v);
	return 0;
}

int place_list(const struct place *p, const char *key, const json_t **out)
{
	*out = json_object_get(p->o, key);
	if (!json_is_array(*out))
		return wrong(p, key, "a list");
	return 0;
}

int place_each(const struct place *p, const char *key,
	       int (*read)(const struct place *sub, void *data), void *data)
{
	const json_t *a, *v;
	struct place sub;
	size_t i;

	if (place_list(p, key, &a))
		return -1;
	json_array_foreach(a, i, v)
		if (place_enter(&sub, p, key, i, v) || read(&sub, data))
			return -1;
	return 0;
}

int place_strings(const struct place *p, const char *key, struct strlist *out)
{
	const json_t *a, *v;
	size_t i;

	if (place_list(p, key, &a))
		return -1;
	json_array_foreach(a, i, v) {
		if (!json_is_string(v))
			return wrong(p, key, "a list of strings");
		strlist_add(out, json_string_value(v));
	}
	return 0;
}

int place_name(const struct place *p, const char *key, const char *(*name)(int),
	       int nr)
{
	const char *s = NULL;

	if (place_need_str(p, key, &s))
		return -1;
	for (int i = 0; i < nr; i++)
		if (!strcmp(name(i), s))
			return i;
	return place_fail(p, key, ": unknown value \"%s\"", s);
}
