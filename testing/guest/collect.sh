# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# What is kept of a scenario: the state of the kernel, the daemons and the NICs
# when the checks are done, and all logs and captures at the end.

# collect_state DIR: DIR/<host>.state
collect_state()
{
	local host
	for host in "${!host_pid[@]}"; do
		host_do "$host" /bin/bash -c '
			show()
			{
				echo "# $*"
				timeout 10 "$@" 2>&1
				echo
			}
			if [ -S /run/charon.vici ]; then
				show swanctl --list-sas
				show swanctl --list-pols
			fi
			show ip -s -d xfrm state list nokeys
			show ip -s -d xfrm policy
			show cat /proc/net/xfrm_stat
			show ip -s addr
			show ip route show table all
			show ip -6 route show table all
			show ip rule
			show ip neigh
			' </dev/null >"$1/$host.state" 2>&1 || true
	done
	collect_nics "$1"
}

# collect_nics DIR: what the simulated NICs have counted
collect_nics()
{
	local port file
	for port in /sys/kernel/debug/nicsim/*/; do
		for file in "$port"*; do
			if [[ -f $file && -r $file ]]; then
				printf '# %s\n' "${file#/sys/kernel/debug/}"
				timeout 5 cat "$file" 2>&1 || true
			fi
		done
	done >"$1/nicsim"
	[[ -s $1/nicsim ]] || rm -f "$1/nicsim"
}

# collect_logs DIR: DIR/<host>.<log> and the captures
collect_logs()
{
	local host file
	for host in "${!host_pid[@]}"; do
		for file in "$hosts_dir/$host"/log/*.log; do
			[[ ! -s $file ]] || print_file "$file" >"$1/$host.${file##*/}"
		done
		for file in "$hosts_dir/$host"/tmp/{tcpdump*,capture/*}.log; do
			print_file "$file" >"$1/$host.${file##*/}"
		done
		for file in "$hosts_dir/$host"/tmp/capture/*.pcap; do
			cp "$file" "$1/$host.${file##*/}"
		done
	done
}

# kernel_mark NAME: the host finds it on the console, too (level 1 gets there)
kernel_mark()
{
	echo "<1>lab: begin $1" >/dev/kmsg
}

# kernel_log NAME: what the kernel has said since the mark
kernel_log()
{
	dmesg | awk -v mark="lab: begin $1" '
		substr($0, length($0) - length(mark) + 1) == mark { lines = 0; next }
		{ line[++lines] = $0 }
		END { for (i = 1; i <= lines; i++) { print line[i] } }'
}
