# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# strace on moon's charon, cut into phases.  It stays attached from before the
# first phase until after the last one, so that attaching is in none of them.
#
# With -y strace names files, and sockets by their inode.  With -yy it would ask
# the kernel what each socket is, at each use, which takes longer than what is
# measured; /proc/net/netlink tells it once for all.

# how long the daemon is watched doing nothing
# shellcheck disable=SC2034
idle_seconds=5
# nothing in the trace for so many quarters of a second ends a phase
quiet_quarters=6
# shellcheck disable=SC2154
trace_file=$hosts_dir/moon/tmp/all

trace_size()
{
	stat -c %s "$trace_file"
}

# trace_start: returns when each thread is traced
trace_start()
{
	local end=$((SECONDS + 60))
	# shellcheck disable=SC2016 # for the host's shell
	host_run moon 'echo $$ >/tmp/strace.pid
		exec strace -f -y -e raw=poll -o /tmp/all \
			-p $(cat /run/charon.pid)' \
		>"$hosts_dir/moon-strace.log" 2>&1 &
	# shellcheck disable=SC2016 # for the host's shell
	until host_run moon '! grep -L "^TracerPid:[^0-9]*[1-9]" \
			/proc/$(cat /run/charon.pid)/task/*/status | grep -q .'; do
		((SECONDS < end)) ||
			die "strace: $(tail -n 3 "$hosts_dir/moon-strace.log")"
		sleep 0.1
	done
	wait_quiet
}

# wait_quiet: until the daemon has finished what it does
wait_quiet()
{
	local size last=-1 quiet=0 end=$((SECONDS + 120))
	while ((quiet < quiet_quarters)); do
		sleep 0.25
		size=$(trace_size)
		quiet=$((size == last ? quiet + 1 : 0))
		last=$size
		((SECONDS < end)) || die "charon does not come to rest"
	done
}

# trace_phase NAME COMMAND: what charon does from the begin of the command until
# it rests again, in moon:/tmp/NAME.trace
trace_phase()
{
	local dir=$hosts_dir/moon/tmp begin
	begin=$(trace_size)
	host_run moon "$2" >"$dir/$1.log" 2>&1 ||
		die "${2:0:20}...: $(tail -n 5 "$dir/$1.log")"
	wait_quiet
	tail -c "+$((begin + 1))" "$trace_file" >"$dir/$1.trace"
	host_run moon sockets >>"$dir/sockets"
}

# count_phase MODE BACKEND NAME: one line for bench.csv
count_phase()
{
	local dir=$hosts_dir/moon/tmp
	# shellcheck disable=SC2154
	awk -f "$bench_dir/count.awk" -v mode="$1" -v backend="$2" -v phase="$3" \
		-v calls="$out_dir/bench-calls.csv" "$dir/sockets" "$dir/$3.trace"
}

trace_stop()
{
	local job=$!
	# shellcheck disable=SC2016 # for the host's shell
	host_run moon 'kill -INT $(cat /tmp/strace.pid)'
	wait "$job" || true
	rm -f "$trace_file"
}
