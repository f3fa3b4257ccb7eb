/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Tells charon about the end of SAs, and notes which CHILD_SAs to rekey.
 */

#include "sa_expiry.h"
#include "../../model/plan/ts_convert.h"

#include <netinet/in.h>

#include <daemon.h>
#include <collections/array.h>
#include <threading/mutex.h>

/**
 * Private data of sa_expiry_t.
 */
typedef struct {
	/** public interface */
	sa_expiry_t public;
	/** records of CHILD_SAs */
	child_table_t *table;
	/** requests, hwo_rekey_request_t */
	array_t *requests;
	/** told about requests, and what to pass to it */
	sa_expiry_cb_t cb;
	void *data;
	/** protects all of them */
	mutex_t *mutex;
} private_sa_expiry_t;

void hwo_tell_expired(const hwo_sa_id_t *id, bool hard)
{
	host_t *dst;

	dst = hwo_addr_to_host(&id->dst, 0);
	if (dst && (id->proto == IPPROTO_ESP || id->proto == IPPROTO_AH))
	{
		charon->kernel->expire(charon->kernel, id->proto, id->spi, dst, hard);
	}
	DESTROY_IF(dst);
}

static void add(private_sa_expiry_t *this, const hwo_rekey_request_t *request)
{
	sa_expiry_cb_t cb;
	void *data;

	this->mutex->lock(this->mutex);
	array_insert(this->requests, ARRAY_TAIL, (void*)request);
	cb = this->cb;
	data = this->data;
	this->mutex->unlock(this->mutex);
	if (cb)
	{
		cb(data);
	}
}

METHOD(sa_expiry_t, soft, void,
	private_sa_expiry_t *this, const hwo_sa_id_t *id, const char *why)
{
	hwo_child_t child;

	if (!this->table->get(this->table, id, &child))
	{	/* it is for charon to judge */
		hwo_tell_expired(id, FALSE);
	}
	else if (id->proto != IPPROTO_COMP)
	{
		add(this, &(hwo_rekey_request_t){
			.key = child.key,
			.inbound = hwo_child_find(&child, id) == &child.in,
			.why = why,
		});
	}
}

METHOD(sa_expiry_t, soft_when_known, void,
	private_sa_expiry_t *this, const hwo_sa_id_t *id, const char *why)
{
	hwo_child_t child;

	if (this->table->get(this->table, id, &child))
	{
		add(this, &(hwo_rekey_request_t){
			.key = child.key,
			.inbound = hwo_child_find(&child, id) == &child.in,
			.why = why,
			.patient = TRUE,
		});
	}
}

METHOD(sa_expiry_t, soft_if_split, void,
	private_sa_expiry_t *this, const hwo_sa_id_t *id)
{
	hwo_child_t child;

	if (this->table->get(this->table, id, &child) &&
		hwo_child_is_split(&child))
	{
		add(this, &(hwo_rekey_request_t){
			.key = child.key,
			.why = "is on another device than the inbound one",
			.patient = TRUE,
			.split = TRUE,
		});
	}
}

METHOD(sa_expiry_t, soft_if_hidden, void,
	private_sa_expiry_t *this, const hwo_sa_id_t *id)
{
	hwo_child_t child;

	if (this->table->get(this->table, id, &child))
	{
		add(this, &(hwo_rekey_request_t){
			.key = child.key,
			.why = "is hidden from its policy by another SA",
			.patient = TRUE,
			.hidden = TRUE,
		});
	}
}

METHOD(sa_expiry_t, place, void,
	private_sa_expiry_t *this, const hwo_sa_id_t *id)
{
	hwo_child_t child;

	if (this->table->get(this->table, id, &child))
	{
		add(this, &(hwo_rekey_request_t){
			.key = child.key,
			.place = TRUE,
		});
	}
}

METHOD(sa_expiry_t, hard, void,
	private_sa_expiry_t *this, const hwo_sa_id_t *id)
{
	/* before charon removes its policies */
	this->table->lose(this->table, id);
	hwo_tell_expired(id, TRUE);
}

METHOD(sa_expiry_t, take, array_t*,
	private_sa_expiry_t *this)
{
	array_t *requests;

	this->mutex->lock(this->mutex);
	requests = this->requests;
	this->requests = array_create(sizeof(hwo_rekey_request_t), 0);
	this->mutex->unlock(this->mutex);
	return requests;
}

METHOD(sa_expiry_t, on_request, void,
	private_sa_expiry_t *this, sa_expiry_cb_t cb, void *data)
{
	this->mutex->lock(this->mutex);
	this->cb = cb;
	this->data = data;
	this->mutex->unlock(this->mutex);
}

METHOD(sa_expiry_t, destroy, void,
	private_sa_expiry_t *this)
{
	array_destroy(this->requests);
	this->mutex->destroy(this->mutex);
	free(this);
}

sa_expiry_t *hwo_sa_expiry_create(child_table_t *table)
{
	private_sa_expiry_t *this;

	INIT(this,
		.public = {
			.soft = _soft,
			.soft_when_known = _soft_when_known,
			.soft_if_split = _soft_if_split,
			.soft_if_hidden = _soft_if_hidden,
			.place = _place,
			.hard = _hard,
			.take = _take,
			.on_request = _on_request,
			.destroy = _destroy,
		},
		.table = table,
		.requests = array_create(sizeof(hwo_rekey_request_t), 0),
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
	);
	return &this->public;
}
