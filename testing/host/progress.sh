# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# What the lab says while it works: one line per step with the time that it
# took, everything that the step itself prints goes to a log, whose tail is
# shown when the step fails.

step_pid=""
log_dir=""
# Set where others write, too: a step has a line for its start and one for its
# end.
beside_others=0

say()
{
	printf '%s\n' "$*"
}

die()
{
	printf 'testing/lab: %s\n' "$*" >&2
	exit 1
}

# elapsed SECONDS: "8 s", "2 min 3 s"
elapsed()
{
	if (( $1 < 60 )); then
		printf '%d s' "$1"
	else
		printf '%d min %d s' $(( $1 / 60 )) $(( $1 % 60 ))
	fi
}

# step TEXT COMMAND...: runs COMMAND with its output in a log of its own. It
# runs in the background in a process group of its own, so that an interrupted
# lab can end everything that it started, and so that "set -e" holds in shell
# functions. What if_it_fails says is printed if it fails.
step()
{
	local text=$1 text_before="" log start=$SECONDS rc=0
	shift
	log=$log_dir/$(tr -cs 'A-Za-z0-9.\n' '-' <<<"$text").log
	if (( beside_others )); then
		say "$text ..."
		text_before="$text ... "
	else
		printf '%s ... ' "$text"
	fi
	set -m
	( set -e; "$@" ) >"$log" 2>&1 </dev/null &
	step_pid=$!
	set +m
	wait "$step_pid" || rc=$?
	step_pid=""
	if (( rc == 0 )); then
		printf '%s%s\n' "$text_before" "$(elapsed $(( SECONDS - start )))"
		return 0
	fi
	printf '%sfailed after %s\n' "$text_before" \
		"$(elapsed $(( SECONDS - start )))"
	tail -n 25 "$log" | sed 's/^/    /' >&2
	printf 'testing/lab: %s failed, log: %s\n' "$text" "$log" >&2
	[[ -z ${if_it_fails:-} ]] || printf 'testing/lab: %s\n' "$if_it_fails" >&2
	exit 1
}

# stop_step: ends what step() runs, for the exit trap.
stop_step()
{
	if [[ -n $step_pid ]]; then
		kill -TERM -- "-$step_pid" 2>/dev/null || true
		wait "$step_pid" 2>/dev/null || true
	fi
}
