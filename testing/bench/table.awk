# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# bench.csv as tables, and the targets.

function per(mode, backend, phase, key)
{
	return value[mode, backend, phase, key] / children
}

# up and down per CHILD_SA
function pair(mode, backend, key)
{
	return sprintf("%7.2f /%7.2f", per(mode, backend, "up", key),
		per(mode, backend, "down", key))
}

function costs(    m, b)
{
	print "\nPer CHILD_SA, up / down:"
	printf "\n%-7s %-15s %16s %16s %16s %16s\n", "mode", "backend",
		"XFRM requests", "route requests", "ioctls", "system calls"
	for (m = 1; m <= modes; m++) {
		for (b = 1; b <= backends; b++) {
			printf "%-7s %-15s %s %s %s %s\n", mode[m], backend[b],
				pair(mode[m], backend[b], "xfrm"),
				pair(mode[m], backend[b], "route"),
				pair(mode[m], backend[b], "ioctl"),
				pair(mode[m], backend[b], "all")
		}
	}
}

# what the system calls are for
function classes(phase,    m, b, k)
{
	printf "\nSystem calls per CHILD_SA, %s:\n\n%-7s %-15s", phase, "mode",
		"backend"
	for (k = 4; k < keys; k++) {
		printf " %7s", key[k]
	}
	print ""
	for (m = 1; m <= modes; m++) {
		for (b = 1; b <= backends; b++) {
			printf "%-7s %-15s", mode[m], backend[b]
			for (k = 4; k < keys; k++) {
				printf " %7.2f", per(mode[m], backend[b], phase, key[k])
			}
			print ""
		}
	}
}

function verdict(text, met)
{
	printf "%-8s %s\n", met ? "met" : "MISSED", text
	missed += !met
}

function targets(m,    ours, theirs, limit, up, down, extra)
{
	ours = "hw-offload"
	theirs = "kernel-netlink"
	limit = m == "crypto" ? 7 : 5
	up = per(m, ours, "up", "xfrm")
	verdict(sprintf("%-6s XFRM requests up: %.2f, at most %d", m, up, limit),
		up <= limit)
	up = value[m, ours, "up", "ioctl"]
	down = value[m, ours, "down", "ioctl"]
	verdict(sprintf("%-6s ioctls: %d up, %d down in all, none wanted", m, up,
		down), up + down == 0)
	if (!((m, theirs, "up", "all") in value)) {
		return
	}
	extra = value[m, ours, "up", "route"] + value[m, ours, "down", "route"] - \
		value[m, theirs, "up", "route"] - value[m, theirs, "down", "route"]
	verdict(sprintf("%-6s route lookups for the peer: %d requests in all, " \
		"%d more than with kernel-netlink, at most 1", m,
		value[m, ours, "up", "route"] + value[m, ours, "down", "route"],
		extra), extra <= 1)
	less(m, "up", per(m, ours, "up", "all"), per(m, theirs, "up", "all"))
	less(m, "down", per(m, ours, "down", "all"), per(m, theirs, "down", "all"))
}

function less(m, phase, ours, theirs)
{
	verdict(sprintf("%-6s system calls %s: %.2f, below %.2f", m, phase, ours,
		theirs), ours < theirs)
}

BEGIN { FS = "," }

NR == 1 {
	keys = NF
	for (k = 4; k <= NF; k++) {
		key[k] = $k
	}
	next
}

{
	if (!seen["mode", $1]++) {
		mode[++modes] = $1
	}
	if (!seen["backend", $2]++) {
		backend[++backends] = $2
	}
	for (k = 4; k <= NF; k++) {
		value[$1, $2, $3, key[k]] = $k
	}
	if ($3 == "idle" && $NF > most) {
		most = $NF
	}
}

END {
	costs()
	classes("up")
	classes("down")
	printf "\nIdle, the daemon made at most %d system calls in %d s.\n", most,
		idle
	if (seen["backend", "hw-offload"]) {
		print "\nTargets of hw-offload:\n"
		for (m = 1; m <= modes; m++) {
			targets(mode[m])
		}
		print missed ? "\n" missed " targets missed" : "\nall targets met"
	}
}
