/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * What loaded and written configurations have in common.
 */

#include "child_facts.h"
#include "../../model/plan/ts_convert.h"

#include <netdb.h>
#include <netinet/in.h>

void hwo_child_facts_add_proposal(hwo_child_facts_t *facts,
								  proposal_t *proposal)
{
	enumerator_t *enumerator;
	uint16_t alg, size;

	if (!proposal)
	{
		return;
	}
	facts->sa.proto = proposal->get_protocol(proposal) == PROTO_AH
								? IPPROTO_AH : IPPROTO_ESP;
	enumerator = proposal->create_enumerator(proposal, ENCRYPTION_ALGORITHM);
	while (enumerator->enumerate(enumerator, &alg, &size))
	{
		*(alg == ENCR_AES_GCM_ICV16 ? &facts->gcm : &facts->other) = TRUE;
	}
	enumerator->destroy(enumerator);
	enumerator = proposal->create_enumerator(proposal,
											 EXTENDED_SEQUENCE_NUMBERS);
	while (enumerator->enumerate(enumerator, &alg, &size))
	{
		*(alg == EXT_SEQ_NUMBERS ? &facts->esn : &facts->no_esn) = TRUE;
	}
	enumerator->destroy(enumerator);
	facts->sa.esn = facts->esn;
}

void hwo_child_facts_add_selector(hwo_child_facts_t *facts,
								  traffic_selector_t *ts, bool local)
{
	*(ts->get_type(ts) == TS_IPV4_ADDR_RANGE ? &facts->ipv4
											 : &facts->ipv6) = TRUE;
	facts->subnets = facts->subnets || hwo_ts_is_subnet(ts);
	hwo_nets_add(local ? &facts->sa.local : &facts->sa.remote, ts);
}

host_t *hwo_child_facts_host(const char *addrs)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST };
	struct addrinfo *info;
	host_t *host = NULL;

	/* not host_create_from_string(), which knows no interfaces: fe80::1%eth0 */
	if (addrs && !getaddrinfo(addrs, NULL, &hints, &info))
	{
		host = host_create_from_sockaddr(info->ai_addr);
		freeaddrinfo(info);
	}
	if (host && host->is_anyaddr(host))
	{
		host->destroy(host);
		host = NULL;
	}
	return host;
}

void hwo_child_facts_clear(hwo_child_facts_t *facts)
{
	DESTROY_IF(facts->local);
	DESTROY_IF(facts->remote);
	facts->local = facts->remote = NULL;
}
