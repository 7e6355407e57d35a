/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The matrix file as it is written, before anything is crossed or checked
 * against the house: the C shape of docs/matrix.md.
 */
#ifndef KVMATRIX_MODEL_MATRIX_YAML_H
#define KVMATRIX_MODEL_MATRIX_YAML_H

#include "sys/yamlfile.h"

struct errbuf;

/* Absent must differ from false where the default is true. */
enum yaml_bool { YAML_UNSET, YAML_FALSE, YAML_TRUE };
enum yaml_warnings { WARNINGS_UNSET, WARNINGS_FAIL, WARNINGS_ALLOW };

struct matrix_yaml_config {
	char *name;
	char *base;
	char **fragments;
	uint32_t fragments_count;
	char **options;
	uint32_t options_count;
	char **arches;
	uint32_t arches_count;
};

/* An entry of exclude or include; what is absent is NULL. */
struct matrix_yaml_point {
	char *arch;
	char *config;
	char *toolchain;
};

struct matrix_yaml_target {
	char **paths;
	uint32_t paths_count;
	enum yaml_bool dependents;
	enum yaml_bool image;
};

struct matrix_yaml {
	struct matrix_yaml_target target;
	enum yaml_warnings warnings;
	char **arches;
	uint32_t arches_count;
	char **toolchains;
	uint32_t toolchains_count;
	struct matrix_yaml_config *configs;
	uint32_t configs_count;
	struct matrix_yaml_point *exclude;
	uint32_t exclude_count;
	struct matrix_yaml_point *include;
	uint32_t include_count;
};

/* The caller frees with matrix_yaml_free(); marks tell lines for messages. */
int matrix_yaml_read(const char *path, struct matrix_yaml **ret_yaml,
		     struct yaml_marks *marks, struct errbuf *err);
void matrix_yaml_free(struct matrix_yaml *y);

#endif
