# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# How the hosts are wired: ours have simulated NICs whose cables end in the
# bridges of the host "wire", where every frame can be captured; strongSwan's
# have virtual Ethernet on the bridges of its test network.

# own_nics: a line "HOST NUMBER NIC INDEX" for each NIC: the host's number in
# NICSIM, the NIC's number on the host, and the cable's.
own_nics()
{
	local host nic number=0 index=0
	for host in $NICSIM; do
		number=$((number + 1))
		for ((nic = 0; nic < NICS_PER_HOST; nic++)); do
			echo "$host $number $nic $index"
			index=$((index + 1))
		done
	done
}

# own_profiles: what each NIC can do; NIC_OFFLOAD has one word for each host,
# or one for all
own_profiles()
{
	local number
	local -a words
	read -ra words <<<"$NIC_OFFLOAD"
	while read -r _ number _; do
		echo "${words[number - 1]:-${words[0]}}"
	done < <(own_nics)
}

# own_names: the hosts file.  NIC p0 of host 1 has 192.168.50.1 and fec5::1, p1
# has 192.168.51.1 and fec6::1.
own_names()
{
	local host number nic
	printf '127.0.0.1\tlocalhost\n::1\tlocalhost\n'
	while read -r host number nic _; do
		printf '192.168.%d.%d\t%s-p%d\n' $((50 + nic)) "$number" "$host" "$nic"
		printf 'fec%d::%d\t%s-p%d-ip6\n' $((5 + nic)) "$number" "$host" "$nic"
	done < <(own_nics)
}

# wire_own: loads the NICs and plugs everything in.  The wire says nothing by
# itself, so that every frame there is a host's.
wire_own()
{
	local host number nic index list pid
	mapfile -t list < <(own_profiles)
	nicsim_load "${list[@]}"
	pid=${host_pid[wire]}
	# shellcheck disable=SC2016 # for the host's shell
	host_do wire /bin/bash -c 'for scope in all default; do
		echo 1 >/proc/sys/net/ipv6/conf/$scope/disable_ipv6
		done'
	while read -r host number nic index; do
		echo "link set ns${index}a netns ${host_pid[$host]} name p$nic"
		echo "link set ns${index}b netns $pid name $host-p$nic"
	done < <(own_nics) | ip -batch -
	while read -r host number nic _; do
		if ((number == 1)); then
			echo "link add br$nic type bridge stp_state 0 mcast_snooping 0"
			echo "link set br$nic up"
		fi
		echo "link set $host-p$nic master br$nic up"
	done < <(own_nics) | host_do wire ip -batch -
	for host in $NICSIM; do
		own_addresses "$host" | host_do "$host" ip -batch -
	done
}

# own_addresses HOST: commands for ip
own_addresses()
{
	local host number nic
	while read -r host number nic _; do
		[[ $host = "$1" ]] || continue
		echo "link set p$nic address 02:00:00:00:0$nic:0$number up"
		echo "addr add 192.168.$((50 + nic)).$number/24 dev p$nic"
		echo "addr add fec$((5 + nic))::$number/64 dev p$nic nodad"
	done < <(own_nics)
}

# wire_upstream HOST...: a virtual cable for each interface of a host, to the
# bridge of the IPv4 network that its interfaces file puts it into; then the
# interfaces that come up by themselves.
wire_upstream()
{
	local host nic net cables=$hosts_dir/cables
	local -a files=()
	for host in "$@"; do
		files+=("$hosts_dir/$host/etc/network/interfaces")
	done
	awk -v DIR="$hosts_dir" -f "$guest_dir/interfaces.awk" "${files[@]}" \
		>"$cables"
	while read -r host nic _; do
		echo "link add $host-$nic netns ${host_pid[network]} type veth" \
			"peer name $nic netns ${host_pid[$host]}"
	done <"$cables" | ip -batch -
	{
		awk '!seen[$3]++ {
			print "link add br-" $3 " type bridge mcast_snooping 0"
			print "link set br-" $3 " up"
		}' "$cables"
		while read -r host nic net; do
			echo "link set $host-$nic master br-$net up"
		done <"$cables"
	} | host_do network ip -batch -
	for host in "$@"; do
		host_do "$host" ip -batch - <"$hosts_dir/$host/interfaces"
	done
}
