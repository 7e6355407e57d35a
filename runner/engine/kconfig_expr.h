/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kconfig's condition expressions over the values of a .config
 * (Documentation/kbuild/kconfig-language.rst, "Menu dependencies").
 */
#ifndef KVMATRIX_ENGINE_KCONFIG_EXPR_H
#define KVMATRIX_ENGINE_KCONFIG_EXPR_H

#include "sys/strlist.h"
#include "sys/strmap.h"

enum tristate { TRI_N, TRI_M, TRI_Y };

/*
 * Reads a .config: "CONFIG_X" -> value as written, "n" for "is not set". The
 * values live in lines, which must outlive the map.
 */
void kconfig_values_read(const char *text, struct strmap *values,
			 struct strlist *lines);

/* n for what is not in the map; "CONFIG_X" -> value. */
enum tristate kconfig_value(const struct strmap *values, const char *symbol);
const char *tristate_name(enum tristate t);

/*
 * The value of an expression. What text alone cannot tell (a macro, an order
 * comparison) counts as y: it is never given as a reason.
 */
enum tristate kconfig_eval(const char *expr, const struct strmap *values);

/* The operands of the top-level &&, trimmed; one for an expression without. */
void kconfig_conjuncts(const char *expr, struct strlist *out);

/* Names of the symbols in the expression, each once, in order. */
void kconfig_symbols(const char *expr, struct strlist *out);

#endif
