# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Sums up a histogram of system calls by thread, for the threads that the first
# file names: a line "CALL COUNT" for each.

NR == FNR {
	thread[$1]
	next
}

# { common_pid: 817, id: sys_sendto [ 44] } hitcount: 25
/hitcount:/ {
	gsub(/[{},:\[\]]/, " ")
	for (i = 1; i < NF; i++) {
		field[$i] = $(i + 1)
	}
	if (field["common_pid"] in thread) {
		sub(/^sys_/, "", field["id"])
		count[field["id"]] += field["hitcount"]
	}
}

/Dropped:/ && $2 != 0 {
	print "the histogram is too small" >"/dev/stderr"
	exit 1
}

END {
	for (call in count) {
		print call, count[call] | "sort"
	}
}
