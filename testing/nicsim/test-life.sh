# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Part of testing/nicsim/test: policies, ACQUIRE, features, links, namespaces
# and the end of the module.

group_policies()
{
	flush_sas
	mode=transport
	ip -n A -batch - <<-END
	xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 proto 17 dport 9 dir out priority 50 action block offload packet dev p0
	xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 proto 6 dir out priority 60 offload packet dev p0
	END
	both_sas packet packet
	check "in the order of their priority" is "block allow protect " eval \
		"sed -n 's/^dir=out action=\([a-z]*\).*/\1/p' $debugfs/ns0a/policies | tr '\n' ' '"
	check "ping is protected" ping_ok 3
	check "TCP goes past, by ALLOW" within 10 bypassed
	flush_sas
	# the kernel's lookup does not match this one, for its interface
	ip -n A xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dev lo \
		dir out priority 50 action block offload packet dev p0
	ping_some 3
	check "BLOCK outbound" is "3 0" eval \
		'echo $(count A tx_block) $(count A tx_clear)'
	flush_sas
	ip -n A xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dev lo \
		dir in priority 50 action block offload packet dev p0
	ping_some 3
	check "BLOCK inbound" is "3 3" eval \
		'echo $(count A tx_clear) $(count A rx_block)'
	flush_sas
	check "gone" is 0 eval "wc -l <$debugfs/ns0a/policies"
}

# A SYN to a closed port: neither it nor the answer is ESP
bypassed()
{
	timeout 5 ip netns exec A bash -c \
		"exec 3<>/dev/tcp/192.0.2.2/9" 2>/dev/null || true
	(( $(count A tx_bypass) > 0 ))
}

# The selector's interface is for the kernel, the NIC does not look at it
group_ifindex()
{
	local index
	flush_sas
	index=$(in_ns A cat /sys/class/net/lo/ifindex)
	both_sas packet packet
	ip -n A xfrm policy flush
	ip -n A xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dev lo dir out \
		priority 100 tmpl src 192.0.2.1 dst 192.0.2.2 proto esp reqid 1 \
		mode transport offload packet dev p0
	ip -n A xfrm policy add src 192.0.2.2/32 dst 192.0.2.1/32 dir in \
		priority 100 tmpl src 192.0.2.2 dst 192.0.2.1 proto esp reqid 1 \
		mode transport offload packet dev p0
	check "listed with interface $index" grep -q " ifindex=$index " \
		"$debugfs/ns0a/policies"
	check "the NIC protects what the kernel's lookup missed" ping_ok 3
	check "all of it" is 0 count A tx_clear
}

# Prefixes as older mlx5 drivers did not honour them
group_prefixes()
{
	flush_sas
	mode=tunnel
	both_sas packet packet
	check "subnet selectors" ping_ok 3
	nic A prefixes 0
	ping_some 3
	check "prefixes off: subnets are missed" test "$(count A tx_clear)" -ge 1
	nic A prefixes 1
}

group_acquire()
{
	flush_sas
	both_sas packet packet
	ip -n A xfrm state flush
	ip -n A xfrm monitor acquire >"$work/acquire" &
	monitor=$!
	within 10 grep -q "^ *[0-9a-f]* *6 *$monitor " \
		"/proc/$monitor/net/netlink"
	ping_some 2
	check "an ACQUIRE" within 10 grep -q . "$work/acquire"
	check "its larval SA is in the device" \
		grep -q "state=larval" "$debugfs/ns0a/sas"
	check "counted" test "$(count A sa_acquire)" -ge 1
	check "nothing in clear" is 0 count A tx_clear
	kill "$monitor"
	wait "$monitor" || true
	ip -n A xfrm policy flush
	host_sas A packet
	check "the real SAs take over" ping_ok 3
	flush_sas
	check "no larval SA stays" is 0 eval "wc -l <$debugfs/ns0a/sas"
}

group_rekey()
{
	flush_sas
	both_sas packet packet
	ping_ok 2
	ip -n B -batch - <<-END
	xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xb0000002 reqid 1 mode transport flag esn replay-window 64 aead rfc4106(gcm(aes)) $key_b 128 offload packet dev p0 dir in
	END
	ip -n A -batch - <<-END
	xfrm state add src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xb0000002 reqid 1 mode transport flag esn aead rfc4106(gcm(aes)) $key_b 128 offload packet dev p0 dir out
	END
	check "ping after the rekey" ping_ok 4
	check "on the newest SA" grep -q "spi=0xb0000002 .* packets=4 " \
		"$debugfs/ns0a/sas"
	ip -n A xfrm state del src 192.0.2.1 dst 192.0.2.2 proto esp \
		spi 0xb0000002
	check "back on the older one" ping_ok 2
}

group_feature()
{
	flush_sas
	both_sas crypto crypto
	check "ping with the feature" ping_ok 3
	check "by the NIC" is 3 count A tx_crypto
	in_ns A ethtool -K p0 esp-hw-offload off >/dev/null
	clear_counters
	check "ping without it" ping_ok 3
	check "by the kernel" is "0 3" eval \
		'echo $(count A tx_crypto) $(count A tx_esp_soft)'
	check "the SA still counts as offloaded" \
		eval 'ip -n A xfrm state | grep "mode crypto"'
	in_ns A ethtool -K p0 esp-hw-offload on >/dev/null
	check "ping with it again" ping_ok 3
	check "by the NIC again" is 3 count A tx_crypto
	check "ethtool knows the port" \
		eval 'in_ns A ethtool -i p0 | grep "bus-info: ns0a"'
}

