# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Part of testing/nicsim/test: two hosts A and B with a simulated NIC each, the
# wire between them in a third namespace, and the SAs that the checks use.
#
#   A: p0 = ns0a ---- ns0b \ bridge in W / ns1b ---- p0 = ns1a :B

debugfs=/sys/kernel/debug/nicsim
key_a=0x8f3ad2c45b6e917f20c4d8835e61a7b9c1d2e3f4
key_b=0x11c7f0a26e5d94830bfa5c6d7e8f9021a4b3c2d1
key256=0x8f3ad2c45b6e917f20c4d8835e61a7b9014f7d2c9ab8365e57e1f0932a4c6d8bc1d2e3f4

declare -A port=([A]=ns0a [B]=ns1a)
declare -A outer=([A4]=192.0.2.1 [B4]=192.0.2.2 [A6]=fec5::1 [B6]=fec5::2)
declare -A inner=([A4]=10.1.0.1 [B4]=10.2.0.1 [A6]=fd00:1::1 [B6]=fd00:2::1)
declare -A inner_net=([A4]=10.1.0.0/24 [B4]=10.2.0.0/24
	[A6]=fd00:1::/64 [B6]=fd00:2::/64)
declare -A spi=([A]=0xa0000001 [B]=0xb0000001)

in_ns()
{
	ip netns exec "$@"
}

# other A: B
other()
{
	[[ $1 == A ]] && echo B || echo A
}

