# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# The hosts of a scenario: namespaces (network, mount, uts, pid) with an /etc,
# /run, /tmp and /var/log of their own.  host-init is the first process of
# each; when it is killed, the kernel ends all that runs there.

hosts_dir=/hosts
host_timeout=180
# for all of wait-for's deadlines, empty for what each of them says
wait_at_most=
declare -A host_pid=()

# pause SECONDS: without a program, which would take longer to start
exec {silence}<> <(:)
pause()
{
	read -r -t "$1" -u "$silence" || true
}

# An overlay cannot keep its upper layer on the guest's root, which is one.
hosts_prepare()
{
	mkdir -p "$hosts_dir"
	mount -t tmpfs -o mode=755 hosts "$hosts_dir"
}

# hosts_etc DIR NAME...: puts the files of DIR/NAME/etc into the /etc that the
# host will have; later calls overwrite what earlier ones have put there.
hosts_etc()
{
	local from=$1 name
	local -a dirs=()
	shift
	for name in "$@"; do
		if [[ -d $from/$name ]]; then
			dirs+=("$from/$name")
		fi
	done
	if ((${#dirs[@]} > 0)); then
		cp -rL --preserve=mode "${dirs[@]}" "$hosts_dir/"
	fi
}

# hosts_dirs NAME...: what hosts_up needs.  One call of a program for all, each
# takes long in an emulated machine.
hosts_dirs()
{
	local name
	local -a tmp=() pipes=() others=()
	for name in "$@"; do
		tmp+=("$hosts_dir/$name/tmp")
		pipes+=("$hosts_dir/$name"/{ready,commands,answers})
		others+=("$hosts_dir/$name"/{etc,work,run,log})
	done
	mkdir -p "${others[@]}" "${tmp[@]}"
	chmod 1777 "${tmp[@]}"
	mkfifo "${pipes[@]}"
}

# hosts_up NAME...: all of them at the same time
hosts_up()
{
	local name dir fd pid
	local -A ready=()
	hosts_dirs "$@"
	for name in "$@"; do
		dir=$hosts_dir/$name
		echo "$name" >"$dir/etc/hostname"
		# there is no name server, and no answer takes long
		printf '%s: files\n' passwd group hosts protocols services \
			>"$dir/etc/nsswitch.conf"
		exec {fd}<>"$dir/ready"
		ready[$name]=$fd
		HOST=$name HOME=/root PATH=$guest_dir/bin:$PATH \
			STRONGSWAN_CONF=$strongswan_conf WAIT_AT_MOST=$wait_at_most \
			unshare --net --mount --uts --pid --fork \
			"$guest_dir/host-init" "$name" "$dir" \
			</dev/null >"$dir/init.log" 2>&1 &
	done
	for name in "$@"; do
		fd=${ready[$name]}
		pid=
		read -r -t 60 -u "$fd" pid || true
		exec {fd}<&-
		if [[ ! $pid ]]; then
			cat "$hosts_dir/$name/init.log" >&2
			die "host $name did not come up"
		fi
		host_pid[$name]=$pid
	done
}

host_exists()
{
	[[ ${host_pid[$1]:-} ]]
}

# host_do NAME COMMAND...: runs a command of the engine's on a host. The root is
# taken from the host as well: the guest itself may live in a chroot of its
# initramfs.
host_do()
{
	local name=$1
	shift
	nsenter -t "${host_pid[$name]}" -n -m -u -p -r -w -- "$@"
}

# host_run NAME WORD...: runs a command line of a scenario on a host, as a
# remote shell does: the words are joined and the host's shell parses them.
# host-init is that shell: a fresh one for each command costs more in an
# emulated machine than most commands. What it has printed comes when it has
# ended.
host_run()
{
	local name=$1 dir=$hosts_dir/$1 id=$BASHPID.$EPOCHREALTIME status
	shift
	printf '%s %s\0' "$id" "$*" 1<>"$dir/commands"
	if ! host_answer "$dir" "$host_timeout"; then
		host_kill "$name" TERM
		host_answer "$dir" 5 || host_kill "$name" KILL
		status=124
	fi
	print_file "$dir/out.$id"
	print_file "$dir/err.$id" >&2
	return "$status"
}

# host_answer DIR SECONDS: waits for the end of the command id of host_run, sets
# its status
host_answer()
{
	local answer
	while IFS=' ' read -r -t "$2" answer status <>"$1/answers"; do
		if [[ $answer = "$id" ]]; then
			return 0
		fi
	done
	return 1
}

# host_kill NAME SIGNAL: to the command that host_run has started last, and what
# it has left in its process group
host_kill()
{
	host_do "$1" /bin/bash -c "kill -$2 -- -$(<"$hosts_dir/$1/leader")" || true
}

# print_file FILE: without a program, as there are many files
print_file()
{
	local -a all
	mapfile all <"$1"
	printf '%s' "${all[@]}"
}

# hosts_down: ends all hosts; devices that are no real ones vanish with them.
hosts_down()
{
	local name
	local -a names
	for name in "${!host_pid[@]}"; do
		kill -KILL "${host_pid[$name]}" 2>/dev/null || true
	done
	{ wait; } 2>/dev/null
	names=("${!host_pid[@]}")
	rm -rf "${names[@]/#/"${hosts_dir:?}/"}"
	host_pid=()
}
