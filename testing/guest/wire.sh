# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Captures. On the host wire one tcpdump listens everywhere and notes interface
# and direction: a frame is counted where it comes in from a cable, that is
# once, however far the bridges carry it. (A filter for the direction would lose
# the first frames: libpcap applies it to them by itself, and it cannot.) The
# verdicts are commands of that host (bin/frames and others). The captures that
# scenarios ask for with TCPDUMPHOSTS are text, of eth0, as strongSwan's checks
# expect them. The buffer has a slot of the largest size for each frame: with
# what tcpdump takes by default it would have a few dozen slots only, and lose
# frames when the guest is slow.
capture_bytes=2048

# capture_wire: before any daemon runs
capture_wire()
{
	local dir=$hosts_dir/wire/tmp/capture
	mkdir -p "$dir"
	echo "$IPSECHOSTS" >"$dir/hosts"
	host_do wire setsid tcpdump -i any -s $capture_bytes -U -B 16384 \
		--immediate-mode -w /tmp/capture/wire.pcap \
		>/dev/null 2>"$dir/wire.log" </dev/null &
	capture_started "$dir/wire.log" ||
		die "capture on the wire: $(<"$dir/wire.log")"
}

# capture_started LOG: waits until the tcpdump in the background listens
capture_started()
{
	local pid=$! end=$((SECONDS + 60))
	until [[ -e $1 && $(<"$1") = *'listening on'* ]]; do
		if ((SECONDS >= end)) || ! kill -0 "$pid" 2>/dev/null; then
			return 1
		fi
		pause 0.03
	done
}

# capture_hosts: TCPDUMPHOSTS, the files that strongSwan's checks know.
capture_hosts()
{
	local host dir
	for host in $TCPDUMPHOSTS; do
		dir=$hosts_dir/$host/tmp
		host_do "$host" setsid tcpdump -l --immediate-mode \
			-s $capture_bytes -i eth0 'not port 22' >"$dir/tcpdump.log" \
			2>"$dir/tcpdump.err.log" </dev/null &
		capture_started "$dir/tcpdump.err.log" ||
			die "capture on $host: $(<"$dir/tcpdump.err.log")"
	done
}

# capture_text HOST: prints what tcpdump on the host has seen so far.  The
# first call ends the capture, once it has dealt with all it received.
capture_text()
{
	if [[ ! -e $hosts_dir/$1/capture-ended ]]; then
		host_run "$1" capture-drain -e /tmp/tcpdump.err.log
		: >"$hosts_dir/$1/capture-ended"
	fi
	cat "$hosts_dir/$1/tmp/tcpdump.log"
}
