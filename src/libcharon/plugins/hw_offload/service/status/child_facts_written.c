/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * From what is written in swanctl.conf to facts. Texts mean what the daemon's
 * vici plugin would take them for, and what is not written has its defaults.
 */

#include "child_facts.h"
#include "../../hwo_compat.h"

#include <netinet/in.h>

#include <jansson.h>

#include <ipsec/ipsec_types.h>
#include <settings/settings.h>

/** What the daemon takes if charon.replay_window is not set either */
#define DEFAULT_WINDOW 32

/**
 * A word and what it means.
 */
typedef struct word_t {
	const char *word;
	int meaning;
} word_t;

/** Values of hw_offload */
static const word_t offloads[] = {
	{ "no", HW_OFFLOAD_NO },
	{ "yes", HW_OFFLOAD_CRYPTO },
	{ "crypto", HW_OFFLOAD_CRYPTO },
	{ "packet", HW_OFFLOAD_PACKET },
	{ "auto", HW_OFFLOAD_AUTO },
};

/** Values of mode; IP-TFS is like BEET where the daemon does not know it, as
 * neither is offloaded. */
static const word_t modes[] = {
	{ "tunnel", MODE_TUNNEL },
	{ "transport", MODE_TRANSPORT },
	{ "transport_proxy", MODE_TRANSPORT },
	{ "beet", MODE_BEET },
	{ "iptfs", MODE_BEET },
};

/**
 * Get what is written, NULL if nothing is.
 */
static char *written(const json_t *config, const char *key)
{
	char *value = (char*)json_string_value(json_object_get(config, key));

	return value && value[0] ? value : NULL;
}

/**
 * Look up a word, FALSE if it means nothing.
 */
static bool understand(const char *word, const word_t *words, int count,
					   int *meaning)
{
	int i;

	for (i = 0; word && i < count; i++)
	{
		if (strcaseeq(word, words[i].word))
		{
			*meaning = words[i].meaning;
			return TRUE;
		}
	}
	return !word;
}

/**
 * Note the proposals for a protocol, FALSE if the daemon would refuse one.
 */
static bool note_proposals(hwo_child_facts_t *facts, protocol_id_t proto,
						   char *value)
{
	enumerator_t *enumerator;
	proposal_t *proposal;
	char *token;
	bool known = TRUE;

	enumerator = enumerator_create_token(value, ",", " ");
	while (known && enumerator->enumerate(enumerator, &token))
	{
		if (strcaseeq(token, "default"))
		{
			proposal = proposal_create_default_aead(proto);
			hwo_child_facts_add_proposal(facts, proposal);
			DESTROY_IF(proposal);
			proposal = proposal_create_default(proto);
		}
		else
		{
			proposal = proposal_create_from_string(proto, token);
			known = proposal != NULL;
		}
		hwo_child_facts_add_proposal(facts, proposal);
		DESTROY_IF(proposal);
	}
	enumerator->destroy(enumerator);
	return known;
}

/**
 * Parse the addresses of a traffic selector, a text of some length.
 */
static traffic_selector_t *parse_selector(const char *text, size_t len)
{
	traffic_selector_t *ts = NULL;
	host_t *from, *to;
	char addrs[128];

	snprintf(addrs, sizeof(addrs), "%.*s", (int)len, text);
	if (!strchr(addrs, '-'))
	{
		return traffic_selector_create_from_cidr(addrs, 0, 0, 65535);
	}
	if (host_create_from_range(addrs, &from, &to))
	{
		ts = traffic_selector_create_from_bytes(0,
					from->get_family(from) == AF_INET ? TS_IPV4_ADDR_RANGE
													  : TS_IPV6_ADDR_RANGE,
					from->get_address(from), 0, to->get_address(to), 65535);
		from->destroy(from);
		to->destroy(to);
	}
	return ts;
}

/**
 * Note the addresses in a list of traffic selectors, by what is before their
 * protocol.
 */
static void note_selectors(hwo_child_facts_t *facts, char *value, bool local)
{
	enumerator_t *enumerator;
	traffic_selector_t *ts;
	char *token;

	enumerator = enumerator_create_token(value ?: "", ",", " ");
	while (enumerator->enumerate(enumerator, &token))
	{
		ts = parse_selector(token, strcspn(token, "["));
		if (ts)
		{
			hwo_child_facts_add_selector(facts, ts, local);
			ts->destroy(ts);
		}
	}
	enumerator->destroy(enumerator);
}

