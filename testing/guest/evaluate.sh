# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# The lines of pretest.dat, evaltest.dat and posttest.dat, with the meaning
# that strongSwan's own framework gives them:
#
#   host::command                      pretest.dat, posttest.dat
#   host::command::pattern::expected   evaltest.dat
#
# A command is parsed by a shell twice, here and on the host: in evaltest.dat as
# it stands, so that one level of quotes goes and redirections act here; in the
# other two files as if it stood between double quotes. What matches no file
# here is left for the host to expand. The pattern is a basic regular
# expression, applied to the lines of the command's output. Expected is YES (a
# line matches), NO (none does) or the number of lines that match. The command
# "tcpdump" stands for what tcpdump on that host has seen.
#
# Two differences.  A number is the real number of matching lines: the original
# counts no match as 1.  And our own scenarios have no slack: a line that is
# malformed, or a command of pretest.dat or posttest.dat that fails, is a
# failure of the scenario.

# fields LINE: sets field to its parts.  As in the original, runs of blanks
# count as one.
fields()
{
	local line
	local -a words
	read -ra words <<<"$1"
	line=${words[*]}
	field=()
	while [[ $line == *::* ]]; do
		field+=("${line%%::*}")
		line=${line#*::}
	done
	field+=("$line")
}

# show COMMAND: a line of console.log, with the seconds since the start
show()
{
	local now=${EPOCHREALTIME/[.,]/}
	local ms=$(((now - scenario_start) / 1000))
	printf '%4d.%02d %s\n' $((ms / 1000)) $((ms % 1000 / 10)) "$*"
}

# run_commands FILE PHASE: pretest.dat or posttest.dat
run_commands()
{
	local line host rc
	local -a field
	while IFS= read -r line <&3 || [[ $line ]]; do
		[[ $line && $line != \#* ]] || continue
		fields "$line"
		[[ ${field[1]:-} ]] || { malformed "$2" "$line"; continue; }
		host=${field[0]// /}
		show "$host# ${field[1]}"
		if ! host_exists "$host"; then
			failure "$2: there is no host $host"
			continue
		fi
		rc=0
		(
			set +eu
			shopt -u nullglob
			eval "host_run $host \"${field[1]}\""
		) || rc=$?
		if ((rc != 0)); then
			echo "~~ exit status $rc"
			if [[ $scenario_kind = own ]]; then
				failure "$2: $host: ${field[1]}: exit status $rc"
			fi
		fi
	done 3<"$1"
}

# malformed PHASE LINE
malformed()
{
	if [[ $scenario_kind = own ]]; then
		failure "$1: malformed line: $2"
	fi
}

# run_checks FILE: evaltest.dat
run_checks()
{
	local line
	local -a field
	while IFS= read -r line <&3 || [[ $line ]]; do
		[[ $line && $line != \#* ]] || continue
		fields "$line"
		[[ ${field[1]:-} ]] || { malformed evaltest "$line"; continue; }
		field[3]=${field[3]:-}
		if [[ ${#field[@]} -ne 4 || ! ${field[3]} =~ ^(YES|NO|[0-9]+)$ ]]; then
			malformed evaltest "$line"
		fi
		run_check "${field[0]// /}" "${field[1]}" "${field[2]:-}" "${field[3]}"
	done 3<"$1"
}

# run_check HOST COMMAND PATTERN EXPECTED
run_check()
{
	local host=$1 command=$2 pattern=$3 expected=$4 ok=1
	local out=$hosts_dir/check.out err=$hosts_dir/check.err
	local -a matching
	if ! host_exists "$host"; then
		failure "evaltest: there is no host $host"
		return
	fi
	(
		set +eu
		shopt -u nullglob
		if [[ $command = tcpdump ]]; then
			capture_text "$host"
		else
			eval "host_run $host $command"
		fi
	) >"$out" 2>"$err" || true
	set +u
	eval "pattern=\"$pattern\""
	set -u
	mapfile -t matching < <(grep -e "$pattern" "$out")
	case $expected in
	YES) ((${#matching[@]} > 0)) || ok= ;;
	NO) ((${#matching[@]} == 0)) || ok= ;;
	[0-9]*) ((${#matching[@]} == expected)) || ok= ;;
	esac
	show "$host# $command | grep '$pattern' [$expected]"
	if ((${#matching[@]} > 0)); then
		printf '%s\n' "${matching[@]:0:20}"
	fi
	[[ ! -s $err ]] || cat "$err"
	if [[ ! $ok ]]; then
		echo "~~~~~~~ FAIL: ${#matching[@]} lines match, output:"
		head -n 60 "$out"
		echo "~~~~~~~"
		failure "evaltest: $host: $command | $pattern:" \
			"${#matching[@]} [$expected]"
	fi
}
