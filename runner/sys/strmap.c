// SPDX-License-Identifier: GPL-2.0-only
#include "sys/strmap.h"

#include "sys/mem.h"

#include <uthash.h>

struct strmap_entry {
	char *key;
	void *value;
	UT_hash_handle hh;
};

void strmap_release(struct strmap *m)
{
	struct strmap_entry *e, *tmp;

	HASH_ITER(hh, m->head, e, tmp)
	{
		HASH_DEL(m->head, e);
		free(e->key);
		free(e);
	}
}

static struct strmap_entry *find(const struct strmap *m, const char *key)
{
	struct strmap_entry *e;

	HASH_FIND_STR(m->head, key, e);
	return e;
}

void strmap_set(struct strmap *m, const char *key, void *value)
{
	struct strmap_entry *e = find(m, key);

	if (!e) {
		e = xcalloc(1, sizeof(*e));
		e->key = xstrdup(key);
		HASH_ADD_KEYPTR(hh, m->head, e->key, strlen(e->key), e);
	}
	e->value = value;
}

void *strmap_get(const struct strmap *m, const char *key)
{
	struct strmap_entry *e = find(m, key);

	return e ? e->value : NULL;
}

bool strmap_has(const struct strmap *m, const char *key)
{
	return find(m, key) != NULL;
}

size_t strmap_nr(const struct strmap *m)
{
	return HASH_COUNT(m->head);
}

struct strmap_entry *strmap_next(const struct strmap *m, struct strmap_entry *e)
{
	return e ? e->hh.next : m->head;
}

const char *strmap_key(const struct strmap_entry *e)
{
	return e->key;
}

void *strmap_value(const struct strmap_entry *e)
{
	return e->value;
}
