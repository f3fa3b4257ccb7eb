/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Names and indices of interfaces in a list, as there are few.
 */

#include "ifname_table.h"
#include "../../hwo_types.h"

#include <collections/linked_list.h>
#include <threading/mutex.h>

/**
 * Private data of ifname_table_t.
 */
typedef struct {
	/** public interface */
	ifname_table_t public;
	/** names and indices, entry_t*, latest first */
	linked_list_t *entries;
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
	u_int sps;
} entry_t;

/**
 * Find an entry, and put it first.
 */
static entry_t *find(private_ifname_table_t *this, const char *name,
					 uint32_t ifindex)
{
	entry_t *entry, *found = NULL;
	enumerator_t *enumerator;

	enumerator = this->entries->create_enumerator(this->entries);
	while (!found && enumerator->enumerate(enumerator, &entry))
	{
		if (entry->ifindex == ifindex &&
			streq(entry->name, name))
		{
			this->entries->remove_at(this->entries, enumerator);
			found = entry;
		}
	}
	enumerator->destroy(enumerator);
	if (found)
	{
		this->entries->insert_first(this->entries, found);
	}
	return found;
}

METHOD(ifname_table_t, add, void,
	private_ifname_table_t *this, const char *name, uint32_t ifindex)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find(this, name, ifindex);
	if (!entry)
	{
		INIT(entry,
			.ifindex = ifindex,
		);
		snprintf(entry->name, sizeof(entry->name), "%s", name);
		this->entries->insert_first(this->entries, entry);
	}
	entry->sps++;
	this->mutex->unlock(this->mutex);
}

METHOD(ifname_table_t, remove_, void,
	private_ifname_table_t *this, const char *name, uint32_t ifindex)
{
	entry_t *entry;

	this->mutex->lock(this->mutex);
	entry = find(this, name, ifindex);
	if (entry && !--entry->sps)
	{
		this->entries->remove(this->entries, entry, NULL);
		free(entry);
	}
	this->mutex->unlock(this->mutex);
}

METHOD(ifname_table_t, get, uint32_t,
	private_ifname_table_t *this, const char *name, uint32_t current, u_int n)
{
	enumerator_t *enumerator;
	uint32_t ifindex = 0;
	entry_t *entry;

	if (current && !n--)
	{
		return current;
	}
	this->mutex->lock(this->mutex);
	enumerator = this->entries->create_enumerator(this->entries);
	while (!ifindex && enumerator->enumerate(enumerator, &entry))
	{
		if (entry->ifindex != current &&
			streq(entry->name, name) && !n--)
		{
			ifindex = entry->ifindex;
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
	return ifindex;
}

METHOD(ifname_table_t, destroy, void,
	private_ifname_table_t *this)
{
	this->entries->destroy_function(this->entries, free);
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
		.entries = linked_list_create(),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
