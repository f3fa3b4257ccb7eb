/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * doctor: the switch inside of a NIC, and Open vSwitch. Both have tools of
 * their own, whose answers are looked at if they are installed.
 */

#include "doctor_switch.h"
#include "command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** Longest handle of a device of devlink, as "pci/0000:08:00.0" */
#define HANDLE 64

/**
 * Ask devlink something.
 *
 * @param what			arguments; they go through a shell
 * @return				answer, NULL if there is none
 */
static json_t *ask_devlink(const char *what)
{
	char line[256];
	json_t *answer;
	char *output;

	snprintf(line, sizeof(line), "timeout 5 devlink -j %s 2>/dev/null", what);
	output = exam_run_tool(line);
	answer = output ? json_loads(output, 0, NULL) : NULL;
	free(output);
	return answer;
}

/**
 * Find out what devlink calls the device of an interface. Its ports are called
 * like the device, with one number more.
 */
static bool get_handle(const nic_t *nic, char handle[HANDLE])
{
	json_t *answer, *ports;
	const char *name;
	char what[64];
	bool found = false;

	/* not everything that is a name is harmless for a shell */
	if (strspn(nic->name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
						  "0123456789_-.") != strlen(nic->name))
	{
		return false;
	}
	snprintf(what, sizeof(what), "port show %s", nic->name);
	answer = ask_devlink(what);
	ports = json_object_get(answer, "port");
	name = json_object_iter_key(json_object_iter(ports));
	if (name && strrchr(name, '/') && strlen(name) < HANDLE &&
		strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-.:/") ==
		strlen(name))
	{
		snprintf(handle, HANDLE, "%.*s", (int)(strrchr(name, '/') - name),
				 name);
		found = true;
	}
	json_decref(answer);
	return found;
}

/**
 * Check how flows are steered: a ConnectX whose eswitch is in mode switchdev
 * does packet mode only if its firmware steers them.
 *
 * @return				false if it is in the way of packet mode
 */
static bool check_steering(exam_t *exam, const nic_t *nic, const char *handle)
{
	char what[128], remedy[512];
	json_t *answer, *param, *value;
	const char *steering;

	snprintf(what, sizeof(what), "dev param show %s name flow_steering_mode",
			 handle);
	answer = ask_devlink(what);
	param = json_array_get(json_object_get(json_object_get(answer, "param"),
										   handle), 0);
	value = json_array_get(json_object_get(param, "values"), 0);
	steering = get_text(value, "value");
	if (!value || !strcmp(steering, "dmfs"))
	{
		json_decref(answer);
		return true;
	}
	snprintf(remedy, sizeof(remedy), "systemctl stop strongswan; "
			 "devlink dev eswitch set %s mode legacy; devlink dev param set %s "
			 "name flow_steering_mode value dmfs cmode runtime; devlink dev "
			 "eswitch set %s mode switchdev; systemctl start strongswan",
			 handle, handle, handle);
	exam_add(exam, "eswitch", FINDING_WARNING, remedy, "%s: eswitch mode "
			 "switchdev with flow_steering_mode %s: no packet mode", nic->name,
			 steering);
	json_decref(answer);
	return false;
}

/**
 * Check the eswitch of a NIC that may have one.
 */
static void check_eswitch(exam_t *exam, const nic_t *nic)
{
	json_t *answer = NULL, *device;
	char what[128], handle[HANDLE];
	const char *mode;

	if (nic->esp != FEATURE_ON && nic->esp != FEATURE_OFF &&
		strcmp(nic->driver, "mlx5_core"))
	{
		return;
	}
	if (get_handle(nic, handle))
	{
		snprintf(what, sizeof(what), "dev eswitch show %s", handle);
		answer = ask_devlink(what);
	}
	device = json_object_get(json_object_get(answer, "dev"), handle);
	mode = get_text(device, "mode");
	if (json_is_object(device))
	{
		if (strcmp(mode, "switchdev") || check_steering(exam, nic, handle))
		{
			exam_add(exam, "eswitch", FINDING_OK, NULL, "%s: eswitch mode %s; "
					 "while SAs are in the NIC, it can't be changed", nic->name,
					 mode);
		}
	}
	else if (!strcmp(nic->driver, "mlx5_core"))
	{	/* the others need not have one */
		exam_add(exam, "eswitch", FINDING_WARNING, geteuid() ?
				 "sudo hw-offload doctor" : "apt-get install iproute2",
				 "%s: the mode of its eswitch is not known, devlink does not "
				 "tell; a VF has none", nic->name);
	}
	json_decref(answer);
}

/**
 * Check if Open vSwitch offloads.
 */
static void check_ovs(exam_t *exam)
{
	char *output;

	output = exam_run_tool("command -v ovs-vsctl");
	if (!output)
	{
		return;
	}
	free(output);
	output = exam_run_tool("timeout 5 ovs-vsctl --no-wait --if-exists get "
						   "Open_vSwitch . other_config:hw-offload "
						   "2>/dev/null");
	if (!output)
	{
		exam_add(exam, "ovs", FINDING_WARNING, "systemctl start "
				 "openvswitch-switch", "Open vSwitch is installed, but does "
				 "not answer");
		return;
	}
	if (strstr(output, "true"))
	{
		exam_add(exam, "ovs", FINDING_OK, NULL, "Open vSwitch offloads its "
				 "flows");
	}
	else
	{
		exam_add(exam, "ovs", FINDING_WARNING, "ovs-vsctl set Open_vSwitch "
				 ". other_config:hw-offload=true; systemctl restart "
				 "openvswitch-switch", "Open vSwitch does not offload its "
				 "flows, so they don't stay in the NIC");
	}
	free(output);
}

void doctor_switch(exam_t *exam)
{
	for (size_t i = 0; i < exam->count; i++)
	{
		check_eswitch(exam, &exam->nics[i]);
	}
	check_ovs(exam);
}
