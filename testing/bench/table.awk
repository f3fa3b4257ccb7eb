# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# bench.csv as tables, and the targets.

# the tables are also made before everything has been measured
function measured(mode, backend)
{
	return (mode, backend, "last", "all") in value
}

# all CHILD_SAs of a phase: the first or the last one belongs to it
function total(mode, backend, phase, key)
{
	return value[mode, backend, phase, key] + \
		value[mode, backend, phase == "up" ? "first" : "last", key]
}

function average(mode, backend, phase, key)
{
	return total(mode, backend, phase, key) / children
}

# of those that came after the first one, or went before the last one
function further(mode, backend, phase, key)
{
	return value[mode, backend, phase, key] / (children - 1)
}

function up_down(mode, backend, key)
{
	return sprintf("%7.2f /%7.2f", average(mode, backend, "up", key),
		average(mode, backend, "down", key))
}

function first_last(mode, backend, key)
{
	return sprintf("%7d /%7d", value[mode, backend, "first", key],
		value[mode, backend, "last", key])
}

function costs(single,    m, b, k, text)
{
	printf "\n%-7s %-15s %16s %16s %16s %16s\n", "mode", "backend",
		"XFRM requests", "route requests", "ioctls", "system calls"
	split("xfrm route ioctl all", column, " ")
	for (m = 1; m <= modes; m++) {
		for (b = 1; b <= backends; b++) {
			if (!measured(mode[m], backend[b])) {
				continue
			}
			printf "%-7s %-15s", mode[m], backend[b]
			for (k = 1; k in column; k++) {
				if (single) {
					text = first_last(mode[m], backend[b], column[k])
				} else {
					text = up_down(mode[m], backend[b], column[k])
				}
				printf " %s", text
			}
			print ""
		}
	}
}

# what the system calls are
function classes(phase,    m, b, k)
{
	printf "\nSystem calls per CHILD_SA, %s:\n\n%-7s %-15s", phase, "mode",
		"backend"
	for (k = 7; k <= keys; k++) {
		printf " %7s", key[k]
	}
	print ""
	for (m = 1; m <= modes; m++) {
		for (b = 1; b <= backends; b++) {
			if (!measured(mode[m], backend[b])) {
				continue
			}
			printf "%-7s %-15s", mode[m], backend[b]
			for (k = 7; k <= keys; k++) {
				printf " %7.2f", average(mode[m], backend[b], phase, key[k])
			}
			print ""
		}
	}
}

function verdict(text, met)
{
	printf "%-7s %s\n", met ? "met" : "MISSED", text
	judged++
	missed += !met
}

function less(m, phase,    ours, theirs)
{
	ours = further(m, "hw-offload", phase, "all")
	theirs = further(m, "kernel-netlink", phase, "all")
	verdict(sprintf("%-6s system calls %s: %.2f for each but one, below %.2f",
		m, phase, ours, theirs), ours < theirs)
}

function targets(m,    ours, limit, count)
{
	ours = "hw-offload"
	limit = m == "crypto" ? 7 : 5
	count = further(m, ours, "up", "xfrm")
	verdict(sprintf("%-6s XFRM requests up: %.2f for each after the first, " \
		"at most %d (%.2f over all)", m, count, limit,
		average(m, ours, "up", "xfrm")), count <= limit)
	count = total(m, ours, "up", "route") + total(m, ours, "down", "route")
	verdict(sprintf("%-6s route requests: %d for the peer, at most 1", m,
		count), count <= 1)
	count = total(m, ours, "up", "ioctl") + total(m, ours, "down", "ioctl")
	verdict(sprintf("%-6s ioctls: %d, none wanted", m, count), count == 0)
	if (measured(m, "kernel-netlink")) {
		less(m, "up")
		less(m, "down")
	}
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
	print "\nPer CHILD_SA, over all " children " of them, up / down:"
	costs(0)
	print "\nOf these, the first one up, with its IKE_SA / the last one down:"
	costs(1)
	classes("up")
	classes("down")
	printf "\nIdle, the daemon made at most %d system calls in %d s.\n", most,
		idle
	if (seen["backend", "hw-offload"]) {
		print "\nTargets of hw-offload:\n"
		for (m = 1; m <= modes; m++) {
			if (measured(mode[m], "hw-offload")) {
				targets(mode[m])
			} else {
				print "-       " mode[m] " has not been measured"
			}
		}
		printf "\n%d of %d targets met\n", judged - missed, judged
	}
}
