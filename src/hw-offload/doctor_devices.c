/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * doctor: interfaces, and what is stacked upon them.
 */

#include "doctor_devices.h"

#include <string.h>

/** Bonding mode of the one kind of bonds that offload */
#define ACTIVE_BACKUP 1

/** What VXLAN adds to a packet: Ethernet, IPv4, UDP and its own header */
#define VXLAN_OVERHEAD 50

/** Longest remedy of a bond */
#define REMEDY 1024

/** Drivers that know ESP offload, all but the first only in crypto mode */
static const char *const drivers[] = {
	"mlx5_core", "ixgbe", "ixgbevf", "nfp", "cxgb4", "rvu_nicpf",
};

/** Number of them */
#define DRIVERS (sizeof(drivers) / sizeof(drivers[0]))

/**
 * Check if a driver is known to offload.
 */
static bool driver_offloads(const char *driver)
{
	for (size_t i = 0; i < DRIVERS; i++)
	{
		if (!strcmp(driver, drivers[i]))
		{
			return true;
		}
	}
	return false;
}

/**
 * Check an interface that offloads.
 */
static void check_able(exam_t *exam, const nic_t *nic)
{
	char up[64], remedy[128];

	snprintf(up, sizeof(up), "ip link set %s up", nic->name);
	exam_add(exam, "device", nic->up ? FINDING_OK : FINDING_WARNING,
			 nic->up ? NULL : up, "%s (%s%s%s) offloads ESP%s", nic->name,
			 nic->driver[0] ? nic->driver : "unknown driver",
			 nic->firmware[0] ? ", firmware " : "", nic->firmware,
			 nic->up ? "" : ", but it is down");
	if (nic->esp_segmentation == FEATURE_OFF)
	{
		snprintf(remedy, sizeof(remedy), "ethtool -K %s tx-esp-segmentation on",
				 nic->name);
		exam_add(exam, "device", FINDING_WARNING, remedy, "%s: "
				 "tx-esp-segmentation is off, large packets are cut before "
				 "encryption", nic->name);
	}
	if (nic->esp_csum == FEATURE_OFF)
	{
		snprintf(remedy, sizeof(remedy), "ethtool -K %s esp-tx-csum-hw-offload "
				 "on", nic->name);
		exam_add(exam, "device", FINDING_WARNING, remedy, "%s: "
				 "esp-tx-csum-hw-offload is off, the kernel adds checksums "
				 "before encryption", nic->name);
	}
}

/**
 * Check an interface.
 */
static void check_nic(exam_t *exam, const nic_t *nic, bool *able)
{
	char remedy[128];

	if (nic->esp == FEATURE_ON)
	{
		*able = true;
		check_able(exam, nic);
	}
	else if (nic->esp == FEATURE_OFF)
	{
		snprintf(remedy, sizeof(remedy), "ethtool -K %s esp-hw-offload on",
				 nic->name);
		exam_add(exam, "device", FINDING_FAULT, remedy, "%s (%s): "
				 "esp-hw-offload is off", nic->name, nic->driver);
	}
	else if (!nic->kind[0] && driver_offloads(nic->driver))
	{
		exam_add(exam, "device", FINDING_FAULT, "boot a kernel with IPsec for "
				 "this driver, update the firmware, or take another NIC; dmesg "
				 "| grep -i ipsec", "%s (%s%s%s) has no esp-hw-offload: its "
				 "driver is built without IPsec, or its firmware has none",
				 nic->name, nic->driver,
				 nic->firmware[0] ? ", firmware " : "", nic->firmware);
	}
}

/**
 * Append a command for each slave of a bond.
 *
 * @param remedy		commands, of REMEDY bytes
 * @param action		what to do with it
 */
static void for_slaves(char *remedy, const exam_t *exam, const nic_t *bond,
					   const char *action)
{
	size_t len;

	for (size_t i = 0; i < exam->count; i++)
	{
		len = strlen(remedy);
		if (exam->nics[i].master == bond->ifindex)
		{
			snprintf(remedy + len, REMEDY - len, "ip link set %s %s; ",
					 exam->nics[i].name, action);
		}
	}
}

/**
 * Check the mode of a bond, which can only be changed while it is down and has
 * no slaves.
 *
 * @return				false if it offloads nothing
 */
