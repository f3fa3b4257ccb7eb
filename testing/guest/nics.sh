# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# The simulated NICs: loading them, and what is left in them.

nicsim_debugfs=/sys/kernel/debug/nicsim

# nicsim_load PROFILE...: a cable ns0a-ns0b, ns1a-ns1b ... for each profile
# (what the NIC at the end a can do). The ends b are the wire, and cannot do
# anything.
nicsim_load()
{
	local profiles
	[[ -f $lab/nicsim.ko ]] || die "there is no $lab/nicsim.ko"
	profiles=$(printf '%s/none,' "$@")
	insmod "$lab/nicsim.ko" "pairs=$#" "profile=${profiles%,}"
}

nicsim_unload()
{
	local end=$((SECONDS + 60))
	[[ -d /sys/module/nicsim ]] || return 0
	# a namespace gives its devices back some time after its last process
	until rmmod nicsim 2>/dev/null; do
		if ((SECONDS >= end)); then
			rmmod nicsim
			return 1
		fi
		pause 0.05
	done
}

# nic_leftovers: prints the SAs and policies that are still in a NIC
nic_leftovers()
{
	local table
	for table in "$nicsim_debugfs"/*/{sas,policies}; do
		sed "s|^|${table#"$nicsim_debugfs/"} |" "$table"
	done
}
