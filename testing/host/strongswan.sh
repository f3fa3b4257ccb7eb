# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# strongSwan's source package, for its headers and its test scenarios. It has to
# be the version of the binaries in the guest: struct layouts change in between.

# The versions that the plugin was tested with; testing/upstream-scenarios lists
# what the first one has.
strongswan_versions=(6.1.0 6.0.1)

build_strongswan()
{
	local dir=$1
	( cd "$dir" && apt_at "$archive" apt-get source --only-source \
		"strongswan=$strongswan_version" )
	rm -f "$dir"/*.tar.* "$dir"/*.dsc
	mv "$dir"/strongswan-* "$dir/source"
}

# prepare_strongswan: sets strongswan_source; needs prepare_rootfs before it.
prepare_strongswan()
{
	archive_root "$rootfs_suite" "deb deb-src" "$rootfs_suite"
	strongswan_version=$(awk '{ sub(/:.*/, "", $1) }
		$1 == "charon-systemd" { sub(/\+b[0-9]+$/, "", $2); print $2 }' \
		"$rootfs_list")
	apt_at "$archive" apt-cache showsrc --only-source strongswan |
		grep -qx "Version: $strongswan_version" ||
		die "Debian $rootfs_suite has no source of strongSwan" \
			"$strongswan_version, the version that the guest has; wait until" \
			"the archive is consistent again, or set HW_OFFLOAD_MIRROR"
	image strongswan "$(recipe "$strongswan_version" \
		"$host_dir/strongswan.sh")" \
		"getting the source of strongSwan $strongswan_version" build_strongswan
	strongswan_source=$image_dir/source
}
