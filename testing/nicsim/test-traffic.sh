# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Part of testing/nicsim/test: packets through each kind of SA, at each end
# either of the NIC's engines or the kernel's own ESP, and what the wire saw.

# The counter in which HOST's outbound packets appear
sent_as()
{
	case $1 in
	packet) echo tx_packet ;;
	crypto) echo tx_crypto ;;
	soft) echo tx_esp_soft ;;
	esac
}

got_as()
{
	local sent
	sent=$(sent_as "$1")
	echo "r${sent#t}"
}

# accounted A_OFFLOAD B_OFFLOAD MIN: each host has sent and received at least
# MIN packets in its mode, and none in clear.
accounted()
{
	local host offload n=$3
	for host in A B; do
		offload=$1
		if [[ $host == B ]]; then
			offload=$2
		fi
		if (( $(count "$host" tx_clear rx_clear) )); then
			echo "# $host: packets in clear"
			return 1
		fi
		if (( $(count "$host" "$(sent_as "$offload")") < n ||
			$(count "$host" "$(got_as "$offload")") < n )); then
			echo "# $host: too few as $offload"
			return 1
		fi
	done
}

what()
{
	local text="$mode IPv$family"
	if [[ $mode == tunnel && $inner_family != "$family" ]]; then
		text+=" with IPv$inner_family inside"
	fi
	if (( ! esn )); then
		text+=" without ESN"
	fi
	if [[ $key_bits == 256 ]]; then
		text+=" 256 bit"
	fi
	echo "$text${encap:+ in UDP}"
}

# pair OFFLOAD_A OFFLOAD_B: ping through SAs as configured.
pair()
{
	local text
	text="$1 to $2, $(what)"
	if ! check "SAs: $text" both_sas "$1" "$2"; then
		return 0
	fi
	check "ping: $text" ping_ok 3
	check "large ping: $text" ping_ok 2 -s 1200
	check "counters: $text" accounted "$1" "$2" 5
}

# An echo uses both directions, so that each pair of kinds is needed once.
group_matrix()
{
	local m f pairing
	for m in transport tunnel; do
		for f in 4 6; do
			for pairing in "packet packet" "packet crypto" \
				"packet soft" "crypto crypto" "crypto soft"; do
				flush_sas
				mode=$m family=$f inner_family=$f
				# shellcheck disable=SC2086 # two words
				pair $pairing
			done
		done
	done
}

group_variants()
{
	local a m
	for a in packet crypto; do
		for m in transport tunnel; do
			flush_sas
			mode=$m esn=0 window=32
			pair "$a" soft
			flush_sas
			mode=$m key_bits=256
			pair "$a" soft
		done
	done
	# not in packet mode: the kernel makes no such bundle
	flush_sas
	mode=tunnel inner_family=6
	pair crypto soft
	flush_sas
	mode=tunnel family=6
	pair crypto soft
}

group_windows()
{
	for window in 32 64 128 256; do
		flush_sas_keep_window
		both_sas packet packet
		check "window $window in the device" \
			grep -q " window=$window " "$debugfs/ns0a/sas"
		check "ping with a window of $window" ping_ok 20
	done
}

flush_sas_keep_window()
{
	local keep=$window
	flush_sas
	window=$keep
}

# bulk OFFLOAD_A OFFLOAD_B [back]: a stream makes the stack's large segments;
# each must arrive as it was.
bulk()
{
	both_sas "$1" "$2"
	check "TCP: $1 to $2, $(what)" tcp_ok "$bulk_bytes"
	if [[ ${3:-} == back ]]; then
		check "TCP back: $1 to $2, $(what)" tcp_ok "$bulk_bytes" -R
	fi
	check "counters: TCP $1 to $2, $(what)" accounted "$1" "$2" 20
	check "no integrity failure: $1 to $2, $(what)" \
		test "$(count A rx_auth_fail)" = 0 -a "$(count B rx_auth_fail)" = 0
}

group_bulk()
{
	local offload m
	for offload in packet crypto; do
		for m in transport tunnel; do
			flush_sas
			mode=$m
			bulk "$offload" soft back
		done
		flush_sas
		mode=tunnel family=6 inner_family=6
		bulk "$offload" soft
		flush_sas
		bulk "$offload" "$offload"
	done
}

# Sequence numbers across 2^32, where the high half must follow. B does ESP in
# software and is told where A starts.
group_esn()
{
	local offload
	for offload in packet crypto; do
		flush_sas
		out_opts="replay-oseq 0xffffffe0 replay-oseq-hi 0"
		host_sas A "$offload"
		out_opts=
		in_opts=
		host_sas_b_at 0xffffffd8
		check "$offload: ping across 2^32" ping_ok 60
		check "$offload: TCP after 2^32" tcp_ok 200K
		check "$offload: nothing failed" test "$(in_ns B awk '
			$1 ~ /StateProtoError|StateSeqError/ { n += $2 }
			END { print n }' /proc/net/xfrm_stat)" = 0
		flush_sas
		out_opts="replay-oseq 0xfffffff0 replay-oseq-hi 0"
		host_sas A "$offload"
		host_sas_b_at 0xffffffd8
		check "$offload: TCP across 2^32" tcp_ok 500K
	done
	group_esn_in
}

# The same with the NIC on the receiving side
group_esn_in()
{
	local offload
	for offload in packet crypto; do
		flush_sas
		in_opts="replay-seq 0xffffffd8 replay-seq-hi 0"
		host_sas A "$offload"
		host_sas_b_from 0xffffffe0
		check "$offload: inbound ping across 2^32" ping_ok 60
		check "$offload: no replay seen" test "$(count A rx_replay)" = 0
	done
}

