/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Inbound SAs that may be followed by the refusal of the outbound one.
 */

#include "sa_refusals.h"

#include <collections/array.h>
#include <threading/mutex.h>
#include <utils/utils.h>

typedef struct private_sa_refusals_t private_sa_refusals_t;

/**
 * Private data of sa_refusals_t.
 */
struct private_sa_refusals_t {

	/**
	 * Public interface
	 */
	sa_refusals_t public;

	/**
	 * Inbound SAs that were refused, refusal_t, oldest first
	 */
	array_t *refusals;

	/**
	 * Protects refusals
	 */
	mutex_t *mutex;
};

/**
 * Refusal of an inbound SA.
 */
typedef struct {
	/** addresses of the SA */
	hwo_addr_t src, dst;
	/** reqid of the SA */
	uint32_t reqid;
} refusal_t;

/**
 * Remember the refusal of an inbound SA, in place of the oldest one if there
 * are many; locked
 */
static void remember(private_sa_refusals_t *this, const hwo_sa_t *sa)
{
	refusal_t refusal = {
		.src = sa->id.src,
		.dst = sa->id.dst,
		.reqid = sa->reqid,
	};

	if (array_count(this->refusals) == HWO_SA_REFUSALS)
	{
		array_remove(this->refusals, ARRAY_HEAD, NULL);
	}
	array_insert(this->refusals, ARRAY_TAIL, &refusal);
}

/**
 * Forget the refusal of the inbound SA of an outbound one, FALSE if there was
 * none; locked
 */
static bool forget(private_sa_refusals_t *this, const hwo_sa_t *sa)
{
	refusal_t refusal;
	int i;

	for (i = 0; i < array_count(this->refusals); i++)
	{
		array_get(this->refusals, i, &refusal);
		if (refusal.reqid == sa->reqid &&
			memeq(&refusal.src, &sa->id.dst, sizeof(refusal.src)) &&
			memeq(&refusal.dst, &sa->id.src, sizeof(refusal.dst)))
		{
			array_remove(this->refusals, i, NULL);
			return TRUE;
		}
	}
	return FALSE;
}

METHOD(sa_refusals_t, note, bool,
	private_sa_refusals_t *this, const hwo_sa_t *sa)
{
	bool known = FALSE;

	this->mutex->lock(this->mutex);
	if (sa->facts.inbound)
	{
		remember(this, sa);
	}
	else
	{
		known = forget(this, sa);
	}
	this->mutex->unlock(this->mutex);
	return !known;
}

METHOD(sa_refusals_t, destroy, void,
	private_sa_refusals_t *this)
{
	array_destroy(this->refusals);
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
sa_refusals_t *hwo_sa_refusals_create(void)
{
	private_sa_refusals_t *this;

	INIT(this,
		.public = {
			.note = _note,
			.destroy = _destroy,
		},
		.refusals = array_create(sizeof(refusal_t), 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
