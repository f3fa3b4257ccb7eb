# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Counts the system calls in the output of strace -f -y, for one line of
# bench.csv.  What each class consists of goes to the file "calls".  A call is
# counted where it begins: "<... resumed>" is the end of one.  The first file
# says what the sockets are (command sockets).

# messages NAME: requests to netlink; a datagram may hold several of them
function messages(line,    n, rest, type)
{
	rest = line
	while (match(rest, /nlmsg_type=[A-Za-z0-9_]+/)) {
		type = substr(rest, RSTART + 11, RLENGTH - 11)
		detail["request " type]++
		rest = substr(rest, RSTART + RLENGTH)
		n++
	}
	if (!n) {
		print "no netlink message in: " line >"/dev/stderr"
		failed = 1
	}
	return n
}

# target LINE: what the descriptor is that a call begins with
function target(line,    fd)
{
	if (!match(line, /^[a-z0-9_]+\([0-9]+<[^>]*>/)) {
		return ""
	}
	fd = substr(line, 1, RLENGTH - 1)
	sub(/^[^<]*</, "", fd)
	return fd in socket ? socket[fd] : fd
}

function class(name, line,    fd)
{
	if (name == "ioctl" || name == "futex") {
		return name
	}
	fd = target(line)
	if (name ~ /^(sendto|sendmsg|sendmmsg|write|writev)$/) {
		if (fd == "xfrm") {
			xfrm += messages(line)
			return "xfrm send"
		}
		if (fd == "route") {
			route += messages(line)
			return "route send"
		}
		if (fd == "netlink") {
			netlink += messages(line)
			return "other netlink send"
		}
		if (line ~ /nlmsg_type=/) {
			print "netlink socket is not known: " line >"/dev/stderr"
			failed = 1
		}
	}
	if (fd ~ /^(xfrm|route|netlink)$/) {
		return "receive"
	}
	if (fd == "unix" || name ~ /^accept/) {
		return "vici"
	}
	if (fd == "udp") {
		return "ike"
	}
	if (fd ~ /^\/var\/log\//) {
		return "log"
	}
	if (fd ~ /^\/etc\//) {
		return "names"
	}
	if (name ~ /^(poll|ppoll|select|pselect6|epoll_wait|epoll_pwait)$/) {
		return "poll"
	}
	if (name ~ /^(mmap|munmap|mprotect|madvise|brk|mremap)$/) {
		return "memory"
	}
	return "other"
}

NR == FNR {
	socket["socket:[" $1 "]"] = $2
	next
}

# connections to vici are gone when the sockets are listed
/accept.* = [0-9]+<socket:\[[0-9]+\]>$/ {
	match($0, /socket:\[[0-9]+\]>$/)
	socket[substr($0, RSTART, RLENGTH - 1)] = "unix"
}

# the process id in front may be padded
match($0, /^[0-9]+ +/) { $0 = substr($0, RLENGTH + 1) }

match($0, /^[a-z][a-z0-9_]*\(/) {
	name = substr($0, 1, RLENGTH - 1)
	which = class(name, $0)
	number[which]++
	all++
	detail[which ": " name]++
}

END {
	if (failed) {
		exit 1
	}
	printf "%s,%s,%s,%d,%d,%d,%d", mode, backend, phase, xfrm, route, netlink,
		number["ioctl"]
	split("receive poll futex log vici ike memory names other", classes, " ")
	for (i = 1; i in classes; i++) {
		printf ",%d", number[classes[i]]
	}
	printf ",%d\n", all
	for (each in detail) {
		printf "%s,%s,%s,%s,%d\n", mode, backend, phase, each,
			detail[each] | "sort >>" calls
	}
}
