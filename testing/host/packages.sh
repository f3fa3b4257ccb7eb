# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# The Debian packages that the lab needs on this machine.

# To build the plugin and its unit tests, and to unpack strongSwan's source.
build_packages=(
	gcc libc6-dev make autoconf automake libtool pkg-config check libmnl-dev
	libnl-3-dev libnl-route-3-dev libjansson-dev dpkg-dev groff-base bzip2 xz-utils
	ca-certificates debian-archive-keyring git netbase
)

# To build images and to boot guests.
guest_packages=(
	qemu-system-x86 mmdebstrap cpio squashfs-tools busybox-static kmod zstd mount
)

# Without root, images are made in user namespaces.
if (( EUID != 0 )); then
	guest_packages+=(uidmap)
fi

# missing_packages NAME...: those that are not installed, one per line.
missing_packages()
{
	local name state
	for name in "$@"; do
		state=$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null) ||
			state=none
		if [[ $state != installed ]]; then
			echo "$name"
		fi
	done
}

install_packages()
{
	export DEBIAN_FRONTEND=noninteractive
	apt-get update
	apt-get install -y --no-install-recommends "$@"
}

# need_packages NAME...: installs what is missing, or says how to.
need_packages()
{
	local missing
	command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
		die "the lab needs a Debian system (dpkg and apt)"
	mapfile -t missing < <(missing_packages "$@")
	if (( ${#missing[@]} == 0 )); then
		return 0
	fi
	if (( EUID != 0 )); then
		printf 'testing/lab: these Debian packages are missing: %s\n' \
			"${missing[*]}" >&2
		printf 'Install them as root, then start again:\n' >&2
		printf '    apt-get install --no-install-recommends %s\n' \
			"${missing[*]}" >&2
		exit 1
	fi
	say "missing Debian packages: ${missing[*]}"
	step "installing ${#missing[@]} Debian packages" \
		install_packages "${missing[@]}"
}
