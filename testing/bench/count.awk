# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# One line of bench.csv from three files: what the sockets are (command
# sockets), how often the kernel saw each system call, and strace's output for
# those that may be requests.  The details go to the file "calls".  A call is
# counted where it begins: "<... resumed>" is the end of one.

function broken(text)
{
	print text >"/dev/stderr"
	failed = 1
}

# requests(): messages to netlink, a datagram may hold several of them
function requests(line,    n)
{
	while (match(line, /nlmsg_type=[A-Za-z0-9_]+/)) {
		detail["request " substr(line, RSTART + 11, RLENGTH - 11)]++
		line = substr(line, RSTART + RLENGTH)
		n++
	}
	if (!n) {
		broken("no netlink message in: " line)
	}
	return n
}

# target(): what the descriptor is that a call begins with
function target(line,    fd)
{
	if (!match(line, /^[a-z0-9_]+\([0-9]+<[^>]*>/)) {
		return ""
	}
	fd = substr(line, 1, RLENGTH - 1)
	sub(/^[^<]*</, "", fd)
	return fd in socket ? socket[fd] : fd
}

function class(name)
{
	if (name ~ /^(sendto|sendmsg|sendmmsg|writev)$/) {
		return "send"
	}
	if (name ~ /^(recvfrom|recvmsg|recvmmsg)$/) {
		return "receive"
	}
	if (name ~ /^(poll|ppoll|select|pselect6|epoll_wait|epoll_pwait)$/) {
		return "poll"
	}
	if (name ~ /^(openat|newfstatat|fstat|lseek|close)$/) {
		return "file"
	}
	if (name ~ /^(mmap|munmap|mprotect|madvise|brk|mremap)$/) {
		return "memory"
	}
	return name ~ /^(ioctl|futex|read|write|getpid)$/ ? name : "other"
}

# an idle daemon leaves files empty, so their names have to tell them apart
FILENAME ~ /sockets$/ {
	socket["socket:[" $1 "]"] = $2
	next
}

FILENAME ~ /\.calls$/ {
	number[class($1)] += $2
	detail["call " $1] = $2
	all += $2
	next
}

# the thread's id in front may be padded
match($0, /^[0-9]+ +/) { $0 = substr($0, RLENGTH + 1) }

match($0, /^[a-z][a-z0-9_]*\(/) {
	name = substr($0, 1, RLENGTH - 1)
	traced[class(name)]++
	kind = target($0)
	if (class(name) == "send" && kind ~ /^(xfrm|route|netlink)$/) {
		sent[kind] += requests($0)
	} else if (/nlmsg_type=/) {
		broken("netlink socket is not known: " $0)
	}
	if (name == "ioctl" && match($0, /, [A-Z_0-9]+/)) {
		detail["ioctl " substr($0, RSTART + 2, RLENGTH - 2)]++
	}
}

END {
	if (traced["send"] != number["send"] ||
		traced["ioctl"] != number["ioctl"]) {
		broken("strace has seen " traced["send"] + 0 " sends and " \
			traced["ioctl"] + 0 " ioctls, the kernel " number["send"] + 0 \
			" and " number["ioctl"] + 0)
	}
	if (failed) {
		exit 1
	}
	printf "%s,%s,%s,%d,%d,%d", mode, backend, phase, sent["xfrm"],
		sent["route"], sent["netlink"]
	split("ioctl send receive poll futex read write file memory getpid other",
		classes, " ")
	for (i = 1; i in classes; i++) {
		printf ",%d", number[classes[i]]
	}
	printf ",%d\n", all
	for (each in detail) {
		printf "%s,%s,%s,%s,%d\n", mode, backend, phase, each,
			detail[each] | "sort >>" calls
	}
}
