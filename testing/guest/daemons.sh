# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Copyright (C) 2026 the hw-offload authors
#
# Which backend serves charon, and where its log goes.  The daemon itself is
# started by the systemctl of the hosts (bin/systemctl).

plugin_dir=/usr/lib/ipsec/plugins
plugin_file=$plugin_dir/libstrongswan-hw-offload.so
# the file that charon and swanctl of the scenario's hosts read
strongswan_conf=/etc/strongswan.conf

# backend_install: for hw-offload the tree that make install has made goes over
# the guest's root; kernel-netlink stays, it serves kernel-net in both cases.
backend_install()
{
	case $BACKEND in
	hw-offload)
		[[ -d $lab/plugin/usr ]] || die "there is no plugin in $lab/plugin"
		cp -r "$lab/plugin/." /
		[[ -e $plugin_file ]] || die "$lab/plugin does not hold $plugin_file"
		;;
	kernel-netlink)
		[[ ! -e $plugin_file ]] || die "the guest's root has our plugin"
		# much of what our scenarios wait for does not happen here, and it is
		# known how long it takes where it does
		if [[ $KIND = own ]]; then
			wait_at_most=15
			host_timeout=40
		fi
		;;
	*)
		die "unknown BACKEND '$BACKEND' in the job"
		;;
	esac
	# where strongSwan's own scenarios look for its scripts
	mkdir -p /usr/local/libexec
	ln -sfn /usr/lib/ipsec /usr/local/libexec/ipsec
}

# log_settings: daemon.log holds what an admin sees, debug.log is for us.
log_settings()
{
	cat <<-'EOF'
	charon {
		filelog {
			daemon {
				path = /var/log/daemon.log
				time_format = %b %e %T
				flush_line = yes
				default = 1
			}
			auth {
				path = /var/log/auth.log
				flush_line = yes
				default = 0
			}
			debug {
				path = /var/log/debug.log
				time_format = %T
				time_add_ms = yes
				flush_line = yes
				default = 1
				knl = 2
				chd = 2
			}
		}
		journal {
			default = -1
		}
	}
	EOF
}

# lab_settings_own: the distribution's configuration stays as it is, our
# settings are one more file that it includes.  Few key exchange retries, so
# that a peer that does not answer is noticed while the scenario waits.  The
# plugins that are switched off come with a package that only pki needs, they
# send multicasts of their own.
lab_settings_own()
{
	log_settings
	cat <<-'EOF'
	charon {
		retransmit_tries = 3
		retransmit_timeout = 2.0
		retransmit_base = 1
		plugins {
			farp {
				load = no
			}
			forecast {
				load = no
			}
			ha {
				load = no
			}
		}
	}
	swanctl {
		load = random nonce
	}
	EOF
}

# upstream_settings: strongSwan's hosts read a file that wraps the
# strongswan.conf of the scenario.
upstream_settings()
{
	log_settings
	cat <<-'EOF'
	charon {
		retransmit_tries = 2
		retransmit_timeout = 1.0
		retransmit_base = 1
		plugins {
			kernel-netlink {
				xfrm_acq_expires = 60
			}
		}
	}
	include strongswan.conf
	EOF
}

# lab_settings_upstream HOST...: their lists of plugins name kernel-netlink, so
# our plugin has to be put there as well.
lab_settings_upstream()
{
	local host
	local -a files=()
	[[ $BACKEND = hw-offload ]] || return 0
	for host in "$@"; do
		files+=("$hosts_dir/$host/etc/strongswan.conf")
	done
	sed -i '/load *=/ s/\bkernel-netlink\b/hw-offload kernel-netlink/' \
		"${files[@]}"
}
