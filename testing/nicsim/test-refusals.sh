# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Part of testing/nicsim/test: what the device refuses, in which words, and
# the switches that make it refuse.

gcm="aead rfc4106(gcm(aes)) $key_a 128"
gcm_icv8="aead rfc4106(gcm(aes)) $key_a 64"
gcm192="aead rfc4106(gcm(aes)) 0x8f3ad2c45b6e917f20c4d8835e61a7b9c1d2e3f40011223344556677 128"
cbc="enc cbc(aes) 0x8f3ad2c45b6e917f20c4d8835e61a7b9"
sha="auth-trunc hmac(sha256) 0x8f3ad2c45b6e917f20c4d8835e61a7b98f3ad2c45b6e917f20c4d8835e61a7b9 128"

# refused TEXT IP-COMMAND: host A's kernel answers with this text.
refused()
{
	local text=$1
	shift
	if ip -n A -batch - <<<"$*" >"$work/refused" 2>&1; then
		echo "# accepted: $*"
		return 1
	fi
	if ! grep -qF "$text" "$work/refused"; then
		sed 's/^/# /' "$work/refused"
		return 1
	fi
}

accepted()
{
	ip -n A -batch - <<<"$*"
}

# sa DIR OFFLOAD OPTIONS...: the command that adds an SA to host A.
sa()
{
	local dir=$1 offload=$2 src dst
	shift 2
	src=${outer[A4]} dst=${outer[B4]}
	if [[ $dir == in ]]; then
		src=${outer[B4]} dst=${outer[A4]}
	fi
	echo "xfrm state add src $src dst $dst proto esp spi 0xc0000001" \
		"$* offload $offload dev p0 dir $dir"
}

policy()
{
	local dir=$1
	shift
	echo "xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir $dir $*" \
		"offload packet dev p0"
}

tmpl="tmpl proto esp reqid 1 mode transport"

group_sa_refusals()
{
	local both
	flush_sas
	for both in crypto packet; do
		check "$both: no CBC and HMAC" \
			refused "Cannot offload authenticated xfrm states" \
			"$(sa out $both reqid 1 "$cbc" "$sha")"
		check "$both: no CBC alone" \
			refused "Only AES-GCM-ICV16 xfrm state may be offloaded" \
			"$(sa out $both reqid 1 "$cbc")"
		check "$both: no 8 byte ICV" \
			refused "Only AES-GCM-ICV16 xfrm state may be offloaded" \
			"$(sa out $both reqid 1 "$gcm_icv8")"
		check "$both: no 192 bit key" \
			refused "key length other than 128/256 bit" \
			"$(sa out $both reqid 1 "$gcm192")"
		check "$both: no ICMP selector" \
			refused "Device does not support upper protocol other than TCP/UDP" \
			"$(sa out $both reqid 1 "$gcm" sel src 192.0.2.1/32 \
				dst 192.0.2.2/32 proto 1)"
		check "$both: no BEET" \
			refused "Only transport and tunnel xfrm states may be offloaded" \
			"$(sa out $both reqid 1 mode beet "$gcm" sel \
				src 192.0.2.1/32 dst 192.0.2.2/32)"
	done
	check "no reqid" refused "Cannot offload without reqid" \
		"$(sa out packet "$gcm")"
	check "window of 48" refused "Unsupported replay window size" \
		"$(sa in packet reqid 1 flag esn replay-window 48 "$gcm")"
	check "soft limit above the hard one" \
		refused "Hard packet limit must be greater than soft one" \
		"$(sa out packet reqid 1 "$gcm" limit packet-soft 9 limit packet-hard 9)"
	check "hard limit alone" \
		refused "Hard packet limit must be greater than soft one" \
		"$(sa out packet reqid 1 "$gcm" limit packet-hard 9)"
	check "soft limit of 0" refused "Soft/hard packet limits can't be 0" \
		"$(sa out packet reqid 1 "$gcm" limit packet-soft 0 limit packet-hard 9)"
	check "byte limits the wrong way round" \
		refused "Hard byte limit must be greater than soft one" \
		"$(sa out packet reqid 1 "$gcm" limit byte-soft 9 limit byte-hard 9)"
	check "crypto takes such limits" accepted \
		"$(sa out crypto reqid 1 "$gcm" limit packet-hard 9)"
	flush_sas
}

