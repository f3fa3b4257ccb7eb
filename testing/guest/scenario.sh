# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# One scenario from a clean start to an empty guest: hosts, configuration,
# captures, the three files of commands, and then what has to hold for every
# scenario: no SA and no policy is left, in the kernel or in a NIC, no daemon
# crashed, the backend that was asked for has served, and the kernel has not
# complained.

# failure TEXT: the scenario has failed; the first text becomes the reason
failure()
{
	failures+=("$*")
	echo "~~ FAILURE: $*"
}

# scenario_settings DIR: test.conf, with nothing left of an earlier one
scenario_settings()
{
	VIRTHOSTS='' TCPDUMPHOSTS='' IPSECHOSTS='' RADIUSHOSTS='' DBHOSTS=''
	SWANCTL='' NICSIM='' NICS_PER_HOST=1 NIC_OFFLOAD=packet BACKEND_SERVES=yes
	FOREIGN_SAS=''
	# shellcheck source=/dev/null
	. "$1/test.conf"
}

# scenario_files KIND NAME: a copy of the scenario in files_dir, with addresses
# in place of strongSwan's placeholders
scenario_files()
{
	local from=$lab/scenarios/$2 file
	files_dir=$hosts_dir/files
	rm -rf "$files_dir"
	if [[ $1 = upstream ]]; then
		from=$lab/upstream/tests/$2
	fi
	[[ -d $from ]] || return 1
	cp -rL "$from" "$files_dir"
	if [[ $1 = upstream ]]; then
		upstream_addressed=$(upstream_addressees "$files_dir")
		upstream_placeholders "$files_dir"
	fi
	for file in description.txt test.conf {pre,eval,post}test.dat; do
		[[ -f $files_dir/$file ]] || return 1
	done
}

scenario_up()
{
	local host
	local -a list
	if [[ $scenario_kind = upstream ]]; then
		strongswan_conf=/etc/strongswan.conf.testing
		read -ra list <<<"$(upstream_hosts)"
		configure "${list[@]}"
		HOST_FORWARDS=1 hosts_up network "${list[@]}"
		upstream_processors
		wire_upstream "${list[@]}"
		if grep -qs '\bssh\b' "$files_dir"/*.dat; then
			upstream_logins "${list[@]}"
		fi
		capture_hosts
	else
		strongswan_conf=/etc/strongswan.conf
		read -ra list <<<"$NICSIM"
		configure "${list[@]}" wire
		hosts_up "${list[@]}" wire
		wire_own
		capture_wire
	fi
}

# configure HOST...: all files of a host's /etc, the scenario's last but for the
# settings of the lab itself
configure()
{
	local host
	if [[ $scenario_kind = upstream ]]; then
		hosts_etc "$upstream_dir" "$@"
		hosts_etc "$files_dir/hosts" "$@"
		lab_settings_upstream "$@"
		return
	fi
	hosts_etc "$files_dir/hosts" "$@"
	for host in "$@"; do
		mkdir -p "$hosts_dir/$host/etc/strongswan.d"
		own_names >"$hosts_dir/$host/etc/hosts"
		lab_settings_own >"$hosts_dir/$host/etc/strongswan.d/zz-lab.conf"
	done
}

scenario_down()
{
	hosts_down
	nicsim_unload || failure "the NIC simulator cannot be unloaded"
	rm -rf "$files_dir"
}

# check_views: charon, the plugin and the kernel agree about all SAs and
# policies
check_views()
{
	local host
	[[ $scenario_kind = own && $BACKEND = hw-offload &&
		$BACKEND_SERVES = yes ]] || return 0
	for host in $IPSECHOSTS; do
		show "$host# views-agree"
		host_run "$host" views-agree $FOREIGN_SAS ||
			failure "$host: charon, hw-offload and the kernel do not agree"
	done
}

# check_leftovers: as strongSwan's framework does, plus the tables of the NICs.
# States that IPComp has made are not counted there either.
check_leftovers()
{
	local host left sas policies line
	for host in $IPSECHOSTS; do
		left=$(host_run "$host" \
			'ip xfrm state list nokeys && ip xfrm policy') ||
			failure "$host: no SAs and policies can be listed"
		sas='' policies=''
		while IFS= read -r line; do
			case $line in
			$'\tproto 4 spi '*) ;;
			$'\tproto '*' spi '*) sas+="$line;" ;;
			'src '*/*) policies+="$line;" ;;
			esac
		done <<<"$left"
		[[ ! $sas ]] || failure "$host: SAs are left:" "$sas"
		[[ ! $policies ]] || failure "$host: policies are left:" "$policies"
	done
	left=$(nic_leftovers)
	[[ ! $left ]] || failure "left in a NIC:" "${left//$'\n'/;}"
}