# The kernel takes offloaded SAs and policies away when the link goes down
group_link()
{
	flush_sas
	both_sas packet packet
	ping_ok 2
	ip -n A link set p0 down
	check "no SA after link down" is 0 eval "wc -l <$debugfs/ns0a/sas"
	check "no policy after link down" \
		is 0 eval "wc -l <$debugfs/ns0a/policies"
	check "the other end lost its carrier" \
		eval 'ip -n W link show ns0b | grep NO-CARRIER'
	ip -n A link set p0 up
	ip -n A route add "${inner_net[B4]}" via "${outer[B4]}" src "${inner[A4]}"
	ip -n A -6 addr replace "${outer[A6]}/64" dev p0 nodad
	ip -n A -6 route replace "${inner_net[B6]}" via "${outer[B6]}" \
		src "${inner[A6]}"
	host_neighbours A
	# both: the numbers start again, B's old window would not take them
	ip -n B xfrm state flush
	ip -n B xfrm policy flush
	both_sas packet packet
	check "ping after link up" within 10 ping_ok 2
}

# in_port PORT: the first outbound SA in it.
in_port()
{
	grep -q '^dir=out offload=crypto' "$debugfs/$1/sas"
}

# Over an active-backup bond the SAs are in the port that is active
group_bond()
{
	local state
	flush_sas
	if ! modprobe bonding 2>/dev/null; then
		skip "crypto offload over a bond: no bonding module"
		return
	fi
	ip link add bond9 type bond mode active-backup miimon 100
	ip link set ns2a down
	ip link set ns3a down
	ip link set ns2a master bond9
	ip link set ns3a master bond9
	ip link set ns2b up
	ip link set ns3b up
	ip link set bond9 up
	ip link set bond9 type bond active_slave ns2a
	state="src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xc0000001"
	check "SA on a bond" ip_here "xfrm state add $state reqid 1 $gcm" \
		"offload crypto dev bond9 dir out"
	check "in the active port" in_port ns2a
	ip link set bond9 type bond active_slave ns3a
	check "moves with the active port" within 10 in_port ns3a
	check "and leaves the other" is 0 eval "wc -l <$debugfs/ns2a/sas"
	ip link del bond9
	check "ends with the bond" within 10 is 0 eval \
		"cat $debugfs/ns[23]a/sas | wc -l"
	ip xfrm state flush
}

# Both tables used while they change
group_churn()
{
	local i
	flush_sas
	both_sas packet packet
	ip netns exec A ping -q -f -w 8 "${outer[B4]}" >"$work/flood" &
	flood=$!
	for i in 1 2 3 4 5; do
		ip -n A xfrm state flush
		ip -n A xfrm policy flush
		ip -n B link set p0 down
		ip -n B link set p0 up
		host_sas A packet
		ip -n B xfrm state flush
		ip -n B xfrm policy flush
		host_sas B packet
	done
	wait "$flood" || true
	check "traffic while SAs come and go" within 10 ping_ok 2
}

sent_some()
{
	(( $(count B rx_crypto) > 50 ))
}

group_namespaces()
{
	flush_sas
	both_sas packet crypto
	ip netns exec A ping -q -f -w 3 "${outer[B4]}" >"$work/flood" &
	flood=$!
	within 10 sent_some
	# the servers in B would keep its namespace alive
	ip netns pids B | xargs -r kill
	ip netns del A
	ip netns del B
	wait "$flood" || true
	check "the NICs are back" within 20 eval \
		'[[ -e /sys/class/net/$(ifname ns0a) && -e /sys/class/net/$(ifname ns1a) ]]'
	check "without SAs and policies" within 10 is 0 eval \
		"cat $debugfs/ns[01]a/{sas,policies} | wc -l"
	ip netns del W
	check "the wire's ends too" within 20 eval \
		'[[ -e /sys/class/net/$(ifname ns1b) ]]'
}

# ifname PORT: what the device of a port is called now.
ifname()
{
	sed -n 's/^ifname //p' "$debugfs/$1/device"
}

# A NIC is pulled out under traffic
group_removal()
{
	rmmod nicsim
	load_module pairs=2
	up_hosts
	conf_default
	both_sas packet packet
	ip netns exec A ping -q -f -w 3 "${outer[B4]}" >"$work/flood" 2>&1 &
	flood=$!
	within 10 eval '(( $(count B rx_packet) > 50 ))'
	check "deleted" ip -n A link del p0
	wait "$flood" || true
	check "with its SAs and policies" is 0 eval \
		'{ ip -n A xfrm state; ip -n A xfrm policy list nosock; } | wc -l'
	check "and its files" test ! -e "$debugfs/ns0a"
	check "the other end stays" grep -q '^peer -$' "$debugfs/ns0b/device"
	check "without a carrier" eval 'ip -n W link show ns0b | grep NO-CARRIER'
	check "none can be added" \
		eval '! ip -n A link add p0 type nicsim 2>/dev/null'
	down_hosts
}

group_unload()
{
	check "unloads" rmmod nicsim
	check "no debugfs is left" test ! -e "$debugfs"
	check "loads again" load_module pairs=2
	up_hosts
	conf_default
	both_sas packet crypto
	ip netns exec A ping -q -f -w 3 "${outer[B4]}" >"$work/flood" 2>&1 &
	flood=$!
	within 10 sent_some
	check "unloads with SAs, policies and traffic" rmmod nicsim
	wait "$flood" || true
	check "the devices are gone" \
		eval '! in_ns A test -e /sys/class/net/p0'
	check "and their SAs" is 0 eval 'ip -n A xfrm state | wc -l'
	down_hosts
	check "bad profile is refused" eval '! load_module profile=fast 2>/dev/null'
	check "too many pairs are refused" eval '! load_module pairs=65 2>/dev/null'
	check "loads a last time" load_module pairs=64
	check "64 cables" is 128 eval "ls $debugfs | wc -l"
	check "unloads a last time" rmmod nicsim
}