# nic HOST NAME [VALUE]: read or set a switch of the host's NIC.
nic()
{
	if [[ $# == 3 ]]; then
		echo "$3" >"$debugfs/${port[$1]}/$2"
	else
		cat "$debugfs/${port[$1]}/$2"
	fi
}

# count HOST COUNTER...: the sum of these counters.
count()
{
	local host=$1
	shift
	nic "$host" counters | awk -v want=" $* " '
		index(want, " " $1 " ") { sum += $2 }
		END { print sum + 0 }'
}

clear_counters()
{
	nic A counters 0
	nic B counters 0
}

load_module()
{
	insmod "$module" "$@"
}

host_addresses()
{
	local host=$1 peer
	peer=$(other "$host")
	in_ns "$host" sysctl -qw net.ipv4.ip_forward=1 \
		net.ipv6.conf.all.forwarding=1 net.ipv6.conf.p0.accept_dad=0
	ip -n "$host" link set lo up
	ip -n "$host" -batch - <<-END
	addr add ${outer[${host}4]}/24 dev p0
	addr add ${outer[${host}6]}/64 dev p0 nodad
	addr add ${inner[${host}4]}/32 dev lo
	addr add ${inner[${host}6]}/128 dev lo nodad
	link set p0 up
	route add ${inner_net[${peer}4]} via ${outer[${peer}4]} src ${inner[${host}4]}
	route add ${inner_net[${peer}6]} via ${outer[${peer}6]} src ${inner[${host}6]}
	END
}

# With IPv6, neighbours are fixed. Linux applies any-protocol policies to what
# it receives as neighbour discovery, but not to what it sends; and it resolves
# the inner destination of a packet mode tunnel on the NIC, where the peer
# answers for addresses of that NIC only (with IPv4, for all it has).
host_neighbours()
{
	local host=$1 peer mac
	peer=$(other "$host")
	mac=$(in_ns "$peer" cat /sys/class/net/p0/address)
	ip -n "$host" -batch - <<-END
	neigh replace ${outer[${peer}6]} lladdr $mac dev p0
	neigh replace ${inner[${peer}6]} lladdr $mac dev p0
	END
}

# up_hosts: the topology of the picture above; the module is loaded.
up_hosts()
{
	local host
	for host in A B W; do
		ip netns add "$host"
	done
	in_ns W sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
		net.ipv6.conf.default.disable_ipv6=1
	ip link set ns0a netns A name p0
	ip link set ns1a netns B name p0
	ip link set ns0b netns W
	ip link set ns1b netns W
	ip -n W -batch - <<-END
	link add wire type bridge mcast_snooping 0 forward_delay 0
	link set ns0b master wire
	link set ns1b master wire
	link set ns0b up
	link set ns1b up
	link set wire up
	END
	for host in A B; do
		host_addresses "$host"
	done
	for host in A B; do
		host_neighbours "$host"
	done
	within 10 link_ready
}

link_ready()
{
	in_ns A ping -c 1 -W 1 "${outer[B4]}" &&
		in_ns A ping -c 1 -W 1 "${outer[B6]}"
}

down_hosts()
{
	local host
	for host in A B W; do
		ip netns del "$host"
	done
}

flush_sas()
{
	local host
	for host in A B; do
		ip -n "$host" xfrm state flush
		ip -n "$host" xfrm policy flush
	done
	conf_default
	clear_counters
}

# What the SAs of the next check are like. in_opts and out_opts go to the SAs
# of host A only.
conf_default()
{
	mode=transport
	family=4		# of the tunnel or the hosts
	inner_family=4		# of what goes through a tunnel
	esn=1
	window=64
	encap=
	key_bits=128
	in_opts=
	out_opts=
}

# sa_line HOST OFFLOAD in|out SRC DST SPI KEY
sa_line()
{
	local host=$1 offload=$2 dir=$3 opts='' hw
	if (( esn )); then
		opts="flag esn"
	fi
	if [[ $mode == tunnel && $inner_family != "$family" ]]; then
		# or the SA's selector is for the outer family only
		opts="${opts:-flag} af-unspec"
	fi
	if [[ $dir == in ]]; then
		opts+=" replay-window $window"
	fi
	if [[ -n $encap ]]; then
		opts+=" encap espinudp 4500 4500 0.0.0.0"
	fi
	if [[ $host == A && $dir == in ]]; then
		opts+=" $in_opts"
	elif [[ $host == A ]]; then
		opts+=" $out_opts"
	fi
	hw="dir $dir"
	if [[ $offload != soft ]]; then
		hw="offload $offload dev p0 dir $dir"
	fi
	echo "xfrm state add src $4 dst $5 proto esp spi $6 reqid 1 mode $mode" \
		"$opts aead rfc4106(gcm(aes)) $7 128 $hw"
}

# policy_line OFFLOAD in|out|fwd SEL_SRC SEL_DST TMPL_SRC TMPL_DST
policy_line()
{
	local hw=''
	if [[ $1 == packet && $2 != fwd ]]; then
		hw="offload packet dev p0"
	fi
	echo "xfrm policy add src $3 dst $4 dir $2 priority 100" \
		"tmpl src $5 dst $6 proto esp reqid 1 mode $mode $hw"
}

# The address that a check talks to, and the selector of its policies
talk_address()
{
	if [[ $mode == tunnel ]]; then
		echo "${inner[$1$inner_family]}"
	else
		echo "${outer[$1$family]}"
	fi
}

talk_selector()
{
	if [[ $mode == tunnel ]]; then
		echo "${inner_net[$1$inner_family]}"
	elif [[ $family == 4 ]]; then
		echo "${outer[$1$family]}/32"
	else
		echo "${outer[$1$family]}/128"
	fi
}

# host_sas HOST OFFLOAD: both SAs and the policies of one host.
host_sas()
{
	local host=$1 offload=$2 peer me they mine theirs key_out key_in
	peer=$(other "$host")
	me=${outer[$host$family]}
	they=${outer[$peer$family]}
	mine=$(talk_selector "$host")
	theirs=$(talk_selector "$peer")
	key_out=$key_a key_in=$key_b
	if [[ $host == B ]]; then
		key_out=$key_b key_in=$key_a
	fi
	if [[ $key_bits == 256 ]]; then
		key_out=$key256 key_in=$key256
	fi
	{
		sa_line "$host" "$offload" out "$me" "$they" "${spi[$peer]}" "$key_out"
		sa_line "$host" "$offload" in "$they" "$me" "${spi[$host]}" "$key_in"
		policy_line "$offload" out "$mine" "$theirs" "$me" "$they"
		policy_line "$offload" in "$theirs" "$mine" "$they" "$me"
		if [[ $mode == tunnel ]]; then
			policy_line soft fwd "$theirs" "$mine" "$they" "$me"
		fi
	} >"$work/batch"
	ip -n "$host" -batch "$work/batch"
}

# both_sas OFFLOAD_A OFFLOAD_B
both_sas()
{
	host_sas A "$1" && host_sas B "$2"
}

# ping_ok COUNT [OPTION...]: every echo from A to B is answered.
ping_ok()
{
	local n=$1
	shift
	in_ns A ping -q -c "$n" -i 0.02 -W 10 "$@" -I "$(talk_address A)" \
		"$(talk_address B)" >"$work/ping" &&
		grep -q "$n received" "$work/ping"
}

# ping_some COUNT [OPTION...]: sends, whatever comes back.
ping_some()
{
	local n=$1
	shift
	in_ns A ping -q -c "$n" -i 0.02 -W 1 "$@" -I "$(talk_address A)" \
		"$(talk_address B)" >"$work/ping" || true
}

# tcp_ok BYTES [OPTION...]: a TCP stream from A to B.
tcp_ok()
{
	timeout 90 ip netns exec A iperf3 -c "$(talk_address B)" \
		-B "$(talk_address A)" --connect-timeout 10000 -n "$@" \
		>"$work/iperf" 2>&1
}
