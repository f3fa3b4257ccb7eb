# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# The two gateways that are measured: moon initiates, sun responds.  Each has a
# simulated NIC that can do everything.

# shellcheck disable=SC2034,SC2154 # shared with the scripts that read this
strongswan_conf=/etc/strongswan.conf
# shellcheck disable=SC2034 # one command sets up all CHILD_SAs
host_timeout=1200
# the words that wire_own() of the lab reads
export NICSIM="moon sun" NICS_PER_HOST=1 NIC_OFFLOAD=packet

# child MODE NUMBER: its name
child()
{
	printf '%s-%04d' "$1" "$2"
}

# child_names MODE FROM TO
child_names()
{
	local number
	for ((number = $2; number <= $3; number++)); do
		child "$1" "$number"
		printf ' '
	done
}

# swanctl_conf HOST: one connection for each mode, between the same addresses,
# with a UDP port for each child
swanctl_conf()
{
	local own=1 other=2 mode
	if [[ $1 = sun ]]; then
		own=2 other=1
	fi
	echo "connections {"
	for mode in "${modes[@]}"; do
		connection "$1" "$own" "$other" "$mode"
	done
	cat <<-END
	}
	secrets {
		ike-gateways {
			secret = "only a benchmark"
		}
	}
	END
}

# connection HOST OWN OTHER MODE
connection()
{
	local number local_ts remote_ts
	cat <<-END
	$4 {
		version = 2
		mobike = no
		local_addrs = 192.168.50.$2
		remote_addrs = 192.168.50.$3
		proposals = aes128-sha256-x25519
		local {
			auth = psk
			id = $4.host$2
		}
		remote {
			auth = psk
			id = $4.host$3
		}
		children {
	END
	for ((number = 1; number <= children; number++)); do
		local_ts="udp/$((20000 + number))" remote_ts="udp/4789"
		if [[ $1 = sun ]]; then
			local_ts="udp/4789" remote_ts="udp/$((20000 + number))"
		fi
		cat <<-END
			$(child "$4" "$number") {
				local_ts = 192.168.50.$2/32[$local_ts]
				remote_ts = 192.168.50.$3/32[$remote_ts]
				esp_proposals = aes128gcm128-esn
				mode = transport
				hw_offload = $4
			}
		END
	done
	printf '\t}\n}\n'
}

# daemon_conf BACKEND: the distribution's configuration with one log like the
# one that the journal gets, a system call for each line.  kernel-netlink serves
# if our plugin is not loaded at all.  The plugins that look at all ARP and DHCP
# packets are left out, as they would be busy with others' traffic.
daemon_conf()
{
	local load=no
	if [[ $1 = hw-offload ]]; then
		load=yes
	fi
	cat <<-END
	charon {
		filelog {
			daemon {
				path = /var/log/daemon.log
				flush_line = yes
				default = 1
			}
		}
		journal {
			default = -1
		}
		plugins {
			hw-offload {
				load = $load
			}
			dhcp {
				load = no
			}
			farp {
				load = no
			}
		}
	}
	charon-systemd {
		journal {
			default = -1
		}
	}
	swanctl {
		load = random nonce
	}
	END
}

# hosts_start BACKEND
hosts_start()
{
	local host
	for host in moon sun; do
		rm -rf "${hosts_dir:?}/$host"
		mkdir -p "$hosts_dir/$host/etc/"{swanctl,strongswan.d}
		own_names >"$hosts_dir/$host/etc/hosts"
		swanctl_conf "$host" >"$hosts_dir/$host/etc/swanctl/swanctl.conf"
		daemon_conf "$1" >"$hosts_dir/$host/etc/strongswan.d/zz-bench.conf"
	done
	hosts_up moon sun wire
	wire_own
	host_run sun systemctl start strongswan &
	host_run moon \
		"CHARON_WRAPPER='$trace_wrapper' systemctl start strongswan" ||
		die "charon does not start on moon"
	wait $! || die "charon does not start on sun"
	expect_backend moon "$1"
	expect_backend sun "$1"
}

# expect_backend HOST BACKEND: in the log, and in the daemon's memory
expect_backend()
{
	local serves loaded=kernel-netlink
	serves=$(host_run "$1" backend)
	# shellcheck disable=SC2016 # for the host's shell
	if host_run "$1" 'grep -q strongswan-hw-offload \
			/proc/$(cat /run/charon.pid)/maps'; then
		loaded=hw-offload
	fi
	[[ $serves = "$2" && $loaded = "$2" ]] ||
		die "$1: $serves serves, $loaded is loaded, not $2"
}

# expect_children MODE NUMBER: so many are installed, and offloaded as MODE says
expect_children()
{
	local offload="offload ${1/auto/packet} " installed sas
	installed=$(host_run moon 'swanctl --list-sas 2>/dev/null' |
		grep -c 'INSTALLED, TRANSPORT, ESP:AES_GCM_16-128/ESN$') || true
	[[ $1 != no ]] || offload="offload no$"
	sas=$(host_run moon sa-modes | grep -c "$offload") || true
	((installed == $2 && sas == 2 * $2)) ||
		die "hw_offload = $1: $installed CHILD_SAs, $sas SAs with" \
			"\"$offload\" instead of $2 and $((2 * $2))"
}

# keep_logs BACKEND
# shellcheck disable=SC2154
keep_logs()
{
	local dir=$out_dir/$1
	mkdir -p "$dir"
	cp "$hosts_dir/moon/log/daemon.log" "$dir/"
	cp "$hosts_dir"/moon/tmp/*.{trace,calls} "$dir/"
}

hosts_stop()
{
	local host
	for host in moon sun; do
		host_run "$host" systemctl stop strongswan ||
			die "charon does not stop on $host"
	done
	hosts_down
	nicsim_unload || die "nicsim cannot be unloaded"
}
