# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# How the hosts are wired: our scenarios have simulated NICs whose cables end
# in the bridges of the host "wire", where every frame can be captured;
# strongSwan's have eight hosts on three bridges.

wire_mac=02:00:00:00

# nicsim_load PAIRS: NIC pairs ns0a-ns0b, ns1a-ns1b ...
nicsim_load()
{
	[[ -f $lab/nicsim.ko ]] || die "there is no $lab/nicsim.ko"
	insmod "$lab/nicsim.ko" "pairs=$1"
}

nicsim_unload()
{
	local tries
	[[ -d /sys/module/nicsim ]] || return 0
	# a namespace gives its devices back some time after its last process
	for ((tries = 0; tries < 100; tries++)); do
		if rmmod nicsim 2>/dev/null; then
			return 0
		fi
		sleep 0.1
	done
	echo "nicsim cannot be unloaded" >&2
	return 1
}

# make_pair INDEX: sets end_a and end_b to the names of a new cable's ends.
# Without offload it is an ordinary virtual cable: it has no IPsec callbacks.
make_pair()
{
	end_a=ns$1a
	end_b=ns$1b
	if [[ ${NIC_OFFLOAD:-packet} = none ]]; then
		ip link add "$end_a" type veth peer name "$end_b"
	fi
}

# nic_up HOST NIC NUMBER: NIC p<NIC> of the NUMBERth host.
nic_up()
{
	local host=$1 nic=$2 number=$3 net=$((50 + $2)) net6=fec$((5 + $2))
	host_do "$host" ip link set "$end_a" name "p$nic"
	host_do "$host" ip link set "p$nic" address "$wire_mac:$nic:0$number"
	host_do "$host" ip addr add "192.168.$net.$number/24" dev "p$nic"
	host_do "$host" ip link set "p$nic" up
	host_do "$host" ip -6 addr add "$net6::$number/64" dev "p$nic" nodad
	echo "192.168.$net.$number	$host-p$nic"
	echo "$net6::$number	$host-p$nic-ip6"
}

# wire_bridge NIC: the switch that the NICs p<NIC> of all hosts are plugged
# into.  It says nothing by itself, so that every frame there is a host's.
wire_bridge()
{
	host_do wire ip link add "br$1" type bridge stp_state 0 mcast_snooping 0
	host_do wire sysctl -q -w "net.ipv6.conf.br$1.disable_ipv6=1"
	host_do wire ip link set "br$1" up
}

wire_port()
{
	local host=$1 nic=$2 port=$1-p$2
	host_do wire ip link set "$end_b" name "$port"
	host_do wire sysctl -q -w "net.ipv6.conf.$port.disable_ipv6=1"
	host_do wire ip link set "$port" master "br$nic"
	host_do wire ip link set "$port" up
}

# topology_own: hosts of NICSIM, each with NICS_PER_HOST NICs, the host wire.
# What the NICs can do (NIC_OFFLOAD) is set before charon sees them.
topology_own()
{
	local host nic index=0 number=0 names=$hosts_dir/names
	local nics=${NICS_PER_HOST:-1}
	local -a list
	read -ra list <<<"$NICSIM"
	if [[ ${NIC_OFFLOAD:-packet} != none ]]; then
		nicsim_load $((${#list[@]} * nics))
	fi
	hosts_up wire "${list[@]}"
	for ((nic = 0; nic < nics; nic++)); do
		wire_bridge "$nic"
	done
	printf '127.0.0.1\tlocalhost\n::1\tlocalhost\n' >"$names"
	for host in "${list[@]}"; do
		number=$((number + 1))
		for ((nic = 0; nic < nics; nic++)); do
			make_pair "$index"
			index=$((index + 1))
			nic_limit "$end_a"
			ip link set "$end_a" netns "${host_pid[$host]}"
			ip link set "$end_b" netns "${host_pid[wire]}"
			nic_up "$host" "$nic" "$number" >>"$names"
			wire_port "$host" "$nic"
		done
	done
	for host in "${list[@]}" wire; do
		host_do "$host" cp "$names" /etc/hosts
	done
}

# topology_upstream: the hosts of strongSwan's test network that the scenario
# has in its picture; a bridge for each IPv4 network that their interfaces files
# name.
topology_upstream()
{
	local host
	local -a list
	read -ra list <<<"$(upstream_hosts)"
	hosts_up network "${list[@]}"
	for host in "${list[@]}"; do
		host_etc "$host" "$upstream_dir/default"
		host_etc "$host" "$upstream_dir/$host"
		upstream_cables "$host"
		# shellcheck disable=SC2016 # for the host's shell
		host_run "$host" 'echo 1 >/proc/sys/net/ipv4/ip_forward
			echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
			for i in $(sed -n "s/^auto //p" /etc/network/interfaces); do
				ifup $i
			done'
	done
}

# upstream_cables HOST: a virtual cable for each interface, to the bridge of
# the network that it is in (netmasks there are /24 and /16).
upstream_cables()
{
	local host=$1 nic net bridge
	while read -r nic net; do
		bridge=br-$net
		if ! host_do network ip link show "$bridge" >/dev/null 2>&1; then
			host_do network ip link add "$bridge" type bridge mcast_snooping 0
			host_do network ip link set "$bridge" up
		fi
		ip link add "$host-$nic" netns "${host_pid[network]}" type veth \
			peer name "$nic" netns "${host_pid[$host]}"
		host_do network ip link set "$host-$nic" master "$bridge" up
	done < <(upstream_interfaces "$upstream_dir/$host/etc/network/interfaces")
}

# upstream_interfaces FILE: lines "NIC NETWORK", the network without dots.
upstream_interfaces()
{
	awk '
		$1 == "iface" && $3 == "inet" { nic = $2 }
		$1 == "iface" && $3 != "inet" { nic = "" }
		nic && $1 == "address" { split($2, a, ".") }
		nic && $1 == "netmask" {
			print nic, $2 == "255.255.0.0" ? a[1] "-" a[2] : a[1] "-" a[2] "-" a[3]
			nic = ""
		}' "$1"
}
