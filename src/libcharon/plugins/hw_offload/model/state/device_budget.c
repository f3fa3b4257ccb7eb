/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Room on devices. SAs under way are in a list, as they are few.
 */

#include "device_budget.h"

#include <collections/array.h>

typedef struct private_device_budget_t private_device_budget_t;

/**
 * Private data of device_budget_t.
 */
struct private_device_budget_t {

	/**
	 * Public interface
	 */
	device_budget_t public;

	/**
	 * place_t, by value
	 */
	array_t *places;
};

/**
 * Room for one pair.
 */
typedef struct {
	/** identity of one of its SAs */
	hwo_sa_id_t id;
	/** mode and device */
	hwo_offload_t offload;
} place_t;

/**
 * Count the pairs under way in a mode on a device
 */
static u_int count_places(private_device_budget_t *this,
						  const hwo_offload_t *offload)
{
	u_int count = 0;
	place_t place;
	int i;

	for (i = 0; i < array_count(this->places); i++)
	{
		array_get(this->places, i, &place);
		count += hwo_offload_equals(&place.offload, offload);
	}
	return count;
}

METHOD(device_budget_t, admit, bool,
	private_device_budget_t *this, enumerator_t *records, const hwo_sa_id_t *id,
	uint32_t reqid, const hwo_offload_t *offload, u_int max)
{
	u_int pairs = count_places(this, offload);
	hwo_sa_record_t *record;
	bool replaces = FALSE;
	place_t place = {
		.id = *id,
		.offload = *offload,
	};

	while (records->enumerate(records, NULL, &record))
	{
		if (record->facts.inbound && !record->lost &&
			hwo_offload_equals(&record->outcome.effective, offload))
		{
			replaces = replaces || hwo_sa_is_replaced(record, id, reqid);
			pairs++;
		}
	}
	if (!replaces && (pairs + 1) * 2 > max)
	{
		return FALSE;
	}
	array_insert(this->places, ARRAY_TAIL, &place);
	return TRUE;
}

METHOD(device_budget_t, settle, void,
	private_device_budget_t *this, const hwo_sa_id_t *id)
{
	place_t place;
	int i;

	for (i = array_count(this->places) - 1; i >= 0; i--)
	{
		array_get(this->places, i, &place);
		if (hwo_sa_id_equals(&place.id, id))
		{
			array_remove(this->places, i, NULL);
		}
	}
}

METHOD(device_budget_t, destroy, void,
	private_device_budget_t *this)
{
	array_destroy(this->places);
	free(this);
}

/*
 * Described in header
 */
device_budget_t *hwo_device_budget_create(void)
{
	private_device_budget_t *this;

	INIT(this,
		.public = {
			.admit = _admit,
			.settle = _settle,
			.destroy = _destroy,
		},
		.places = array_create(sizeof(place_t), 0),
	);
	return &this->public;
}
