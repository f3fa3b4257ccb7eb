/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * doctor: the switch inside of a NIC, and Open vSwitch. Both have tools of
 * their own, whose answers are looked at if they are installed.
 */

#include "doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/**
 * Check if a place on the bus can be given to a shell.
 */
static bool is_pci_address(const char *bus)
{
	return bus[0] && strspn(bus, "0123456789abcdef:.") == strlen(bus);
}

/**
 * Check the eswitch of a NIC that may have one.
 */
static void check_eswitch(doctor_t *doctor, const nic_t *nic)
{
	char line[128], key[64];
	json_t *answer, *device;
	const char *mode;
	char *output;

	if (strcmp(nic->driver, "mlx5_core") || !is_pci_address(nic->bus))
	{
		return;
	}
	snprintf(line, sizeof(line), "devlink -j dev eswitch show pci/%s "
			 "2>/dev/null", nic->bus);
	output = doctor_run_tool(line);
	if (!output)
	{
		doctor_add(doctor, "eswitch", FINDING_WARNING, line, "%s: the mode of "
				   "its eswitch is not known, devlink does not tell",
				   nic->name);
		return;
	}
	answer = json_loads(output, 0, NULL);
	snprintf(key, sizeof(key), "pci/%s", nic->bus);
	device = json_object_get(json_object_get(answer, "dev"), key);
	mode = get_text(device, "mode");
	doctor_add(doctor, "eswitch", FINDING_OK, NULL, "%s: eswitch mode %s; while "
			   "SAs are in the NIC, it can't be changed", nic->name, mode);
	json_decref(answer);
	free(output);
}

/**
 * Check if Open vSwitch offloads.
 */
static void check_ovs(doctor_t *doctor)
{
	char *output;

	output = doctor_run_tool("command -v ovs-vsctl");
	if (!output)
	{
		return;
	}
	free(output);
	output = doctor_run_tool("timeout 5 ovs-vsctl --no-wait --if-exists get "
					  "Open_vSwitch . other_config:hw-offload 2>/dev/null");
	if (!output)
	{
		doctor_add(doctor, "ovs", FINDING_WARNING, "systemctl start "
				   "openvswitch-switch", "Open vSwitch is installed, but does "
				   "not answer");
		return;
	}
	if (strstr(output, "true"))
	{
		doctor_add(doctor, "ovs", FINDING_OK, NULL, "Open vSwitch offloads its "
				   "flows");
	}
	else
	{
		doctor_add(doctor, "ovs", FINDING_WARNING, "ovs-vsctl set Open_vSwitch "
				   ". other_config:hw-offload=true; systemctl restart "
				   "openvswitch-switch", "Open vSwitch does not offload its "
				   "flows, so they don't stay in the NIC");
	}
	free(output);
}

void doctor_switch(doctor_t *doctor)
{
	for (size_t i = 0; i < doctor->count; i++)
	{
		check_eswitch(doctor, &doctor->nics[i]);
	}
	check_ovs(doctor);
}
