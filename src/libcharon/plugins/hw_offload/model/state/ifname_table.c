/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Names and indices of interfaces in a list, as there are few.
 */

#include "ifname_table.h"
#include "../../hwo_types.h"

#include <collections/array.h>
#include <threading/mutex.h>

/**
 * Private data of ifname_table_t.
 */
typedef struct {
	/** public interface */
	ifname_table_t public;
	/** names and indices, entry_t, latest last */
	array_t *entries;
	/** protects entries */
	mutex_t *mutex;
} private_ifname_table_t;

/**
 * An index that a name stood for.
 */
typedef struct {
	/** name */
	char name[HWO_IFNAME_SIZE];
	/** index */
	uint32_t ifindex;
	/** number of SPs */
	int sps;
} entry_t;

/**
 * Add to the number of SPs, which makes it the latest entry.
 */
static void change(private_ifname_table_t *this, const char *name,
				   uint32_t ifindex, int sps)
{
	entry_t entry;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; array_get(this->entries, i, &entry); i++)
	{
		if (entry.ifindex == ifindex && streq(entry.name, name))
		{
			array_remove(this->entries, i, NULL);
			sps += entry.sps;
			break;
		}
	}
	if (sps > 0)
	{
		entry = (entry_t){
			.ifindex = ifindex,
			.sps = sps,
		};
		snprintf(entry.name, sizeof(entry.name), "%s", name);
		array_insert(this->entries, ARRAY_TAIL, &entry);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ifname_table_t, add, void,
	private_ifname_table_t *this, const char *name, uint32_t ifindex)
{
	change(this, name, ifindex, 1);
}

METHOD(ifname_table_t, remove_, void,
	private_ifname_table_t *this, const char *name, uint32_t ifindex)
{
	change(this, name, ifindex, -1);
}

METHOD(ifname_table_t, get, uint32_t,
	private_ifname_table_t *this, const char *name, uint32_t current, u_int n)
{
	uint32_t ifindex = 0;
	entry_t entry;
	int i;

	if (current && !n--)
	{
		return current;
	}
	this->mutex->lock(this->mutex);
	for (i = array_count(this->entries) - 1; !ifindex && i >= 0; i--)
	{
		array_get(this->entries, i, &entry);
		if (entry.ifindex != current && streq(entry.name, name) && !n--)
		{
			ifindex = entry.ifindex;
		}
	}
	this->mutex->unlock(this->mutex);
	return ifindex;
}

METHOD(ifname_table_t, destroy, void,
	private_ifname_table_t *this)
{
	array_destroy(this->entries);
	this->mutex->destroy(this->mutex);
	free(this);
}

ifname_table_t *hwo_ifname_table_create(void)
{
	private_ifname_table_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.remove = _remove_,
			.get = _get,
			.destroy = _destroy,
		},
		.entries = array_create(sizeof(entry_t), 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
