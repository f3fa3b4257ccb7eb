# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# The unit tests: "make check" and "make distcheck" in the plugin's build, and
# how many checks that were.

# count_checks DIR: "PASSED FAILED NAME" per test of a directory that "make
# check" has run in. Programs made with libcheck say how many checks they had,
# anything else counts as one.
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

# may_try_again DIR LOGS: whether all that has failed there are expectations of
# checks, which a busy machine may let down, in continuous integration. Their
# logs go to LOGS. A crash or what a sanitizer has to say is no accident, except
# for what a check that failed has not freed.
may_try_again()
{
	local trs log name failed=0
	[[ -n ${CI-} ]] || return 1
	while read -r trs; do
		grep -q '^:test-result: FAIL' "$trs" || continue
		log=${trs%.trs}.log
		name=$(basename "$log" .log)
		grep -q ':F:' "$log" || return 1
		! grep -E ':E:|SUMMARY: ' "$log" | grep -qv ' leaked in ' || return 1
		cp "$log" "$2/$name.first"
		failed=$(( failed + 1 ))
	done < <(find "$1" -name '*.trs')
	(( failed > 0 && failed <= 2 ))
}

# show_failures LOG: what has failed, as nobody else may ever see the log.
show_failures()
{
	local lines
	lines=$(grep -E ':[FE]:|^SUMMARY: ' "$1") || lines=$(tail -n 5 "$1")
	sed -n '1,10s/^/      /p' <<<"$lines"
}

# make_check BUILD LOGS VARIABLE...: "make check" in a build directory of
# plugin_build, its logs and counts go to LOGS.
make_check()
{
	local build=$plugin_build/$1 logs=$2
	shift 2
	# "make check" fails at its end, what failed is counted here.
	find "$build" -name '*.trs' -delete
	make -C "$build" -j2 check "$@" ||
		test -n "$(find "$build" -name '*.trs')"
	mkdir -p "$logs"
	if may_try_again "$build" "$logs"; then
		make -C "$build" recheck "$@" || true
	fi
	find "$build" -name '*.trs' | while read -r trs; do
		cp "${trs%.trs}.log" "$logs/"
	done
	count_checks "$build" >"$logs/counts"
	test -s "$logs/counts"
}

# configure_other BUILD OPTION...: another build directory of plugin_build.
configure_other()
{
	local build=$plugin_build/$1
	shift
	if [[ ! -f $build/Makefile || $* != "$(cat "$build/configured")" ]]; then
		rm -rf "$build"
		mkdir "$build"
		( cd "$build" && ../src/configure --enable-werror "$@" )
		echo "$*" >"$build/configured"
	fi
}

# make_sanitized LIST: the test programs with sanitizers, which see a whole
# program: a process for each check would hide leaks, and take twice as long.
# Then nobody ends a check that hangs, so the program is. Histories take ten
# times as long, so there are fewer.
make_sanitized()
{
	local build=unit-${1%%,*}
	configure_other "$build" "${strongswan_options[@]}" \
		"--enable-sanitizers=$1" "CFLAGS=-O0 -g1"
	# their deadlines are meant for programs without
	# shellcheck disable=SC2016 # for make to expand
	CK_FORK=no CK_TIMEOUT_MULTIPLIER=10 HWO_HISTORIES=1000 \
		make_check "$build" "$log_dir/$build" 'TESTS=$(check_suites)' \
		LOG_COMPILER="timeout 900"
}

# make_against TREE: everything, compiled against another strongSwan.
make_against()
{
	local build
	build=unit-$(basename "$1")
	configure_other "$build" "--with-strongswan=$1" --without-strongswan-libdir
	make_check "$build" "$log_dir/$build"
}

# make_own_test NAME: one of the lab's own tests, counted like the others,
# unless it cannot run on this machine.
make_own_test()
{
	local log=$log_dir/unit/$1.log rc=0
	"$host_dir/$1" >"$log" || rc=$?
	if grep -q '^SKIP ' "$log"; then
		say "SKIP  $1: $(sed -n 's/^SKIP //p' "$log")"
		return 0
	fi
	awk -v rc="$rc" -v name="$1" '
		{ n[$1]++ }
		END {
			if (rc && !n["FAIL"]) { n["FAIL"] = 1 }
			print n["PASS"] + 0, n["FAIL"] + 0, name
		}' "$log" >>"$log_dir/unit/counts"
}

# report_counts LOGS [WITH]: one line per test program.
report_counts()
{
	local passed failed name
	while read -r passed failed name; do
		echo "$passed $failed $name" >>"$log_dir/checks"
		if (( failed > 0 )); then
			say "FAIL  $name${2:-}: $failed of $(( passed + failed )) checks" \
				"failed, see $1/$name.log"
			show_failures "$1/$name.log"
		else
			say "PASS  $name${2:-}: $passed checks"
		fi
		if [[ -e $1/$name.first ]]; then
			say "      $name${2:-} had a second try, the first one failed:"
			show_failures "$1/$name.first"
		fi
	done <"$1/counts"
}

# run_unit_tests: one of them asks promtool if it is there.
run_unit_tests()
{
	PATH=${promtool:+${promtool%/*}:}$PATH claimed "$plugin_build" \
		step "unit tests" make_check obj "$log_dir/unit"
	make_own_test test-verdicts
	make_own_test test-views
	make_own_test test-policies
	report_counts "$log_dir/unit"
}

run_sanitized_tests()
{
	local list
	for list in address,undefined thread; do
		claimed "$plugin_build-${list%%,*}" \
			step "unit tests with sanitizers: $list" make_sanitized "$list"
		report_counts "$log_dir/unit-${list%%,*}" ", $list"
	done
}

# run_tests_against TREE
run_tests_against()
{
	local name
	name=$(basename "$1")
	claimed "$plugin_build-$name" \
		step "unit tests, compiled against $name" make_against "$1"
	report_counts "$log_dir/unit-$name" ", $name"
}

make_distcheck()
{
	# the machine may be busy with guests
	CK_TIMEOUT_MULTIPLIER=10 make -C "$plugin_build/obj" -j2 distcheck \
		DISTCHECK_CONFIGURE_FLAGS="${strongswan_options[*]} CFLAGS=-O0"
}
