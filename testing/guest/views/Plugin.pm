# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# What the plugin says: the documents of "hw-offload --json list" and "policies".
# Perl's own modules for JSON are not among those that each Debian has.
package Plugin;
use strict;

use Kernel;

my %literal = (true => 1, false => 0, null => undef);

# the value at the current position of $_
sub value
{
	/\G\s*(?:"((?:[^"\\]|\\.)*)"|(-?\d+(?:\.\d+)?)|(true|false|null)|([\[{]))/gc
		or die 'no JSON at ', pos // 0, " of $_\n";
	return defined $3 ? $literal{$3} : $1 // $2 if !defined $4;
	if ($4 eq '[') {
		my @list;
		until (/\G\s*\]/gc) {
			push @list, value();
			/\G\s*,/gc;
		}
		return \@list;
	}
	my %object;
	while (/\G\s*"([^"]*)"\s*:/gc) {
		my $name = $1;
		$object{$name} = value();
		/\G,/gc;
	}
	/\G\s*\}/gc or die 'no JSON at ', pos // 0, " of $_\n";
	return \%object;
}

sub document
{
	local ($_) = @_;
	pos() = 0;
	return value();
}

sub offload
{
	my ($mode, $device) = @_;
	return "$mode " . ($device // '-');
}

# the SAs that it says the kernel has
sub sas
{
	my @sas;
	for my $child (@{document(@_)->{children}}) {
		for my $dir (qw(in out)) {
			my $sa = $child->{$dir};
			next if !$sa || !$sa->{installed};
			my ($src, $dst) = @$child{$dir eq 'in' ? qw(remote local)
				: qw(local remote)};
			push @sas, {
				src => $src,
				dst => $dst,
				proto => $child->{protocol},
				spi => $sa->{spi},
				reqid => $child->{reqid},
				mode => $child->{mode},
				encap => $child->{encap} ? 'encap' : '-',
				offload => offload(@$sa{qw(effective device)}),
			};
		}
	}
	return @sas;
}

# template as text, as Kernel has it
sub template
{
	my ($tmpl) = @_;
	my ($src, $dst) = map { !defined || /^(?:0\.0\.0\.0|::)$/ ? '-' : $_ }
		@$tmpl{qw(src dst)};
	return join(' ', $tmpl->{protocol}, $tmpl->{spi} // '00000000',
		@$tmpl{qw(reqid mode)}, $src, $dst) .
		($tmpl->{optional} ? ' optional' : '');
}

# what a policy of it and all its policies in the kernel have in common
sub identity
{
	my ($policy) = @_;
	my $sel = $policy->{selector};
	my ($sport, $dport) = map { ($_ // 0) =~ m{^(\d+)} } @$sel{qw(src_port dst_port)};
	return (
		dir => $policy->{dir},
		src => $sel->{src},
		dst => $sel->{dst},
		proto => $sel->{proto} // 0,
		sport => $sport,
		dport => $dport,
		(defined $sel->{interface} ? (dev => $sel->{interface}) : ()),
		if_id => $policy->{if_id} // 0,
		mark => ($policy->{mark} // 0) . '/' . ($policy->{mark_mask} // 0),
	);
}

# Its policies: identity, action, whether one is busy, the offload, and as lines
# those that it has given to the kernel
sub policies
{
	my @policies;
	for my $policy (@{document(@_)->{policies}}) {
		my %is = identity($policy);
		push @policies, {
			%is,
			busy => $policy->{busy},
			action => $policy->{action} // '-',
			offload => offload($policy->{effective} // 'none', $policy->{device}),
			in_kernel => [map {
				Kernel::policy_text(
					%is,
					proto => exists $_->{proto} ? $_->{proto} // 0 : $is{proto},
					sport => exists $_->{src_port}
						? ($_->{src_port} // 0) =~ /^(\d+)/ ? $1 : 0 : $is{sport},
					dev => $_->{interface} // '-',
					uid => $_->{user},
					action => $_->{action},
					priority => $_->{priority},
					icmp => $_->{icmp},
					templates => [map { template($_) } @{$_->{templates}}],
					offload => offload(@$_{qw(mode device)}),
				)
			} @{$policy->{in_kernel} // []}],
		};
	}
	return @policies;
}

1;
