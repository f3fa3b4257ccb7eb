# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Debian's stock kernels, by series (6.12, 7.2) or by role: the boot image, the
# modules that a guest needs, and a chroot with headers and compiler to build
# modules in.

# Loaded by the initramfs before it can mount anything.
boot_modules=(virtio_pci virtio_blk squashfs overlay 9p 9pnet_virtio)

# find_kernel SERIES: sets kernel_release to the newest release of the series.
find_kernel()
{
	local series=$1
	archive_root kernel deb "${kernel_suites[@]}"
	kernel_release=$(apt_at "$archive" apt-cache pkgnames \
			"linux-image-$series." |
		sed -n 's/^linux-image-\([0-9.]*+\?[a-z0-9+]*-amd64\)$/\1/p' |
		sort -V | tail -n 1)
	[[ -n $kernel_release ]] || die "${kernel_suites[*]} have no kernel $series" \
		"(any more); they have: $(kernel_series)"
}

# kernel_series: the series that the archive has.
kernel_series()
{
	apt_at "$archive" apt-cache pkgnames linux-image- |
		sed -n 's/^linux-image-\([0-9]*\.[0-9]*\)\.[0-9]*+[a-z0-9+]*-amd64$/\1/p' |
		sort -Vu | tr '\n' ' '
}

# series_of NAME...: the series that these roles and series stand for, each one
# once. Of what the archive has, "stable" is the oldest one, that of Debian's
# current release, and "newest" the latest one.
series_of()
{
	local name
	local -a series
	read -ra series <<<"$(kernel_series)"
	(( ${#series[@]} > 0 )) || die "${kernel_suites[*]} have no kernels at all"
	for name in "$@"; do
		case $name in
		stable) echo "${series[0]}" ;;
		newest) echo "${series[-1]}" ;;
		*) echo "$name" ;;
		esac
	done | awk '!seen[$0]++'
}

# resolve_kernels: the roles in all_kernels and kernels become series.
resolve_kernels()
{
	local list
	find_stable
	kernel_suites=("$stable" "$stable-backports")
	archive_root kernel deb "${kernel_suites[@]}"
	list=$(series_of "${all_kernels[@]}") || exit 1
	mapfile -t all_kernels <<<"$list"
	list=$(series_of "${kernels[@]}") || exit 1
	mapfile -t kernels <<<"$list"
}

# role_of SERIES: the role in tests, "" if it has none.
role_of()
{
	case $1 in
	"${all_kernels[0]}") echo newest ;;
	"${all_kernels[-1]}") echo stable ;;
	esac
}

# kernel_packages: the packages that the files of kernel_release are in. Since
# 7.1 the image package is empty and pulls in several others of the release.
kernel_packages()
{
	local image=linux-image-$kernel_release
	echo "$image"
	apt_at "$archive" apt-cache depends "$image" |
		sed -n 's/^ *Depends: //p' | grep -F -- "-$kernel_release" || true
}

