/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Refusals that were told.
 */

#include "sp_refusals.h"

#include <threading/mutex.h>

/**
 * The first refusal of a CHILD_SA or trap.
 */
typedef struct {
	/** SAs, spi 0 for traps and for one that does not exist */
	hwo_sa_id_t sa, partner;
	/** reqid */
	uint32_t reqid;
	/** the SP, without label */
	hwo_sp_id_t sp;
} refusal_t;

typedef struct private_sp_refusals_t private_sp_refusals_t;

/**
 * Private data of sp_refusals_t.
 */
struct private_sp_refusals_t {

	/**
	 * Public interface
	 */
	sp_refusals_t public;

	/**
	 * Refusals, one after the other, the oldest is overwritten
	 */
	refusal_t refusals[HWO_SP_REFUSALS];

	/**
	 * How many there were
	 */
	u_int count;

	/**
	 * Protects both
	 */
	mutex_t *mutex;
};

/**
 * Check if a refusal is about one of two SAs
 */
static bool is_about(const refusal_t *refusal, const hwo_sa_id_t *sa)
{
	return sa->spi && (hwo_sa_id_equals(&refusal->sa, sa) ||
					   hwo_sa_id_equals(&refusal->partner, sa));
}

/**
 * Check if two refusals are about the same CHILD_SA or trap
 */
static bool same_child(const refusal_t *a, const refusal_t *b)
{
	if (a->sa.spi || b->sa.spi)
	{
		return is_about(a, &b->sa) || is_about(a, &b->partner);
	}
	return a->reqid && a->reqid == b->reqid;
}

METHOD(sp_refusals_t, note, bool,
	private_sp_refusals_t *this, const hwo_sp_request_t *user,
	const hwo_sa_record_t *sa)
{
	refusal_t refusal = {
		.sa = sa ? sa->id : user->sa,
		.reqid = user->reqid,
		.sp = user->sp.id,
	};
	bool news = TRUE;
	int i;

	if (sa)
	{
		refusal.partner = sa->partner;
	}
	refusal.sp.label = chunk_empty;
	this->mutex->lock(this->mutex);
	for (i = 0; news && i < min(this->count, HWO_SP_REFUSALS); i++)
	{
		news = !same_child(&this->refusals[i], &refusal) ||
			   hwo_sp_id_equals(&this->refusals[i].sp, &refusal.sp);
	}
	if (news)
	{
		this->refusals[this->count++ % HWO_SP_REFUSALS] = refusal;
	}
	this->mutex->unlock(this->mutex);
	return news;
}

METHOD(sp_refusals_t, destroy, void,
	private_sp_refusals_t *this)
{
	this->mutex->destroy(this->mutex);
	free(this);
}

/*
 * Described in header
 */
sp_refusals_t *hwo_sp_refusals_create(void)
{
	private_sp_refusals_t *this;

	INIT(this,
		.public = {
			.note = _note,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