static bool is_limit(const char *value)
{
	return value && strtoull(value, NULL, 0);
}

/**
 * Note what makes no sense if it is not understood.
 */
static const char *note_words(const json_t *config, hwo_child_facts_t *facts)
{
	char *esp = written(config, "esp_proposals");
	char *ah = written(config, "ah_proposals");
	int requested = HW_OFFLOAD_NO, mode = MODE_TUNNEL;

	if (!understand(written(config, "hw_offload"), offloads,
					countof(offloads), &requested))
	{
		return "hw_offload is none of no, yes, crypto, packet, auto";
	}
	if (!understand(written(config, "mode"), modes, countof(modes), &mode))
	{
		return "mode is none of transport, transport_proxy, tunnel, beet, "
			   "iptfs, so there are no SAs";
	}
	if (!note_proposals(facts, PROTO_ESP, esp ?: (ah ? "" : "default")))
	{
		return "esp_proposals are not understood";
	}
	if (ah && !note_proposals(facts, PROTO_AH, ah))
	{
		return "ah_proposals are not understood";
	}
	facts->requested = requested;
	facts->sa.mode = mode;
	return NULL;
}

/**
 * Note marks, FALSE if the daemon would refuse one.
 */
static bool note_marks(const json_t *config, hwo_child_facts_t *facts)
{
	char *in = written(config, "mark_in"), *out = written(config, "mark_out");
	char *set = written(config, "set_mark_in");
	mark_t mark_in = {}, mark_out = {};

	if ((in && !mark_from_string(in, MARK_OP_UNIQUE, &mark_in)) ||
		(out && !mark_from_string(out, MARK_OP_UNIQUE, &mark_out)) ||
		(set && !mark_from_string(set, MARK_OP_SAME, &facts->sa.set_mark)))
	{
		return FALSE;
	}
	facts->sa.marked = mark_in.mask || mark_out.mask || facts->sa.if_id ||
					   facts->if_id_out;
	return TRUE;
}

/**
 * Note numbers, as the daemon understands them.
 */
static const char *note_numbers(const json_t *config, hwo_child_facts_t *facts)
{
	char *if_id_in = written(config, "if_id_in");
	char *if_id_out = written(config, "if_id_out");
	char *tfc = written(config, "tfc_padding");

	if ((if_id_in && !if_id_from_string(if_id_in, &facts->sa.if_id)) ||
		(if_id_out && !if_id_from_string(if_id_out, &facts->if_id_out)))
	{
		return "if_id_in or if_id_out is no interface ID";
	}
	if (!note_marks(config, facts))
	{
		return "mark_in, mark_out or set_mark_in is no mark";
	}
	facts->sa.tfc = tfc && streq(tfc, "mtu") ? UINT32_MAX
											 : settings_value_as_int(tfc, 0);
	facts->window = settings_value_as_int(written(config, "replay_window"),
							lib->settings->get_int(lib->settings,
								"%s.replay_window", DEFAULT_WINDOW, lib->ns));
	facts->bytes = is_limit(written(config, "rekey_bytes")) ||
				   is_limit(written(config, "life_bytes"));
	return NULL;
}

static const char *note_config(const json_t *config, hwo_child_facts_t *facts)
{
	const char *error;

	hwo_name_keep(facts->names.connection, written(config, "connection") ?: "");
	hwo_name_keep(facts->names.child, written(config, "child") ?: "");
	facts->sa.encap = settings_value_as_bool(written(config, "encap"), FALSE);
	facts->sa.ipcomp = settings_value_as_bool(written(config, "ipcomp"), FALSE);
	facts->sa.no_policies = !settings_value_as_bool(written(config, "policies"),
													TRUE);
	note_selectors(facts, written(config, "local_ts"), TRUE);
	note_selectors(facts, written(config, "remote_ts"), FALSE);
	error = note_words(config, facts) ?: note_numbers(config, facts);
	if (!error)
	{
		facts->local = hwo_child_facts_host(written(config, "local_addrs"));
		facts->remote = hwo_child_facts_host(written(config, "remote_addrs"));
	}
	return error;
}

const char *hwo_child_facts_written(const char *text, hwo_child_facts_t *facts)
{
	const char *error = "no configuration of a child";
	json_t *config;

	memset(facts, 0, sizeof(*facts));
	config = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(config))
	{
		error = note_config(config, facts);
	}
	json_decref(config);
	return error;
}
