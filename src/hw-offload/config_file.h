/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_config_file config_file
 *
 * Reads swanctl.conf, with the files that it includes and the sections that it
 * refers to. What the settings mean is the daemon's affair.
 *
 * libstrongswan has a parser for this, but no headers and no stable interface
 * to it are installed, and swanctl may read files below /etc/swanctl only where
 * AppArmor confines it.
 */

#ifndef CONFIG_FILE_H_
#define CONFIG_FILE_H_

#include <jansson.h>

/** Longest message about an error */
#define CONFIG_ERROR 512

/**
 * Read a file.
 *
 * @param path			path
 * @param error			[out] what is wrong, with file and line
 * @return				the outermost section, NULL if something is wrong
 */
json_t *config_read(const char *path, char error[CONFIG_ERROR]);

/**
 * Get a connection, with everything it inherits by references.
 *
 * @param root			outermost section
 * @param name			name
 * @param error			[out] why there is none
 * @return				section, NULL if there is none
 */
json_t *config_connection(json_t *root, const char *name,
						  char error[CONFIG_ERROR]);

/**
 * Add which sections there are to a message about one that is missing.
 *
 * @param sections		object with sections by name, may be NULL
 * @param error			[in,out] message
 */
void config_tell_names(const json_t *sections, char error[CONFIG_ERROR]);

/**
 * Make an empty section.
 */
json_t *config_new_section(void);

/**
 * Get a section inside of another one.
 *
 * @param section		section, may be NULL
 * @param name			name
 * @return				section, not owned; NULL if there is none
 */
json_t *config_section(const json_t *section, const char *name);

/**
 * Get all sections inside of another one.
 *
 * @param section		section, may be NULL
 * @return				object with sections by name, not owned; NULL if there
 *						are none
 */
json_t *config_sections(const json_t *section);

/**
 * Get a value.
 *
 * @param section		section, may be NULL
 * @param key			key
 * @return				value, not owned; NULL if it is not set, or cleared
 */
const char *config_value(const json_t *section, const char *key);

#endif /** CONFIG_FILE_H_ @}*/
