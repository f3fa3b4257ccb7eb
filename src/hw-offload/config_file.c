/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * The format of strongswan.conf(5). A section is an object of three: values,
 * sections, and the names of the sections that it refers to.
 */

#include "config_file.h"

#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** How deep sections and files may be nested */
#define DEPTH 16

/** Characters that are not part of names */
#define NOT_IN_NAMES "#{}:,=\"\r\n\t "

/** Characters that end a word of a value */
#define NOT_IN_WORDS "#}\"\r\n\t "

/**
 * A file that is read.
 */
typedef struct reader_t {
	/** path, for messages and for relative paths in it */
	const char *path;
	/** what is left of it */
	const char *pos;
	/** current line */
	int line;
	/** files that include it */
	int depth;
	/** where to tell what is wrong */
	char *error;
} reader_t;

static bool read_file(const char *path, json_t *root, int depth, char *error);

/**
 * Tell what is wrong, false.
 */
__attribute__((format(printf, 2, 3)))
static bool fail(const reader_t *reader, const char *format, ...)
{
	va_list args;
	int len;

	len = snprintf(reader->error, CONFIG_ERROR, "%.256s:%d: ", reader->path,
				   reader->line);
	va_start(args, format);
	vsnprintf(reader->error + len, CONFIG_ERROR - len, format, args);
	va_end(args);
	return false;
}

json_t *config_new_section(void)
{
	return json_pack("{s:{}, s:{}, s:[]}", "values", "sections", "refs");
}

json_t *config_sections(const json_t *section)
{
	return json_object_get(section, "sections");
}

json_t *config_section(const json_t *section, const char *name)
{
	return json_object_get(config_sections(section), name);
}

const char *config_value(const json_t *section, const char *key)
{
	const char *value;

	value = json_string_value(json_object_get(json_object_get(section,
															  "values"), key));
	return value && value[0] ? value : NULL;
}

/**
 * Skip blanks; and with that, also comments and ends of lines.
 */
static void skip(reader_t *reader, bool lines)
{
	while (*reader->pos)
	{
		if (lines && *reader->pos == '#')
		{
			reader->pos += strcspn(reader->pos, "\n");
		}
		else if (lines && *reader->pos == '\n')
		{
			reader->line++;
			reader->pos++;
		}
		else if (strchr(" \t\r", *reader->pos))
		{
			reader->pos++;
		}
		else
		{
			break;
		}
	}
}

/**
 * Get or make the section that a name with dots leads to.
 *
 * @param name			name, changed
 * @param last			[out] part after the last dot
 */
static json_t *enter(json_t *section, char *name, char **last)
{
	json_t *inner;
	char *dot;

	while ((dot = strchr(name, '.')))
	{
		*dot = '\0';
		inner = config_section(section, name);
		if (!inner)
		{
			inner = config_new_section();
			json_object_set_new(config_sections(section), name, inner);
		}
		section = inner;
		name = dot + 1;
	}
	*last = name;
	return section;
}

/**
 * Append a character, escaped or not, to a text.
 */
static bool read_escaped(reader_t *reader, FILE *text)
{
	switch (*reader->pos)
	{
		case '\0':
			return fail(reader, "a '\"' is missing");
		case '\\':
			reader->pos++;
			if (reader->pos[0] == '\r' && reader->pos[1] == '\n')
			{
				reader->pos++;
			}
			if (*reader->pos && *reader->pos != '\n')
			{
				fputc(*reader->pos == 'n' ? '\n' : *reader->pos == 'r' ? '\r' :
					  *reader->pos == 't' ? '\t' : *reader->pos, text);
			}
			break;
		default:
			fputc(*reader->pos, text);
			break;
	}
	reader->line += *reader->pos == '\n';
	reader->pos += *reader->pos != '\0';
	return true;
}

/**
 * Read what is in quotes, the first of which is gone.
 */
static bool read_quoted(reader_t *reader, FILE *text)
{
	while (*reader->pos != '"')
	{
		if (!read_escaped(reader, text))
		{
			return false;
		}
	}
	reader->pos++;
	return true;
}

/**
 * Read the words of a value, with one blank in between.
 */
static bool read_words(reader_t *reader, FILE *text)
{
	bool first = true, good = true;
	size_t len;

	while (good)
	{
		skip(reader, false);
		if (!*reader->pos || strchr("#}\n", *reader->pos))
		{
			break;
		}
		if (!first)
		{
			fputc(' ', text);
		}
		first = false;
		if (*reader->pos == '"')
		{
			reader->pos++;
			good = read_quoted(reader, text);
		}
		else
		{
			len = strcspn(reader->pos, NOT_IN_WORDS);
			fwrite(reader->pos, 1, len, text);
			reader->pos += len;
		}
	}
	return good;
}

/**
 * Read a value and set it.
 */
static bool read_value(reader_t *reader, json_t *section, char *name)
{
	char *value = NULL, *key;
	size_t size;
	json_t *text;
	FILE *out;
	bool good;

	out = open_memstream(&value, &size);
	good = read_words(reader, out);
	fclose(out);
	text = good ? json_string(value) : NULL;
	free(value);
	if (good && !text)
	{
		return fail(reader, "the value is no UTF-8");
	}
	if (good)
	{
		section = enter(section, name, &key);
		json_object_set_new(json_object_get(section, "values"), key, text);
	}
	return good;
}

/**
 * Read a name, NULL if there is none.
 */
