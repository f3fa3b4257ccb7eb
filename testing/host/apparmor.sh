# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# What confines charon on Debian: AppArmor's parser with the rules that profiles
# include, and the other charon that Debian has, the one whose profile is
# enforced. The guest runs them from its share, one scenario needs them.

apparmor_packages=(apparmor libapparmor1 strongswan-charon)

build_apparmor()
{
	local dir=$1 deb
	(
		cd "$dir"
		apt_at "$archive" apt-get download "${apparmor_packages[@]}"
		for deb in *.deb; do
			dpkg-deb -x "$deb" .
		done
		rm ./*.deb
		test -x usr/sbin/apparmor_parser
		test -x usr/lib/ipsec/charon
	)
}

# prepare_apparmor: sets apparmor to the directory with all of that.
prepare_apparmor()
{
	local name versions=""
	archive_root "$rootfs_suite" "deb deb-src" "$rootfs_suite"
	for name in "${apparmor_packages[@]}"; do
		versions+=" $name=$(package_version "$name")"
	done
	image apparmor "$(recipe "$versions" "$host_dir/apparmor.sh")" \
		"getting AppArmor's parser" build_apparmor
	apparmor=$image_dir
}
