# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# strongSwan's own scenarios, unchanged, from the testing directory of its
# source package in /lab/upstream.

# the configuration of each host
upstream_dir=$hosts_dir/upstream

# upstream_hosts: those that the scenario names, and those whose addresses its
# commands use: in strongSwan's framework all hosts run all the time
upstream_hosts()
{
	printf '%s\n' $VIRTHOSTS $IPSECHOSTS $TCPDUMPHOSTS $upstream_addressed |
		sort -u | tr '\n' ' '
}

# upstream_addressees DIR: hosts whose addresses stand in the files of commands
upstream_addressees()
{
	awk '{
			while (match($0, /PH_IPV?6?_[A-Z]+/)) {
				host = substr($0, RSTART, RLENGTH)
				sub(/.*_/, "", host)
				print tolower(host)
				$0 = substr($0, RSTART + RLENGTH)
			}
		}' "$1"/*.dat
}

upstream_prepare()
{
	[[ -f $lab/upstream/hosts.tar ]] ||
		die "there is no $lab/upstream/hosts.tar"
	upstream_configuration
	upstream_script=$(upstream_addresses | sed 's|\(.*\) \(.*\)|s/\1/\2/g|')
	# matches that some scenarios use, which iptables does not load by itself
	modprobe -a -q ip_tables iptable_filter iptable_mangle iptable_nat \
		ip6_tables xt_policy xt_mark xt_connmark xt_LOG nf_log_syslog \
		nf_conntrack ip_vti ip6_vti || true
}

# upstream_configuration: the files of each host, and our settings beside them.
upstream_configuration()
{
	local dir settings
	mkdir -p "$upstream_dir"
	tar -xf "$lab/upstream/hosts.tar" -C "$upstream_dir"
	settings=$(upstream_settings)
	for dir in "$upstream_dir"/*/; do
		printf '%s\n' "$settings" >"$dir/etc/strongswan.conf.testing"
	done
}

# upstream_addresses: "PLACEHOLDER ADDRESS" for the hosts, from testing.conf;
# the longer names first, PH_IP_MOON is the beginning of PH_IP_MOON1
upstream_addresses()
{
	# shellcheck disable=SC1091
	(
		set +u
		. "$lab/upstream/testing.conf"
		printf '%s\n' "$HOSTNAMEIPV4" | tr ' ' '\n' | sed 's/^/PH_IP_,/'
		printf '%s\n' "$HOSTNAMEIPV6" | tr ' ' '\n' | sed 's/^/PH_IP6_,/'
	) | awk -F, 'NF >= 3 {
			host = toupper($2)
			if (NF > 3) { print $1 host "1", $4 }
			print $1 host, $3
			# one file spells it so
			if ($1 == "PH_IP6_" && host == "BOB") { print "PH_IPV6_BOB", $3 }
		}' | sort -r
}

# upstream_placeholders DIR
upstream_placeholders()
{
	{ grep -rlZ --exclude='*.pem' 'PH_IP' "$1" || true; } |
		xargs -0 -r sed -i "$upstream_script"
}

# upstream_processors: the host sun believes to have two, as in strongSwan's
# test network. SAs per processor are shared out among as many.
upstream_processors()
{
	if ! host_exists sun || (($(nproc) <= 2)); then
		return 0
	fi
	# shellcheck disable=SC2016 # for the host's shell
	host_do sun /bin/bash -c 'echo 0-1 >/run/processors
		for list in online possible; do
			mount --bind /run/processors "/sys/devices/system/cpu/$list"
		done'
}

# upstream_logins HOST...: what answers the ssh of the hosts (bin/ssh); socat
# takes quotes away, so there are none
upstream_logins()
{
	local host
	for host in "$@"; do
		# shellcheck disable=SC2016 # for the host's shell
		host_do "$host" setsid socat TCP4-LISTEN:22,fork,reuseaddr \
			'SYSTEM:read -r c; eval $c' </dev/null >/dev/null 2>&1 &
	done
}
