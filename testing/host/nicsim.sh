# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Builds the NIC simulator for a kernel, in a chroot that has that kernel's
# headers and its compiler. kbuild itself finds out what is up to date.

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

make_nicsim()
{
	local release
	release=$(ls "$headers_root/usr/lib/modules")
	cp -pu "$testing_dir"/nicsim/* "$nicsim_build/"
	in_headers_root chroot "$headers_root" make -C /src -j2 CC=gcc-14 \
		KDIR="/lib/modules/$release/build"
}

# build_nicsim SERIES: sets nicsim to the module for that kernel.
build_nicsim()
{
	nicsim_build=$cache/build/$tree_key/nicsim-$1
	mkdir -p "$nicsim_build"
	step "building the NIC simulator for Linux $1" make_nicsim
	nicsim=$nicsim_build/nicsim.ko
}
