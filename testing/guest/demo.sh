# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# For people: the main scenario with its facts printed, and a shell among the
# hosts of a scenario.

demo_scenario=east-west/packet

# say TITLE HOST COMMAND: prints a command with its output
say()
{
	printf '\n--- %s\n%s# %s\n' "$1" "$2" "$3"
	host_run "$2" "$3" 2>&1 || true
}

# demo_facts: printed while the scenario stands, before it is taken down
demo_facts()
{
	say "What charon says" moon "swanctl --list-sas 2>/dev/null"
	say "The SAs in the kernel" moon sa-modes
	say "The policies in the kernel" moon policy-modes
	say "VXLAN through them" moon "ping -c 10 -i 0.2 -W 5 10.0.0.2"
	say "ESP packets on the wire" wire esp-count
	say "Clear VXLAN packets on the wire" wire "clear-count udp port 4789"
	say "Sequence numbers that came twice" wire repeated-seq
}

# run_demo: the scenario's checks decide, the facts are what one sees: the host
# prints demo.txt
run_demo()
{
	local status=0
	demo_out=$out_dir/demo.txt
	claim "$demo_scenario"
	run_scenario own "$demo_scenario" || status=1
	return $status
}

# shell_commands: NAME COMMAND... for each host
shell_commands()
{
	local host
	for host in "${!host_pid[@]}"; do
		cat >"/usr/local/bin/$host" <<-EOF
		#!/bin/bash
		export HOME=/root PATH=$guest_dir/bin:\$PATH HOST=$host
		export STRONGSWAN_CONF=$strongswan_conf
		export PS1='$host# '
		[ \$# -gt 0 ] || set -- bash --norc
		exec nsenter -t ${host_pid[$host]} -n -m -u -p -r -w -- "\$@"
		EOF
		chmod +x "/usr/local/bin/$host"
	done
}

run_shell()
{
	local port name=${SCENARIOS%% *}
	name=${name:-$demo_scenario}
	scenario_kind=own
	scenario_start=${EPOCHREALTIME/[.,]/}
	failures=()
	scenario_files own "$name" || die "no such scenario: $name"
	scenario_settings "$files_dir"
	scenario_up
	run_commands "$files_dir/pretest.dat" pretest
	shell_commands
	echo
	echo "The hosts of $name are up, its pretest.dat has run."
	echo "Run things there with: ${!host_pid[*]} (say: moon hw-offload list)."
	echo "Its configuration, with the checks in evaltest.dat: $files_dir"
	cat <<-'EOF'
		Logs: /hosts/HOST/log. The NICs' switches, see testing/nicsim/README.md
		(say: moon nic-switch p0 fail_sa 22), are in /sys/kernel/debug/nicsim:
	EOF
	for port in /sys/kernel/debug/nicsim/*b; do
		echo "  $(basename "$port" b)a is" \
			"$(sed -n 's/^ifname //p' "$port/device")"
	done
	cat <<-'EOF'
		man hw-offload, man strongswan-hw-offload and man swanctl.conf work, and
		nano is the editor: moon nano /etc/swanctl/swanctl.conf. New settings of
		the plugin count after moon systemctl restart strongswan. The way out is
		exit.
	EOF
	(cd "$files_dir" && PS1='lab# ' bash --norc -i) || true
	scenario_down
}
