// SPDX-License-Identifier: GPL-2.0-only
#include "sys/hash.h"

#include "sys/errbuf.h"
#include "sys/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <unistd.h>

struct hash {
	EVP_MD_CTX *ctx;
};

struct hash *hash_new(void)
{
	struct hash *h = xmalloc(sizeof(*h));

	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx || !EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL)) {
		fputs("kvmatrix: libcrypto has no SHA-256\n", stderr);
		_exit(3);
	}
	return h;
}

void hash_add(struct hash *h, const void *data, size_t len)
{
	EVP_DigestUpdate(h->ctx, data, len);
}

void hash_add_str(struct hash *h, const char *s)
{
	hash_add(h, s ? s : "", s ? strlen(s) + 1 : 1);
}

char *hash_finish(struct hash *h)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	char *hex;

	EVP_DigestFinal_ex(h->ctx, md, &len);
	EVP_MD_CTX_free(h->ctx);
	free(h);
	hex = xmalloc(len * 2 + 1);
	for (unsigned i = 0; i < len; i++) {
		hex[2 * i] = digits[md[i] >> 4];
		hex[2 * i + 1] = digits[md[i] & 15];
	}
	hex[2 * len] = '\0';
	return hex;
}

char *hash_hex(const void *data, size_t len)
{
	struct hash *h = hash_new();

	hash_add(h, data, len);
	return hash_finish(h);
}

char *hash_file(const char *path, struct errbuf *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	_cleanup_free_ char *chunk = xmalloc(1 << 20);
	struct hash *h;
	ssize_t n;

	if (fd < 0) {
		errbuf_set(err, "%s: %s", path, strerror(errno));
		return NULL;
	}
	h = hash_new();
	while ((n = read(fd, chunk, 1 << 20)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			errbuf_set(err, "%s: %s", path, strerror(errno));
			free(hash_finish(h));
			return NULL;
		}
		hash_add(h, chunk, n);
	}
	return hash_finish(h);
}
