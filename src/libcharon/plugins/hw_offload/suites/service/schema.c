/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * As much of JSON Schema as the schemas in docs use.
 */

#include "schema.h"

#include <regex.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

/** Prefix of all references */
#define DEFS "#/$defs/"

/** Longest path of a value, and longest description of what is wrong */
#define PATH 256
#define WRONG 512

/**
 * A comparison.
 */
typedef struct comparison_t {
	/** the schema as a whole */
	json_t *root;
	/** what is wrong, and where */
	char wrong[WRONG];
} comparison_t;

static bool fits(comparison_t *this, json_t *type, json_t *value,
				 const char *path);

/**
 * Tell what is wrong.
 */
static bool wrong(comparison_t *this, const char *path, const char *what,
				  const char *name)
{
	snprintf(this->wrong, sizeof(this->wrong), "%s: %s %s", path, what, name);
	return false;
}

/**
 * Compare with the name of a type.
 */
static bool is_type(json_t *value, const char *name)
{
	switch (json_typeof(value))
	{
		case JSON_OBJECT:
			return !strcmp(name, "object");
		case JSON_ARRAY:
			return !strcmp(name, "array");
		case JSON_STRING:
			return !strcmp(name, "string");
		case JSON_INTEGER:
			return !strcmp(name, "integer");
		case JSON_TRUE:
		case JSON_FALSE:
			return !strcmp(name, "boolean");
		default:
			return !strcmp(name, "null") && json_is_null(value);
	}
}

/**
 * Check if names of types have one, be it one name or a list.
 */
static bool has_type(json_t *names, json_t *value)
{
	json_t *name;
	size_t i;

	if (json_is_string(names))
	{
		return is_type(value, json_string_value(names));
	}
	json_array_foreach(names, i, name)
	{
		if (is_type(value, json_string_value(name)))
		{
			return true;
		}
	}
	return false;
}

/**
 * Check if one of a list of values is equal to another.
 */
static bool is_among(json_t *list, json_t *value)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (json_equal(one, value))
		{
			return true;
		}
	}
	return false;
}

/**
 * Check a text against a pattern, which is an extended regular expression.
 */
static bool matches(const char *pattern, const char *text)
{
	regex_t regex;
	bool found;

	ck_assert_int_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	found = regexec(&regex, text, 0, NULL, 0) == 0;
	regfree(&regex);
	return found;
}

/**
 * Check for members that have to be there.
 */
static bool has_required(comparison_t *this, json_t *names, json_t *value,
						 const char *path)
{
	json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		if (!json_object_get(value, json_string_value(name)))
		{
			return wrong(this, path, "has no", json_string_value(name));
		}
	}
	return true;
}

/**
 * Check the members of an object. All have to be known where its type is told,
 * elsewhere a part of them is looked at.
 */
static bool members_fit(comparison_t *this, json_t *type, json_t *value,
						const char *path)
{
	json_t *properties = json_object_get(type, "properties"), *member, *known;
	char inner[PATH];
	const char *name;

	json_object_foreach(value, name, member)
	{
		known = json_object_get(properties, name) ?:
				json_object_get(type, "additionalProperties");
		if (!known && json_object_get(type, "type"))
		{
			return wrong(this, path, "has unknown", name);
		}
		snprintf(inner, sizeof(inner), "%s.%s", path, name);
		if (known && !fits(this, known, member, inner))
		{
			return false;
		}
	}
	return has_required(this, json_object_get(type, "required"), value, path);
}

/**
 * Check the items of an array.
 */
static bool items_fit(comparison_t *this, json_t *type, json_t *value,
					  const char *path)
{
	char inner[PATH];
	json_t *item;
	size_t i;

	json_array_foreach(value, i, item)
	{
		snprintf(inner, sizeof(inner), "%s[%zu]", path, i);
		if (!fits(this, type, item, inner))
		{
			return false;
		}
	}
	return true;
}

/**
 * Check what depends on a condition.
 */
