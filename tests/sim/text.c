/* SPDX-License-Identifier: Apache-2.0
 *
 * Canonical text of a jansson tree, written for the simulation alone so that
 * it can tell when the project's own canonicaliser is wrong.
 */
#include "tests/sim/repo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void put_string(FILE *out, const char *text, size_t len)
{
	size_t i;

	fputc('"', out);
	for (i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			fputc('\\', out);
		fputc(text[i], out);
	}
	fputc('"', out);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void put_value(FILE *out, const json_t *value);

static void put_object(FILE *out, const json_t *object)
{
	size_t count = json_object_size(object), i = 0;
	const char **names = calloc(count + 1, sizeof(*names));
	const char *name;
	json_t *value;

	if (names == NULL)
		abort();
	json_object_foreach((json_t *)(uintptr_t)object, name, value)
		names[i++] = name;
	qsort(names, count, sizeof(*names), by_bytes);
	fputc('{', out);
	for (i = 0; i < count; i++) {
		if (i > 0)
			fputc(',', out);
		put_string(out, names[i], strlen(names[i]));
		fputc(':', out);
		put_value(out, json_object_get(object, names[i]));
	}
	fputc('}', out);
	free(names);
}

static void put_array(FILE *out, const json_t *array)
{
	size_t i;

	fputc('[', out);
	for (i = 0; i < json_array_size(array); i++) {
		if (i > 0)
			fputc(',', out);
		put_value(out, json_array_get(array, i));
	}
	fputc(']', out);
}

static void put_value(FILE *out, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		put_object(out, value);
		break;
	case JSON_ARRAY:
		put_array(out, value);
		break;
	case JSON_STRING:
		put_string(out, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		fprintf(out, "%.1f", json_real_value(value));
		break;
	case JSON_TRUE:
		fputs("true", out);
		break;
	case JSON_FALSE:
		fputs("false", out);
		break;
	case JSON_NULL:
		fputs("null", out);
		break;
	}
}

char *sim_text(const json_t *tree)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		abort();
	put_value(out, tree);
	if (fclose(out) != 0)
		abort();
	return text;
}
