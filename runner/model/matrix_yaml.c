// SPDX-License-Identifier: GPL-2.0-only
/*
 * libcyaml's schema of the matrix file. What a key means is in docs/matrix.md;
 * what its values may be beyond their shape is checked by matrix.c.
 */
#include "model/matrix_yaml.h"

#include "sys/mem.h"

#define ONE CYAML_FLAG_POINTER
#define MAY (CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL)
#define WORD (CYAML_FLAG_STRICT | CYAML_FLAG_OPTIONAL)

static const cyaml_strval_t bools[] = {
	{ "true", YAML_TRUE },	 { "false", YAML_FALSE }, { "yes", YAML_TRUE },
	{ "no", YAML_FALSE },	 { "on", YAML_TRUE },	  { "off", YAML_FALSE },
};

static const cyaml_strval_t warning_words[] = {
	{ "fail", WARNINGS_FAIL },
	{ "allow", WARNINGS_ALLOW },
};

static const cyaml_schema_value_t text = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED),
};

static const cyaml_schema_field_t config_fields[] = {
	CYAML_FIELD_STRING_PTR("name", ONE, struct matrix_yaml_config, name, 0,
			       CYAML_UNLIMITED),
	CYAML_FIELD_STRING_PTR("base", MAY, struct matrix_yaml_config, base, 0,
			       CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("fragments", MAY, struct matrix_yaml_config,
			     fragments, &text, 0, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("options", MAY, struct matrix_yaml_config, options,
			     &text, 0, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("arches", MAY, struct matrix_yaml_config, arches,
			     &text, 1, CYAML_UNLIMITED),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t config_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct matrix_yaml_config,
			    config_fields),
};

static const cyaml_schema_field_t point_fields[] = {
	CYAML_FIELD_STRING_PTR("arch", MAY, struct matrix_yaml_point, arch, 0,
			       CYAML_UNLIMITED),
	CYAML_FIELD_STRING_PTR("config", MAY, struct matrix_yaml_point, config,
			       0, CYAML_UNLIMITED),
	CYAML_FIELD_STRING_PTR("toolchain", MAY, struct matrix_yaml_point,
			       toolchain, 0, CYAML_UNLIMITED),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t point_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct matrix_yaml_point,
			    point_fields),
};

static const cyaml_schema_field_t target_fields[] = {
	CYAML_FIELD_SEQUENCE("paths", MAY, struct matrix_yaml_target, paths,
			     &text, 1, CYAML_UNLIMITED),
	CYAML_FIELD_ENUM("dependents", WORD, struct matrix_yaml_target,
			 dependents, bools, ARRAY_SIZE(bools)),
	CYAML_FIELD_ENUM("image", WORD, struct matrix_yaml_target, image, bools,
			 ARRAY_SIZE(bools)),
	CYAML_FIELD_END,
};

static const cyaml_schema_field_t fields[] = {
	CYAML_FIELD_MAPPING("target", CYAML_FLAG_OPTIONAL, struct matrix_yaml,
			    target, target_fields),
	CYAML_FIELD_ENUM("warnings", WORD, struct matrix_yaml, warnings,
			 warning_words, ARRAY_SIZE(warning_words)),
	CYAML_FIELD_SEQUENCE("arches", ONE, struct matrix_yaml, arches, &text,
			     1, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("toolchains", MAY, struct matrix_yaml, toolchains,
			     &text, 1, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("configs", ONE, struct matrix_yaml, configs,
			     &config_value, 1, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("exclude", MAY, struct matrix_yaml, exclude,
			     &point_value, 0, CYAML_UNLIMITED),
	CYAML_FIELD_SEQUENCE("include", MAY, struct matrix_yaml, include,
			     &point_value, 0, CYAML_UNLIMITED),
	CYAML_FIELD_END,
};

static const cyaml_schema_value_t file_value = {
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct matrix_yaml, fields),
};

int matrix_yaml_read(const char *path, struct matrix_yaml **ret_yaml,
		     struct yaml_marks *marks, struct errbuf *err)
{
	void *data = NULL;

	if (yamlfile_load(path, &file_value, &data, marks, err) < 0)
		return -1;
	*ret_yaml = data;
	return 0;
}

void matrix_yaml_free(struct matrix_yaml *y)
{
	yamlfile_free(&file_value, y);
}
