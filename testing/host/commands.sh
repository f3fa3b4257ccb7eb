# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# The commands of testing/lab.

# The kernels that the plugin is tested with, the first one is the default.
all_kernels=(newest stable)

# prepare PART...: what the lab needs before it can do something: "guest"
# (images for the kernels that are asked for), "nicsim" (the module for each of
# them), "plugin", "upstream" (strongSwan's scenarios).
prepare()
{
	local series parts=" $* "
	cache_open
	tree_key=$(recipe "$top_dir")
	need_packages "${build_packages[@]}" "${guest_packages[@]}"
	find_mirror
	cache_use
	if [[ $parts == *" guest "* ]]; then
		resolve_kernels
		beside_others=1
		fetch_kernels "$parts" &
		workers+=($!)
	fi
	prepare_rootfs
	prepare_strongswan
	if [[ $parts == *" upstream "* ]]; then
		prepare_upstream
		pin "$upstream_testing" upstream
	fi
	if [[ $parts == *" plugin "* ]]; then
		build_plugin
	fi
	await_kernels
	if [[ $parts == *" nicsim "* ]]; then
		prepare_headers
	fi
	if [[ $parts == *" guest "* ]]; then
		prepare_promtool
		pin "$promtool" promtool
		prepare_apparmor
		pin "$apparmor" apparmor
		for series in "${kernels[@]}"; do
			prepare_images "$series" "$parts"
		done
		choose_accelerator "$log_dir/images/${kernels[0]}"
		measure_clock
	fi
	cache_done
}

# fetch_kernels PARTS: what comes from other suites than the userland, beside
# all that needs the userland.
fetch_kernels()
{
	local series
	trap 'stop_step' EXIT
	trap 'exit 143' TERM
	beside_others=1
	if [[ $1 == *" nicsim "* ]]; then
		prepare_headers
	fi
	for series in "${kernels[@]}"; do
		prepare_kernel "$series"
	done
}

# await_kernels: the end of fetch_kernels.
await_kernels()
{
	local pid
	for pid in "${workers[@]}"; do
		wait "$pid" || exit 1
	done
	workers=()
	beside_others=0
}

# prepare_images SERIES PARTS: into log_dir/images/SERIES.
prepare_images()
{
	mkdir -p "$log_dir/images/$1"
	prepare_kernel "$1"
	pin "$rootfs" "$1/root.sqfs"
	pin "$initrd" "$1/initrd"
	pin "$kernel_dir/vmlinuz" "$1/vmlinuz"
	pin "$kernel_dir/modules.sqfs" "$1/modules.sqfs"
	if [[ $2 == *" nicsim "* ]]; then
		build_nicsim "$1"
	fi
}

