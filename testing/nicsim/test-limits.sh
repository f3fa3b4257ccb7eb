# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Part of testing/nicsim/test: counters, limits, replays, damage.

# stats HOST SPI FIELD: packets, bytes, replay or failed as the kernel says.
stats()
{
	ip -n "$1" -s xfrm state get src "$sa_src" dst "$sa_dst" proto esp \
		spi "$2" | awk -v want="$3" '
		/lifetime current/ { getline; gsub(/[^0-9 ]/, " ");
			got["bytes"] = $1; got["packets"] = $2 }
		/replay-window .* replay .* failed/ {
			got["replay"] = $4; got["failed"] = $6 }
		END { print got[want] }'
}

# out_stats FIELD, in_stats FIELD: A's outbound SA, B's inbound one.
out_stats()
{
	sa_src=${outer[A4]} sa_dst=${outer[B4]} stats A "${spi[B]}" "$1"
}

in_stats()
{
	sa_src=${outer[A4]} sa_dst=${outer[B4]} stats B "${spi[B]}" "$1"
}

# is VALUE COMMAND...
is()
{
	local want=$1 got
	shift
	got=$("$@")
	if [[ $got != "$want" ]]; then
		echo "# $*: $got, not $want"
		return 1
	fi
}

# events_start HOST; events hard|soft: how many expire events were seen.
events_start()
{
	ip -n "$1" xfrm monitor expire >"$work/events" &
	monitor=$!
	# it listens once it has a netlink socket
	within 10 grep -q "^ *[0-9a-f]* *6 *$monitor " \
		"/proc/$monitor/net/netlink"
}

events_stop()
{
	kill "$monitor"
	wait "$monitor" || true
}

events()
{
	grep -c "Expired.*" "$work/events" || true
}

hard_events()
{
	grep -c "hard 1" "$work/events" || true
}

sa_gone()
{
	! ip -n "$1" xfrm state get src "${outer[A4]}" dst "${outer[B4]}" \
		proto esp spi "${spi[B]}" >/dev/null 2>&1
}

group_stats()
{
	flush_sas
	both_sas packet packet
	check "ping to be counted" ping_ok 7
	check "packets out" is 7 out_stats packets
	check "packets in" is 7 in_stats packets
	# 8 bytes of ICMP header and 56 of data
	check "bytes out" is $(( 7 * 64 )) out_stats bytes
	flush_sas
	nic A stats_delay_ms 600000
	both_sas packet packet
	ping_ok 3
	check "no packet reported before the delay" is 0 out_stats packets
	nic A stats_delay_ms 200
	check "reported after it" within 10 is 3 out_stats packets
	nic A stats_delay_ms 0
}

group_packet_limits()
{
	flush_sas
	out_opts="limit packet-soft 5 limit packet-hard 10"
	both_sas packet packet
	events_start A
	ping_some 14
	check "exactly the hard limit was sent" is 10 count A tx_packet
	check "and arrived" is 10 count B rx_packet
	check "the rest did not leave in clear" is 0 count A tx_clear
	check "both limits were raised once" \
		is "1 1" eval 'echo $(count A limit_soft) $(count A limit_hard)'
	check "two expire events" within 10 is 2 events
	check "the kernel dropped the SA" within 10 sa_gone A
	check "so did the device" within 10 \
		is 0 eval "grep -c 'spi=${spi[B]}' $debugfs/ns0a/sas || true"
	events_stop

	flush_sas
	in_opts="limit packet-soft 4 limit packet-hard 8"
	both_sas packet packet
	ping_some 12
	check "exactly the inbound limit passed" is 8 count A rx_packet
	flush_sas
	out_opts="limit packet-soft 3 limit packet-hard 100"
	both_sas packet packet
	events_start A
	ping_ok 10
	check "one soft event only" within 10 is 1 events
	check "no hard event" is 0 eval 'count A limit_hard'
	events_stop
}

