/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Lists addresses of this host.
 */

#include "local_addrs.h"
#include "../../model/plan/ts_convert.h"

#include <daemon.h>

array_t *hwo_local_addrs(void)
{
	array_t *addrs = array_create(sizeof(hwo_addr_t), 4);
	enumerator_t *enumerator;
	hwo_addr_t addr;
	host_t *host;

	/* endpoints of tunnels may be addresses of the loopback interface; those
	 * that are only valid on this host are left out by charon */
	enumerator = charon->kernel->create_address_enumerator(charon->kernel,
									ADDR_TYPE_REGULAR | ADDR_TYPE_LOOPBACK);
	while (enumerator->enumerate(enumerator, &host))
	{
		hwo_addr_from_host(host, &addr);
		array_insert(addrs, ARRAY_TAIL, &addr);
	}
	enumerator->destroy(enumerator);
	return addrs;
}

bool hwo_local_addr_exists(const hwo_addr_t *addr)
{
	host_t *host = hwo_addr_to_host(addr, 0);
	bool exists;

	exists = charon->kernel->get_interface(charon->kernel, host, NULL);
	host->destroy(host);
	return exists;
}