# default_kernels SERIES...: unless the user named some.
default_kernels()
{
	if (( ${#kernels[@]} == 0 )); then
		kernels=("$@")
	fi
}

# note_results: the file that result() appends to is there even if nothing ran.
note_results()
{
	: >"$log_dir/results"
	: >"$log_dir/checks"
}

# plugin_if_used: "plugin", unless only the stock backend runs.
plugin_if_used()
{
	if [[ $backend == hw-offload ]] || (( compare )); then
		echo plugin
	fi
}

# queue_list SERIES KIND NAME...: the scenarios with each backend that is asked
# for.
queue_list()
{
	local series=$1 kind=$2 each
	local -a backends=("$backend")
	shift 2
	if (( compare )); then
		backends=(hw-offload kernel-netlink)
	fi
	for each in "${backends[@]}"; do
		portions_of "$series" "$each" "$kind" "$@"
	done
}

# find_scenarios KIND NAME...: sets the array names.
find_scenarios()
{
	local list
	list=$(scenario_names "$@") || exit 1
	mapfile -t names <<<"$list"
}

# finish_lists: the table and the last line.
finish_lists()
{
	if (( compare )); then
		show_comparison
	fi
	summary
}

# list_for SERIES KIND: what is to run there, one per line. With "names" empty
# that is the list of strongSwan's scenarios.
list_for()
{
	if [[ $2 == upstream ]] && (( ${#names[@]} == 0 )); then
		listed_for "$1" | available
	else
		printf '%s\n' "${names[@]}"
	fi
}

# run_lists KIND: on each kernel.
run_lists()
{
	local series
	local -a list
	for series in "${kernels[@]}"; do
		mapfile -t list < <(list_for "$series" "$1")
		queue_list "$series" "$1" "${list[@]}"
	done
	run_portions
	finish_lists
}

command_run()
{
	(( ${#arguments[@]} > 0 )) || die "run wants scenarios, or \"all\""
	default_kernels "${all_kernels[0]}"
	prepare guest nicsim "$(plugin_if_used)"
	note_results
	find_scenarios own "${arguments[@]}"
	run_lists own
}

command_upstream()
{
	(( ${#arguments[@]} > 0 )) || die "upstream wants scenarios, or \"all\""
	names=()
	if [[ ${arguments[*]} == all ]]; then
		default_kernels "${all_kernels[@]}"
	else
		default_kernels "${all_kernels[0]}"
	fi
	prepare guest upstream "$(plugin_if_used)"
	note_results
	if [[ ${arguments[*]} == all ]]; then
		check_list
	else
		find_scenarios upstream "${arguments[@]}"
	fi
	run_lists upstream
}

# queue_check SERIES: everything of "check" that runs in a guest of that kernel.
queue_check()
{
	local name
	local -a chosen=() sample=()
	portion run_nicsim "$1"
	for name in "${names[@]}"; do
		if runs_on "$1" "$name"; then
			chosen+=("$name")
		fi
	done
	queue_list "$1" own "${chosen[@]}"
	if [[ $1 == "${kernels[0]}" ]]; then
		mapfile -t sample < <(listed_scenarios check | available)
		queue_list "$1" upstream "${sample[@]}"
	fi
}

command_check()
{
	local series
	default_kernels "${all_kernels[@]}"
	prepare guest nicsim plugin upstream
	note_results
	find_scenarios own all
	check_list
	portion run_unit_tests
	for series in "${kernels[@]}"; do
		queue_check "$series"
	done
	run_portions
	finish_lists
}

command_demo()
{
	default_kernels "${all_kernels[0]}"
	prepare guest nicsim plugin
	note_results
	run_scenarios "${kernels[0]}" "$backend" demo east-west/packet
	say ""
	cat "$log_dir"/*-demo-*/share/out/demo.txt 2>/dev/null || true
	say ""
	if summary; then
		say "The four SAs are in packet offload, no VXLAN packet left in clear."
	else
		say "The demonstration FAILED."
		return 1
	fi
}

command_nicsim()
{
	local series
	default_kernels "${all_kernels[@]}"
	prepare guest nicsim
	note_results
	for series in "${kernels[@]}"; do
		portion run_nicsim "$series"
	done
	run_portions
	summary
}

# bench_seconds: how long all benchmarks may take on a machine that is busy.
bench_seconds=7200

# report_bench RUN: prints what the benchmark has said since the last time.
report_bench()
{
	local file=$1/share/out/bench.progress lines
	if [[ ! -f $file ]]; then
		return 0
	fi
	lines=$(wc -l <"$file")
	if (( lines > reported )); then
		sed -n "$(( reported + 1 )),${lines}p" "$file"
		reported=$lines
	fi
}

command_bench()
{
	local run series reported
	default_kernels "${all_kernels[0]}"
	prepare guest nicsim plugin
	for series in "${kernels[@]}"; do
		run=$log_dir/bench-$series
		mkdir -p "$run"
		make_share "$run" "$series" "$backend" bench
		echo "SCENARIOS='${arguments[*]}'" >>"$run/share/job"
		reported=0
		guest_run "$run" "$series" report_bench "$bench_seconds" "$bench_seconds"
		cat "$run/share/out/bench.txt" 2>/dev/null ||
			tail -n 20 "$run/share/out/run.log"
		[[ $guest_end == ok ]] || die "the guest ended: $guest_end"
		if [[ -n $output ]]; then
			mkdir -p "$output/$series"
			cp "$run"/share/out/bench*.{txt,csv} "$output/$series/"
		fi
	done
}

# A shell on the guest's serial console; "exit" ends the guest, and so does
# Ctrl-A x.
command_shell()
{
	local run
	[[ -t 0 && -t 1 ]] || die "shell wants a terminal"
	default_kernels "${all_kernels[0]}"
	prepare guest nicsim plugin
	run=$log_dir/shell
	mkdir -p "$run"
	make_share "$run" "${kernels[0]}" "$backend" shell
	printf "SCENARIOS='%s'\nTERM='%s'\n" "${arguments[*]}" "$TERM" \
		>>"$run/share/job"
	guest_command "$run" "${kernels[0]}"
	guest_slot
	say "booting; \"exit\" or Ctrl-A x ends the guest"
	"${qemu[@]}" -serial mon:stdio || true
}

command_build()
{
	prepare plugin
	if [[ -n $output ]]; then
		mkdir -p "$output"
		cp -a "$log_dir/images/plugin/." "$output/"
		plugin_stage=$(cd "$output" && pwd)
	fi
	say "$plugin_stage/$plugin_file"
}

command_unit()
{
	prepare plugin
	note_results
	if [[ -n $other_strongswan ]]; then
		run_tests_against "$other_strongswan"
	elif (( sanitizers )); then
		run_sanitized_tests
	else
		run_unit_tests
	fi
	summary
}

command_distcheck()
{
	prepare plugin
	note_results
	claimed "$plugin_build" step "make distcheck" make_distcheck
	result PASS - - distcheck -
	summary
}

command_clean()
{
	local slot
	cache_open
	cache_use
	flock "$cache_fd"
	for slot in "$cache"/guest-*.lock; do
		[[ ! -f $slot ]] || flock -n "$slot" true ||
			die "a guest is still running with the cache $cache"
	done
	remove_tree "$cache"
	log_dir=""
}

command_boot()
{
	local run series
	default_kernels "${all_kernels[0]}"
	(( ${#arguments[@]} > 0 )) || die "boot wants a program"
	[[ -x ${arguments[0]} ]] || die "${arguments[0]} is no program"
	prepare guest
	for series in "${kernels[@]}"; do
		run=$log_dir/$series
		mkdir -p "$run"
		entry=/lab/program make_share "$run" "$series" "$backend" boot
		cp "${arguments[@]}" "$run/share/"
		mv "$run/share/${arguments[0]##*/}" "$run/share/program"
		guest_run "$run" "$series" : "$scenario_seconds" "$scenario_seconds"
		cat "$run/share/out/run.log" 2>/dev/null || cat "$run/serial"
		kernel_complaints "$run"
		say "guest: $guest_end"
		[[ $guest_end == ok && -z $(kernel_complaints "$run") ]] || return 1
	done
}