group_encap_refusals()
{
	local nat="encap espinudp 4500 4500 0.0.0.0"
	flush_sas
	check "crypto in UDP" \
		refused "Encapsulation is supported in packet offload mode only" \
		"$(sa out crypto reqid 1 "$gcm" "$nat")"
	check "tunnel in UDP" \
		refused "Encapsulation is supported in transport mode only" \
		"$(sa out packet reqid 1 mode tunnel "$gcm" "$nat")"
	nic A encap 0
	check "no UDP" refused "Encapsulation is not supported" \
		"$(sa out packet reqid 1 "$gcm" "$nat")"
	nic A encap 1
}

group_policy_refusals()
{
	flush_sas
	check "forward policy" refused "Cannot offload forward policy" \
		"$(policy fwd "$tmpl")"
	check "two templates" refused "Cannot offload more than one template" \
		"$(policy out "$tmpl $tmpl")"
	check "sub policy" refused "Cannot offload non-main policy types" \
		"xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 dir out ptype sub \
			$tmpl offload packet dev p0"
	check "any policy without reqid" \
		refused "Unsupported policy with reqid 0" \
		"xfrm policy add src 0.0.0.0/0 dst 0.0.0.0/0 dir out \
			tmpl proto esp mode transport offload packet dev p0"
	check "ICMP policy" \
		refused "Device does not support upper protocol other than TCP/UDP" \
		"xfrm policy add src 192.0.2.1/32 dst 192.0.2.2/32 proto 1 \
			dir out $tmpl offload packet dev p0"
	check "highest priority value" \
		refused "Device does not support requested policy priority" \
		"$(policy out priority 4294967295 "$tmpl")"
	nic A policy_prio 0
	check "priority on a device without" \
		refused "Device does not support policy priority" \
		"$(policy out priority 5 "$tmpl")"
	check "no priority on a device without" accepted "$(policy out "$tmpl")"
	nic A policy_prio 1
	flush_sas
}

# switched NAME TEXT COMMAND: refused with the switch at 0, accepted at 1.
switched()
{
	nic A "$1" 0
	check "$1 off" refused "$2" "$3"
	nic A "$1" 1
	check "$1 on" accepted "$3"
	flush_sas
}

group_switches()
{
	local e
	flush_sas
	switched crypto "Crypto offload is not supported" \
		"$(sa out crypto reqid 1 "$gcm")"
	switched packet "Packet offload is not supported" \
		"$(sa out packet reqid 1 "$gcm")"
	switched packet "Packet offload is not supported" \
		"$(policy out priority 5 "$tmpl")"
	switched tunnel "Packet offload is not supported for tunnel mode" \
		"$(sa out packet reqid 1 mode tunnel "$gcm")"
	switched esn "Cannot offload ESN xfrm states" \
		"$(sa out packet reqid 1 flag esn "$gcm")"
	switched byte_limits "Device doesn't support byte limits" \
		"$(sa out packet reqid 1 "$gcm" limit byte-soft 5 limit byte-hard 9)"
	nic A fail_sa_out 16
	check "outbound only: EBUSY" refused "Injected SA failure" \
		"$(sa out packet reqid 1 "$gcm")"
	check "inbound not" accepted "$(sa in packet reqid 1 "$gcm")"
	nic A fail_sa_out 0
	flush_sas
	nic A fail_sa_in 95
	check "crypto, inbound, EOPNOTSUPP: software" \
		accepted "$(sa in crypto reqid 1 "$gcm")"
	check "it is not in the device" is 0 eval "wc -l <$debugfs/ns0a/sas"
	nic A fail_sa_in 0
	flush_sas
	for e in 12 22; do
		nic A fail_sa "$e"
		check "errno $e for any SA" refused "Injected SA failure" \
			"$(sa in packet reqid 1 "$gcm")"
	done
	nic A slow_sa 200
	check "slow, and refused" refused "Injected SA failure" \
		"$(sa in packet reqid 1 "$gcm")"
	nic A fail_sa 0
	check "slow, and accepted" accepted "$(sa in packet reqid 1 "$gcm")"
	check "both had to wait" is 2 count A sa_slow
	nic A slow_sa 0
	flush_sas
	nic A fail_policy 28
	check "errno for a policy" refused "Injected policy failure" \
		"$(policy in "$tmpl")"
	nic A fail_policy 0
}

