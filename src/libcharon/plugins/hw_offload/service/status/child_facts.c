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
	linked_list_t **list = local ? &facts->local_ts : &facts->remote_ts;
	/* if that is not known, any will do: it is a single address */
	host_t *host = local ? facts->local ?: facts->remote
						 : facts->remote ?: facts->local;

	if (!ts->is_dynamic(ts))
	{
		*(ts->get_type(ts) == TS_IPV4_ADDR_RANGE ? &facts->ipv4
												 : &facts->ipv6) = TRUE;
		hwo_nets_add(local ? &facts->sa.local : &facts->sa.remote, ts);
	}
	else if (host)
	{
		ts->set_address(ts, host);
	}
	else
	{
		ts->destroy(ts);
		return;
	}
	*list = *list ?: linked_list_create();
	(*list)->insert_last(*list, ts);
}

void hwo_child_facts_add_shapes(hwo_child_facts_t *facts)
{
	array_t *all;

	if (facts->local_ts && facts->remote_ts)
	{
		all = hwo_selectors_from_ts(facts->local_ts, facts->remote_ts);
		facts->sa.shapes = hwo_selectors_shapes(all);
		array_destroy(all);
	}
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
	DESTROY_OFFSET_IF(facts->local_ts, offsetof(traffic_selector_t, destroy));
	DESTROY_OFFSET_IF(facts->remote_ts, offsetof(traffic_selector_t, destroy));
	facts->local = facts->remote = NULL;
	facts->local_ts = facts->remote_ts = NULL;
}
