/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * YAML files read with libcyaml by a schema, with errors that a person can act
 * upon: "FILE:LINE: unknown key 'fragmnets'; did you mean 'fragments'?".
 *
 * This is the only place that includes libcyaml's header; schemas are written
 * with its macros by those who include this file. yamlfile.c is the only one
 * that knows libyaml.
 */
#ifndef KVMATRIX_SYS_YAMLFILE_H
#define KVMATRIX_SYS_YAMLFILE_H

#include "sys/strmap.h"

#include <stdbool.h>
#include <stdint.h>

#include <cyaml/cyaml.h>

struct errbuf;

/* Where each key and entry stands: "configs[0].options[2]" -> line. */
struct yaml_marks {
	char *path;
	struct strmap lines;
};

#define YAML_MARKS_INIT { 0 }
#define _cleanup_yaml_marks_ __attribute__((cleanup(yaml_marks_release)))
void yaml_marks_release(struct yaml_marks *m);

/*
 * Reads path by schema (a mapping, CYAML_FLAG_POINTER) into *data, which
 * yamlfile_free() frees, and fills marks. Stricter than libcyaml: an empty
 * file, several documents, a key given twice, anchors and aliases are errors.
 * CYAML_ENUM values must carry CYAML_FLAG_STRICT to be checked.
 * Error: -1, err holds file, line, key and remedy.
 */
int yamlfile_load(const char *path, const cyaml_schema_value_t *schema,
		  void **data, struct yaml_marks *marks, struct errbuf *err);
void yamlfile_free(const cyaml_schema_value_t *schema, void *data);

/*
 * The line of a place, written as above; of the nearest one around it when it
 * has none of its own; 1 as a last resort.
 */
unsigned yaml_line(const struct yaml_marks *m, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
