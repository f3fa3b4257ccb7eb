# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# promtool, which knows what Prometheus accepts as metrics. The guest runs it
# from its share: it is large, and few scenarios need it.

build_promtool()
{
	local dir=$1
	(
		cd "$dir"
		apt_at "$archive" apt-get download "promtool=$promtool_version"
		dpkg-deb --fsys-tarfile promtool_*.deb |
			tar -x --strip-components=3 ./usr/bin/promtool
		rm promtool_*.deb
		test -x promtool
	)
}

# prepare_promtool: sets promtool to the program, for the guest's userland.
prepare_promtool()
{
	archive_root sid "deb deb-src" sid
	promtool_version=$(package_version promtool)
	image promtool "$(recipe "$promtool_version" "$host_dir/promtool.sh")" \
		"getting promtool $promtool_version" build_promtool
	promtool=$image_dir/promtool
}
