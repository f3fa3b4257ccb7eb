/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Failures, oldest first. One has names once its CHILD_SA is given up.
 */

#include "failed_children.h"

#include <threading/mutex.h>

/**
 * Private data of failed_children_t.
 */
typedef struct {
	/** public interface */
	failed_children_t public;
	/** failures, hwo_failed_child_t */
	array_t *failures;
	/** protects failures */
	mutex_t *mutex;
} private_failed_children_t;

/**
 * A CHILD_SA that is given up.
 */
typedef struct {
	/** SPIs, and the reqid */
	uint32_t spi_in, spi_out, reqid;
} lost_t;

/**
 * Check if a CHILD_SA was given up already.
 */
static bool is_named(const hwo_failed_child_t *failed)
{
	return failed->sa.names.child[0];
}

/**
 * Check if a failure, without names as yet, is one of a CHILD_SA.
 */
static bool is_of(const hwo_failed_child_t *failed, const lost_t *lost)
{
	uint32_t spi = failed->sa.id.spi;

	if (is_named(failed))
	{
		return FALSE;
	}
	if (!spi)
	{
		return !lost->spi_in && !lost->spi_out && lost->reqid &&
			   failed->sa.reqid == lost->reqid;
	}
	return spi == (failed->sa.facts.inbound ? lost->spi_in : lost->spi_out);
}

static const hwo_addr_t *peer_of(const hwo_sa_record_t *sa)
{
	return sa->facts.inbound ? &sa->id.src : &sa->id.dst;
}

/**
 * Check if two SAs are those of CHILD_SAs with the same names and peer.
 */
static bool same_child(const hwo_sa_record_t *a, const hwo_sa_record_t *b)
{
	return streq(a->names.connection, b->names.connection) &&
		   streq(a->names.child, b->names.child) &&
		   memeq(peer_of(a), peer_of(b), sizeof(hwo_addr_t));
}

/**
 * Forget failures under these names, locked.
 */
static void forget_child(private_failed_children_t *this,
						 const hwo_sa_record_t *sa)
{
	hwo_failed_child_t failed;
	int i;

	for (i = array_count(this->failures) - 1; i >= 0; i--)
	{
		array_get(this->failures, i, &failed);
		if (is_named(&failed) && same_child(&failed.sa, sa))
		{
			array_remove(this->failures, i, NULL);
		}
	}
}

/**
 * Take out all failures of a CHILD_SA, locked.
 *
 * @param first		[out] the first of them
 * @return			FALSE if there are none
 */
static bool take(private_failed_children_t *this, const lost_t *lost,
				 hwo_failed_child_t *first)
{
	hwo_failed_child_t failed;
	bool found = FALSE;
	int i;

	for (i = array_count(this->failures) - 1; i >= 0; i--)
	{
		array_get(this->failures, i, &failed);
		if (is_of(&failed, lost))
		{
			array_remove(this->failures, i, NULL);
			*first = failed;
			found = TRUE;
		}
	}
	return found;
}

/**
 * Check if the inbound SA of an outbound one has failed, too, locked.
 */
static bool has_inbound(private_failed_children_t *this,
						const hwo_sa_record_t *sa)
{
	hwo_failed_child_t failed;
	bool found = FALSE;
	int i;

	for (i = 0; !found && i < array_count(this->failures); i++)
	{
		array_get(this->failures, i, &failed);
		found = !is_named(&failed) && failed.sa.id.spi &&
				failed.sa.facts.inbound && failed.sa.reqid == sa->reqid &&
				hwo_addr_equals(&failed.sa.id.src, &sa->id.dst) &&
				hwo_addr_equals(&failed.sa.id.dst, &sa->id.src);
	}
	return found;
}

