/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * The constants of a program are searched where the dynamic linker has mapped
 * them, so no file is opened: the one on disk may have been replaced by an
 * upgrade while the old daemon still runs.
 */

#include "charon_version.h"
#include "../hwo_compat.h"

#include <ctype.h>
#include <link.h>
#include <string.h>

/**
 * What comes before the version in the greeting of all charons (charon,
 * charon-systemd, charon-nm, charon-cmd, charon-tkm).
 */
#define GREETING "(strongSwan "

/**
 * The symbol that the plugin loader looks up to compare versions, as a format
 * string; in libstrongswan since 6.0.3.
 */
#define LOADER_FORMAT "%s_plugin_version"

/**
 * Callback that looks at one range of constants.
 *
 * @param mem		constants
 * @param found		where to put what was found
 * @return			TRUE if it was found
 */
typedef bool (*look_t)(chunk_t mem, void *found);

/**
 * A search in the constants of one loaded object.
 */
typedef struct {
	/** part of the object's path, NULL for the program itself */
	const char *object;
	/** callback to call for each of its read-only segments */
	look_t look;
	/** passed to the callback */
	void *found;
} search_t;

/**
 * Skip memory up to the end of the next occurrence of a text. In a program with
 * the address sanitizer there is poisoned memory between its constants, which
 * memmem() would stumble over.
 */
__attribute__((no_sanitize("address")))
static bool skip_text(chunk_t *mem, const char *text, size_t len)
{
	size_t i, matched = 0;

	/* the first character of either text does not occur in it again, so there
	 * is nothing to go back to on a mismatch */
	for (i = 0; i < mem->len; i++)
	{
		if (mem->ptr[i] != (u_char)text[matched])
		{
			matched = 0;
		}
		if (mem->ptr[i] == (u_char)text[matched] && ++matched == len)
		{
			*mem = chunk_skip(*mem, i + 1);
			return TRUE;
		}
	}
	return FALSE;
}

__attribute__((no_sanitize("address")))
bool hwo_charon_version_find(chunk_t mem, char *version)
{
	size_t i;

	while (skip_text(&mem, GREETING, strlen(GREETING)))
	{
		for (i = 0; i < mem.len && i < HWO_VERSION_MAX - 1; i++)
		{
			if (!isalnum(mem.ptr[i]) && mem.ptr[i] != '.')
			{
				break;
			}
			version[i] = mem.ptr[i];
		}
		/* "(strongSwan %s" and this file's own GREETING are no greeting */
		if (i && i < mem.len && isdigit(mem.ptr[0]) &&
			(mem.ptr[i] == ',' || mem.ptr[i] == ')'))
		{
			version[i] = '\0';
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * look_t for the version in the greeting.
 */
static bool look_for_greeting(chunk_t mem, void *found)
{
	return hwo_charon_version_find(mem, found);
}

/**
 * look_t for a plugin loader that compares versions.
 */
static bool look_for_loader(chunk_t mem, void *found)
{
	return skip_text(&mem, LOADER_FORMAT, sizeof(LOADER_FORMAT));
}

/**
 * Callback for dl_iterate_phdr(), ends the iteration with 1 if found.
 */
static int search_object(struct dl_phdr_info *info, size_t size, void *data)
{
	search_t *search = data;
	bool program = !info->dlpi_name || !info->dlpi_name[0];
	chunk_t mem;
	int i;

	if (search->object ? program || !strstr(info->dlpi_name, search->object)
					   : !program)
	{
		return 0;
	}
	for (i = 0; i < info->dlpi_phnum; i++)
	{
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];

		if (segment->p_type == PT_LOAD && (segment->p_flags & PF_R) &&
			!(segment->p_flags & PF_W))
		{
			mem = chunk_create((u_char*)(info->dlpi_addr + segment->p_vaddr),
							   segment->p_filesz);
			if (search->look(mem, search->found))
			{
				return 1;
			}
		}
	}
	return 0;
}

bool hwo_charon_version_matches(char **found)
{
	char version[HWO_VERSION_MAX];
	search_t greeting = {
		.look = look_for_greeting,
		.found = version,
	};
	search_t loader = {
		.object = "/libstrongswan.so",
		.look = look_for_loader,
	};

	*found = NULL;
	if (dl_iterate_phdr(search_object, &greeting))
	{
		*found = strdup(version);
		return streq(version, VERSION);
	}
	return HWO_PLUGIN_HAS_VERSION && dl_iterate_phdr(search_object, &loader);
}
