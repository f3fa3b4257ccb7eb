# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# The cache: images that are keyed by what they are made from. An image is built
# beside its place and renamed into it, so an interrupted build leaves nothing
# that a later run could take for an image.

cache_open()
{
	cache=${HW_OFFLOAD_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/hw-offload}
	mkdir -p "$cache/images" "$cache/runs" "$cache/build"
	cache=$(cd "$cache" && pwd)
	log_dir=$(mktemp -d "$cache/runs/$(date +%m%d-%H%M%S)-XXXX")
	mkdir "$log_dir/images"
}

# cache_lock: images and the plugin are built by one run at a time.
cache_lock()
{
	exec {cache_lock_fd}>"$cache/lock"
	if ! flock -n "$cache_lock_fd"; then
		say "waiting for another testing/lab that prepares this cache"
		flock "$cache_lock_fd"
	fi
	local left
	for left in "$cache/images"/.new-*; do
		if [[ -e $left ]]; then
			remove_tree "$left"
		fi
	done
}

cache_unlock()
{
	exec {cache_lock_fd}>&-
}

# recipe WORD... : a key over the WORDs and the contents of those that are files.
recipe()
{
	local word
	for word in "$@"; do
		if [[ -f $word ]]; then
			sha256sum <"$word"
		else
			echo "$word"
		fi
	done | sha256sum | cut -c 1-16
}

# image NAME KEY TEXT BUILDER...: sets image_dir to the image's directory; if the
# cache has none, BUILDER makes it in a new directory, its last argument.
# The older images of that name are dropped after the new one stands.
image()
{
	local name=$1 key=$2 text=$3 new old
	shift 3
	image_dir=$cache/images/$name@$key
	if [[ -d $image_dir ]]; then
		return 0
	fi
	new=$cache/images/.new-$name-$$
	mkdir "$new"
	step "$text" "$@" "$new"
	mv "$new" "$image_dir"
	for old in "$cache/images/$name@"*; do
		if [[ $old != "$image_dir" ]]; then
			remove_tree "$old"
		fi
	done
}

# pin FROM TO: hard links, so that another lab may drop FROM from the cache while
# this one works with log_dir/images/TO.
pin()
{
	cp -al "$1" "$log_dir/images/$2"
}

# private COMMAND...: runs COMMAND as root with a mount namespace of its own; the
# invoking user is mapped to root when he is not. Mounts end with COMMAND. In a
# chroot / is no mount, so nothing can be said about its propagation.
private()
{
	local -a mapping=()
	if (( EUID != 0 )); then
		mapping=(--map-root-user --map-auto)
	fi
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare "${mapping[@]}" --mount --propagation unchanged -- bash -c '
		mount --make-rprivate / 2>/dev/null || true
		exec "$@"' - "$@"
}

# remove_tree DIR: a chroot of an unprivileged user holds files of mapped ids.
remove_tree()
{
	rm -rf -- "$1" 2>/dev/null || private rm -rf -- "$1"
}