group_table_size()
{
	flush_sas
	nic A max_sa 2
	both_sas packet packet
	check "third SA of two" refused "No space for SA in the device" \
		"$(sa out packet reqid 1 "$gcm")"
	check "ENOSPC" grep -q "No space" "$work/refused"
	ip -n A xfrm state del src "${outer[A4]}" dst "${outer[B4]}" proto esp \
		spi "${spi[B]}"
	check "room again" accepted "$(sa out packet reqid 1 "$gcm")"
	nic A max_sa 0
	flush_sas
	seq 1 1000 | awk '{ printf "xfrm state add src 192.0.2.1 dst 192.0.2.2 " \
		"proto esp spi 0x%x reqid %d mode transport flag esn " \
		"aead rfc4106(gcm(aes)) '"$key_a"' 128 " \
		"offload packet dev p0 dir out\n", $1 + 4096, $1 }' >"$work/batch"
	check "a thousand SAs" ip -n A -batch "$work/batch"
	check "all in the device" is 1000 eval "wc -l <$debugfs/ns0a/sas"
	flush_sas
	check "none after the flush" is 0 eval "wc -l <$debugfs/ns0a/sas"
}

# Cables 2, 3 and 4 have profiles without packet offload
group_profiles()
{
	local dev text
	flush_sas
	ip link set ns2a up
	ip link set ns3a up
	ip link set ns4a up
	dev="src 192.0.2.1 dst 192.0.2.2 proto esp spi 0xc0000001 reqid 1 $gcm"
	check "crypto NIC takes crypto" \
		ip_here "xfrm state add $dev offload crypto dev ns2a dir out"
	ip xfrm state flush
	check "crypto NIC: no packet" here_refused \
		"Packet offload is not supported" \
		"xfrm state add $dev offload packet dev ns2a dir out"
	check "crypto NIC: no policy" here_refused \
		"Policy offload is not supported" \
		"xfrm policy add dst 192.0.2.2 dir out $tmpl offload packet dev ns2a"
	check "NIC without advance_esn" here_refused \
		"Device doesn't support offload with ESN" \
		"xfrm state add $dev flag esn offload crypto dev ns3a dir out"
	check "NIC without offload: crypto becomes software" \
		ip_here "xfrm state add $dev offload crypto dev ns4a dir out"
	check "and is not shown as offloaded" \
		is 0 eval 'ip xfrm state | grep -c "offload param" || true'
	ip xfrm state flush
	check "NIC without offload: no packet" here_refused "Invalid argument" \
		"xfrm state add $dev offload packet dev ns4a dir out"
	text=$(ethtool -k ns4a | grep esp-hw-offload)
	check "nor has it the feature" grep -q "off \[fixed\]" <<<"$text"
}

ip_here()
{
	ip -batch - <<<"$*"
}

here_refused()
{
	local text=$1
	shift
	! ip_here "$*" >"$work/refused" 2>&1 &&
		grep -qF "$text" "$work/refused"
}