static bool branch_fits(comparison_t *this, json_t *type, json_t *value,
						const char *path)
{
	json_t *condition = json_object_get(type, "if"), *branch;

	if (!condition)
	{
		return true;
	}
	branch = json_object_get(type, fits(this, condition, value, path) ? "then"
																	  : "else");
	return !branch || fits(this, branch, value, path);
}

/**
 * Check that a type uses nothing that is not looked at.
 */
static void assert_keywords(json_t *type)
{
	static const char *const keywords[] = {
		"$schema", "title", "$defs", "$ref", "type", "const", "enum", "minimum",
		"pattern", "required", "properties", "additionalProperties", "items",
		"if", "then", "else",
	};
	json_t *ignored;
	const char *key;
	size_t i;

	json_object_foreach(type, key, ignored)
	{
		for (i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++)
		{
			if (!strcmp(key, keywords[i]))
			{
				break;
			}
		}
		ck_assert_msg(i < sizeof(keywords) / sizeof(keywords[0]),
					  "'%s' in a schema means nothing", key);
	}
}

/**
 * Check what is said about a value itself, not about what is in it.
 */
static bool itself_fits(comparison_t *this, json_t *type, json_t *value,
						const char *path)
{
	json_t *wanted;

	wanted = json_object_get(type, "type");
	if (wanted && !has_type(wanted, value))
	{
		return wrong(this, path, "is of another type", "");
	}
	wanted = json_object_get(type, "const");
	if (wanted && !json_equal(wanted, value))
	{
		return wrong(this, path, "is another constant", "");
	}
	wanted = json_object_get(type, "enum");
	if (wanted && !is_among(wanted, value))
	{
		return wrong(this, path, "is none of these:",
					 json_string_value(value) ?: "no text");
	}
	wanted = json_object_get(type, "minimum");
	if (wanted && json_is_integer(value) &&
		json_integer_value(value) < json_integer_value(wanted))
	{
		return wrong(this, path, "is too small", "");
	}
	wanted = json_object_get(type, "pattern");
	if (wanted && json_is_string(value) &&
		!matches(json_string_value(wanted), json_string_value(value)))
	{
		return wrong(this, path, "does not match:", json_string_value(value));
	}
	return true;
}

/**
 * Check a value.
 *
 * @param path			where it is
 */
static bool fits(comparison_t *this, json_t *type, json_t *value,
				 const char *path)
{
	json_t *items = json_object_get(type, "items"), *ref, *target;

	assert_keywords(type);
	ref = json_object_get(type, "$ref");
	if (ref)
	{
		target = json_object_get(json_object_get(this->root, "$defs"),
								 json_string_value(ref) + strlen(DEFS));
		ck_assert_msg(target != NULL, "no %s", json_string_value(ref));
		return fits(this, target, value, path);
	}
	return itself_fits(this, type, value, path) &&
		   (!json_is_object(value) || members_fit(this, type, value, path)) &&
		   (!items || items_fit(this, items, value, path)) &&
		   branch_fits(this, type, value, path);
}

/**
 * Load a schema.
 */
static json_t *load(const char *command)
{
	char file[512];
	json_error_t why;
	json_t *schema;

	snprintf(file, sizeof(file), "%s/docs/%s.schema.json",
			 getenv("HWO_TOP") ?: ".", command);
	schema = json_load_file(file, JSON_REJECT_DUPLICATES, &why);
	ck_assert_msg(schema != NULL, "%s:%d: %s", file, why.line, why.text);
	return schema;
}

void assert_schema(const char *command, const char *type, json_t *value)
{
	/* the last one stays, as there may be thousands of values */
	static comparison_t this;
	static char loaded[32];
	json_t *wanted;

	if (strcmp(loaded, command))
	{
		json_decref(this.root);
		this.root = load(command);
		snprintf(loaded, sizeof(loaded), "%s", command);
	}
	wanted = type ? json_object_get(json_object_get(this.root, "$defs"), type)
				  : this.root;
	ck_assert_msg(wanted != NULL, "no %s in the schema of %s", type, command);
	ck_assert_msg(fits(&this, wanted, value, command), "%s", this.wrong);
}
