# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Builds the NIC simulator for a kernel, in a chroot that has the kernels'
# headers and their compiler (kbuild itself finds out what is up to date), and
# runs its own tests, which need no strongSwan, in a guest.

# in_headers_root COMMAND...: objtool wants /proc; the mounts end with COMMAND.
in_headers_root()
{
	# shellcheck disable=SC2016 # expanded by the inner shell
	private bash -c '
		set -e
		mount --rbind /proc "$1/proc"
		mkdir -p "$1/src"
		mount --bind "$2" "$1/src"
		shift 2
		exec "$@"' - "$headers_root" "$nicsim_build" "$@"
}

# kernel_compiler: what kernel_release was built with.
kernel_compiler()
{
	sed -n 's/^CONFIG_CC_VERSION_TEXT="\([^ ]*\) .*/\1/p' "$kernel_dir/config"
}

make_nicsim()
{
	cp -pu "$testing_dir"/nicsim/* "$nicsim_build/"
	in_headers_root chroot "$headers_root" make -C /src -j2 \
		CC="$(kernel_compiler)" KDIR="/lib/modules/$kernel_release/build"
}

# build_nicsim SERIES: puts the module for kernel_release, which is of that
# series, into log_dir/images/SERIES.
build_nicsim()
{
	nicsim_build=$cache/build/$tree_key/nicsim-$1
	claim "$nicsim_build"
	mkdir -p "$nicsim_build"
	if_it_fails="another kernel may do: --kernel with $(kernel_series)" \
		step "building the NIC simulator for Linux $1" make_nicsim
	cp "$nicsim_build/nicsim.ko" "$log_dir/images/$1/"
	release
}

# The longest that all tests of the simulator may take.
nicsim_seconds=900

# report_nicsim RUN: the lines "PASS|FAIL NAME [REASON]" that the test has
# printed since the last time.
report_nicsim()
{
	local lines status name reason
	lines=$(grep -cE '^(PASS|FAIL) ' "$1/share/out/run.log" 2>/dev/null) ||
		return 0
	while (( reported < lines )); do
		reported=$(( reported + 1 ))
		read -r status name reason < <(
			grep -E '^(PASS|FAIL) ' "$1/share/out/run.log" |
				sed -n "${reported}p")
		result "$status" "$series" nicsim "$name" - "$reason"
	done
}

# run_nicsim SERIES
run_nicsim()
{
	local series=$1 reported=0
	local run=$log_dir/nicsim-$series
	mkdir -p "$run"
	say "the NIC simulator on Linux $series"
	entry=/lab/nicsim/test make_share "$run" "$series" none nicsim
	guest_run "$run" "$series" report_nicsim "$nicsim_seconds" "$nicsim_seconds"
	nicsim_failures "$run"
}

# nicsim_failures RUN: what the test could not report itself.
nicsim_failures()
{
	local complaint
	complaint=$(kernel_complaints "$1" | cut -f 2 | sed -n 1p)
	if [[ -n $complaint ]]; then
		result FAIL "$series" nicsim kernel - "$complaint"
	fi
	if (( reported == 0 )); then
		result FAIL "$series" nicsim no-result - "$guest_end"
	elif [[ $guest_end != ok && $guest_end != "exit "* ]]; then
		result FAIL "$series" nicsim end-of-guest - "$guest_end"
	elif [[ $guest_end == "exit "* ]] &&
		! grep -q '^FAIL ' "$1/share/out/run.log"; then
		result FAIL "$series" nicsim end-of-guest - "$guest_end"
	fi
}