METHOD(failed_children_t, note, bool,
	private_failed_children_t *this, const hwo_sa_record_t *sa,
	const char *device, time_t now)
{
	hwo_failed_child_t failed = {
		.sa = *sa,
		.time = now,
	};
	bool first;

	snprintf(failed.device, sizeof(failed.device), "%s", device);
	memset(&failed.sa.names, 0, sizeof(failed.sa.names));
	memset(&failed.sa.moves, 0, sizeof(failed.sa.moves));
	this->mutex->lock(this->mutex);
	first = sa->facts.inbound || !has_inbound(this, sa);
	if (array_count(this->failures) == HWO_FAILED_CHILDREN)
	{
		array_remove(this->failures, ARRAY_HEAD, NULL);
	}
	array_insert(this->failures, ARRAY_TAIL, &failed);
	this->mutex->unlock(this->mutex);
	return first;
}

METHOD(failed_children_t, give_up, bool,
	private_failed_children_t *this, uint32_t spi_in, uint32_t spi_out,
	uint32_t reqid, const hwo_names_t *names, hwo_failed_child_t *failed)
{
	lost_t lost = {
		.spi_in = spi_in,
		.spi_out = spi_out,
		.reqid = reqid,
	};
	bool found;

	this->mutex->lock(this->mutex);
	found = take(this, &lost, failed) && failed->sa.requested != HW_OFFLOAD_NO;
	if (found)
	{
		failed->sa.names = *names;
		failed->sa.partner.spi = failed->sa.facts.inbound ? spi_out : spi_in;
		forget_child(this, &failed->sa);
		array_insert(this->failures, ARRAY_TAIL, failed);
	}
	this->mutex->unlock(this->mutex);
	return found;
}

METHOD(failed_children_t, drop, void,
	private_failed_children_t *this, uint32_t spi_in, uint32_t spi_out)
{
	lost_t lost = {
		.spi_in = spi_in,
		.spi_out = spi_out,
	};
	hwo_failed_child_t failed;

	this->mutex->lock(this->mutex);
	take(this, &lost, &failed);
	this->mutex->unlock(this->mutex);
}

METHOD(failed_children_t, forget, void,
	private_failed_children_t *this, const hwo_sa_record_t *sa)
{
	this->mutex->lock(this->mutex);
	forget_child(this, sa);
	this->mutex->unlock(this->mutex);
}

METHOD(failed_children_t, forget_trap, void,
	private_failed_children_t *this, const char *child)
{
	hwo_failed_child_t failed;
	int i;

	this->mutex->lock(this->mutex);
	for (i = array_count(this->failures) - 1; i >= 0; i--)
	{
		array_get(this->failures, i, &failed);
		if (!failed.sa.id.spi && hwo_name_is(failed.sa.names.child, child))
		{
			array_remove(this->failures, i, NULL);
		}
	}
	this->mutex->unlock(this->mutex);
}

METHOD(failed_children_t, list, array_t*,
	private_failed_children_t *this, time_t now)
{
	array_t *list = array_create(sizeof(hwo_failed_child_t), 0);
	hwo_failed_child_t failed;
	int i;

	this->mutex->lock(this->mutex);
	for (i = 0; i < array_count(this->failures); i++)
	{
		array_get(this->failures, i, &failed);
		if (is_named(&failed) && now - failed.time < HWO_FAILED_SECONDS)
		{
			array_insert(list, ARRAY_TAIL, &failed);
		}
	}
	this->mutex->unlock(this->mutex);
	return list;
}

METHOD(failed_children_t, destroy, void,
	private_failed_children_t *this)
{
	array_destroy(this->failures);
	this->mutex->destroy(this->mutex);
	free(this);
}

failed_children_t *hwo_failed_children_create(void)
{
	private_failed_children_t *this;

	INIT(this,
		.public = {
			.note = _note,
			.give_up = _give_up,
			.drop = _drop,
			.forget = _forget,
			.forget_trap = _forget_trap,
			.list = _list,
			.destroy = _destroy,
		},
		.failures = array_create(sizeof(hwo_failed_child_t), 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
