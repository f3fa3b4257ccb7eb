# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# What the kernel has: "ip -s -d xfrm state" and "ip -s -d xfrm policy" as values.
# iproute2 does not print masks of ports, so they are not compared.  Some numbers it
# prints twice: 1(0x00000001).
package Kernel;
use strict;

# protocols that iproute2 has names for
my %proto = (
	icmp => 1, ipencap => 4, tcp => 6, udp => 17, gre => 47, esp => 50, ah => 51,
	'ipv6-icmp' => 58, sctp => 132,
);

sub spi
{
	my ($text) = @_;
	$text =~ s/\(.*//;
	return sprintf '%08x', hex $text;
}

sub number
{
	my ($text) = @_;
	$text =~ s/\(.*//;
	return $text =~ /^0x/ ? hex $text : $text + 0;
}

# words of a line that name the next one: (dev => 'p0', dir => 'out')
my %pattern;
sub named
{
	my ($line, @names) = @_;
	my %value;
	for my $name (@names) {
		my $pattern = $pattern{$name} //= qr/(?:^|\s)\Q$name\E (\S+)/;
		$value{$name} = $1 if $line =~ $pattern;
	}
	return %value;
}

# the lines of each SA or policy: the first one begins at the margin
sub blocks
{
	my ($text) = @_;
	return grep { /^src / } split /^(?=src )/m, $text;
}

# offload BLOCK: "packet p0", or "none -"
sub offload
{
	my ($block) = @_;
	$block =~ /^\s*crypto offload parameters: (.*)$/m or return 'none -';
	my %is = named($1, qw(dev mode));
	return ($is{mode} // 'crypto') . " $is{dev}";
}

# the SAs of ESP, AH and IPComp that are not larval; what IPComp adds for packets that
# are not compressed is part of one of these
sub sas
{
	my ($text) = @_;
	my @sas;
	for (blocks($text)) {
		/^\s+proto (?:esp|ah|comp) /m or next;
		/^\s+(?:aead|enc|auth|auth-trunc|comp) /m or next;
		my %is = named($_, qw(src dst proto spi reqid mode if_id));
		push @sas, {
			%is{qw(src dst proto mode)},
			spi => spi($is{spi}),
			reqid => number($is{reqid}),
			if_id => number($is{if_id} // 0),
			encap => /^\s+encap type espinudp /m ? 'encap' : '-',
			esn => /\bflag [^(]*\besn\b/ ? 'esn' : '-',
			offload => offload($_),
		};
	}
	return @sas;
}

# template as text, see policy_text
sub template
{
	my ($text) = @_;
	my %is = named($text, qw(src dst proto spi reqid mode level));
	$_ = /^(?:0\.0\.0\.0|::)$/ ? '-' : $_ for @is{qw(src dst)};
	my $optional = $is{level} eq 'use' ? ' optional' : '';
	return join(' ', $is{proto}, spi($is{spi}), number($is{reqid}),
		@is{qw(mode src dst)}) . $optional;
}

# a policy as one line
sub policy_text
{
	my (%is) = @_;
	return "$is{dir} $is{src} > $is{dst} proto $is{proto} sport $is{sport} " .
		"dport $is{dport} dev $is{dev} uid $is{uid} if_id $is{if_id} " .
		"mark $is{mark} $is{action} priority $is{priority} icmp $is{icmp} " .
		'templates [' . join('; ', @{$is{templates}}) . '] ' .
		"offload $is{offload}";
}

sub policy
{
	my ($block) = @_;
	my ($head, $rest) = split /\n/, $block, 2;
	my ($body, @templates) = split /^\s+tmpl /m, $rest;
	my %sel = named($head,
		qw(src dst proto sport dport type code dev uid));
	my %is = (named($body, qw(dir action priority)), named($rest, qw(mark if_id)));
	my $mark = '0/0';
	if ($is{mark}) {
		$mark = join '/', map { hex } split m{/}, $is{mark};
	}
	return policy_text(
		dir => $is{dir},
		src => $sel{src},
		dst => $sel{dst},
		proto => $proto{$sel{proto} // ''} // $sel{proto} // 0,
		sport => $sel{sport} // $sel{type} // 0,
		dport => $sel{dport} // $sel{code} // 0,
		dev => $sel{dev} // '-',
		uid => $sel{uid} // 0,
		if_id => number($is{if_id} // 0),
		mark => $mark,
		action => $is{action},
		priority => $is{priority},
		icmp => $body =~ /\bflag [^(]*\bicmp\b/ ? 1 : 0,
		templates => [map { template($_) } @templates],
		offload => offload($block),
	);
}

# the policies that are not a socket's, one line for each
sub policies
{
	my ($text) = @_;
	return map { policy($_) } grep { /^\s+dir /m } blocks($text);
}

# those of sockets: "in 0.0.0.0/0 allow"
sub socket_policies
{
	my ($text) = @_;
	my @policies;
	for (blocks($text)) {
		/^\s+socket (\S+) action (\S+)/m or next;
		my ($dir, $action) = ($1, $2);
		my %sel = named($_, qw(src));
		push @policies, "$dir $sel{src} $action";
	}
	return @policies;
}

1;
