/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Notes the SPs of the trap that a thread installs.
 */

#include "trap_listener.h"

#include <daemon.h>

#include <collections/array.h>
#include <threading/thread_value.h>

/**
 * Private data of trap_listener_t.
 */
typedef struct {
	/** public interface */
	trap_listener_t public;
	/** listens on the bus */
	listener_t listener;
	/** trap that a thread installs or gives up, trap_t */
	thread_value_t *current;
} private_trap_listener_t;

/**
 * A trap that is not installed yet.
 */
typedef struct {
	/** reqid */
	uint32_t reqid;
	/** SPs that were added, hwo_sp_id_t without labels: all have the same */
	array_t *sps;
	/** TRUE once it is given up */
	bool failed;
	/** its names, once it is given up */
	hwo_names_t names;
	/** TRUE once the one is given up, too, that it was to replace */
	bool replaced;
} trap_t;

/**
 * Destroy a trap, may be NULL.
 */
static void trap_destroy(trap_t *trap)
{
	if (trap)
	{
		array_destroy(trap->sps);
		free(trap);
	}
}

/**
 * Forget the trap of the current thread.
 */
static void forget(private_trap_listener_t *this)
{
	trap_destroy(this->current->get(this->current));
	this->current->set(this->current, NULL);
}

METHOD(trap_listener_t, add, void,
	private_trap_listener_t *this, const hwo_sp_id_t *id, uint32_t reqid)
{
	trap_t *trap = this->current->get(this->current);
	hwo_sp_id_t added = *id;

	if (!trap || trap->failed || trap->reqid != reqid)
	{
		forget(this);
		INIT(trap,
			.reqid = reqid,
			.sps = array_create(sizeof(hwo_sp_id_t), 0),
		);
		this->current->set(this->current, trap);
	}
	added.label = chunk_empty;
	array_insert(trap->sps, ARRAY_TAIL, &added);
}

METHOD(trap_listener_t, get_failed, const hwo_names_t*,
	private_trap_listener_t *this, uint32_t reqid)
{
	trap_t *trap = this->current->get(this->current);

	return trap && trap->failed && trap->reqid == reqid ? &trap->names : NULL;
}

METHOD(trap_listener_t, remove_, bool,
	private_trap_listener_t *this, const hwo_sp_id_t *id, uint32_t reqid)
{
	trap_t *trap = this->current->get(this->current);
	hwo_sp_id_t removed = *id, added;
	int i;

	if (!get_failed(this, reqid) || trap->replaced)
	{
		return TRUE;
	}
	removed.label = chunk_empty;
	for (i = 0; i < array_count(trap->sps); i++)
	{
		array_get(trap->sps, i, &added);
		if (hwo_sp_id_equals(&added, &removed))
		{
			return array_remove(trap->sps, i, NULL);
		}
	}
	return FALSE;
}

/**
 * Check if a CHILD_SA is the trap that another one was to replace, which is
 * given up. It is older then, those that are installed later by other threads
 * are not.
 */
static bool is_replaced(const trap_t *trap, child_sa_t *child_sa)
{
	return trap->failed && child_sa->get_state(child_sa) == CHILD_ROUTED &&
		   child_sa->get_reqid(child_sa) == trap->reqid &&
		   child_sa->get_unique_id(child_sa) < trap->names.child_id &&
		   hwo_name_is(trap->names.child, child_sa->get_name(child_sa));
}

METHOD(listener_t, child_state_change, bool,
	listener_t *listener, ike_sa_t *ike_sa, child_sa_t *child_sa,
	child_sa_state_t state)
{
	private_trap_listener_t *this;
	trap_t *trap;

	this = (void*)((char*)listener - offsetof(private_trap_listener_t,
											  listener));
	trap = this->current->get(this->current);
	if (trap && !trap->failed && state == CHILD_DESTROYING &&
		child_sa->get_state(child_sa) == CHILD_CREATED)
	{
		trap->failed = TRUE;
		trap->names.child_id = child_sa->get_unique_id(child_sa);
		hwo_name_keep(trap->names.child, child_sa->get_name(child_sa));
	}
	else if (trap && state == CHILD_DESTROYING && is_replaced(trap, child_sa))
	{
		trap->replaced = TRUE;
	}
	else if (trap)
	{	/* it is installed, or the thread has to do with something else */
		forget(this);
	}
	return TRUE;
}

METHOD(trap_listener_t, destroy, void,
	private_trap_listener_t *this)
{
	charon->bus->remove_listener(charon->bus, &this->listener);
	this->current->destroy(this->current);
	free(this);
}

trap_listener_t *hwo_trap_listener_create(void)
{
	private_trap_listener_t *this;

	INIT(this,
		.public = {
			.add = _add,
			.remove = _remove_,
			.get_failed = _get_failed,
			.destroy = _destroy,
		},
		.listener = {
			.child_state_change = _child_state_change,
		},
		.current = thread_value_create((thread_cleanup_t)trap_destroy),
	);
	charon->bus->add_listener(charon->bus, &this->listener);
	return &this->public;
}
