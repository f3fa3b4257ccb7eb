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
 * Parse protocol and ports of a traffic selector. Which ones does not matter.
 *
 * @param text		what is in brackets, cut into pieces
 * @param ports		[out] TRUE if it has ports
 * @return			protocol, 0 for any
 */
static uint8_t parse_proto(char *text, bool *ports)
{
	char *port = strchr(text, '/'), *end;
	int proto;

	if (port)
	{
		*port++ = '\0';
		port[strcspn(port, "]")] = '\0';
	}
	text[strcspn(text, "]")] = '\0';
	*ports = port && *port && !streq(port, "any");
	proto = strtol(text, &end, 0);
	return *end && !streq(text, "any") ? IPPROTO_RAW : proto;
}

/**
 * Parse a traffic selector, which is cut into pieces.
 */
static traffic_selector_t *parse_selector(char *text)
{
	char *protoport = text + strcspn(text, "[");
	traffic_selector_t *ts = NULL;
	uint16_t to = 65535;
	host_t *lower, *upper;
	uint8_t proto = 0;
	bool ports;

	if (*protoport)
	{
		*protoport++ = '\0';
		proto = parse_proto(protoport, &ports);
		to = ports ? 0 : to;
	}
	if (streq(text, "dynamic"))
	{
		return traffic_selector_create_dynamic(proto, 0, to);
	}
	if (!strchr(text, '-'))
	{
		return traffic_selector_create_from_cidr(text, proto, 0, to);
	}
	if (host_create_from_range(text, &lower, &upper))
	{
		ts = traffic_selector_create_from_bytes(proto,
					lower->get_family(lower) == AF_INET ? TS_IPV4_ADDR_RANGE
														: TS_IPV6_ADDR_RANGE,
					lower->get_address(lower), 0, upper->get_address(upper),
					to);
		lower->destroy(lower);
		upper->destroy(upper);
	}
	return ts;
}

/**
 * Note a list of traffic selectors.
 */
static void note_selectors(hwo_child_facts_t *facts, char *value, bool local)
{
	enumerator_t *enumerator;
	traffic_selector_t *ts;
	char *token;

	enumerator = enumerator_create_token(value ?: "dynamic", ",", " ");
	while (enumerator->enumerate(enumerator, &token))
	{
		ts = parse_selector(token);
		if (ts)
		{
			hwo_child_facts_add_selector(facts, ts, local);
		}
	}
	enumerator->destroy(enumerator);
}

static bool is_limit(const char *value)
{
	return value && strtoull(value, NULL, 0);
}

/**
 * Tell which setting of which child is wrong, FALSE.
 */
static bool wrong(const json_t *config, const char *key, const char *what,
				  char error[HWO_STATUS_ERROR])
{
	snprintf(error, HWO_STATUS_ERROR, "child '%.32s': %s = %.40s is %s",
			 written(config, "child") ?: "", key, written(config, key), what);
	return FALSE;
}

/**
 * Note what makes no sense if it is not understood.
 */
static bool note_words(const json_t *config, hwo_child_facts_t *facts,
					   char error[HWO_STATUS_ERROR])
{
	char *esp = written(config, "esp_proposals");
	char *ah = written(config, "ah_proposals");
	int requested = HW_OFFLOAD_NO, mode = MODE_TUNNEL;

	if (!understand(written(config, "hw_offload"), offloads,
					countof(offloads), &requested))
	{
		return wrong(config, "hw_offload",
					 "none of no, yes, crypto, packet, auto", error);
	}
	if (!understand(written(config, "mode"), modes, countof(modes), &mode))
	{
		return wrong(config, "mode", "none of transport, transport_proxy, "
					 "tunnel, beet, iptfs, so there are no SAs", error);
	}
	if (!note_proposals(facts, PROTO_ESP, esp ?: (ah ? "" : "default")))
	{
		return wrong(config, "esp_proposals", "not understood", error);
	}
	if (ah && !note_proposals(facts, PROTO_AH, ah))
	{
		return wrong(config, "ah_proposals", "not understood", error);
	}
	facts->requested = requested;
	facts->sa.mode = mode;
	return TRUE;
}

