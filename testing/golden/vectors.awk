# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Makes C of what ./record prints: GOLDEN(name, command, bytes) for the one message
# of each command that matters, or with -v all=1 for all of its messages, whose
# names are numbered then. What "ip" asks rtnetlink about the names of devices
# before or after that doesn't matter.

function flush_buffer(  len, rest)
{
	rest = buffer
	while (length(rest) >= 32) {
		len = byte(rest, 0) + 256 * byte(rest, 1)
		if (len < 16) {
			break
		}
		message[count + 1] = substr(rest, 1, 2 * len)
		count += !is_link(message[count + 1])
		rest = substr(rest, 2 * int((len + 3) / 4) * 4 + 1)
	}
	buffer = ""
}

function byte(hex, index_,  digits)
{
	digits = "0123456789abcdef"
	return 16 * (index(digits, substr(hex, 2 * index_ + 1, 1)) - 1) + \
		index(digits, substr(hex, 2 * index_ + 2, 1)) - 1
}

# whether a message is RTM_GETLINK, or RTM_NEWLINK without anything but names; all
# messages of XFRM with these numbers are of other sizes
function is_link(hex,  type)
{
	type = byte(hex, 4)
	return byte(hex, 5) == 0 && (type == 16 && length(hex) < 400 || \
		type == 18 && (hex ~ /08001d0009010000/))
}

# prints a string literal over as many lines as it needs
function literal(text, width,  i)
{
	for (i = 1; i <= length(text); i += width) {
		printf "\n\t\"%s\"", substr(text, i, width)
	}
}

function print_vector(name, hex)
{
	printf "GOLDEN(%s,", name
	literal(command, 72)
	printf ","
	literal(hex, 64)
	print ")"
}

function flush_command(  i)
{
	flush_buffer()
	for (i = all ? 1 : count; i <= count && i > 0; i++) {
		print_vector(all ? name "_" i : name, message[i])
	}
	count = 0
}

/^== / {
	flush_command()
	name = $2
	command = substr($0, length($2) + 5)
}

/^ \* / {
	flush_buffer()
}

/^ \| / {
	bytes = substr($0, 10, 49)
	gsub(/ /, "", bytes)
	buffer = buffer bytes
}

END {
	flush_command()
}
