/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_table table
 *
 * Text in columns, for people and for awk: fields have no blanks inside, except
 * for those of the last column.
 */

#ifndef TABLE_H_
#define TABLE_H_

#include <stdbool.h>

typedef struct table_t table_t;

/**
 * Colours of a field.
 */
typedef enum colour_t {
	COLOUR_NONE,
	COLOUR_GOOD,
	COLOUR_FAIR,
	COLOUR_BAD,
} colour_t;

/**
 * Create a table.
 *
 * @param headings		one for each column, NULL-terminated
 * @param colour		whether to use colours
 */
table_t *table_create(const char *const headings[], bool colour);

/**
 * Add a field, which begins a new row if the last one is complete.
 *
 * @param text			text, copied
 */
void table_add(table_t *table, const char *text, colour_t colour);

/**
 * Add a number.
 */
void table_add_number(table_t *table, long long number);

/**
 * Add a line that is printed below the current row, indented.
 */
void table_note(table_t *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * Print a table, and destroy it.
 */
void table_print(table_t *table);

/** Room for a time as text */
#define TIME_TEXT 64

/**
 * Write a time as people read it, in their time zone.
 *
 * @param seconds		seconds since the epoch
 * @param buf			[out] text
 * @return				buf
 */
const char *time_text(long long seconds, char buf[TIME_TEXT]);

/**
 * Print a text with whatever is no printable ASCII replaced: names come from
 * configurations and from peers, none of them should control a terminal.
 *
 * @param blank			what to print for a blank
 */
void print_safely(const char *text, char blank);

/**
 * Begin or end (COLOUR_NONE) a colour.
 */
void print_colour(colour_t colour);

#endif /** TABLE_H_ @}*/