# The end of the sequence numbers without ESN, without 2^32 packets before it
group_sent_before()
{
	flush_sas
	esn=0
	nic A sent_before 4294967290
	both_sas packet packet
	ping_some 9
	check "up to 2^32 - 1" is 5 count A tx_packet
	check "and not beyond" is "4 0" eval \
		'echo $(count A tx_drop_seq) $(count A tx_clear)'
	check "all arrived" is 5 count B rx_packet
	check "the counters go on from there" is 4294967295 out_stats packets
	nic A sent_before 0
}

group_late_limits()
{
	flush_sas
	nic A stats_delay_ms 600000
	out_opts="limit packet-soft 3 limit packet-hard 6"
	both_sas packet packet
	events_start A
	ping_some 9
	check "the device stops at once" is 6 count A tx_packet
	check "the kernel does not know yet" is 0 events
	check "what came after is counted" is 3 count A tx_drop_limit
	nic A stats_delay_ms 100
	# of both limits at once the kernel only reports the hard one
	check "the kernel learns it late" within 10 is "1 1" eval \
		'echo $(events) $(hard_events)'
	events_stop
	nic A stats_delay_ms 0
}

group_byte_limits()
{
	flush_sas
	nic A byte_limits 2
	out_opts="limit byte-soft 300 limit byte-hard 640"
	both_sas packet packet
	ping_some 14
	check "exact byte limit: ten packets of 64" is 10 count A tx_packet
	flush_sas
	nic A byte_limits 1
	# the NIC does not stop by itself, and its driver does not look until it is
	# told to
	nic A stats_delay_ms 3600000
	out_opts="limit byte-soft 300 limit byte-hard 640"
	both_sas packet packet
	ping_some 14
	check "polled byte limit overshoots" is 14 count A tx_packet
	nic A stats_delay_ms 0
	check "and ends the SA when the driver looks" within 10 sa_gone A
}

group_replay()
{
	flush_sas
	both_sas packet packet
	nic A replay 5
	check "ping with five replays" ping_ok 10
	check "five replays were sent" is 5 count A replayed
	check "five replays were dropped" is 5 count B rx_replay
	check "the kernel is told" is 5 in_stats replay
	check "each packet was taken once" is 10 count B rx_packet
	flush_sas
	both_sas crypto crypto
	nic A replay 5
	check "crypto: ping with five replays" ping_ok 10
	check "crypto: the kernel dropped them" is 10 in_stats packets
	flush_sas
	esn=0 window=32
	both_sas packet packet
	nic A replay 5
	ping_some 10
	check "without ESN replays pass, as on mlx5" is 15 count B rx_packet
	flush_sas
	nic B replay_noesn 1
	esn=0 window=32
	both_sas packet packet
	nic A replay 5
	ping_some 10
	check "replay_noesn stops them" is 10 count B rx_packet
	nic B replay_noesn 0
}

group_damage()
{
	flush_sas
	both_sas packet packet
	nic A tamper 4
	ping_some 10
	check "four damaged packets were dropped" is 4 count B rx_auth_fail
	check "the kernel is told" is 4 in_stats failed
	check "the others passed" is 6 count B rx_packet
	flush_sas
	both_sas crypto crypto
	nic A tamper 4
	ping_some 10
	check "crypto: the kernel counts them" is 4 in_stats failed
	check "crypto: the others passed" is 6 in_stats packets
	flush_sas
	both_sas packet soft
	nic A tamper 4
	ping_some 10
	check "software: the kernel finds them" is 4 in_stats failed
	flush_sas
	both_sas packet packet
	nic A lose 4
	ping_some 10
	check "four lost packets" is "4 6" eval \
		'echo $(count A lost) $(count B rx_packet)'
	flush_sas
	out_opts="replay-oseq 0xfffffffe replay-oseq-hi 0xffffffff"
	host_sas A packet
	ping_some 5
	check "numbers end at 2^64" is "2 3" eval \
		'echo $(count A tx_packet) $(count A tx_drop_seq)'
}
