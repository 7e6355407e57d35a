// SPDX-License-Identifier: GPL-2.0-only
#include "engine/cause_proof.h"

#include "sys/mem.h"

bool cause_is_kvm(const char *path)
{
	const char *dir;

	if (starts_with(path, "virt/kvm/"))
		return true;
	if (!starts_with(path, "arch/"))
		return false;
	dir = strchr(path + strlen("arch/"), '/');
	return dir && starts_with(dir, "/kvm/");
}

bool cause_is_kvm_header(const char *path)
{
	const char *base = strrchr(path, '/');

	return starts_with(base ? base + 1 : path, "kvm") ||
	       strstr(path, "/kvm/");
}

static void become(struct cause_topic *t, enum cause_kind kind, char *id)
{
	t->kind = kind;
	free(t->id);
	t->id = id;
}

/*
 * Units of KVM that a flag does not reach are one mistake, in their Makefile,
 * whatever they miss. For the others, a header that needs what is hidden is
 * one, whatever it needs and whoever includes it; and each thing that a source
 * needs is one.
 */
static void hidden(struct cause_topic *t, const struct proof *f)
{
	char *id;

	if (cause_is_kvm(f->unit) && f->makefile)
		id = xasprintf("hidden:%s:%s for %s by %u", f->place, f->text,
			       f->makefile, f->by);
	else if (f->to && cause_is_kvm_header(f->to))
		id = xasprintf("hidden:%s:%s from KVM's headers by %u",
			       f->place, f->text, f->by);
	else if (f->to)
		id = xasprintf("hidden:%s:%s from %s by %u", f->place, f->text,
			       f->to, f->by);
	else
		id = xasprintf("hidden:%s:%s in %s by %u", f->thing, f->text,
			       f->place, f->by);
	become(t, CAUSE_HIDDEN, id);
}

/* The B of arch/B/..., when it is not srcarch; owned or NULL. */
static char *foreign(const char *path, const char *srcarch)
{
	_cleanup_free_ char *arch = NULL;

	if (!path || !srcarch || !starts_with(path, "arch/"))
		return NULL;
	path += strlen("arch/");
	arch = xstrndup(path, strcspn(path, "/"));
	return strcmp(arch, srcarch) ? STEAL(arch) : NULL;
}

static void file_missing(struct cause_topic *t, const struct proof *f,
			 const char *srcarch)
{
	char *arch;

	if (t->kind == CAUSE_MAKE)
		return;
	arch = foreign(f->to, srcarch);
	if (!arch)
		arch = foreign(f->header, srcarch);
	if (!arch)
		return;
	become(t, CAUSE_CROSS_ARCH, xasprintf("cross-arch:%s", t->thing));
	free(t->foreign);
	t->foreign = arch;
	if (!t->via)
		t->via = xstrdup(f->to ? f->to : f->header);
}

/* Built-in code outside that refers to what KVM defines. */
static void symbol_missing(struct cause_topic *t, const struct proof *f)
{
	const char *where = f->to ? f->to : f->header;

	/* of the link as a whole only the file tells who refers to it */
	if (where && cause_is_kvm(where) && !cause_is_kvm(f->unit) &&
	    !cause_is_kvm(f->file))
		become(t, CAUSE_BOOT_CALL, xasprintf("boot-call:%s", f->thing));
}

void cause_topic_prove(struct cause_topic *t, const struct proof *f,
		       const char *srcarch)
{
	t->proof = f;
	if (t->kind == CAUSE_OTHER)
		t->kind = CAUSE_MISSING_DECLARATION;
	t->weak = t->unnamed = false;
	free(t->thing);
	t->thing = xstrdup(f->thing);
	switch (f->kind) {
	case PROOF_HIDDEN:
		hidden(t, f);
		break;
	case PROOF_REMOVED:
		if (f->text)
			become(t, t->kind,
			       xasprintf("removed:%s:%s by %u", f->header,
					 f->text, f->by));
		break;
	case PROOF_MOVED:
		become(t, CAUSE_MISSING_INCLUDE,
		       xasprintf("missing-include:%s, moved from %s by %u",
				 f->to, f->header, f->by));
		break;
	case PROOF_CUT:
		become(t, CAUSE_MISSING_INCLUDE,
		       xasprintf("missing-include:%s cut from %s by %u",
				 f->text, f->place, f->by));
		break;
	case PROOF_CYCLE:
		if (f->to)
			become(t, CAUSE_INCLUDE_CYCLE,
			       xasprintf("include-cycle:%s includes %s", f->to,
					 f->text));
		else
			become(t, CAUSE_INCLUDE_CYCLE,
			       xasprintf("include-cycle:%s and %s", f->place,
					 f->header));
		break;
	case PROOF_LEANS:
		become(t, CAUSE_NOT_STANDALONE,
		       xasprintf("not-standalone:%s without %s", f->place,
				 f->header));
		break;
	case PROOF_NEVER:
		become(t, CAUSE_MISSING_INCLUDE,
		       xasprintf("missing-include:%s by %u", f->header, f->by));
		break;
	case PROOF_HEADER_MOVED:
	case PROOF_HEADER_GONE:
	case PROOF_ELSEWHERE:
		file_missing(t, f, srcarch);
		break;
	case PROOF_DEFINED:
		symbol_missing(t, f);
		break;
	case PROOF_TWICE:
	case PROOF_KCONFIG:
		break;
	case PROOF_VARIABLE: /* files lost together are folded by where they
				were */
		break;
	case PROOF_UNEXPORTED:
		become(t, CAUSE_UNEXPORTED_SYMBOL,
		       xasprintf("unexported-symbol:%s", f->thing));
		break;
	}
	/* What the sources say of it needs no other error to explain it; that
	 * a header was never read may be the consequence of one. */
	if (f->kind != PROOF_NEVER && f->kind != PROOF_LEANS)
		t->independent = true;
}