/**
 * Note a mark, FALSE if the daemon would refuse it.
 */
static bool note_mark(const json_t *config, const char *key, mark_op_t ops,
					  mark_t *mark, char error[HWO_STATUS_ERROR])
{
	char *value = written(config, key);

	return !value || mark_from_string(value, ops, mark) ||
		   wrong(config, key, "no mark", error);
}

static bool note_marks(const json_t *config, hwo_child_facts_t *facts,
					   char error[HWO_STATUS_ERROR])
{
	mark_t in = {}, out = {};

	if (!note_mark(config, "mark_in", MARK_OP_UNIQUE, &in, error) ||
		!note_mark(config, "mark_out", MARK_OP_UNIQUE, &out, error) ||
		!note_mark(config, "set_mark_in", MARK_OP_SAME, &facts->sa.set_mark,
				   error))
	{
		return FALSE;
	}
	facts->sa.marked = in.mask || out.mask || facts->sa.if_id ||
					   facts->if_id_out;
	return TRUE;
}

/**
 * Note numbers, as the daemon understands them.
 */
static bool note_numbers(const json_t *config, hwo_child_facts_t *facts,
						 char error[HWO_STATUS_ERROR])
{
	char *if_id_in = written(config, "if_id_in");
	char *if_id_out = written(config, "if_id_out");
	char *tfc = written(config, "tfc_padding");

	if (if_id_in && !if_id_from_string(if_id_in, &facts->sa.if_id))
	{
		return wrong(config, "if_id_in", "no interface ID", error);
	}
	if (if_id_out && !if_id_from_string(if_id_out, &facts->if_id_out))
	{
		return wrong(config, "if_id_out", "no interface ID", error);
	}
	facts->sa.tfc = tfc && streq(tfc, "mtu") ? UINT32_MAX
											 : settings_value_as_int(tfc, 0);
	facts->window = settings_value_as_int(written(config, "replay_window"),
							lib->settings->get_int(lib->settings,
								"%s.replay_window", DEFAULT_WINDOW, lib->ns));
	facts->bytes = is_limit(written(config, "rekey_bytes")) ||
				   is_limit(written(config, "life_bytes"));
	return note_marks(config, facts, error);
}

static bool note_config(const json_t *config, hwo_child_facts_t *facts,
						char error[HWO_STATUS_ERROR])
{
	hwo_name_keep(facts->names.connection, written(config, "connection") ?: "");
	hwo_name_keep(facts->names.child, written(config, "child") ?: "");
	facts->sa.encap = settings_value_as_bool(written(config, "encap"), FALSE);
	facts->sa.ipcomp = settings_value_as_bool(written(config, "ipcomp"), FALSE);
	facts->sa.no_policies = !settings_value_as_bool(written(config, "policies"),
													TRUE);
	if (!note_words(config, facts, error) ||
		!note_numbers(config, facts, error))
	{
		return FALSE;
	}
	facts->local = hwo_child_facts_host(written(config, "local_addrs"));
	facts->remote = hwo_child_facts_host(written(config, "remote_addrs"));
	note_selectors(facts, written(config, "local_ts"), TRUE);
	note_selectors(facts, written(config, "remote_ts"), FALSE);
	hwo_child_facts_add_shapes(facts);
	return TRUE;
}

bool hwo_child_facts_written(const char *text, hwo_child_facts_t *facts,
							 char error[HWO_STATUS_ERROR])
{
	json_t *config;
	bool known;

	memset(facts, 0, sizeof(*facts));
	snprintf(error, HWO_STATUS_ERROR, "no configuration of a child");
	config = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	known = json_is_object(config) && note_config(config, facts, error);
	json_decref(config);
	return known;
}
