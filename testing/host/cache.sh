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

# cache_use: until cache_done nobody drops an image. What interrupted runs have
# left goes if no other run uses the cache.
cache_use()
{
	local left
	exec {cache_fd}>"$cache/lock"
	if flock -n "$cache_fd"; then
		for left in "$cache/images"/.new-*; do
			if [[ -e $left ]]; then
				remove_tree "$left"
			fi
		done
	fi
	flock -s "$cache_fd"
}

cache_done()
{
	exec {cache_fd}>&-
}

# claim PATH: until it is released, this run alone makes PATH, which is in the
# cache.
claim()
{
	mkdir -p "${1%/*}"
	exec {claim_fd}>"$1.lock"
	if ! flock -n "$claim_fd"; then
		say "waiting for another testing/lab that makes ${1##*/}"
		flock "$claim_fd"
	fi
}

release()
{
	exec {claim_fd}>&-
}

# claimed PATH COMMAND...: runs COMMAND with that claim.
claimed()
{
	cache_use
	claim "$1"
	"${@:2}"
	release
	cache_done
}

# recipe WORD... : a key over the WORDs and the contents of those that are
# files.
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

# image NAME KEY TEXT BUILDER...: sets image_dir to the image's directory; if
# the cache has none, BUILDER makes it in a new directory, its last argument.
image()
{
	local name=$1 key=$2 text=$3 new
	shift 3
	image_dir=$cache/images/$name@$key
	claim "$cache/images/$name"
	if [[ ! -d $image_dir ]]; then
		new=$cache/images/.new-$name-$$
		mkdir "$new"
		step "$text" "$@" "$new"
		mv "$new" "$image_dir"
		drop_older "$name"
	fi
	release
}

# drop_older NAME: the images of that name but image_dir, unless another run
# uses the cache: it may be about to pin one.
drop_older()
{
	local old
	if flock -n "$cache_fd"; then
		for old in "$cache/images/$1@"*; do
			if [[ $old != "$image_dir" ]]; then
				remove_tree "$old"
			fi
		done
	fi
	flock -s "$cache_fd"
}

# pin FROM TO: hard links, so that another lab may drop FROM from the cache
# while this one works with log_dir/images/TO.
pin()
{
	cp -al "$1" "$log_dir/images/$2"
}

# private COMMAND...: runs COMMAND as root with a mount namespace of its own;
# the invoking user is mapped to root when he is not. Mounts end with COMMAND.
# In a chroot / is no mount, so nothing can be said about its propagation.
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
