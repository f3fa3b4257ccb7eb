# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# strongSwan's own scenarios with the keys and certificates that they use. Those
# are made by strongSwan's script, here and not in the guest: the guest's own
# pki runs natively in a chroot.

# merge_hosts HOSTS: puts what all hosts have in common below the files of each,
# and leaves out what no scenario here needs: the CA's own files and those of
# the old ipsec command.
merge_hosts()
{
	local host
	rm -rf "$1"/winnetou/etc/ca "$1"/*/etc/ipsec.d
	for host in "$1"/*/; do
		if [[ $host != */default/ ]]; then
			mv "$host/etc" "$host/own"
			cp -rL --preserve=mode "$1/default/etc" "$host/"
			cp -rL --preserve=mode "$host/own/." "$host/etc/"
			rm -rf "$host/own"
		fi
	done
	rm -rf "$1/default"
}

build_upstream()
{
	local dir=$1 root=$1/root
	unsquashfs -quiet -no-progress -d "$root" "$rootfs"
	cp -a "$strongswan_source/testing" "$root/testing"
	install -m 755 "$guest_dir/upstream-certs" "$root/upstream-certs"
	# shellcheck disable=SC2016 # expanded by the inner shell
	private bash -c '
		set -e
		mount --rbind /proc "$1/proc"
		mount --rbind /dev "$1/dev"
		exec chroot "$1" /upstream-certs /testing' - "$root"
	merge_hosts "$root/testing/hosts"
	mkdir "$dir/testing"
	# one file, as each one costs the guest several turns to its host
	tar -cf "$dir/testing/hosts.tar" --owner=0 --group=0 -C "$root/testing/hosts" .
	mv "$root/testing/tests" "$root/testing/testing.conf" "$dir/testing/"
	rm -rf "$root"
}

# share_upstream FROM TO NAME...: what a guest needs for these scenarios.
share_upstream()
{
	local from=$1 to=$2 name
	shift 2
	mkdir -p "$to"
	cp "$from/hosts.tar" "$from/testing.conf" "$to/"
	for name in "$@"; do
		mkdir -p "$to/tests/${name%/*}"
		cp -a "$from/tests/$name" "$to/tests/$name"
	done
}

# prepare_upstream: sets upstream_testing. Revocation lists are good for 15
# days, so every week gets new ones.
prepare_upstream()
{
	image upstream "$(recipe "$rootfs" "$strongswan_source" "$(date +%G-%V)" \
		"$guest_dir/upstream-certs" "$host_dir/upstream.sh")" \
		"making the keys and certificates of strongSwan's scenarios" \
		build_upstream
	upstream_testing=$image_dir/testing
}
