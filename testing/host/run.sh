# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Runs scenarios: guests side by side take the next one from the same list, and
# a fresh guest goes on when one has died.

# scenario_names KIND NAME...: the names, one per line; a group or "all" stands
# for the scenarios in it. A name that does not exist ends the lab.
scenario_names()
{
	local kind=$1 base=$testing_dir/scenarios name
	shift
	if [[ $kind == upstream ]]; then
		base=$strongswan_source/testing/tests
	fi
	for name in "$@"; do
		name=${name%/}
		if [[ $name == all ]]; then
			name=.
		fi
		if [[ -f $base/$name/test.conf ]]; then
			echo "$name"
		else
			(
				cd "$base" && find "$name" -name test.conf -printf '%h\n' \
					2>/dev/null | sed 's#^\./##' | sort | grep .
			) || die "there is no scenario $name"
		fi
	done
}

# make_share RUN SERIES BACKEND KIND NAME...: what the guest sees as /lab; the
# names are those of strongSwan's scenarios.
make_share()
{
	local run=$1 series=$2 backend=$3 kind=$4 share=$1/share part
	local images=$log_dir/images
	mkdir -p "$share/out"
	for part in guest scenarios bench nicsim; do
		if [[ -d $testing_dir/$part ]]; then
			cp -a "$testing_dir/$part" "$share/"
		fi
	done
	if [[ -f $images/$series/nicsim.ko ]]; then
		cp "$images/$series/nicsim.ko" "$share/"
	fi
	if [[ -f $images/promtool ]]; then
		cp -l "$images/promtool" "$share/"
	fi
	if [[ -d $images/apparmor ]]; then
		cp -al "$images/apparmor" "$share/"
	fi
	if [[ -d $images/plugin ]]; then
		cp -a "$images/plugin" "$share/"
	fi
	if [[ $kind == upstream ]]; then
		share_upstream "$images/upstream" "$share/upstream" "${@:5}"
	fi
	cat >"$share/job" <<-EOF
	KERNEL='$series'
	BACKEND='$backend'
	KIND='$kind'
	ENTRY='${entry:-}'
	GUEST='${run##*/}'
	EOF
}

# runs_on SERIES NAME: whether "check" takes that scenario of ours on that
# kernel, too: all run on the first of all_kernels, and on another unless
# KERNELS says that they would prove nothing there.
runs_on()
{
	local KERNELS=""
	if [[ $1 != "${all_kernels[0]}" ]]; then
		# shellcheck source=/dev/null
		. "$testing_dir/scenarios/$2/test.conf"
	fi
	[[ -z $KERNELS || " $KERNELS " == *" $(role_of "$1") "* ]]
}

# scenario_result STATUS NAME SECONDS REASON: is final, unless the scenario is
# going to be repeated.
scenario_result()
{
	finished[$2]=$1
	if [[ $1 == FAIL ]] && (( second_try )); then
		say "fail  $2: $4"
		again+=("$2")
	elif (( counted_time )); then
		result "$1" "$series" "$backend" "$2" "$3" "$4 (with counted time)"
	else
		result "$1" "$series" "$backend" "$2" "$3" "$4"
	fi
}

# report_new RUN: prints and records the results that are new in RUN/share.
report_new()
{
	local file=$1/share/out/results status name seconds reason lines
	if [[ ! -f $file ]]; then
		return 0
	fi
	# A line without its newline is still being written.
	lines=$(wc -l <"$file")
	while (( reported < lines )); do
		reported=$(( reported + 1 ))
		read -r status name seconds reason < <(sed -n "${reported}p" "$file")
		scenario_result "$status" "$name" "$seconds" "${reason:-}"
	done
}

# kernel_failures RUN: a scenario during which the kernel complained has failed,
# even if it was too late for the scenario to see it.
kernel_failures()
{
	local name text
	local -A told=()
	while IFS=$'\t' read -r name text; do
		name=${name:-boot}
		if [[ ${finished[$name]:-} != FAIL && -z ${told[$name]:-} ]]; then
			told[$name]=1
			blamed=1
			finished[$name]=FAIL
			result FAIL "$series" "$backend" "$name" - "kernel: $text"
		fi
	done < <(kernel_complaints "$1")
}

# claim_of NAME: the file that says which guest has taken the scenario.
claim_of()
{
	echo "$claims/${1//\//,}"
}