# unpack_kernel DIR: boot image and all modules of kernel_release, below DIR.
unpack_kernel()
{
	local dir=$1 deb
	local -a packages
	mapfile -t packages < <(kernel_packages)
	mkdir -p "$dir/debs"
	( cd "$dir/debs" && apt_at "$archive" apt-get download "${packages[@]}" )
	for deb in "$dir/debs"/*.deb; do
		dpkg-deb -x "$deb" "$dir"
	done
	rm -r "$dir/debs"
	if [[ ! -d $dir/lib/modules ]]; then
		mkdir -p "$dir/lib"
		ln -s ../usr/lib/modules "$dir/lib/modules"
	fi
}

# wanted_modules KERNEL_DIR MODULES_DEP: closure of the list in the file
# modules, as paths relative to the release's directory, uncompressed names.
wanted_modules()
{
	awk '
	function bare(path) { sub(/\.(xz|zst|gz)$/, "", path); return path }
	function take(path, n, i, parts) {
		if (path in taken) { return }
		taken[path] = 1
		n = split(needs[path], parts, " ")
		for (i = 1; i <= n; i++) { take(parts[i]) }
		print path
	}
	FNR == NR && /^#/ || FNR == NR && NF == 0 { next }
	FNR == NR { want["kernel/" $1] = 1; next }
	{
		split($0, half, ":")
		path = half[1]
		needs[path] = half[2]
		order[++count] = path
	}
	END {
		for (i = 1; i <= count; i++) {
			path = order[i]
			name = bare(path)
			sub(/\.ko$/, "", name)
			folder = name
			while (!(name in want) && sub(/\/[^\/]*$/, "", folder)) {
				if ((folder "/") in want) { name = folder "/" }
			}
			if (name in want) { take(path) }
		}
	}' "$1" "$2"
}

# copy_modules FROM TO: FROM/PATH[.xz] listed on stdin to TO/PATH, uncompressed.
copy_modules()
{
	local from=$1 to=$2 path
	while read -r path; do
		mkdir -p "$to/${path%/*}"
		case $path in
		*.xz) xz -dc "$from/$path" >"$to/${path%.xz}" ;;
		*.zst) zstd -qdc "$from/$path" >"$to/${path%.zst}" ;;
		*) cp "$from/$path" "$to/$path" ;;
		esac
	done
}

# load_order TREE: insmod order of boot_modules, one path per line. A module
# that is built in is in no list.
load_order()
{
	local module
	for module in "${boot_modules[@]}"; do
		modprobe -d "$1" -S "$kernel_release" --show-depends "$module" |
			awk '$1 == "insmod" { print $2 }'
	done | awk '!seen[$0]++'
}

# build_kernel DIR: vmlinuz, modules.sqfs, boot/ (modules for the initramfs, in
# the order of their names), release.
build_kernel()
{
	local dir=$1 all=$1/all some=$1/some from to path count=10
	unpack_kernel "$all"
	depmod -b "$all" "$kernel_release"
	from=$all/lib/modules/$kernel_release
	to=$some/lib/modules/$kernel_release
	mkdir -p "$to" "$dir/boot"
	wanted_modules "$host_dir/modules" "$from/modules.dep" |
		copy_modules "$from" "$to"
	cp "$from"/modules.{order,builtin,builtin.modinfo} "$to/"
	depmod -b "$some" "$kernel_release"
	while read -r path; do
		cp "$path" "$dir/boot/$count-${path##*/}"
		count=$(( count + 1 ))
	done < <(load_order "$some")
	mksquashfs "$some/lib/modules" "$dir/modules.sqfs" -quiet -no-progress \
		-comp lz4 -all-root
	cp "$(find "$all/boot" "$from" -name 'vmlinuz*' | sed -n 1p)" "$dir/vmlinuz"
	cp "$(find "$all/boot" "$from" -name 'config*' | sed -n 1p)" "$dir/config"
	echo "$kernel_release" >"$dir/release"
	rm -rf "$all" "$some"
}

# build_initramfs KERNEL_DIR DIR: DIR/initrd from busybox, the boot modules and
# the project's init.
build_initramfs()
{
	local kernel=$1 dir=$2 tree=$2/tree
	mkdir -p "$tree"/{bin,modules,dev,proc,sys,mnt}
	cp "$(command -v busybox)" "$tree/bin/busybox"
	cp "$kernel"/boot/*.ko "$tree/modules/"
	install -m 755 "$guest_dir/init" "$tree/init"
	( cd "$tree" && find . | sort | cpio --quiet -o -H newc -R 0:0 ) |
		zstd -q -3 >"$dir/initrd"
	rm -rf "$tree"
}

# build_headers RELEASE... DIR: DIR/root, a chroot with the headers of these
# kernels and the compiler that Debian built them with, which they depend on.
build_headers()
{
	local dir=${*: -1} list=make,libc6-dev,kmod release
	for release in "${@:1:$#-1}"; do
		list+=,linux-headers-$release
	done
	bootstrap_options
	source_lines deb "${kernel_suites[@]}" |
		"${bootstrap[@]}" --include="$list" "${kernel_suites[0]}" \
			"$dir/root" -
}

# prepare_kernel SERIES: sets kernel_dir and initrd to what boots the series.
prepare_kernel()
{
	find_kernel "$1"
	image "kernel-$1" "$(recipe "$kernel_release" "$host_dir/kernel.sh" \
		"$host_dir/modules")" "getting Linux $kernel_release" build_kernel
	kernel_dir=$image_dir
	image "initrd-$1" "$(recipe "$kernel_dir" "$guest_dir/init" \
		"$host_dir/kernel.sh")" "packing the initramfs of Linux $1" \
		build_initramfs "$kernel_dir"
	initrd=$image_dir/initrd
}

# prepare_headers: sets headers_root to the chroot to build modules in, for the
# kernels that are asked for and those that the plugin is tested with: one image
# is got in less time than one for each.
prepare_headers()
{
	local series
	local -a releases=()
	for series in "${all_kernels[@]}" "${kernels[@]}"; do
		find_kernel "$series"
		if [[ " ${releases[*]} " != *" $kernel_release "* ]]; then
			releases+=("$kernel_release")
		fi
	done
	image headers "$(recipe "${releases[@]}" "$host_dir/kernel.sh")" \
		"getting the headers of Linux ${releases[*]}" \
		build_headers "${releases[@]}"
	headers_root=$image_dir/root
}
