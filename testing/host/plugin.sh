# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Builds the plugin on this machine, for the strongSwan of the guest: its source
# package gives the headers, its binaries in the image what configure detects.
# Sources are copied to the cache first, so the tree stays as it is, whether it
# was configured or not, and an edit costs the recompilation of that file only.

# source_list: the files of the project, relative to the top.
source_list()
{
	cd "$top_dir"
	if [[ -e .git ]]; then
		git -c safe.directory='*' ls-files -co --exclude-standard
	else
		find . -type f -printf '%P\n'
	fi | while read -r file; do
		if [[ -f $file ]]; then
			echo "$file"
		fi
	done | LC_ALL=C sort
}

# copy_sources: brings plugin_build/src up to date, also with what was deleted.
copy_sources()
{
	local old=$plugin_build/files new=$plugin_build/files.new file
	mkdir -p "$plugin_build/src"
	source_list >"$new"
	if [[ -f $old ]]; then
		LC_ALL=C comm -23 "$old" "$new" | while read -r file; do
			rm -f "$plugin_build/src/$file"
		done
	fi
	# A file that was removed and came back is older than what was built.
	( cd "$top_dir" && while read -r file; do
		if [[ ! $plugin_build/src/$file -nt $file ]] ||
			! cmp -s "$file" "$plugin_build/src/$file"; then
			echo "$file"
		fi
	done <"$new" | xargs -r -d '\n' cp --parents -t "$plugin_build/src" )
	mv "$new" "$old"
}

configure_plugin()
{
	local -a options=(--prefix=/usr --sysconfdir=/etc --libdir=/usr/lib
		"${strongswan_options[@]}")
	if [[ ${CI:-} == true ]]; then
		options+=(--enable-werror)
	fi
	if [[ ! -x $plugin_build/src/configure ]]; then
		( cd "$plugin_build/src" && autoreconf -i )
	fi
	if [[ -f $plugin_build/obj/Makefile &&
		${options[*]} == "$(cat "$plugin_build/configured" 2>/dev/null)" ]]; then
		return 0
	fi
	rm -rf "$plugin_build/obj"
	mkdir "$plugin_build/obj"
	( cd "$plugin_build/obj" && ../src/configure "${options[@]}" )
	echo "${options[*]}" >"$plugin_build/configured"
}

make_plugin()
{
	copy_sources
	configure_plugin
	make -C "$plugin_build/obj" -j2
	rm -rf "$plugin_build/stage"
	make -C "$plugin_build/obj" install DESTDIR="$plugin_build/stage"
	test -f "$plugin_build/stage/$plugin_file"
}

plugin_file=usr/lib/ipsec/plugins/libstrongswan-hw-offload.so

# build_plugin: sets plugin_stage to an install tree, and puts a copy of it into
# log_dir/images.
build_plugin()
{
	plugin_build=$cache/build/$tree_key/plugin
	strongswan_options=("--with-strongswan=$strongswan_source"
		"--with-strongswan-libdir=$rootfs_tree/usr/lib/ipsec")
	claim "$plugin_build"
	mkdir -p "$plugin_build"
	step "building the plugin" make_plugin
	plugin_stage=$plugin_build/stage
	cp -a "$plugin_stage" "$log_dir/images/plugin"
	release
}
