# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# The guest's userland as one squashfs: that of a Debian suite whose packaged
# strongSwan is a version that the plugin works with.

# Where to look for one, the first that has it is taken.
rootfs_suites=(sid testing stable)
if [[ -n ${HW_OFFLOAD_SUITE:-} ]]; then
	rootfs_suites=("$HW_OFFLOAD_SUITE")
fi
rootfs_suite=${rootfs_suites[0]}

rootfs_packages=(
	charon-systemd strongswan-swanctl strongswan-pki
	libstrongswan-standard-plugins
	bsdextrautils conntrack iproute2 netbase iptables iputils-ping kmod tcpdump ethtool procps psmisc
	iperf3 openssl netcat-openbsd socat strace traceroute libmnl0 libnl-3-200
	libnl-route-3-200 libjansson4 jq
	man-db less nano
)

# Packages whose version makes another image.
rootfs_versions=(charon-systemd iproute2 libc6 openssl tcpdump)

# build_rootfs DIR: root.sqfs; packages, what is in it; tree/, its charon, which
# configure looks at. The tar goes straight into the squashfs, so nothing has to
# be unpacked here and no special rights are needed for it.
build_rootfs()
{
	local dir=$1 list
	list=$(IFS=,; echo "${rootfs_packages[*]}")
	bootstrap_options
	# the shell has man, for these and ours
	bootstrap+=(--dpkgopt='path-include=/usr/share/man/man?/swanctl*'
		--dpkgopt='path-include=/usr/share/man/man?/strongswan*')
	# shellcheck disable=SC2016 # $1 is for mmdebstrap's shell
	source_lines deb "$rootfs_suite" |
		"${bootstrap[@]}" --include="$list" \
			--customize-hook='dpkg-query --admindir="$1/var/lib/dpkg" -W >"$1/etc/lab-packages"' \
			--customize-hook='rm -rf "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*' \
			--format=tar "$rootfs_suite" - - |
		sqfstar -quiet -no-progress -comp lz4 "$dir/root.sqfs"
	unsquashfs -cat "$dir/root.sqfs" etc/lab-packages >"$dir/packages"
	unsquashfs -quiet -no-progress -d "$dir/tree" "$dir/root.sqfs" \
		usr/lib/ipsec usr/sbin/charon-systemd
	test -f "$dir/tree/usr/lib/ipsec/libcharon.so.0"
}

# upstream_version NAME: the version of a package without what is Debian's.
upstream_version()
{
	package_version "$1" | sed 's/^[0-9]*://; s/-[^-]*$//'
}

# choose_suite: sets rootfs_suite, and archive to its root.
choose_suite()
{
	local version known=" ${strongswan_versions[*]} "
	for rootfs_suite in "${rootfs_suites[@]}"; do
		if [[ $rootfs_suite == stable ]]; then
			find_stable
			rootfs_suite=$stable
		fi
		archive_root "$rootfs_suite" "deb deb-src" "$rootfs_suite"
		version=$(upstream_version charon-systemd 2>/dev/null) || version=""
		if [[ $known == *" $version "* ]]; then
			return 0
		fi
		say "Debian $rootfs_suite has strongSwan ${version:-(none)}, the" \
			"plugin was tested with:$known"
	done
	[[ -n ${HW_OFFLOAD_SUITE:-} ]] ||
		die "no suite has a strongSwan that the plugin was tested with, to" \
			"try that of sid: HW_OFFLOAD_SUITE=sid testing/lab ..."
}

# prepare_rootfs: sets rootfs to the squashfs.
prepare_rootfs()
{
	local name versions=""
	choose_suite
	for name in "${rootfs_versions[@]}"; do
		versions+=" $name=$(package_version "$name")"
	done
	image rootfs "$(recipe "$versions" "$host_dir/rootfs.sh")" \
		"getting the guest's userland (Debian $rootfs_suite)" build_rootfs
	rootfs=$image_dir/root.sqfs
	rootfs_list=$image_dir/packages
	rootfs_tree=$image_dir/tree
}
