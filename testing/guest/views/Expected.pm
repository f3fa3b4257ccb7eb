# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# From the policies that charon wants to those that have to be in the kernel: one of
# each identity, that of the first in order; in the NIC if both SAs are there in
# packet mode; and then with a second one behind it, so that nothing is clear without
# the NIC (docs/limits.md); and IKE past each NIC that has policies.  That the plugin
# is of the same mind is not taken for granted: this is written from the documents.
package Expected;
use strict;

use Kernel;

my $bypass_priority = 32;
my $error_priority = 1000000;

# identity, as far as it is known
sub selector_of
{
	my ($want) = @_;
	return join ' ', @$want{qw(dir src dst proto sport dport)}, $want->{dev} // '-';
}

sub identity
{
	my ($want) = @_;
	return join ' ', selector_of($want), @$want{qw(if_id mark)};
}

# What charon chooses for a trap is as with the CHILD_SA it has raised, or else as
# the plugin says
sub settle
{
	my ($wants, $said) = @_;
	my %known = map { selector_of($_) => $_ }
		@$said, grep { $_->{if_id} ne '*' } @$wants;
	for (grep { $_->{if_id} eq '*' } @$wants) {
		my $known = $known{selector_of($_)} // { if_id => 0, mark => '0/0' };
		@$_{qw(if_id mark)} = @$known{qw(if_id mark)};
	}
}

# one for each identity: the others stand back
sub chosen
{
	my ($wants) = @_;
	my %best;
	for (sort { $a->{priority} <=> $b->{priority} || $b->{rank} <=> $a->{rank} }
			@$wants) {
		$best{identity($_)} //= $_;
	}
	return @best{sort keys %best};
}

# How it is offloaded: as its SAs, never if it is for forwarded packets.  How traps
# and shunts are is known by the plugin only.
sub offload
{
	my ($want, $sas, $said) = @_;
	if (!$want->{child}) {
		my ($is) = grep { identity($_) eq identity($want) } @$said;
		return $is ? $is->{offload} : 'none -';
	}
	return 'none -' if $want->{dir} eq 'fwd';
	my ($in, $out) = map { $sas->{$_} // 'none -' } @{$want->{child}{spi}}{qw(in out)};
	return $in eq $out && $in =~ /^packet / ? $in : 'none -';
}

sub face
{
	my ($want, %other) = @_;
	return Kernel::policy_text(dev => '-', %$want, uid => 0, icmp => 0, %other);
}

# what there is in the kernel for it
sub faces
{
	my ($want, $offload, $rules) = @_;
	my ($device) = $offload =~ /^packet (.*)/;
	if (!$device || !$rules->{fail_closed}) {
		return face($want, offload => $offload);
	}
	if ($want->{dir} ne 'out' || !@{$want->{templates}}) {
		# nothing is added to one that is limited to an interface anyway
		return face($want, offload => $offload) if $want->{dev};
		return face($want, offload => 'none -'),
			face($want, offload => $offload, dev => $device, uid => 2);
	}
	# lookups of IPv6, XFRM interfaces and tunnels don't tell the NIC
	my $any = $want->{dev} || $rules->{route_checked} &&
		($want->{family} == 6 || $want->{if_id} ||
			$want->{templates}[0] !~ / transport /);
	my %guard = (
		action => 'block',
		priority => $want->{priority} + 1,
		templates => [],
		offload => 'none -',
		uid => $any ? 1 : 0,
	);
	my %limited = $any ? () : (dev => $device, uid => 2,
		icmp => $want->{proto} =~ /^(?:0|1|58)$/ ? 1 : 0);
	# neighbour discovery passes
	my @neighbours = $want->{family} == 6 && !$want->{sport} &&
		$want->{proto} =~ /^(?:0|58)$/ ? (135, 136) : ();
	my @passes = map { face($want, %guard, uid => 1, action => 'allow',
		proto => 58, sport => $_) } @neighbours;
	return @passes, face($want, %guard),
		face($want, offload => $offload, %limited);
}

# is_guard LINE: whether that policy is one
sub is_guard
{
	return $_[0] =~ /^out .* (?:block|proto 58 sport 13[56] .* allow) priority \d+ .* templates \[\] offload none -$/;
}

# IKE past a NIC: the ports of all sockets, for each address of the host
sub bypass
{
	my ($device, $sockets, $addresses) = @_;
	my @policies;
	for (@$sockets) {
		my ($any, $port) = @$_{qw(any port)};
		my $v6 = $any =~ /:/;
		for my $local (grep { /:/ eq $v6 } @$addresses) {
			push @policies, map { bypass_text($_, $any, $local, $port, $device) }
				qw(in out);
		}
	}
	return @policies;
}

sub bypass_text
{
	my ($dir, $any, $local, $port, $device) = @_;
	my $out = $dir eq 'out';
	return Kernel::policy_text(
		dir => $dir, src => $out ? $local : $any, dst => $out ? $any : $local,
		proto => 17, sport => $out ? $port : 0, dport => $out ? 0 : $port,
		dev => $device, uid => 0, if_id => 0, mark => '0/0',
		action => 'allow', priority => $bypass_priority, icmp => 0,
		templates => [], offload => "packet $device",
	);
}

# policies WANTS SAS SAID RULES: all that have to be in the kernel, but for IKE; with the
# offload of the SAs by SPI, and of traps and shunts as the plugin says
sub policies
{
	my ($wants, $sas, $said, $rules) = @_;
	my (@policies, %errors);
	settle($wants, $said);
	for (chosen($wants)) {
		my $offload = offload($_, $sas, $said);
		push @policies, faces($_, $offload, $rules);
		@errors{errors($_, $rules)} = ();
	}
	return @policies, sort keys %errors;
}

# what blocks ICMP errors about packets that a CHILD_SA between two hosts has
# decrypted, but those about path MTU: types 3 (codes 0 to 3, 8 to 15), 4 and 12, 11,
# of ICMPv6 1 and 3, 4
sub errors
{
	my ($want, $rules) = @_;
	return () if !$rules->{block_icmp_errors} || $want->{dir} ne 'out' ||
		!$want->{child} || $want->{child}{mode} ne 'transport' ||
		($want->{child}{settings}{hw_offload} // 'no') eq 'no' ||
		$want->{proto} =~ /^(?:0|1|58)$/;
	my $host = $want->{family} == 6 ? 128 : 32;
	return () if grep { $_ !~ m{/$host$} } @$want{qw(src dst)};
	my ($proto, @errors) = $want->{family} == 6 ? (58, [1, 0], [4, 0]) :
		(1, [3, 0], [3, 8], [4, 0], [11, 0]);
	return map { face($want, proto => $proto, sport => $_->[0], dport => $_->[1],
		if_id => 0, mark => '0/0', action => 'block',
		priority => $error_priority, templates => [], offload => 'none -',
		dev => '-') } @errors;
}

# the NICs that policies are offloaded to
sub devices
{
	my %devices = map { /offload packet (.*)/ ? ($1 => 1) : () } @_;
	return sort keys %devices;
}

1;
