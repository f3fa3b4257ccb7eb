# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Turns option descriptions (conf/*.opt, in the format of strongSwan's) into the
# snippet for strongswan.d or into a section of a man page.
#
# usage: awk -v format=conf|man -v root=charon.plugins.NAME -f format-options.awk
#
# An option is a line "NAME = DEFAULT", "NAME := VALUE" (the snippet sets it,
# others are comments there) or "NAME {}" (a section), followed by paragraphs that
# are indented with a tab: first a short description, for the snippet, then
# optionally the long one, for the man page. _word_ is emphasized, **word** is
# bold.

# Ends a paragraph of the option that is being read.
function end_paragraph()
{
	if (paragraph != "") {
		text[count, ++paragraphs[count]] = paragraph
		paragraph = ""
	}
}

/^#/ { next }

/^[a-z]/ {
	end_paragraph()
	count++
	paragraphs[count] = 0
	full[count] = $1
	name[count] = substr($1, length(root) + 2)
	if (index($1, root ".") != 1) {
		printf "%s:%d: %s is not below %s\n", FILENAME, FNR, $1, root >"/dev/stderr"
		failed = 1
		exit 1
	}
	kind[count] = $2
	value[count] = $0
	sub(/^[^ ]+ +[^ ]+ */, "", value[count])
	next
}

/^\t/ {
	sub(/^\t+/, "")
	paragraph = paragraph (paragraph == "" ? "" : " ") $0
	next
}

/^$/ {
	end_paragraph()
	next
}

{
	printf "%s:%d: neither an option nor its description\n", FILENAME, FNR >"/dev/stderr"
	failed = 1
	exit 1
}

END {
	if (failed)
		exit 1
	end_paragraph()
	if (format == "man")
		print_man()
	else
		print_conf()
}

function indent(depth,    blanks)
{
	blanks = ""
	while (depth-- > 0)
		blanks = blanks "    "
	return blanks
}

# Prints a text as comments of at most 78 columns.
function print_comment(string, depth,    words, n, i, line)
{
	gsub(/\*\*/, "", string)
	n = split(string, words, " ")
	line = indent(depth) "#"
	for (i = 1; i <= n; i++) {
		if (length(line) + length(words[i]) + 1 > 78) {
			print line
			line = indent(depth) "#"
		}
		line = line " " words[i]
	}
	print line
}

# Closes and opens sections, so that those of path are open.
function enter(path,    want, n, i, same)
{
	n = split(path, want, ".")
	same = 0
	while (same < n && same < open && want[same + 1] == opened[same + 1])
		same++
	for (; open > same; open--)
		print indent(open) "}"
	if (printed++)
		print ""
	for (; open < n; open++) {
		opened[open + 1] = want[open + 1]
		print indent(open + 1) want[open + 1] " {"
		if (open + 1 < n || !section)
			print ""
	}
}

function print_conf(    i, path, leaf, root_name)
{
	root_name = root
	sub(/.*\./, "", root_name)
	print "# Settings of the plugin " root_name ", see " page "."
	print root_name " {"
	print ""
	for (i = 1; i <= count; i++) {
		leaf = name[i]
		if (leaf ~ /</)
			# a section whose name is up to the reader
			continue
		path = ""
		if (match(leaf, /.*\./)) {
			path = substr(leaf, 1, RLENGTH - 1)
			leaf = substr(leaf, RLENGTH + 1)
		}
		section = kind[i] == "{}"
		enter(path)
		print_comment(text[i, 1], open + 1)
		if (section) {
			opened[++open] = leaf
			print indent(open) leaf " {"
		} else
			print indent(open + 1) (kind[i] == ":=" ? "" : "# ") leaf " =" \
				(value[i] == "" ? "" : " " value[i])
	}
	section = 0
	for (; open > 0; open--)
		print indent(open) "}"
	print "}"
}

# Makes roff of a text.
function roff(string)
{
	gsub(/\\/, "\\e", string)
	while (match(string, /\*\*[^*]+\*\*/))
		string = substr(string, 1, RSTART - 1) "\\fB" \
			substr(string, RSTART + 2, RLENGTH - 4) "\\fR" \
			substr(string, RSTART + RLENGTH)
	while (match(string, /(^|[ (])_[^ ]+_/))
		string = substr(string, 1, RSTART - 1) emphasize(substr(string, RSTART, RLENGTH)) \
			substr(string, RSTART + RLENGTH)
	sub(/^[.']/, "\\\\\\&&", string)
	return string
}

# Makes roff of " _word_".
function emphasize(match_text,    lead)
{
	lead = ""
	if (substr(match_text, 1, 1) != "_") {
		lead = substr(match_text, 1, 1)
		match_text = substr(match_text, 2)
	}
	return lead "\\fI" substr(match_text, 2, length(match_text) - 2) "\\fR"
}

# Makes roff of a name or value, in which a hyphen is a minus.
function literal(string)
{
	gsub(/\\/, "\\e", string)
	gsub(/-/, "\\-", string)
	return string
}

function print_man(    i, j)
{
	for (i = 1; i <= count; i++) {
		print ".TP"
		if (kind[i] == "{}")
			print ".B " literal(full[i])
		else
			print ".BR " literal(full[i]) " \" [" literal(value[i]) "]\""
		j = paragraphs[i] > 1 ? 2 : 1
		print roff(text[i, j])
		for (j++; j <= paragraphs[i]; j++) {
			print ".IP"
			print roff(text[i, j])
		}
	}
}
