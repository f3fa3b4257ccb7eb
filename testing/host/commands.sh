# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# The commands of testing/lab.

# The kernels that the plugin is tested with, the first one is the default.
all_kernels=(7.2 6.12)

# prepare PART...: what the lab needs before it can do something: "guest" (images
# for the kernels that are asked for), "nicsim" (the module for each of them),
# "plugin". Sets guest_images[SERIES] to "kernel_dir initrd nicsim".
prepare()
{
	local series
	declare -gA guest_images=()
	cache_open
	tree_key=$(recipe "$top_dir")
	need_packages "${build_packages[@]}" "${guest_packages[@]}"
	find_mirror
	cache_lock
	prepare_rootfs
	prepare_strongswan
	if [[ " $* " == *" plugin "* ]]; then
		build_plugin
	fi
	if [[ " $* " == *" guest "* ]]; then
		for series in "${kernels[@]}"; do
			prepare_kernel "$series"
			nicsim=none
			if [[ " $* " == *" nicsim "* ]]; then
				prepare_headers "$series"
				build_nicsim "$series"
			fi
			guest_images[$series]="$kernel_dir $initrd $nicsim"
		done
	fi
	cache_unlock
}

# use_kernel SERIES: the images of one of the kernels that were prepared.
use_kernel()
{
	read -r kernel_dir initrd nicsim <<<"${guest_images[$1]}"
}

# default_kernels SERIES...: unless the user named some.
default_kernels()
{
	if (( ${#kernels[@]} == 0 )); then
		kernels=("$@")
	fi
}

command_boot()
{
	local run series
	default_kernels "${all_kernels[0]}"
	(( ${#arguments[@]} > 0 )) || die "boot wants a program"
	[[ -x ${arguments[0]} ]] || die "${arguments[0]} is no program"
	prepare guest
	for series in "${kernels[@]}"; do
		use_kernel "$series"
		run=$log_dir/$series
		mkdir -p "$run"
		entry=/lab/program make_share "$run" "$series" "$backend" boot
		cp "${arguments[@]}" "$run/share/"
		mv "$run/share/${arguments[0]##*/}" "$run/share/program"
		guest_start "$run" 600
		guest_watch "$run" :
		cat "$run/share/out/run.log" 2>/dev/null || cat "$run/serial"
		kernel_complaints "$run"
		say "guest: $guest_end"
		[[ $guest_end == ok && -z $(kernel_complaints "$run") ]] || return 1
	done
}