check_daemons()
{
	local host log served status
	for host in $IPSECHOSTS; do
		log=$hosts_dir/$host/log/daemon.log
		status=$hosts_dir/$host/run/charon.status
		if [[ -e $hosts_dir/$host/run/charon.pid && ! -e $status ]]; then
			failure "$host: charon still runs"
		fi
		if [[ $BACKEND_SERVES = yes && -s $status && $(<"$status") != 0 ]]; then
			failure "$host: charon has ended with status $(<"$status")"
		fi
		if grep -qs 'killing ourself\|thread [0-9]* received' "$log"; then
			failure "$host: charon has crashed"
		fi
		[[ -s $log && $BACKEND_SERVES = yes ]] || continue
		served=$(host_run "$host" backend)
		if [[ $served != "$BACKEND" ]]; then
			failure "$host: $served has served, not $BACKEND"
		fi
	done
}

check_kernel()
{
	local complaint
	complaint=$(kernel_log "$1" | tee "$2/dmesg" |
		grep -m 1 -e 'WARNING:\|BUG:\|Oops\|refcount_t' \
			-e 'unregister_netdevice: waiting') ||
		return 0
	failure "kernel: $complaint"
}

# scenario_phases DIR: what is printed here is the scenario's console.log
scenario_phases()
{
	echo "PRE-TEST"
	run_commands "$files_dir/pretest.dat" pretest
	printf '\nTEST\n'
	run_checks "$files_dir/evaltest.dat"
	check_views
	if ((${#failures[@]} > 0)); then
		collect_state "$1"
	fi
	if [[ ${demo_out:-} ]]; then
		demo_facts >"$demo_out"
	fi
	printf '\nPOST-TEST\n'
	run_commands "$files_dir/posttest.dat" posttest
	check_leftovers
	check_daemons
}

# scenario_result NAME: one line in results, at once on the host's disk
scenario_result()
{
	local seconds=$((SECONDS - started)) verdict=PASS
	((${#failures[@]} == 0)) || verdict=FAIL
	printf '%s %s %d%s\n' "$verdict" "$1" "$seconds" \
		"${failures[0]:+ ${failures[0]}}" | tee -a "$out_dir/results"
	sync "$out_dir/results" || true
}

# run_scenario KIND NAME: true if it has passed
run_scenario()
{
	local dir=$out_dir/$2 started=$SECONDS
	scenario_kind=$1
	scenario_start=${EPOCHREALTIME/[.,]/}
	failures=()
	echo "$2" >"$out_dir/current"
	sync "$out_dir/current" || true
	mkdir -p "$dir"
	kernel_mark "$2"
	if ! scenario_files "$1" "$2"; then
		failure "no such scenario, or one of its files is missing"
	else
		scenario_settings "$files_dir"
		{
			scenario_up
			scenario_phases "$dir"
			collect_logs "$dir"
			scenario_down
			check_kernel "$2" "$dir"
		} >"$dir/console.log" 2>&1
	fi
	scenario_result "$2"
	rm -f "$out_dir/current"
	((${#failures[@]} == 0))
}
