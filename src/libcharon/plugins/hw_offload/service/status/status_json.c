/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Turns values into JSON.
 */

#include "status_json.h"

#include <arpa/inet.h>
#include <netinet/in.h>

/** Longest text that is not cut off */
#define MAX_TEXT 256

json_t *hwo_json_text(const char *text)
{
	char ascii[MAX_TEXT];
	json_t *string;
	size_t i;

	if (!text || !text[0])
	{
		return json_null();
	}
	string = json_string(text);
	if (string)
	{
		return string;
	}
	for (i = 0; text[i] && i < sizeof(ascii) - 1; i++)
	{
		ascii[i] = text[i] & 0x80 ? '?' : text[i];
	}
	ascii[i] = '\0';
	return json_string(ascii);
}

json_t *hwo_json_count(uint64_t value)
{
	return json_integer(min(value, (uint64_t)INT64_MAX));
}

json_t *hwo_json_limit(uint64_t value)
{
	return value ? hwo_json_count(value) : json_null();
}

json_t *hwo_json_addr(const hwo_addr_t *addr)
{
	char buf[INET6_ADDRSTRLEN];

	return json_pack("s?", addr->family ? inet_ntop(addr->family, addr->bytes,
													buf, sizeof(buf)) : NULL);
}

json_t *hwo_json_spi(uint32_t value)
{
	return value ? json_sprintf("%.8x", ntohl(value)) : json_null();
}

json_t *hwo_json_enum(enum_name_t *names, int value)
{
	return hwo_json_text(enum_to_name(names, value));
}

json_t *hwo_json_device(egress_device_t *devices, uint32_t ifindex)
{
	char name[IFNAMSIZ];

	return ifindex ? hwo_json_text(devices->name(devices, ifindex, name))
				   : json_null();
}

const char *hwo_json_mode(ipsec_mode_t mode)
{
	switch (mode)
	{
		case MODE_TRANSPORT:
			return "transport";
		case MODE_TUNNEL:
			return "tunnel";
		case MODE_BEET:
			return "beet";
		default:
			return "other";
	}
}

const char *hwo_json_proto(uint8_t proto)
{
	switch (proto)
	{
		case IPPROTO_ESP:
			return "esp";
		case IPPROTO_AH:
			return "ah";
		case IPPROTO_COMP:
			return "comp";
		default:
			return "other";
	}
}

ssize_t hwo_json_line(json_t *object, char *buf, size_t size)
{
	static const char failed[] = "{\"error\":\"too large\"}\n";
	size_t len = size;

	if (object)
	{
		/* ASCII: nothing in it means anything to a terminal */
		len = json_dumpb(object, buf, size - 1,
						 JSON_COMPACT | JSON_ENSURE_ASCII);
		json_decref(object);
	}
	if (!len || len >= size)
	{
		memcpy(buf, failed, sizeof(failed) - 1);
		return sizeof(failed) - 1;
	}
	buf[len++] = '\n';
	return len;
}
