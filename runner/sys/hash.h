/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SHA-256 over libcrypto. hash.c is the sole owner of <openssl/...>.
 */
#ifndef KVMATRIX_SYS_HASH_H
#define KVMATRIX_SYS_HASH_H

#include <stddef.h>

struct errbuf;

struct hash;
struct hash *hash_new(void);
void hash_add(struct hash *h, const void *data, size_t len);
/* Adds the string and its NUL, so that "a","bc" differs from "ab","c". */
void hash_add_str(struct hash *h, const char *s);
/* Frees h; returns 64 hex digits, owned by the caller. */
char *hash_finish(struct hash *h);
/* Of one block / of a file's content. Owned; the file form NULL on error. */
char *hash_hex(const void *data, size_t len);
char *hash_file(const char *path, struct errbuf *err);

#endif
