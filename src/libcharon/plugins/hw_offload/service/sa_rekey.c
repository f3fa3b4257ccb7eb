/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Soft expires of our own.
 */

#include "sa_rekey.h"
#include "../model/selector.h"

#include <netinet/in.h>

#include <daemon.h>
#include <processing/jobs/callback_job.h>
#include <utils/debug.h>

/** charon does not know a CHILD_SA before its policies are there */
#define LATER_MS 2000

/**
 * An SA that is to be rekeyed later.
 */
typedef struct {
	/** identity */
	hwo_sa_id_t id;
	/** why, static */
	const char *why;
} rekey_t;

/*
 * Described in header
 */
void hwo_sa_rekey(const hwo_sa_id_t *id, const char *why)
{
	host_t *dst;

	if (id->proto != IPPROTO_ESP && id->proto != IPPROTO_AH)
	{
		return;
	}
	dst = hwo_addr_to_host(&id->dst, 0);
	if (dst)
	{
		DBG1(DBG_KNL, "SA %.8x %s, rekeying it", ntohl(id->spi), why);
		charon->kernel->expire(charon->kernel, id->proto, id->spi, dst, FALSE);
		dst->destroy(dst);
	}
}

CALLBACK(rekey, job_requeue_t,
	rekey_t *this)
{
	hwo_sa_rekey(&this->id, this->why);
	return JOB_REQUEUE_NONE;
}

/*
 * Described in header
 */
void hwo_sa_rekey_later(const hwo_sa_id_t *id, const char *why)
{
	rekey_t *this;

	INIT(this,
		.id = *id,
		.why = why,
	);
	lib->scheduler->schedule_job_ms(lib->scheduler,
					(job_t*)callback_job_create(rekey, this, free, NULL),
					LATER_MS);
}
