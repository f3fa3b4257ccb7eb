/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * IKE_SAs that end.
 */

#include "ike_listener.h"
#include "child_listener.h"

#include <daemon.h>

/**
 * Private data of ike_listener_t.
 */
typedef struct {
	/** public interface */
	ike_listener_t public;
	/** listens on the bus */
	listener_t listener;
	/** records of SAs */
	child_table_t *table;
} private_ike_listener_t;

static private_ike_listener_t *from_listener(listener_t *listener)
{
	return (void*)((char*)listener - offsetof(private_ike_listener_t,
											  listener));
}

/**
 * Note what becomes of the CHILD_SAs of an IKE_SA.
 */
static void note_all(private_ike_listener_t *this, ike_sa_t *ike_sa,
					 bool closed)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa;
	hwo_child_t child;

	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		if (hwo_child_lookup(this->table, ike_sa, child_sa, &child))
		{
			this->table->note(this->table, child.key,
							  closed ? HWO_CHILD_CLOSE : HWO_CHILD_LOSS);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Check if somebody has asked to close an IKE_SA, and it ends before it came to
 * that: if another exchange is in progress, that is only queued.
 */
static bool is_to_be_closed(ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	bool found = FALSE;
	task_t *task;

	enumerator = ike_sa->create_task_enumerator(ike_sa, TASK_QUEUE_QUEUED);
	while (!found && enumerator->enumerate(enumerator, &task))
	{
		found = task->get_type(task) == TASK_IKE_DELETE ||
				task->get_type(task) == TASK_ISAKMP_DELETE;
	}
	enumerator->destroy(enumerator);
	return found;
}

METHOD(listener_t, ike_state_change, bool,
	listener_t *listener, ike_sa_t *ike_sa, ike_sa_state_t state)
{
	private_ike_listener_t *this = from_listener(listener);

	switch (state)
	{
		case IKE_DELETING:
			/* if it is reauthenticated, its CHILD_SAs are to come back, unless
			 * they are there again already */
			note_all(this, ike_sa,
					 !ike_sa->has_condition(ike_sa, COND_REAUTHENTICATING));
			break;
		case IKE_DESTROYING:
			/* either that has been said before, or nobody has closed it: the
			 * peer does not answer, or it has begun anew. A passive one is
			 * another host's. */
			if (ike_sa->get_state(ike_sa) != IKE_DELETING &&
				ike_sa->get_state(ike_sa) != IKE_PASSIVE)
			{
				note_all(this, ike_sa, is_to_be_closed(ike_sa));
			}
			break;
		default:
			break;
	}
	return TRUE;
}

METHOD(ike_listener_t, destroy, void,
	private_ike_listener_t *this)
{
	charon->bus->remove_listener(charon->bus, &this->listener);
	free(this);
}

ike_listener_t *hwo_ike_listener_create(child_table_t *table)
{
	private_ike_listener_t *this;

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.listener = {
			.ike_state_change = _ike_state_change,
		},
		.table = table,
	);
	charon->bus->add_listener(charon->bus, &this->listener);
	return &this->public;
}

uint32_t hwo_current_ike(void)
{
	ike_sa_t *ike_sa = charon->bus->get_sa(charon->bus);

	return ike_sa ? ike_sa->get_unique_id(ike_sa) : 0;
}
