# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Reads /etc/network/interfaces of strongSwan's test hosts, as far as it is needed
# there, and prints commands for ip -batch: static addresses and default routes of
# the interface NIC, or without it of those that come up by themselves.  With DIR
# they go to DIR/HOST/interfaces, the host is taken from the files' names, and what
# is printed are lines "HOST NIC NETWORK" for IPv4, the network with dashes (netmasks
# are /24 and /16 there).

function prefix(mask,   part, n, i, bits, length_)
{
	n = split(mask, part, ".")
	if (n < 4) {
		return mask
	}
	for (i = 1; i <= n; i++) {
		for (bits = part[i]; bits > 0; bits = (bits * 2) % 256) {
			length_++
		}
	}
	return length_
}

function put(line)
{
	if (DIR) {
		print line > (DIR "/" host "/interfaces")
	}
	else {
		print line
	}
}

FNR == 1 {
	delete comes_up
	split(substr(FILENAME, length(DIR) + 2), part, "/")
	host = part[1]
}
$1 == "auto" {
	on = 0
	for (i = 2; i <= NF; i++) {
		comes_up[$i] = 1
	}
}
$1 == "iface" {
	nic = $2
	inet = $3 == "inet"
	real = $4 != "loopback"
	on = real && (NIC ? nic == NIC : nic in comes_up)
	option = inet ? " brd +" : " nodad"
	if (on && inet) {
		put("link set " nic " up")
	}
}
$1 == "address" { address = $2 }
on && $1 == "netmask" {
	put("addr replace " address "/" prefix($2) " dev " nic option)
}
on && $1 == "gateway" { put("route replace default via " $2 " dev " nic) }
DIR && real && inet && $1 == "netmask" {
	split(address, part, ".")
	net = part[1] "-" part[2]
	print host, nic, $2 == "255.255.0.0" ? net : net "-" part[3]
}