# unclaimed NAME...: those that no guest has taken yet, one per line.
unclaimed()
{
	local name
	for name in "$@"; do
		if [[ ! -e $(claim_of "$name") ]]; then
			echo "$name"
		fi
	done
}

# unfinished RUN NAME...: what that guest has taken and has no result for, one
# per line.
unfinished()
{
	local guest=${1##*/} name
	shift
	for name in "$@"; do
		if [[ -z ${finished[$name]:-} &&
			$(cat "$(claim_of "$name")" 2>/dev/null) == "$guest" ]]; then
			echo "$name"
		fi
	done
}

# after_guest RUN NAME...: judges how the guest ended. What it has taken and not
# begun is there for others; one that took nothing and died would do so again.
after_guest()
{
	local run=$1 name victim="" blamed=0
	local -a open=()
	shift
	kernel_failures "$run"
	mapfile -t open < <(unfinished "$run" "$@")
	if (( ${#open[@]} == 0 )) &&
		[[ $guest_end != ok && ! -s $run/share/out/results ]]; then
		mapfile -t open < <(unclaimed "$@" | sed 1q)
	fi
	if (( ${#open[@]} == 0 )); then
		(( blamed )) || guest_failure "$run"
		return 0
	fi
	victim=$(cat "$run/share/out/current" 2>/dev/null || true)
	victim=${victim:-${open[0]}}
	if [[ -z ${finished[$victim]:-} ]]; then
		blame "$victim"
	fi
	for name in "${open[@]}"; do
		if [[ -z ${finished[$name]:-} ]]; then
			rm -f "$(claim_of "$name")"
		else
			echo "${run##*/}" >"$(claim_of "$name")"
		fi
	done
}

# blame NAME: the guest died while NAME ran. A hang gets a second chance, the
# machine may have been busy, and so does what is the emulator's fault (see
# kernel_complaints).
blame()
{
	if [[ $guest_end =~ ^hang|int3 && -z ${retried[$1]:-} ]]; then
		say "$guest_end in $1, once more in a fresh guest"
		retried[$1]=1
	else
		scenario_result FAIL "$1" - "the guest ended: $guest_end"
	fi
}

# guest_failure RUN: all scenarios have a result; the guest may have died or
# complained after the last one nevertheless.
guest_failure()
{
	local bad
	bad=$(grep -c '^FAIL ' "$1/share/out/results" || true)
	if [[ $guest_end != ok && ! ( $guest_end == "exit "* && $bad -gt 0 ) ]]; then
		result FAIL "$series" "$backend" "end-of-guest" - "$guest_end"
	fi
}

# run_guests NAME...: runs those of the scenarios that nobody else has taken, in
# as many guests as it takes.
run_guests()
{
	local run reported
	mkdir -p "$claims"
	while [[ -n $(unclaimed "$@") ]]; do
		guests=$(( guests + 1 ))
		run=$log_dir/$series-$backend-$kind-$portion_number-$guests
		mkdir -p "$run"
		make_share "$run" "$series" "$backend" "$kind" "$@"
		echo "SCENARIOS='$*'" >>"$run/share/job"
		reported=0
		guest_run "$run" "$series" report_new "$boot_seconds" \
			$(( boot_seconds + $# * scenario_seconds ))
		after_guest "$run" "$@"
	done
}

# The number of what runs is part of the names of its logs (see queue.sh).
portion_number=0

# needs_processors NAME: whether the scenario is about several processors.
needs_processors()
{
	[[ $1 == ikev2/per-cpu-* ]]
}

# run_scenarios SERIES BACKEND KIND NAME...: all results go to result(). Who
# else runs the same takes from the same list. strongSwan's own scenarios sleep
# for fixed times where they should wait for something, so those that fail are
# repeated once with counted time.
run_scenarios()
{
	local series=$1 backend=$2 kind=$3 guests=0 second_try=0
	local guest_cpus=$guest_cpus claims=$log_dir/claims/$1-$2-$3
	local -a again=()
	local -A finished=() retried=()
	shift 3
	if needs_processors "$1"; then
		guest_cpus=4 # what strongSwan's test hosts have
		claims+=-4
	fi
	if [[ $kind == upstream ]] && (( ! counted_time )); then
		second_try=1
	fi
	run_guests "$@"
	if (( ${#again[@]} > 0 )); then
		say "once more, with time counted in instructions: ${again[*]}"
		second_try=0
		counted_time=1
		finished=()
		claims+=-again-$portion_number
		run_guests "${again[@]}"
		counted_time=0
	fi
}
