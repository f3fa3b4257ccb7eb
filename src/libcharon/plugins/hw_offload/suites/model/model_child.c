/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * A table of CHILD_SAs, and SAs to add to it.
 */

#include "model_child.h"

#include <netinet/in.h>

child_table_t *child_table;

void child_setup(void)
{
	model_setup();
	child_table = hwo_child_table_create();
}

void child_teardown(void)
{
	child_table->destroy(child_table);
	model_teardown();
}

/**
 * Identity of an SA between 192.168.50.1 and .2.
 */
hwo_sa_id_t child_sa_id(uint32_t spi, bool inbound)
{
	hwo_addr_t us = { AF_INET, { 192, 168, 50, 1 } };
	hwo_addr_t peer = { AF_INET, { 192, 168, 50, 2 } };

	return (hwo_sa_id_t){
		.src = inbound ? peer : us,
		.dst = inbound ? us : peer,
		.spi = htonl(spi),
		.proto = IPPROTO_ESP,
	};
}

/**
 * Install an SA, get the key of its record.
 */
u_int child_add_id(const hwo_sa_id_t *id, bool inbound, uint32_t reqid,
				   uintptr_t thread)
{
	hwo_child_sa_t *sa;
	hwo_child_t *child;
	u_int key;

	child = child_table->begin(child_table, id, inbound, reqid, thread);
	key = child->key;
	sa = hwo_child_sa(child, inbound);
	ck_assert_uint_eq(sa->id.spi, 0);
	sa->id = *id;
	sa->facts.inbound = inbound;
	child_table->checkin(child_table, child);
	return key;
}

u_int child_add(uint32_t spi, bool inbound, uint32_t reqid, uintptr_t thread)
{
	hwo_sa_id_t id = child_sa_id(spi, inbound);

	return child_add_id(&id, inbound, reqid, thread);
}

/**
 * Remove an SA.
 */
void child_del(uint32_t spi, bool inbound)
{
	hwo_sa_id_t id = child_sa_id(spi, inbound);
	hwo_child_t *child;

	child = child_table->checkout(child_table, &id);
	ck_assert(child != NULL);
	memset(hwo_child_find(child, &id), 0, sizeof(hwo_child_sa_t));
	child_table->checkin(child_table, child);
	ck_assert(!child_table->get(child_table, &id, NULL));
}

/**
 * Count the records.
 */
int child_count(void)
{
	array_t *keys = child_table->list(child_table);
	int count = array_count(keys);

	array_destroy(keys);
	return count;
}
