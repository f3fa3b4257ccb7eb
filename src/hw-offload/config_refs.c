/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Sections of strongswan.conf(5) that refer to others inherit what they don't
 * have themselves, in the order of the references.
 */

#include "config_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** How deep references may lead to references */
#define REFS 8

/** How deep sections may be nested, with all they inherit */
#define DEPTH 16

/** Sections that references of a connection may make, all together */
#define COPIES 10000

static json_t *target(json_t *root, const char *path, int depth);

/**
 * Find a section inside of another one, its own or an inherited one.
 */
static json_t *find(json_t *root, json_t *section, const char *name, int depth)
{
	json_t *found = config_section(section, name), *ref;
	size_t i;

	json_array_foreach(json_object_get(section, "refs"), i, ref)
	{
		if (found || depth > REFS)
		{
			break;
		}
		found = find(root, target(root, json_string_value(ref), depth + 1),
					 name, depth + 1);
	}
	return found;
}

/**
 * Find the section that a reference leads to. Sections in between may be
 * inherited, too.
 */
static json_t *target(json_t *root, const char *path, int depth)
{
	char *copy = strdup(path), *name, *rest = copy;
	json_t *section = root;

	while (section && (name = strsep(&rest, ".")))
	{
		section = find(root, section, name, depth);
	}
	free(copy);
	return section;
}

/**
 * Add what a section does not have itself.
 */
static void inherit(json_t *section, json_t *other)
{
	json_t *values = json_object_get(section, "values");
	json_t *sections = config_sections(section), *item;
	const char *name;

	json_object_update_missing(values, json_object_get(other, "values"));
	json_object_foreach(config_sections(other), name, item)
	{
		if (json_object_get(sections, name))
		{
			inherit(json_object_get(sections, name), item);
		}
		else
		{
			json_object_set(sections, name, item);
		}
	}
}

/**
 * Copy a section, with all that it inherits.
 *
 * @param left			[in,out] how many copies may be made
 * @return				NULL if that were too many, or references lead in
 *						circles
 */
static json_t *resolve(json_t *root, json_t *section, int depth, int *left)
{
	json_t *copy, *item, *other;
	const char *name;
	size_t i;

	if (depth > DEPTH || *left <= 0)
	{
		*left = 0;
		return NULL;
	}
	(*left)--;
	copy = config_new_section();
	json_object_update(json_object_get(copy, "values"),
					   json_object_get(section, "values"));
	json_object_foreach(config_sections(section), name, item)
	{
		json_object_set_new(config_sections(copy), name,
							resolve(root, item, depth + 1, left)
							?: json_null());
	}
	json_array_foreach(json_object_get(section, "refs"), i, item)
	{
		other = target(root, json_string_value(item), 0);
		if (other && *left > 0)
		{
			other = resolve(root, other, depth + 1, left);
			inherit(copy, other);
			json_decref(other);
		}
	}
	return copy;
}

void config_tell_names(const json_t *sections, char error[CONFIG_ERROR])
{
	const char *name, *before = ", but";
	json_t *section;
	size_t len;

	json_object_foreach((json_t*)sections, name, section)
	{
		len = strlen(error);
		snprintf(error + len, CONFIG_ERROR - len, "%s %.64s", before, name);
		before = ",";
	}
}

json_t *config_connection(json_t *root, const char *name,
						  char error[CONFIG_ERROR])
{
	json_t *section, *resolved;
	int left = COPIES;

	error[0] = '\0';
	section = find(root, config_section(root, "connections"), name, 0);
	if (!section)
	{
		snprintf(error, CONFIG_ERROR, "there is no connection '%.64s'", name);
		config_tell_names(config_sections(config_section(root, "connections")),
						  error);
		return NULL;
	}
	resolved = resolve(root, section, 0, &left);
	if (left <= 0)
	{
		snprintf(error, CONFIG_ERROR, "the sections that '%.64s' refers to "
				 "lead in circles", name);
		json_decref(resolved);
		return NULL;
	}
	return resolved;
}
