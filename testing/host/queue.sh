# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# What is to run in guests: the same list of scenarios in as many guests as may
# run, so that all processors have work until the end: a guest rarely uses more
# than one.

# The portions that wait: each is a command of this shell.
portions=()
workers=()

# portion COMMAND...: runs it when run_portions is called.
portion()
{
	portions+=("$(printf '%q ' "$@")")
}

# portions_of SERIES BACKEND KIND NAME...: the scenarios, one guest after the
# other joins in.
portions_of()
{
	local series=$1 backend=$2 kind=$3 name slot
	local -a usual=() special=()
	shift 3
	say "$# scenarios on Linux $series with $backend"
	for name in "$@"; do
		if needs_processors "$name"; then
			special+=("$name")
		else
			usual+=("$name")
		fi
	done
	if (( ${#special[@]} > 0 )); then
		portion run_scenarios "$series" "$backend" "$kind" "${special[@]}"
	fi
	for (( slot = 0; slot < $(guest_slots) && slot < ${#usual[@]}; slot++ )); do
		portion run_scenarios "$series" "$backend" "$kind" "${usual[@]}"
	done
}

# next_portion: sets portion_number to the first portion that nobody has taken.
next_portion()
{
	local fd
	exec {fd}<>"$log_dir/portions"
	flock "$fd"
	portion_number=$(wc -l <"$log_dir/portions")
	echo >>"$log_dir/portions"
	exec {fd}>&-
	(( portion_number < ${#portions[@]} ))
}

# work: one portion after the other. What fails in a guest is a result; a
# portion that ends with an error is a fault of the lab.
work()
{
	trap 'stop_step; guest_stop' EXIT
	trap 'exit 143' TERM
	beside_others=1
	while next_portion; do
		eval "${portions[portion_number]}"
	done
}

# run_portions: all of them, in as many guests side by side as may run.
run_portions()
{
	local worker pid rc=0 start=$SECONDS
	: >"$log_dir/portions"
	for (( worker = 0; worker < $(guest_slots); worker++ )); do
		( work ) &
		workers+=($!)
	done
	for pid in "${workers[@]}"; do
		wait "$pid" || rc=$?
	done
	workers=()
	portions=()
	(( rc == 0 )) || die "the lab itself has failed, see above"
	say "guests: $(elapsed $(( SECONDS - start )))"
}

# stop_workers: for the exit trap.
stop_workers()
{
	local pid
	for pid in "${workers[@]}"; do
		kill -TERM "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
}
