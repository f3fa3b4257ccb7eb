# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# What the admin asked for and charon does not report: the settings of children in
# swanctl.conf that decide about their policies.
package Settings;
use strict;

# alternative_names LINKS: the name of the interface that each of them stands for
sub alternative_names
{
	my %names;
	for (split /\n/, $_[0]) {
		my ($name) = /^\d+: ([^:@]+)/ or next;
		$names{$1} = $name while /\baltname (\S+)/g;
	}
	return %names;
}

# read_all TEXT LINKS: those of each child and of its connection, by "gw/net"
sub read_all
{
	my ($text, $links) = @_;
	my %interface = alternative_names($links);
	my (%of, %refs, @path);
	for (split /\n/, $text) {
		s/#.*//;
		pos() = 0;
		while (!/\G\s*$/gc) {
			if (/\G\s*([\w.%-]+)\s*(?::\s*([\w.%, -]+?)\s*)?\{/gc) {
				push @path, $1;
				$refs{join '/', @path} = $2 // '';
			}
			elsif (/\G\s*\}/gc) {
				pop @path;
			}
			elsif (/\G\s*([\w.%-]+)\s*=\s*"?([^}"]*?)"?\s*(?=\}|$)/gc) {
				$of{join '/', @path}{$1} = $2;
			}
			elsif (!/\G\s*include\s.*/gc) {
				die "swanctl.conf: '$_' is not understood\n";
			}
		}
	}
	my %settings;
	for (keys %of) {
		m{^connections/([^/]+)/children/([^/]+)$} or next;
		my %child = (%{$of{"connections/$1"} // {}},
			(map { %{$of{s{\.}{/}gr} // {}} } split /,\s*/, $refs{$_}), %{$of{$_}});
		$child{interface} = $interface{$child{interface}} // $child{interface}
			if defined $child{interface};
		$settings{"$1/$2"} = \%child;
	}
	return \%settings;
}

sub enabled
{
	my ($settings, $name, $default) = @_;
	return ($settings->{$name} // $default) =~ /^(?:yes|true|enabled|1)$/;
}

sub number
{
	my ($text) = @_;
	return $text =~ /^0x/ ? hex $text : $text + 0;
}

# mark 0x1/0xff as 1/255, "*" if charon chooses it
sub mark
{
	my ($text) = @_;
	return '0/0' if !defined $text;
	return '*' if $text =~ /^%/;
	my ($mark, $mask) = split m{/}, $text;
	return number($mark) . '/' . number($mask // '0xffffffff');
}

# XFRM interface ID, "*" if charon chooses it
sub if_id
{
	my ($text) = @_;
	return 0 if !defined $text;
	return $text =~ /^%/ ? '*' : number($text);
}

1;
