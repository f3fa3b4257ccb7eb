/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * devices: what interfaces say they can do, and what was seen of it.
 *
 * Features tell that a NIC does ESP, not whether it does all of it: there is no
 * feature for packet mode. So what SAs got on a device is the better evidence.
 */

#include "client.h"
#include "command.h"
#include "nic.h"
#include "table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/** Bonding mode of the one kind of bonds that offload */
#define ACTIVE_BACKUP 1

/**
 * SAs on a device, by their mode.
 */
static long long count_sas(const json_t *children, const char *device,
						   const char *mode)
{
	static const char *const directions[] = { "in", "out" };
	const json_t *sa;
	json_t *child;
	long long count = 0;
	size_t i;

	json_array_foreach(children, i, child)
	{
		for (int n = 0; n < 2; n++)
		{
			sa = json_object_get(child, directions[n]);
			count += !strcmp(get_text(sa, "device"), device) &&
					 !strcmp(get_text(sa, "effective"), mode);
		}
	}
	return count;
}

/**
 * Tell what stands between an interface and its NIC, NULL if nothing does.
 */
static const char *obstacle(const nic_t *nics, size_t count, const nic_t *nic)
{
	if (!strcmp(nic->kind, "bond"))
	{
		if (nic->bond_mode != ACTIVE_BACKUP)
		{
			return "only bonds in mode active-backup offload, and only crypto";
		}
		for (size_t i = 0; i < count; i++)
		{
			if (nics[i].master == nic->ifindex && nics[i].esp != FEATURE_ON)
			{
				return "a slave has no ESP offload, it fails when that is "
					   "active";
			}
		}
		return "a bond offers no packet mode, only crypto";
	}
	if (nic->kind[0] && nic->esp == FEATURE_MISSING)
	{
		return "a virtual interface, the kernel does all of IPsec on it";
	}
	return NULL;
}

/**
 * What the plugin knows of a device, NULL if nothing.
 */
static json_t *find_known(const json_t *known, const char *name)
{
	json_t *device;
	size_t i;

	json_array_foreach(known, i, device)
	{
		if (!strcmp(get_text(device, "name"), name))
		{
			return device;
		}
	}
	return NULL;
}

/**
 * Describe an interface.
 */
static json_t *describe(const nic_t *nics, size_t count, const nic_t *nic,
						const json_t *children, const json_t *known)
{
	json_t *plugin = find_known(known, nic->name);
	const nic_t *lower = nic_by_index(nics, count, nic->lower);
	const nic_t *master = nic_by_index(nics, count, nic->master);
	json_t *device;

	device = json_pack("{s:s, s:s, s:i, s:s, s:b, s:b, s:i, s:s?, s:s?, s:s?}",
			"type", "device",
			"name", nic->name,
			"ifindex", (int)nic->ifindex,
			"kind", nic->kind[0] ? nic->kind : "nic",
			"up", nic->up,
			"running", nic->running,
			"mtu", (int)nic->mtu,
			"lower", lower ? lower->name : NULL,
			"master", master ? master->name : NULL,
			"driver", nic->driver[0] ? nic->driver : NULL);
	json_object_set_new(device, "firmware", nic->firmware[0] ?
						json_string(nic->firmware) : json_null());
	json_object_set_new(device, "bus", nic->bus[0] ? json_string(nic->bus)
												   : json_null());
	json_object_set_new(device, "features", json_pack("{s:s, s:s, s:s}",
			"esp-hw-offload", feature_name(nic->esp),
			"esp-tx-csum-hw-offload", feature_name(nic->esp_csum),
			"tx-esp-segmentation", feature_name(nic->esp_segmentation)));
	json_object_set_new(device, "sas", json_pack("{s:I, s:I}",
			"crypto", (json_int_t)count_sas(children, nic->name, "crypto"),
			"packet", (json_int_t)count_sas(children, nic->name, "packet")));
	json_object_set(device, "plugin", plugin ?: json_null());
	json_object_set_new(device, "obstacle",
			obstacle(nics, count, nic) ?
				json_string(obstacle(nics, count, nic)) : json_null());
	return device;
}

/**
 * Add what is known of a mode: it worked, it may, or why not.
 */