# B in software, its inbound window at SEQ
host_sas_b_at()
{
	host_sas B soft
	ip -n B xfrm state del src "${outer[A4]}" dst "${outer[B4]}" proto esp \
		spi "${spi[B]}"
	ip -n B xfrm state add src "${outer[A4]}" dst "${outer[B4]}" proto esp \
		spi "${spi[B]}" reqid 1 mode "$mode" flag esn replay-window 64 \
		replay-seq "$1" replay-seq-hi 0 \
		aead 'rfc4106(gcm(aes))' "$key_a" 128
}

# B in software, its outbound numbers from SEQ
host_sas_b_from()
{
	host_sas B soft
	ip -n B xfrm state del src "${outer[B4]}" dst "${outer[A4]}" proto esp \
		spi "${spi[A]}"
	ip -n B xfrm state add src "${outer[B4]}" dst "${outer[A4]}" proto esp \
		spi "${spi[A]}" reqid 1 mode "$mode" flag esn replay-window 64 \
		replay-oseq "$1" replay-oseq-hi 0 \
		aead 'rfc4106(gcm(aes))' "$key_b" 128
}

# A host behind A: forwarded packets of a packet mode tunnel reach the NIC
# without a written Ethernet header.
group_forward()
{
	flush_sas
	mode=tunnel
	ip netns add C
	ip link add c0 netns C type veth peer name c1 netns A
	ip -n C addr add 10.1.0.9/24 dev c0
	ip -n C link set c0 up
	ip -n C route add default via 10.1.0.1
	ip -n A addr add 10.1.0.1/24 dev c1
	ip -n A link set c1 up
	both_sas packet soft
	check "forwarded into a packet mode tunnel" within 10 in_ns C \
		ping -q -c 3 -i 0.05 -W 5 10.2.0.1
	check "TCP forwarded into a packet mode tunnel" timeout 90 \
		ip netns exec C iperf3 -c 10.2.0.1 --connect-timeout 10000 -n 500K
	check "nothing forwarded in clear" accounted packet soft 5
	ip -n A link del c1
	ip netns del C
}

# UDP encapsulation: the NIC needs no socket for it, the kernel's ESP does.
group_encap()
{
	flush_sas
	encap=1
	check "SAs in UDP" both_sas packet packet
	check "ping in UDP" ping_ok 5
	check "TCP in UDP" tcp_ok "$bulk_bytes"
	check "counted in UDP" accounted packet packet 5
	flush_sas
	encap=1
	both_sas soft packet
	# as IKE daemons let their socket through, or the policy of the SAs
	# takes the UDP packet around the ESP for an unprotected one
	ip -n A xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 proto 17 \
		sport 4500 dport 4500 dir in priority 1
	ping_some 5
	check "ESP in UDP of the kernel is opened" \
		test "$(count B rx_packet)" -ge 5
	if ! command -v perl >/dev/null; then
		skip "the kernel opens ESP in UDP of the NIC: no perl"
		return
	fi
	# UDP_ENCAP, UDP_ENCAP_ESPINUDP
	ip netns exec A timeout 60 perl -MSocket -e '
		socket(S, AF_INET, SOCK_DGRAM, 0) and
		setsockopt(S, 17, 100, 2) and
		bind(S, sockaddr_in(4500, INADDR_ANY)) or die; sleep' &
	natt=$!
	# port 4500 is 1194
	within 30 in_ns A grep -q ':1194 ' /proc/net/udp
	check "the kernel opens ESP in UDP of the NIC" ping_ok 3
	kill "$natt"
}

# tcpdump knows what it captures only after it has said so
capture_start()
{
	rm -f "$work/tcpdump" "$work/wire.pcap"
	# not by in_ns: the process to stop has to be tcpdump itself
	ip netns exec W tcpdump -n -U --immediate-mode -i wire -w "$work/wire.pcap" \
		2>"$work/tcpdump" &
	capture=$!
	within 20 grep -q 'listening on' "$work/tcpdump"
}

capture_stop()
{
	kill "$capture"
	wait "$capture" || true
}

wire()
{
	tcpdump -n -r "$work/wire.pcap" "$@" 2>"$work/tcpdump.err"
}

esp_numbers()
{
	wire "esp and src $1" | sed -n 's/.*spi=\([^,]*\),seq=\([^)]*\).*/\1 \2/p'
}

no_number_twice()
{
	esp_numbers 192.0.2.1 | sort | uniq -d >"$work/twice"
	if [[ -s $work/twice ]]; then
		wire "esp and src 192.0.2.1" | grep -F -f <(
			sed 's/\(.*\) \(.*\)/spi=\1,seq=\2)/' "$work/twice")
		return 1
	fi
}

group_wire()
{
	local offload
	for offload in packet crypto; do
		flush_sas
		both_sas "$offload" "$offload"
		capture_start
		check "$offload: ping under capture" ping_ok 20
		check "$offload: TCP under capture" tcp_ok 100K
		capture_stop
		wire -c 1 esp >/dev/null || true
		check "$offload: ESP on the wire" \
			test "$(esp_numbers 192.0.2.1 | wc -l)" -ge 20
		check "$offload: no clear packet on the wire" \
			test "$(wire 'ip and not esp' | wc -l)" = 0
		check "$offload: no number twice" no_number_twice
	done
	flush_sas
	both_sas packet packet
	capture_start
	nic A replay 3
	ping_some 5
	capture_stop
	check "three numbers twice when three are replayed" test \
		"$(esp_numbers 192.0.2.1 | sort | uniq -d | wc -l)" = 3
}