static char *read_name(reader_t *reader)
{
	size_t len = strcspn(reader->pos, NOT_IN_NAMES);
	char *name = len ? strndup(reader->pos, len) : NULL;

	reader->pos += len;
	return name;
}

/**
 * Read the names of sections that a section refers to.
 */
static bool read_refs(reader_t *reader, json_t *section)
{
	char *name;

	do
	{
		reader->pos++;
		skip(reader, true);
		name = read_name(reader);
		if (!name)
		{
			return fail(reader, "the name of a section is missing");
		}
		json_array_append_new(json_object_get(section, "refs"),
							  json_string(name));
		free(name);
		skip(reader, true);
	}
	while (*reader->pos == ',');
	return true;
}

/**
 * Include the files that match a pattern. None is no error.
 */
static bool include(reader_t *reader, json_t *root, const char *pattern)
{
	const char *slash = strrchr(reader->path, '/');
	char *path;
	glob_t files;
	bool good = true;

	if (asprintf(&path, "%.*s%s", pattern[0] == '/' || !slash ? 0 :
				 (int)(slash + 1 - reader->path), reader->path, pattern) == -1)
	{
		return fail(reader, "out of memory");
	}
	if (glob(path, 0, NULL, &files) == 0)
	{
		for (size_t i = 0; good && i < files.gl_pathc; i++)
		{
			good = read_file(files.gl_pathv[i], root, reader->depth + 1,
							 reader->error);
		}
		globfree(&files);
	}
	free(path);
	return good;
}

/**
 * Read the pattern of files to include.
 */
static bool read_include(reader_t *reader, json_t *section)
{
	char *pattern = NULL;
	size_t size;
	FILE *out;
	bool good = true;

	out = open_memstream(&pattern, &size);
	skip(reader, false);
	if (*reader->pos == '"')
	{
		reader->pos++;
		good = read_quoted(reader, out);
	}
	else
	{
		while (*reader->pos && !strchr("#}\n\t\r ", *reader->pos))
		{
			if (*reader->pos == '\\' && reader->pos[1])
			{
				reader->pos++;
			}
			fputc(*reader->pos++, out);
		}
	}
	fclose(out);
	good = good && include(reader, section, pattern);
	free(pattern);
	return good;
}

/**
 * Check if what follows the word "include" is not a value or a section.
 */
static bool is_include(const reader_t *reader, const char *name)
{
	const char *next = reader->pos + strspn(reader->pos, " \t");

	return !strcmp(name, "include") && next > reader->pos &&
		   !strchr("={:#\r\n", *next);
}

static bool read_settings(reader_t *reader, json_t *section, int depth);

/**
 * Read a section, in addition to what is known of it.
 */
static bool read_section(reader_t *reader, json_t *section, char *name,
						 int depth)
{
	json_t *inner;
	char *last;

	section = enter(section, name, &last);
	inner = config_section(section, last);
	if (!inner)
	{
		inner = config_new_section();
		json_object_set_new(config_sections(section), last, inner);
	}
	if (*reader->pos == ':' && !read_refs(reader, inner))
	{
		return false;
	}
	if (*reader->pos != '{')
	{
		return fail(reader, "a '{' is missing");
	}
	reader->pos++;
	return read_settings(reader, inner, depth + 1);
}

/**
 * Read a setting or a section.
 */
static bool read_setting(reader_t *reader, json_t *section, int depth)
{
	char *name = read_name(reader);
	bool good;

	if (!name)
	{
		return fail(reader, "'%c' is out of place", *reader->pos);
	}
	if (is_include(reader, name))
	{
		good = read_include(reader, section);
	}
	else
	{
		skip(reader, true);
		if (*reader->pos == '=')
		{
			reader->pos++;
			good = read_value(reader, section, name);
		}
		else
		{
			good = read_section(reader, section, name, depth);
		}
	}
	free(name);
	return good;
}

/**
 * Read what is inside of a section, or of a file.
 */
static bool read_settings(reader_t *reader, json_t *section, int depth)
{
	bool good = true;

	if (depth > DEPTH)
	{
		return fail(reader, "sections are nested too deep");
	}
	while (good)
	{
		skip(reader, true);
		if (!*reader->pos)
		{
			return !depth || fail(reader, "a '}' is missing");
		}
		if (depth && *reader->pos == '}')
		{
			reader->pos++;
			return true;
		}
		good = read_setting(reader, section, depth);
	}
	return false;
}

/**
 * Read a file into a section.
 */
static bool read_file(const char *path, json_t *root, int depth, char *error)
{
	reader_t reader = {
		.path = path,
		.line = 1,
		.depth = depth,
		.error = error,
	};
	char *text = NULL;
	size_t size = 0;
	ssize_t len;
	FILE *file;
	bool good;

	if (depth > DEPTH)
	{
		return fail(&reader, "files include each other");
	}
	file = fopen(path, "r");
	if (!file)
	{
		snprintf(error, CONFIG_ERROR, "%.256s: %s", path, strerror(errno));
		return false;
	}
	len = getdelim(&text, &size, '\0', file);
	reader.pos = len == -1 ? "" : text;
	good = feof(file) ? read_settings(&reader, root, 0)
					  : fail(&reader, ferror(file) ? "can't be read"
												   : "this is no text");
	free(text);
	fclose(file);
	return good;
}

json_t *config_read(const char *path, char error[CONFIG_ERROR])
{
	json_t *root = config_new_section();

	error[0] = '\0';
	if (!read_file(path, root, 0, error))
	{
		json_decref(root);
		return NULL;
	}
	return root;
}