static void add_mode(table_t *table, const json_t *device, const char *name)
{
	const json_t *mode = json_object_get(json_object_get(device, "plugin"),
										 name);

	if (!mode)
	{
		table_add(table, "-", COLOUR_NONE);
	}
	else if (get_bool(mode, "works"))
	{
		table_add(table, "works", COLOUR_GOOD);
	}
	else if (get_bool(mode, "possible"))
	{
		table_add(table, "possible", COLOUR_FAIR);
	}
	else
	{
		table_add(table, get_text(mode, "reason"), COLOUR_BAD);
	}
}

/**
 * Find the refusal that came last.
 *
 * @return				NULL if there is none
 */
static const json_t *latest_refusal(const json_t *plugin)
{
	const json_t *latest = NULL, *refusal;
	size_t i;

	json_array_foreach(json_object_get(plugin, "refusals"), i, refusal)
	{
		if (!latest ||
			get_number(refusal, "time") >= get_number(latest, "time"))
		{
			latest = refusal;
		}
	}
	return latest;
}

/**
 * Add the latest refusal and when it came, or what is known to be in the way.
 */
static void add_remark(table_t *table, const json_t *device)
{
	const json_t *refusal = latest_refusal(json_object_get(device, "plugin"));
	char text[512], when[TIME_TEXT];

	if (!refusal)
	{
		table_add(table, get_text(device, "obstacle"), COLOUR_NONE);
		return;
	}
	snprintf(text, sizeof(text), "%s (%s)", get_refusal(refusal),
			 time_text(get_number(refusal, "time"), when));
	table_add(table, text, COLOUR_NONE);
}

/**
 * Print devices as table.
 */
static void print_table(const json_t *list, const options_t *options)
{
	static const char *const headings[] = {
		"DEVICE", "KIND", "UP", "DRIVER", "FIRMWARE", "ESP-HW-OFFLOAD",
		"CRYPTO", "PACKET", "SAS-CRYPTO", "SAS-PACKET", "REMARK", NULL
	};
	table_t *table = table_create(headings, options->colour);
	json_t *device, *features, *sas;
	bool on;
	size_t i;

	json_array_foreach(list, i, device)
	{
		features = json_object_get(device, "features");
		sas = json_object_get(device, "sas");
		on = !strcmp(get_text(features, "esp-hw-offload"), "on");
		table_add(table, get_text(device, "name"), COLOUR_NONE);
		table_add(table, get_text(device, "kind"), COLOUR_NONE);
		table_add(table, get_bool(device, "up") ? "yes" : "no", COLOUR_NONE);
		table_add(table, get_text(device, "driver"), COLOUR_NONE);
		table_add(table, get_text(device, "firmware"), COLOUR_NONE);
		table_add(table, get_text(features, "esp-hw-offload"),
				  on ? COLOUR_GOOD : COLOUR_NONE);
		add_mode(table, device, "crypto");
		add_mode(table, device, "packet");
		table_add_number(table, get_number(sas, "crypto"));
		table_add_number(table, get_number(sas, "packet"));
		add_remark(table, device);
	}
	table_print(table);
}

int command_devices(const options_t *options, int argc, char *argv[])
{
	char error[CLIENT_ERROR];
	json_t *children, *known = NULL, *list = json_array();
	nic_t *nics;
	size_t count;

	if (!nic_list(&nics, &count))
	{
		fprintf(stderr, "hw-offload: unable to list interfaces: %s\n",
				strerror(errno));
		json_decref(list);
		return EXIT_TROUBLE;
	}
	children = client_children(options->socket, NULL, NULL, error);
	if (!children)
	{	/* what the kernel tells is known without the daemon */
		fprintf(stderr, "hw-offload: %s\n", error);
	}
	else
	{
		known = client_collect(options->socket, "devices", NULL, error);
	}
	for (size_t i = 0; i < count; i++)
	{
		if (strcmp(nics[i].name, "lo"))
		{
			json_array_append_new(list, describe(nics, count, &nics[i],
												 children, known));
		}
	}
	json_decref(children);
	json_decref(known);
	free(nics);
	if (options->json)
	{
		return print_json(json_pack("{s:i, s:o}", "hw-offload", 1,
									"devices", list), false);
	}
	print_table(list, options);
	json_decref(list);
	return EXIT_SUCCESS;
}