static bool check_bond_mode(exam_t *exam, const nic_t *bond)
{
	char remedy[REMEDY], action[64];
	size_t len;

	if (bond->bond_mode == ACTIVE_BACKUP)
	{
		return true;
	}
	snprintf(remedy, sizeof(remedy), "ip link set %s down; ", bond->name);
	for_slaves(remedy, exam, bond, "nomaster");
	len = strlen(remedy);
	snprintf(remedy + len, sizeof(remedy) - len, "ip link set %s type bond "
			 "mode active-backup; ", bond->name);
	snprintf(action, sizeof(action), "master %s", bond->name);
	for_slaves(remedy, exam, bond, action);
	len = strlen(remedy);
	snprintf(remedy + len, sizeof(remedy) - len, "ip link set %s up",
			 bond->name);
	exam_add(exam, "bond", FINDING_WARNING, remedy, "%s offloads nothing, only "
			 "bonds in mode active-backup do", bond->name);
	return false;
}

/**
 * Check a bond.
 */
static void check_bond(exam_t *exam, const nic_t *bond)
{
	char remedy[128];
	int slaves = 0, unable = 0;

	if (!check_bond_mode(exam, bond))
	{
		return;
	}
	for (size_t i = 0; i < exam->count; i++)
	{
		const nic_t *slave = &exam->nics[i];

		if (slave->master != bond->ifindex)
		{
			continue;
		}
		snprintf(remedy, sizeof(remedy), slave->esp == FEATURE_OFF ?
				 "ethtool -K %s esp-hw-offload on" : "take %s out of the bond, "
				 "or put in a NIC that has esp-hw-offload", slave->name);
		slaves++;
		if (slave->esp != FEATURE_ON)
		{
			unable++;
			exam_add(exam, "bond", FINDING_FAULT, remedy, "%s: its slave %s "
					 "does not offload ESP%s", bond->name, slave->name,
					 bond->active_slave == slave->ifindex ?
							", and is the active one" : "");
		}
	}
	if (!slaves)
	{
		snprintf(remedy, sizeof(remedy), "ip link set DEVICE master %s",
				 bond->name);
		exam_add(exam, "bond", FINDING_WARNING, remedy, "%s has no slaves",
				 bond->name);
	}
	else if (!unable)
	{
		exam_add(exam, "bond", FINDING_OK, NULL, "%s offloads in crypto "
				 "mode; for packet mode a NIC has to be out of bonds",
				 bond->name);
	}
}

/**
 * Check if there is room for the header of a VXLAN.
 */
static void check_vxlan(exam_t *exam, const nic_t *vxlan)
{
	const nic_t *lower = nic_by_index(exam->nics, exam->count,
									  vxlan->lower);
	char remedy[128];

	if (!lower)
	{
		return;
	}
	snprintf(remedy, sizeof(remedy), "ip link set %s mtu %u", lower->name,
			 vxlan->mtu + VXLAN_OVERHEAD);
	if (lower->mtu < vxlan->mtu + VXLAN_OVERHEAD)
	{
		exam_add(exam, "mtu", FINDING_FAULT, remedy, "%s (MTU %u) does not "
				 "fit into %s (MTU %u): VXLAN adds %d bytes, and ESP its own",
				 vxlan->name, vxlan->mtu, lower->name, lower->mtu,
				 VXLAN_OVERHEAD);
	}
	else
	{
		exam_add(exam, "mtu", FINDING_OK, NULL, "%s fits into %s",
				 vxlan->name, lower->name);
	}
}

void doctor_devices(exam_t *exam)
{
	bool able = false;

	for (size_t i = 0; i < exam->count; i++)
	{
		const nic_t *nic = &exam->nics[i];

		if (!strcmp(nic->kind, "bond"))
		{
			check_bond(exam, nic);
		}
		else if (!strcmp(nic->kind, "vxlan"))
		{
			check_vxlan(exam, nic);
		}
		else
		{
			check_nic(exam, nic, &able);
		}
	}
	if (!able)
	{
		exam_add(exam, "device", FINDING_FAULT, "switch it on where it is off, "
				 "or put in a NIC that has it", "no interface offloads ESP");
	}
}
