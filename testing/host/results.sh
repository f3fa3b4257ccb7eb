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
	local with=""
	if [[ ${compare:-0} == 1 ]]; then
		with="with $3 "
	fi
	printf '%s  %-5s %-30s %4s s  %s\n' "$1" "$2" "$4" "$5" "$with${*:6}"
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

# wire_figures SERIES BACKEND NAME: what the captures of a scenario showed,
# "CLEAR REPEATED", the worst of what its checks with "verdict" saw; "- -"
# without any.
wire_figures()
{
	cat "$log_dir/$1-$2-"*"/share/out/$3/console.log" 2>/dev/null | awk '
		/^esp [0-9]+ clear [0-9]+ repeated [0-9]+$/ {
			seen = 1
			if ($4 + 0 > clear) { clear = $4 + 0 }
			if ($6 + 0 > repeated) { repeated = $6 + 0 }
		}
		END { print seen ? clear + 0 " " repeated + 0 : "- -" }'
}

# cells SERIES BACKEND NAME: of a row of the comparison.
cells()
{
	local verdict
	verdict=$(awk -v series="$1" -v backend="$2" -v name="$3" '
		$2 == series && $3 == backend && $4 == name { verdict = $1 }
		END {
			word["PASS"] = "as expected"
			word["FAIL"] = "differs"
			print verdict ? word[verdict] : "-"
		}' "$log_dir/results")
	echo "$verdict | $(wire_figures "$@" | sed 's/ / | /')"
}

# comparison: a table with one row per scenario that ran with both backends, and
# where kernel-netlink differs.
comparison()
{
	local series name
	echo
	echo "| scenario | Linux | hw-offload | clear | repeated |" \
		"kernel-netlink | clear | repeated |"
	echo "|---|---|---|---|---|---|---|---|"
	while read -r series name; do
		echo "| $name | $series | $(cells "$series" hw-offload "$name") |" \
			"$(cells "$series" kernel-netlink "$name") |"
	done < <(awk '{ print $2, $4 }' "$log_dir/results" | sort -u -k 2,2 -k 1,1)
	echo
	echo "The first check that differs with kernel-netlink:"
	echo
	awk '$1 == "FAIL" && $3 == "kernel-netlink" {
		name = $4
		$1 = $2 = $3 = $4 = $5 = ""
		sub(/^ +/, "")
		print "- " name ": `" $0 "`"
	}' "$log_dir/results"
	echo
}

# show_comparison: prints it, and leaves it in the directory that was asked for.
show_comparison()
{
	comparison | tee "$log_dir/comparison.md"
	if [[ -n $output ]]; then
		mkdir -p "$output"
		cp "$log_dir/comparison.md" "$output/"
	fi
}
