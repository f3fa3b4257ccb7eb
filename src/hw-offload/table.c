/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Columns that are as wide as what is in them.
 */

#include "table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/** Most columns */
#define COLUMNS 16

/**
 * A field.
 */
typedef struct field_t {
	char *text;
	colour_t colour;
	/** lines below the row, for its last field; NULL if there are none */
	char *notes;
} field_t;

struct table_t {
	/** number of columns, and their widths */
	int columns;
	size_t width[COLUMNS];
	/** fields, row by row, the first row are headings */
	field_t *fields;
	size_t count, allocated;
	/** whether to use colours */
	bool colour;
};

table_t *table_create(const char *const headings[], bool colour)
{
	table_t *table = calloc(1, sizeof(*table));

	table->colour = colour;
	while (headings[table->columns] && table->columns < COLUMNS)
	{
		table->columns++;
	}
	for (int i = 0; i < table->columns; i++)
	{
		table_add(table, headings[i], COLOUR_NONE);
	}
	return table;
}

void table_add(table_t *table, const char *text, colour_t colour)
{
	int column = table->count % table->columns;
	size_t len = strlen(text);

	if (table->count == table->allocated)
	{
		table->allocated = 2 * table->allocated + COLUMNS;
		table->fields = realloc(table->fields,
								table->allocated * sizeof(field_t));
	}
	table->fields[table->count++] = (field_t){
		.text = strdup(text),
		.colour = colour,
	};
	if (len > table->width[column])
	{
		table->width[column] = len;
	}
}

void table_add_number(table_t *table, long long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", number);
	table_add(table, text, COLOUR_NONE);
}

void table_note(table_t *table, const char *format, ...)
{
	field_t *last = &table->fields[table->count - 1];
	char line[512], *notes;
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (asprintf(&notes, "%s%s\n", last->notes ?: "", line) != -1)
	{
		free(last->notes);
		last->notes = notes;
	}
}

const char *time_text(long long seconds, char buf[TIME_TEXT])
{
	time_t when = seconds;

	if (!strftime(buf, TIME_TEXT, "%F %T", localtime(&when)))
	{
		buf[0] = '\0';
	}
	return buf;
}

void print_safely(const char *text, char blank)
{
	for (; *text; text++)
	{
		putchar(*text == ' ' ? blank
							 : *text > ' ' && *text < 127 ? *text : '?');
	}
}

void print_colour(colour_t colour)
{
	static const char *const codes[] = {
		[COLOUR_NONE] = "",
		[COLOUR_GOOD] = "32",
		[COLOUR_FAIR] = "33",
		[COLOUR_BAD] = "31",
	};

	printf("\033[%sm", codes[colour]);
}

/**
 * Print a field, padded unless it is the last of its row.
 */
static void print_field(const table_t *table, size_t i)
{
	const field_t *field = &table->fields[i];
	int column = i % table->columns;
	bool last = column == table->columns - 1;
	size_t len = strlen(field->text);

	if (table->colour && field->colour != COLOUR_NONE)
	{
		print_colour(field->colour);
	}
	print_safely(field->text, last ? ' ' : '_');
	if (table->colour && field->colour != COLOUR_NONE)
	{
		print_colour(COLOUR_NONE);
	}
	if (last)
	{
		putchar('\n');
	}
	else
	{
		printf("%*s", (int)(table->width[column] - len + 2), "");
	}
}

/**
 * Print the lines below a row.
 */
static void print_notes(char *notes)
{
	char *line;

	while ((line = strsep(&notes, "\n")) && line[0])
	{
		fputs("    ", stdout);
		print_safely(line, ' ');
		putchar('\n');
	}
}

void table_print(table_t *table)
{
	for (size_t i = 0; i < table->count; i++)
	{
		print_field(table, i);
		print_notes(table->fields[i].notes);
		free(table->fields[i].text);
		free(table->fields[i].notes);
	}
	free(table->fields);
	free(table);
}
