# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Debian's archive, other suites than this machine's: the mirror, proxies and
# other transport settings come from the system's apt configuration; lists and
# downloads live in the cache. The system's own apt state is never written.

# How old package lists may get before they are fetched again.
lists_max_days=${HW_OFFLOAD_LISTS_DAYS:-7}

# find_mirror: sets mirror to the address of the Debian archive that apt uses
# here. Origin and label are known once lists were fetched, the codename always.
find_mirror()
{
	local codename
	mirror=${HW_OFFLOAD_MIRROR:-}
	if [[ -z $mirror ]]; then
		codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
		mirror=$(apt-get indextargets --no-release-info \
			--format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
			'Identifier: Packages' |
			awk -v codename="$codename" '
				$1 ~ /^cdrom:/ || $3 != "main" { next }
				$2 == codename || $2 ~ /^(stable|testing|unstable|sid)$/ {
					print $1; exit
				}')
	fi
	[[ -n $mirror ]] || die "apt's configuration names no mirror of the Debian" \
		"archive; set HW_OFFLOAD_MIRROR to the address of one"
}

fetch_release()
{
	/usr/lib/apt/apt-helper -o APT::Sandbox::User="$(id -un)" download-file \
		"${mirror%/}/dists/$1/InRelease" "$2.new"
	touch "$2.new" # it has the time that the mirror tells
	mv "$2.new" "$2"
}

# find_stable: sets stable to the codename of Debian's current release, as
# mirrors may be late with what they call "stable".
find_stable()
{
	local file=$cache/apt/stable
	claim "$file"
	if [[ -z $(find "$file" -mtime -"$lists_max_days" 2>/dev/null) ]]; then
		step "asking what Debian's current release is" fetch_release stable \
			"$file"
	fi
	stable=$(sed -n 's/^Codename: //p' "$file")
	[[ -n $stable ]] ||
		die "$mirror does not tell what Debian's current release is, see $file"
	release
}

archive_keyring()
{
	local file
	for file in /usr/share/keyrings/debian-archive-keyring.{gpg,pgp}; do
		if [[ -f $file ]]; then
			echo "$file"
			return 0
		fi
	done
	die "the keyring of the Debian archive is missing"
}

# source_lines TYPE SUITE...: lines of a sources.list.
source_lines()
{
	local type=$1 suite
	shift
	for suite in "$@"; do
		echo "$type [signed-by=$(archive_keyring)] $mirror $suite main"
	done
}

# transport_options: apt's settings for proxies and the like, as the system has
# them, plus what a mirror of sid needs: its Release file may be past its date.
transport_options()
{
	apt-config dump | grep -E '^Acquire::(https?|Retries)\b.*"[^"]+";$' || true
	echo 'Acquire::Check-Valid-Until "false";'
	echo 'Acquire::Languages "none";'
	echo 'Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";'
}

# apt_at ROOT TOOL ARGUMENT...: an apt tool with the state in ROOT.
apt_at()
{
	local root=$1 tool=$2
	shift 2
	"$tool" -q -o Dir::Etc::sourcelist="$root/sources.list" \
		-o Dir::Etc::sourceparts=/dev/null -o Dir::Etc::preferences=/dev/null \
		-o Dir::Etc::preferencesparts=/dev/null \
		-o Dir::State="$root/state" -o Dir::State::status="$root/status" \
		-o Dir::State::lists="$root/lists" -o Dir::Cache="$root/cache" \
		-o Dir::Cache::pkgcache=pkgcache.bin \
		-o Dir::Cache::srcpkgcache=srcpkgcache.bin \
		-o APT::Sandbox::User="$(id -un)" -o APT::Architecture=amd64 \
		-o APT::Architectures::=amd64 -o Acquire::Check-Valid-Until=false \
		-o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
		-o APT::Update::Post-Invoke-Success::=true "$@"
}

fetch_lists()
{
	local root=$1
	mkdir -p "$root"/{state,lists/partial,cache/archives/partial}
	: >"$root/status"
	apt_at "$root" apt-get update
	touch "$root/fetched"
}

# archive_root NAME TYPES SUITE...: sets archive to the apt root NAME, with
# lists that are not older than lists_max_days if they can be had.
archive_root()
{
	local name=$1 types=$2 wanted type
	shift 2
	archive=$cache/apt/$name
	wanted=$(for type in $types; do source_lines "$type" "$@"; done)
	claim "$archive"
	if [[ ! -f $archive/fetched || $wanted != "$(<"$archive/sources.list")" ||
		-n $(find "$archive/fetched" -mtime +"$lists_max_days") ]]; then
		mkdir -p "$archive"
		rm -f "$archive/fetched"
		printf '%s\n' "$wanted" >"$archive/sources.list"
		step "fetching the package lists of $*" fetch_lists "$archive"
	fi
	release
}

# package_version NAME: the version that the current apt root offers.
package_version()
{
	apt_at "$archive" apt-cache show --no-all-versions "$1" |
		sed -n 's/^Version: //p;' | sed -n 1p
}

# debootstrap_options: fills the array bootstrap with mmdebstrap's common
# options.
bootstrap_options()
{
	local line
	bootstrap=(mmdebstrap --variant=minbase --architectures=amd64
		--dpkgopt=force-unsafe-io
		--dpkgopt='path-exclude=/usr/share/doc/*'
		--dpkgopt='path-exclude=/usr/share/man/*'
		--dpkgopt='path-exclude=/usr/share/info/*'
		--dpkgopt='path-exclude=/usr/share/locale/*')
	while read -r line; do
		bootstrap+=(--aptopt="$line")
	done < <(transport_options)
}
