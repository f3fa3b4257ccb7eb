/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Copies what is known about SAs from the records of their CHILD_SAs.
 */

#include "sa_record.h"

void hwo_sa_record(const hwo_child_t *child, bool inbound,
				   hwo_sa_record_t *record)
{
	const hwo_child_sa_t *sa = inbound ? &child->in : &child->out;

	*record = (hwo_sa_record_t){
		.id = sa->id,
		.reqid = child->reqid,
		.facts = sa->facts,
		.requested = child->requested,
		.outcome = sa->outcome,
		.partner = inbound ? child->out.id : child->in.id,
		.watched = sa->watched,
		.names = child->names,
		.moves = sa->moves,
		.state = child->state,
		.hidden = sa->hidden,
	};
}

bool hwo_sa_record_get(child_table_t *table, const hwo_sa_id_t *id,
					   hwo_sa_record_t *record)
{
	hwo_child_t child;

	if (!table->get(table, id, &child))
	{
		return FALSE;
	}
	hwo_sa_record(&child, hwo_child_find(&child, id) == &child.in, record);
	return TRUE;
}
