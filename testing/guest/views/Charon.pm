# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# What charon has: "swanctl --list-sas --raw" and "swanctl --list-pols --raw" as SAs,
# and as policies that somebody wants, with the settings that charon does not report.
# Security labels are not known here, as no scenario has them.
package Charon;
use strict;

use Settings;

# what the names of protocols and services stand for, as traffic selectors have them
my %number;
sub number_of
{
	my ($name, $proto) = @_;
	return $name if $name =~ /^\d+$/;
	return $number{join '/', $name, $proto // ''} //=
		(defined $proto ? (getservbyname $name, $proto)[2]
			: (getprotobyname $name)[2]) //
		die "traffic selector with '$name' in it\n";
}

# ports FROM TO: the longest mask that both share, as the kernel wants it
sub port_mask
{
	my ($from, $to) = @_;
	my $mask = 0xffff;
	$mask = $mask << 1 & 0xffff while ($from & $mask) != ($to & $mask);
	return ($from & $mask, $mask);
}

# 192.0.2.0/24[udp/5000-5003], or 192.0.2.1/32[udp]
sub selector
{
	my ($text) = @_;
	my ($net, $upper) = $text =~ m{^([^/\[]+/\d+)(?:\[(.*)\])?$}
		or die "traffic selector $text is none that the kernel has\n";
	my ($proto, $ports) = split m{/}, $upper // 0;
	my %is = (
		net => $net,
		bits => (split m{/}, $net)[1],
		family => $net =~ /:/ ? 6 : 4,
		proto => number_of($proto),
		port => 0,
		mask => 0,
	);
	if (defined $ports) {
		my ($from, $to) = split /-/, $ports;
		my $name = $proto =~ /^\d+$/ ? getprotobynumber $proto : $proto;
		$_ = defined ? number_of($_, $name) : undef for $from, $to;
		@is{qw(port mask)} = port_mask($from, $to // $from);
	}
	return \%is;
}

# lists of traffic selectors: local-ts=[192.0.2.1/32 192.0.2.2/32].  For shunts,
# there is no address that is dynamic, but any.
sub selectors
{
	my ($text, $name) = @_;
	$text =~ /(?:^|\s)\Q$name\E=\[((?:[^\[\]]|\[[^\[\]]*\])*)\]/
		or die "no $name in $text\n";
	return map { /^dynamic(.*)/ ?
		(selector("0.0.0.0/0$1"), selector("::/0$1")) : selector($_) } split ' ', $1;
}

# values of those names, undef if they are not there
my %pattern;
sub values_of
{
	my ($text, @names) = @_;
	my %value;
	for my $name (@names) {
		my $pattern = $pattern{$name} //= qr/(?:^|[\s{])\Q$name\E=(\S*)/;
		$value{$name} = $text =~ $pattern ? $1 : undef;
	}
	return %value;
}

# mark 0x1/0xff as 1/255
sub mark
{
	my ($mark, $mask) = @_;
	return '0/0' if !defined $mark;
	return hex($mark) . '/' . hex($mask // 'ffffffff');
}

# child IKE TEXT SETTINGS: a CHILD_SA that has SAs
sub child
{
	my ($ike, $text, $settings) = @_;
	my %is = values_of($text, qw(name uniqueid reqid state mode protocol encap spi-in
		spi-out cpi-in cpi-out if-id-in if-id-out mark-in mark-mask-in mark-out
		mark-mask-out esn));
	return if !defined $is{'spi-in'};
	my %ike = values_of($ike, qw(local-host remote-host));
	my ($name) = $ike =~ /^list-sa event \{(\S+)/;
	return {
		settings => $settings->{"$name/$is{name}"} // {},
		id => $is{uniqueid},
		reqid => $is{reqid},
		mode => lc $is{mode},
		proto => lc $is{protocol},
		encap => $is{encap} ? 'encap' : '-',
		esn => $is{esn} ? 'esn' : '-',
		local => $ike{'local-host'},
		remote => $ike{'remote-host'},
		spi => { in => $is{'spi-in'}, out => $is{'spi-out'} },
		cpi => { map { $_ => $is{"cpi-$_"} && "0000" . $is{"cpi-$_"} } qw(in out) },
		if_id => { map { $_ => hex($is{"if-id-$_"} // 0) } qw(in out) },
		mark => { map { $_ => mark(@is{"mark-$_", "mark-mask-$_"}) } qw(in out) },
		# one that was rekeyed waits for packets that are on their way
		sending => $is{state} ne 'DELETED',
		local_ts => [selectors($text, 'local-ts')],
		remote_ts => [selectors($text, 'remote-ts')],
	};
}

# the CHILD_SAs of all IKE_SAs
sub children
{
	my ($text, $settings) = @_;
	my @children;
	for (grep { /^list-sa event/ } split /\n/, $text) {
		my ($ike, $rest) = split / child-sas \{/, $_, 2;
		push @children, map { child($ike, $_, $settings) }
			grep { /\bspi-in=/ } split /\}/, $rest // '';
	}
	return @children;
}

# the two SAs of a CHILD_SA, or one, and as many for IPComp: inside of these, so the
# mode is theirs
sub sas_of
{
	my ($child) = @_;
	my @sas;
	for my $dir (qw(in out)) {
		next if $dir eq 'out' && !$child->{sending};
		my ($src, $dst) = $dir eq 'in' ? qw(remote local) : qw(local remote);
		my %sa = (
			src => $child->{$src},
			dst => $child->{$dst},
			spi => $child->{spi}{$dir},
			if_id => $child->{if_id}{$dir},
			%$child{qw(proto reqid mode encap esn)},
		);
		if (my $cpi = $child->{cpi}{$dir}) {
			push @sas, { %sa, proto => 'comp', spi => $cpi, encap => '-', esn => '-' };
			$sa{mode} = 'transport';
		}
		push @sas, \%sa;
	}
	return @sas;
}

# templates_of CHILD DIR: what the policies of a CHILD_SA call for, outbound by SPI;
# inbound packets that could not be compressed come without IPComp
sub templates_of
{
	my ($child, $dir) = @_;
	my $out = $dir eq 'out';
	my @hosts = $child->{mode} eq 'transport' ? qw(- -)
		: @$child{$out ? qw(local remote) : qw(remote local)};
	my ($spi, $cpi) = map { $out ? $_->{out} : '00000000' } @$child{qw(spi cpi)};
	my $esp = "$child->{proto} $spi $child->{reqid}";
	if (!$child->{cpi}{in}) {
		return ["$esp $child->{mode} @hosts"];
	}
	return ["comp $cpi $child->{reqid} $child->{mode} @hosts" .
		($out ? '' : ' optional'), "$esp transport - -"];
}

# pairs LOCAL REMOTE DIR: the selectors of the policies, for each pair of traffic
# selectors that can match together
sub pairs
{
	my ($local, $remote, $dir) = @_;
	my @pairs;
	for my $mine (@$local) {
		for my $other (@$remote) {
			next if $mine->{family} != $other->{family};
			next if $mine->{proto} && $other->{proto} &&
				$mine->{proto} != $other->{proto};
			my ($src, $dst) = $dir eq 'out' ? ($mine, $other) : ($other, $mine);
			push @pairs, {
				src => $src->{net},
				dst => $dst->{net},
				proto => $src->{proto} || $dst->{proto},
				sport => $src->{port},
				dport => $dst->{port},
				bits => $src->{bits} + $dst->{bits},
				masks => $src->{mask} << 16 | $dst->{mask},
				family => $src->{family},
			};
		}
	}
	return @pairs;
}

# The priority that charon's backends give to a selector: the more it matches the
# later it is looked at, and traps after the CHILD_SAs they have raised.
my %classes = (
	pass => 200000, child => 400000, trap => 400000, drop => 600000,
);
sub priority
{
	my ($pair, $class, $settings) = @_;
	my $ports = sprintf('%b', $pair->{masks}) =~ tr/1//;
	return $settings->{priority} if $settings->{priority};
	return $classes{$class} - ($pair->{bits} << 9) -
		(($pair->{proto} ? 1 : 0) << 8) - ($ports << 2) -
		(($pair->{dev} ? 1 : 0) << 1) - ($class eq 'trap' ? 0 : 1);
}

# policy PAIR CLASS SETTINGS OTHER: one that is wanted, out by the interface that
# the settings name, and those of shunts are limited to it in all directions
sub policy
{
	my ($pair, $class, $settings, %other) = @_;
	my %is = %$pair;
	if ($settings->{interface} && ($other{shunt} || $other{of} eq 'out')) {
		$is{dev} = $settings->{interface};
	}
	return { %is, priority => priority(\%is, $class, $settings), %other };
}

# the policies of a CHILD_SA
sub policies_of_child
{
	my ($child) = @_;
	my $settings = $child->{settings};
	return () if !Settings::enabled($settings, 'policies', 'yes');
	my @dirs = ([qw(in in)], [qw(out out)]);
	if ($child->{mode} ne 'transport') {
		push @dirs, [qw(fwd in)];
		push @dirs, [qw(fwd out)]
			if Settings::enabled($settings, 'policies_fwd_out', 'no');
	}
	my @policies;
	for (@dirs) {
		my ($dir, $of) = @$_;
		next if $of eq 'out' && !$child->{sending};
		# what is forwarded to a tunnel only has to pass
		my $passes = $dir eq 'fwd' && $of eq 'out';
		push @policies, map {
			policy($_, $passes ? 'trap' : 'child', $settings,
				dir => $dir,
				of => $of,
				if_id => $child->{if_id}{$of},
				mark => $child->{mark}{$of},
				action => 'allow',
				templates => $passes ? [] : templates_of($child, $of),
				tunnel => $child->{mode} ne 'transport',
				child => $child,
				rank => $child->{id},
			)
		} pairs($child->{local_ts}, $child->{remote_ts}, $of);
	}
	return @policies;
}

# The policies of a trap or shunt.  charon does not tell the addresses of a trap's
# tunnel, and not always its XFRM interface ID and its mark: these are "*".
sub policies_of_pol
{
	my ($text, $all) = @_;
	my %is = values_of($text, qw(ike child reqid mode));
	my $settings = $all->{($is{ike} // '') . "/$is{child}"} // {};
	my $mode = lc $is{mode};
	my $class = $mode =~ /^(?:pass|drop)$/ ? $mode : 'trap';
	my $shunt = $class ne 'trap';
	my @dirs = ([qw(in in)], [qw(out out)]);
	if ($mode ne 'transport') {
		push @dirs, [qw(fwd in)];
		push @dirs, [qw(fwd out)]
			if Settings::enabled($settings, 'policies_fwd_out', 'no');
	}
	my @local = selectors($text, 'local-ts');
	my @remote = selectors($text, 'remote-ts');
	my $hosts = $mode eq 'transport' ? '- -' : '* *';
	my @policies;
	for (@dirs) {
		my ($dir, $of) = @$_;
		my $mark = Settings::mark($settings->{"mark_$of"});
		my $if_id = $shunt ? 0 : Settings::if_id($settings->{"if_id_$of"});
		my $passes = $shunt || $dir eq 'fwd' && $of eq 'out';
		$mark = $if_id = '*' if $mark eq '*' || $if_id eq '*';
		push @policies, map {
			policy($_, $class, $settings,
				dir => $dir,
				of => $of,
				if_id => $if_id,
				mark => $mark,
				action => $class eq 'drop' ? 'block' : 'allow',
				templates => $passes ? []
					: ["esp 00000000 $is{reqid} $mode $hosts"],
				tunnel => $mode eq 'tunnel',
				shunt => $shunt,
				rank => 0,
			)
		} pairs(\@local, \@remote, $of);
	}
	return @policies;
}

# all policies that are wanted; several may want the same
sub policies
{
	my ($children, $pols, $settings) = @_;
	return (map { policies_of_child($_) } @$children),
		map { policies_of_pol($_, $settings) }
		grep { /^list-policy event/ } split /\n/, $pols;
}

1;
