# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# The unit tests: "make check" and "make distcheck" in the plugin's build, and how
# many checks that were.

# count_checks DIR: "PASSED FAILED NAME" per test of a directory that "make check"
# has run in. Programs made with libcheck say how many checks they had, anything
# else counts as one.
count_checks()
{
	local trs log status
	while read -r trs; do
		log=${trs%.trs}.log
		status=$(sed -n 's/^:test-result: //p' "$trs" | sed -n 1p)
		awk -v status="$status" -v name="$(basename "$trs" .trs)" '
			/^[0-9]+%: Checks: / {
				gsub(/,/, "")
				failed += $5 + $7
				passed += $3 - $5 - $7
			}
			END {
				if (status == "PASS" && passed == 0) { passed = 1 }
				if (status != "PASS" && status != "SKIP" && !failed) {
					failed = 1
				}
				print passed + 0, failed + 0, name
			}' "$log"
	done < <(find "$1" -name '*.trs' | sort)
}

make_check()
{
	# "make check" fails at its end, what failed is counted here.
	find "$plugin_build/obj" -name '*.trs' -delete
	make -C "$plugin_build/obj" -j2 check ||
		test -n "$(find "$plugin_build/obj" -name '*.trs')"
	mkdir -p "$log_dir/unit"
	find "$plugin_build/obj" -name '*.trs' | while read -r trs; do
		cp "${trs%.trs}.log" "$log_dir/unit/"
	done
	count_checks "$plugin_build/obj" >"$log_dir/unit/counts"
	test -s "$log_dir/unit/counts"
}

# make_verdict_test: the lab's own test, counted like the others.
make_verdict_test()
{
	local log=$log_dir/unit/test-verdicts.log rc=0
	"$host_dir/test-verdicts" >"$log" || rc=$?
	awk -v rc="$rc" '
		{ n[$1]++ }
		END {
			if (rc && !n["FAIL"]) { n["FAIL"] = 1 }
			print n["PASS"] + 0, n["FAIL"] + 0, "test-verdicts"
		}' "$log" >>"$log_dir/unit/counts"
}

# run_unit_tests: one line per test program.
run_unit_tests()
{
	local passed failed name
	cache_lock
	step "unit tests" make_check
	cache_unlock
	make_verdict_test
	while read -r passed failed name; do
		echo "$passed $failed $name" >>"$log_dir/checks"
		if (( failed > 0 )); then
			say "FAIL  $name: $failed of $(( passed + failed )) checks failed," \
				"see $log_dir/unit/$name.log"
		else
			say "PASS  $name: $passed checks"
		fi
	done <"$log_dir/unit/counts"
}

make_distcheck()
{
	make -C "$plugin_build/obj" -j2 distcheck \
		DISTCHECK_CONFIGURE_FLAGS="${strongswan_options[*]}"
}
