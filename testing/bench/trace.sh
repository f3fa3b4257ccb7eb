# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# What moon's charon asks of the kernel, in phases.  The kernel itself counts
# all system calls of its threads (a histogram on the tracepoint sys_enter),
# and strace writes down those that may be a request.  strace stops the daemon
# at these only, as with all of them the threads would run in another order and
# make other calls.  Both have to agree on how many there were.

# shellcheck disable=SC2154
moon_tmp=$hosts_dir/moon/tmp
# how long the daemon is watched doing nothing
# shellcheck disable=SC2034
idle_seconds=5
# a daemon at rest for so many quarters of a second ends a phase
quiet_quarters=4
requests=$moon_tmp/requests
traced_calls=sendto,sendmsg,sendmmsg,writev,ioctl
# for the lab's systemctl: -D makes charon the child, not strace
# shellcheck disable=SC2034
trace_wrapper="strace -D -f -y --seccomp-bpf -e trace=$traced_calls \
	-o /tmp/requests"
trigger=/sys/kernel/tracing/events/raw_syscalls/sys_enter/trigger
histogram=${trigger%trigger}hist

# find_daemon: sets daemon to moon's charon, as the guest knows it
find_daemon()
{
	local pid net
	daemon=
	net=$(readlink "/proc/${host_pid[moon]}/ns/net")
	for pid in $(pgrep -x charon-systemd); do
		if [[ $(readlink "/proc/$pid/ns/net") = "$net" ]]; then
			daemon=$pid
		fi
	done
	[[ $daemon ]] || die "there is no charon on moon"
}

# trace_start: all calls in the guest are counted, by thread
trace_start()
{
	find_daemon
	mountpoint -q /sys/kernel/tracing ||
		mount -t tracefs tracefs /sys/kernel/tracing
	echo 'hist:keys=common_pid,id.syscall:size=16384' >"$trigger"
	wait_quiet
}

trace_stop()
{
	echo '!hist:keys=common_pid,id.syscall:size=16384' >"$trigger"
}

# calls: "CALL COUNT" for the daemon
calls()
{
	awk -f "$bench_dir/histogram.awk" <(ls "/proc/$daemon/task") "$histogram"
}

# wait_quiet: until none of the daemon's threads has run for a while
wait_quiet()
{
	local now last=none quiet=0 end=$((SECONDS + 120)) thread run
	while ((quiet < quiet_quarters)); do
		sleep 0.25
		now=
		for thread in "/proc/$daemon/task/"*; do
			read -r run _ <"$thread/schedstat"
			now+=" $run"
		done
		if [[ $now = "$last" ]]; then
			quiet=$((quiet + 1))
		else
			quiet=0
		fi
		last=$now
		((SECONDS < end)) || die "charon does not come to rest"
	done
}

# trace_phase NAME COMMAND: what charon does from the begin of the command until
# it rests again
trace_phase()
{
	local begin
	begin=$(stat -c %s "$requests")
	echo 'hist:keys=common_pid,id.syscall:size=16384:clear' >>"$trigger"
	host_run moon "$2" >"$moon_tmp/$1.log" 2>&1 ||
		die "${2:0:20}...: $(tail -n 5 "$moon_tmp/$1.log")"
	wait_quiet
	calls >"$moon_tmp/$1.calls"
	tail -c "+$((begin + 1))" "$requests" >"$moon_tmp/$1.trace"
	host_run moon sockets >>"$moon_tmp/sockets"
}

# count_phase MODE BACKEND NAME: one line for bench.csv
count_phase()
{
	awk -f "$bench_dir/count.awk" -v mode="$1" -v backend="$2" -v phase="$3" \
		-v calls="$out_dir/bench-calls.csv" \
		"$moon_tmp/sockets" "$moon_tmp/$1-$3.calls" "$moon_tmp/$1-$3.trace" ||
		die "the trace of $3, $2, hw_offload = $1 makes no sense"
}
