# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# What testing/upstream-scenarios says about strongSwan's own scenarios: which
# of them run here, and why the others do not.

upstream_list=$testing_dir/upstream-scenarios

# listed_scenarios [MARK]: what the list names, one per line; with that mark
# only: "check", or "stable".
listed_scenarios()
{
	awk -v mark="${1:-}" '
		/^[a-z]/ {
			for (i = mark ? 2 : 1; i <= NF; i++) {
				if (mark == "" || $i == mark) { print $1; next }
			}
		}' "$upstream_list"
}

# excused_scenarios: the patterns that the list gives a reason for, one per
# line.
excused_scenarios()
{
	awk '$1 == "-" {
			for (i = 2; i <= NF; i++) {
				last = sub(/:$/, "", $i)
				print $i
				if (last) { next }
			}
		}' "$upstream_list"
}

# list_gaps TESTS: where the list and the scenarios in that directory differ.
# Each scenario is to be named, or to match a pattern with a reason, but not
# both.
list_gaps()
{
	local name pattern
	local -a patterns
	local -A named=() used=()
	local excused
	while read -r name; do
		named[$name]=1
		[[ -f $1/$name/test.conf ]] || echo "$name does not exist"
	done < <(listed_scenarios)
	mapfile -t patterns < <(excused_scenarios)
	while read -r name; do
		excused=""
		for pattern in "${patterns[@]}"; do
			# shellcheck disable=SC2053 # it is a pattern
			if [[ $name == $pattern ]]; then
				used[$pattern]=1
				if [[ -n ${named[$name]:-} ]]; then
					echo "$name is named, and $pattern excludes it"
				fi
				excused=1
			fi
		done
		[[ -n $excused || -n ${named[$name]:-} ]] || echo "$name is not mentioned"
	done < <(cd "$1" && find . -mindepth 3 -maxdepth 3 -name test.conf \
		-printf '%h\n' | sed 's#^\./##' | sort)
	for pattern in "${patterns[@]}"; do
		[[ -n ${used[$pattern]:-} ]] || echo "$pattern matches nothing"
	done
}

# check_list: whether the list is complete for the strongSwan that is here. It
# is not made for other versions.
check_list()
{
	local gaps
	if [[ ${strongswan_version%-*} != "${strongswan_versions[0]}" ]]; then
		say "testing/upstream-scenarios is for strongSwan" \
			"${strongswan_versions[0]}, others may lack some of them"
		return 0
	fi
	gaps=$(list_gaps "$strongswan_source/testing/tests")
	if [[ -z $gaps ]]; then
		echo "1 0 upstream-scenarios" >>"$log_dir/checks"
	else
		say "testing/upstream-scenarios and strongSwan's scenarios differ:"
		say "$gaps"
		echo "0 1 upstream-scenarios" >>"$log_dir/checks"
	fi
}

# available: those of the scenarios on stdin that this strongSwan has.
available()
{
	local name
	while read -r name; do
		if [[ -f $strongswan_source/testing/tests/$name/test.conf ]]; then
			echo "$name"
		fi
	done
}

# listed_for SERIES: those that run on that kernel: all, but on that of Debian's
# stable release those that are marked so.
listed_for()
{
	if [[ $(role_of "$1") == stable ]]; then
		listed_scenarios stable
	else
		listed_scenarios
	fi
}
