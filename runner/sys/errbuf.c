// SPDX-License-Identifier: GPL-2.0-only
#include "sys/errbuf.h"

#include "sys/mem.h"
#include "sys/strbuf.h"

int errbuf_set(struct errbuf *err, const char *fmt, ...)
{
	struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	free(err->msg);
	err->msg = strbuf_detach(&sb);
	return -1;
}

int errbuf_prefix(struct errbuf *err, const char *fmt, ...)
{
	struct strbuf sb = STRBUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vaddf(&sb, fmt, ap);
	va_end(ap);
	strbuf_addf(&sb, ": %s", err->msg ? err->msg : "unknown error");
	free(err->msg);
	err->msg = strbuf_detach(&sb);
	return -1;
}

void errbuf_release(struct errbuf *err)
{
	free(err->msg);
	err->msg = NULL;
}
