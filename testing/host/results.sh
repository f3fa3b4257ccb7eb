# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# What came out: one line per scenario or check in the file "results" of the
# run, and the summary at the end.
#
# Fields: PASS|FAIL, kernel, backend, name, seconds, reason (may have blanks).

# result STATUS KERNEL BACKEND NAME SECONDS [REASON...]: records and prints it.
result()
{
	printf '%s %s %s %s %s %s\n' "$1" "$2" "$3" "$4" "$5" "${*:6}" \
		>>"$log_dir/results"
	printf '%s  %-5s %-30s %4s s  %s\n' "$1" "$2" "$4" "$5" "${*:6}"
}

# count STATUS: results with that status; "checks" has what ran in bulk, the
# numbers of passed and failed checks per line.
count()
{
	local field=1
	if [[ $1 == FAIL ]]; then
		field=2
	fi
	{
		grep -c "^$1 " "$log_dir/results" || true
		cut -d ' ' -f $field "$log_dir/checks"
	} 2>/dev/null | awk '{ n += $1 } END { print n + 0 }'
}

# summary: failed results again, then the last line. False if anything failed,
# or if nothing ran.
summary()
{
	local passed failed
	passed=$(count PASS)
	failed=$(count FAIL)
	if (( failed > 0 )); then
		say ""
		say "failed:"
		awk '$2 > 0 { printf "  %s: %s checks\n", $3, $2 }' "$log_dir/checks"
		awk '$1 == "FAIL" {
			printf "  %s on %s, %s:", $4, $2, $3
			for (i = 6; i <= NF; i++) { printf " %s", $i }
			print ""
		}' "$log_dir/results"
	fi
	awk '$1 == "PASS" && /\(with counted time\)$/ {
		printf "passed with counted time only: %s on %s, %s\n", $4, $2, $3
	}' "$log_dir/results"
	say "$passed passed, $failed failed"
	(( failed == 0 && passed > 0 ))
}

# comparison: one row per scenario that ran with both backends.
comparison()
{
	awk '
	{
		cell = ($1 == "PASS") ? "as expected" : "differs"
		key = $4 " (" $2 ")"
		if (!(key in seen)) { seen[key] = 1; order[++n] = key }
		state[key, $3] = cell
		if ($1 == "FAIL" && $3 == "kernel-netlink") {
			$1 = $2 = $3 = $4 = $5 = ""
			sub(/^ +/, "")
			why[key] = $0
		}
	}
	END {
		printf "\n%-44s %-13s %-14s\n", "scenario", "hw-offload",
			"kernel-netlink"
		for (i = 1; i <= n; i++) {
			key = order[i]
			printf "%-44s %-13s %-14s\n", key, state[key, "hw-offload"],
				state[key, "kernel-netlink"]
			if (key in why) { print "    kernel-netlink: " why[key] }
		}
	}' "$log_dir/results"
}
