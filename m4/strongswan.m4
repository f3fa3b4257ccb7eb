dnl SPDX-License-Identifier: GPL-2.0-or-later
dnl Copyright (C) 2026 the hw-offload authors
dnl
dnl What configure wants to know of strongSwan. A plugin is compiled against the
dnl headers of exactly the version that loads it: struct layouts change between
dnl releases, and until 6.0.2 charon does not notice a plugin of another one.
dnl Distributions package no headers, so the source of them is a source tree.

dnl HWO_STRONGSWAN_TREE: --with-strongswan, its version and its include flags.
AC_DEFUN([HWO_STRONGSWAN_TREE], [
	AC_ARG_WITH([strongswan],
		[AS_HELP_STRING([--with-strongswan=DIR],
			[source tree of the strongSwan version that is to load the plugin,
			 configured or not (on Debian: apt-get source strongswan)])],
		[], [with_strongswan=])
	AS_CASE([$with_strongswan], [''|yes|no],
		[AC_MSG_ERROR([the headers of strongSwan are needed, and distributions package none.
  Get the source of the version that is installed (Debian: apt-get source strongswan)
  and pass its directory: --with-strongswan=DIR])])
	AC_MSG_CHECKING([for the strongSwan source tree])
	AS_IF([test ! -f "$with_strongswan/src/libcharon/kernel/kernel_ipsec.h" ||
		   test ! -f "$with_strongswan/configure.ac"],
		[AC_MSG_RESULT([not found])
		 AC_MSG_ERROR([$with_strongswan is not a strongSwan source tree: it has no
  configure.ac or no src/libcharon/kernel/kernel_ipsec.h])])
	STRONGSWAN_DIR=`cd "$with_strongswan" && pwd`
	AC_MSG_RESULT([$STRONGSWAN_DIR])

	AC_MSG_CHECKING([for the version of the strongSwan source tree])
	STRONGSWAN_VERSION=`$SED -n 's/^@<:@A@:>@C_INIT(\@<:@*strongSwan\@:>@*, *\@<:@*\(@<:@^@:>@,) @:>@*\).*/\1/p' \
		"$STRONGSWAN_DIR/configure.ac"`
	AS_IF([test -z "$STRONGSWAN_VERSION"],
		[AC_MSG_RESULT([unknown])
		 AC_MSG_ERROR([there is no version of strongSwan in $STRONGSWAN_DIR/configure.ac])])
	AC_MSG_RESULT([$STRONGSWAN_VERSION])

	STRONGSWAN_CFLAGS="-isystem $STRONGSWAN_DIR/src/libstrongswan"
	STRONGSWAN_CFLAGS="$STRONGSWAN_CFLAGS -isystem $STRONGSWAN_DIR/src/libcharon"
	AC_SUBST([STRONGSWAN_DIR])
	AC_SUBST([STRONGSWAN_VERSION])
	AC_SUBST([STRONGSWAN_CFLAGS])


	dnl What strongSwan's configure would tell its headers; they are compiled
	dnl with strongswan-config.h in place of strongSwan's config.h.
	STRONGSWAN_DEFINES=
	dnl Without stdbool.h bool would be a signed char there: 256 were FALSE, and 2
	dnl not equal to TRUE.
	m4_foreach_w([HWO_Name],
		[stdbool.h sys/capability.h sys/param.h alloca.h],
		[AC_CHECK_HEADER(m4_defn([HWO_Name]),
			[HWO_STRONGSWAN_DEFINE(AS_TR_CPP([HAVE_]m4_defn([HWO_Name])))])
		])
	m4_foreach_w([HWO_Name],
		[closefrom sigwaitinfo explicit_bzero memrchr fmemopen],
		[AC_CHECK_FUNC(m4_defn([HWO_Name]),
			[HWO_STRONGSWAN_DEFINE(AS_TR_CPP([HAVE_]m4_defn([HWO_Name])))])
		])
	dnl Without printf hooks in the C library (musl) strongSwan brings its own
	dnl printf(), and its headers have the names point there.
	AC_CHECK_FUNC([register_printf_specifier], [],
		[HWO_STRONGSWAN_DEFINE([USE_BUILTIN_PRINTF])])
	AC_SUBST([STRONGSWAN_DEFINES])
])

dnl HWO_STRONGSWAN_DEFINE(NAME): one line of strongswan-config.h.
AC_DEFUN([HWO_STRONGSWAN_DEFINE], [STRONGSWAN_DEFINES="$STRONGSWAN_DEFINES
@%:@define $1 1"])

dnl HWO_FIND_LIBCHARON: sets hwo_libcharon_dir to the directory of an installed
dnl libcharon, or to nothing. --without-strongswan-libdir skips the search, for
dnl who builds on another machine than the one that runs charon.
AC_DEFUN([HWO_FIND_LIBCHARON], [
	AC_ARG_WITH([strongswan-libdir],
		[AS_HELP_STRING([--with-strongswan-libdir=DIR],
			[directory of the installed libcharon.so.0; "no" compares with no
			 installed one @<:@search LIBDIR/ipsec, /usr/lib/ipsec, ...@:>@])],
		[], [with_strongswan_libdir=search])
	AC_MSG_CHECKING([for an installed libcharon])
	hwo_libcharon_dir=
	AS_CASE([$with_strongswan_libdir],
		[no], [],
		[search|yes], [
			hwo_prefix=$prefix
			AS_IF([test "x$hwo_prefix" = xNONE], [hwo_prefix=$ac_default_prefix])
			for hwo_dir in \
				`prefix="$hwo_prefix"; exec_prefix="$hwo_prefix"; eval echo "$libdir"`/ipsec \
				/usr/lib/ipsec /usr/lib64/ipsec /usr/lib/strongswan \
				/usr/lib64/strongswan /usr/local/lib/ipsec
			do
				AS_IF([test -z "$hwo_libcharon_dir" &&
					   test -f "$hwo_dir/libcharon.so.0"],
					[hwo_libcharon_dir=$hwo_dir])
			done],
		[AS_IF([test -f "$with_strongswan_libdir/libcharon.so.0"],
			[hwo_libcharon_dir=$with_strongswan_libdir],
			[AC_MSG_RESULT([not found])
			 AC_MSG_ERROR([there is no libcharon.so.0 in $with_strongswan_libdir])])])
	AS_IF([test -n "$hwo_libcharon_dir"],
		[AC_MSG_RESULT([$hwo_libcharon_dir])], [AC_MSG_RESULT([none])])
])

dnl HWO_LIBCHARON_VERSION: sets hwo_libcharon_version, empty if unknown. Nothing
dnl in libcharon tells its version, but plugins and daemons beside it have the
dnl string compiled in: from 6.0.3 on every plugin on its own, before that the
dnl ones that show it to users (vici) and the daemons in their greeting.
AC_DEFUN([HWO_LIBCHARON_VERSION], [
	AC_MSG_CHECKING([for the version of the installed libcharon])
	hwo_libcharon_version=
	for hwo_file in "$hwo_libcharon_dir/plugins/libstrongswan-vici.so" \
		"$hwo_libcharon_dir/plugins/libstrongswan-nonce.so" \
		"$hwo_libcharon_dir/plugins/libstrongswan-kernel-netlink.so"
	do
		AS_IF([test -z "$hwo_libcharon_version" && test -f "$hwo_file"],
			[hwo_libcharon_version=`LC_ALL=C tr '\000' '\012' <"$hwo_file" |
				LC_ALL=C $GREP -a -x '@<:@56789@:>@\.@<:@0-9@:>@@<:@0-9@:>@*\.@<:@0-9@:>@@<:@0-9a-z@:>@*' |
				$SED -n 1p`])
	done
	for hwo_file in "$hwo_libcharon_dir/charon" \
		"$hwo_libcharon_dir/../../sbin/charon-systemd"
	do
		AS_IF([test -z "$hwo_libcharon_version" && test -f "$hwo_file"],
			[hwo_libcharon_version=`LC_ALL=C tr '\000' '\012' <"$hwo_file" |
				LC_ALL=C $SED -n 's/^Starting .*(strongSwan \(@<:@0-9a-z.@:>@*\),.*/\1/p' |
				$SED -n 1p`])
	done
	AS_IF([test -n "$hwo_libcharon_version"],
		[AC_MSG_RESULT([$hwo_libcharon_version])], [AC_MSG_RESULT([unknown])])
])

dnl HWO_STRONGSWAN_INSTALLED: compares the tree with the installed libcharon, and
dnl takes from it whether the mediation extension is compiled in (ME). That is the
dnl one configure option of strongSwan which changes the layout of structs, among
dnl them daemon_t, so a wrong guess would crash the daemon.
AC_DEFUN([HWO_STRONGSWAN_INSTALLED], [
	AC_ARG_ENABLE([mediation],
		[AS_HELP_STRING([--enable-mediation],
			[charon was built with --enable-mediation (detected from the installed
			 libcharon, else yes, as Debian builds it)])],
		[], [enable_mediation=detect])
	HWO_FIND_LIBCHARON
	AS_IF([test -z "$hwo_libcharon_dir"], [
		hwo_installed_summary="none found, nothing to compare with"
		AS_IF([test "$enable_mediation" = detect],
			[enable_mediation=yes
			 hwo_mediation_summary="yes (assumed, as Debian builds it; --disable-mediation if your charon has none)"],
			[hwo_mediation_summary="$enable_mediation (as told)"])
	], [
		HWO_LIBCHARON_VERSION
		AS_IF([test -n "$hwo_libcharon_version" &&
			   test "x$hwo_libcharon_version" != "x$STRONGSWAN_VERSION"],
			[AC_MSG_ERROR([the source tree is strongSwan $STRONGSWAN_VERSION, but the libcharon in $hwo_libcharon_dir
  is $hwo_libcharon_version: a plugin works with one version only. Pass the source tree of
  $hwo_libcharon_version to --with-strongswan (before 6.0.1, install a later strongSwan), or --without-strongswan-libdir if the plugin is to
  run elsewhere.])])
		AC_MSG_CHECKING([whether the installed libcharon has the mediation extension])
		AS_IF([hwo_symbols=`$NM -D --defined-only "$hwo_libcharon_dir/libcharon.so.0" 2>&AS_MESSAGE_LOG_FD`],
			[], [hwo_symbols=])
		AS_CASE([$hwo_symbols],
			[*mediation_manager_create*], [hwo_found_mediation=yes],
			[*kernel_interface_create*], [hwo_found_mediation=no],
			[AC_MSG_RESULT([unknown])
			 AC_MSG_ERROR([$NM does not show the symbols of $hwo_libcharon_dir/libcharon.so.0, see config.log])])
		AC_MSG_RESULT([$hwo_found_mediation])
		AS_CASE([$enable_mediation],
			[detect|$hwo_found_mediation], [enable_mediation=$hwo_found_mediation],
			[AC_MSG_ERROR([--enable-mediation=$enable_mediation contradicts the libcharon in $hwo_libcharon_dir,
  which says $hwo_found_mediation: leave the option away])])
		hwo_installed_summary="${hwo_libcharon_version:-version unknown}, $hwo_libcharon_dir"
		hwo_mediation_summary="$enable_mediation (detected)"
	])
	AS_IF([test "$enable_mediation" = yes], [HWO_STRONGSWAN_DEFINE([ME])])
])

dnl HWO_STRONGSWAN_TRY(VARIABLE, WHAT, DECLARATIONS, BODY): sets and substitutes
dnl VARIABLE to 1 if the program compiles against kernel_interface.h, else to 0.
AC_DEFUN([HWO_STRONGSWAN_TRY], [
	AC_MSG_CHECKING([for $2])
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([
		@%:@include <library.h>
		@%:@include <kernel/kernel_interface.h>
		$3], [$4])],
		[$1=1; AC_MSG_RESULT([yes])], [$1=0; AC_MSG_RESULT([no])])
	AC_SUBST([$1])
])

dnl HWO_STRONGSWAN_MEMBER(VARIABLE, STRUCT, MEMBER)
AC_DEFUN([HWO_STRONGSWAN_MEMBER], [
	HWO_STRONGSWAN_TRY([$1], [$2.$3], [], [
		static $2 data;
		return sizeof(data.$3) == 0;])
])

dnl HWO_STRONGSWAN_MEMBERS: the answers that hwo_config.h hands to hwo_compat.h.
AC_DEFUN([HWO_STRONGSWAN_MEMBERS], [
	hwo_saved_cppflags="$CPPFLAGS"
	{
		AS_ECHO(["@%:@define CONFIG_H_INCLUDED"])
		AS_ECHO(["@%:@define VERSION \"$STRONGSWAN_VERSION\""])
		AS_ECHO(["$STRONGSWAN_DEFINES"])
	} >hwo-conftest.h
	hwo_saved_cflags="$CFLAGS"
	CPPFLAGS="$CPPFLAGS $STRONGSWAN_CFLAGS -include ./hwo-conftest.h"
	CFLAGS="$CFLAGS -Werror=implicit-function-declaration"

	HWO_STRONGSWAN_TRY([hwo_headers_work], [usable strongSwan headers], [], [])
	AS_IF([test $hwo_headers_work = 0],
		[AC_MSG_ERROR([the headers in $STRONGSWAN_DIR do not compile, see config.log])])
	HWO_STRONGSWAN_TRY([hwo_have_packet], [HW_OFFLOAD_PACKET], [],
		[return HW_OFFLOAD_PACKET == HW_OFFLOAD_CRYPTO;])
	AS_IF([test $hwo_have_packet = 0],
		[AC_MSG_ERROR([strongSwan $STRONGSWAN_VERSION has no packet offload: its swanctl.conf knows
  hw_offload = no, yes and auto only. The plugin needs 6.0.1 or later (Debian 13 has it;
  for Debian 12 build 6.x from source or take it from a newer suite).])])
	HWO_STRONGSWAN_TRY([hwo_have_reqid], [kernel_interface_t.ref_reqid],
		[static kernel_interface_t data;], [return sizeof(data.ref_reqid) == 0;])
	AS_IF([test $hwo_have_reqid = 0],
		[AC_MSG_ERROR([strongSwan $STRONGSWAN_VERSION is too old, the plugin needs 6.0.1 or later])])

	HWO_STRONGSWAN_MEMBER([HWO_HAVE_SA_SEQ], [kernel_ipsec_add_sa_t], [seq])
	HWO_STRONGSWAN_MEMBER([HWO_HAVE_SA_CPU], [kernel_ipsec_add_sa_t], [cpu])
	HWO_STRONGSWAN_MEMBER([HWO_HAVE_SA_IPTFS], [kernel_ipsec_add_sa_t],
		[iptfs_dont_frag])
	HWO_STRONGSWAN_MEMBER([HWO_HAVE_SA_FORWARD_ICMP], [kernel_ipsec_add_sa_t],
		[forward_icmp])
	HWO_STRONGSWAN_MEMBER([HWO_HAVE_POLICY_PCPU_ACQUIRES],
		[kernel_ipsec_manage_policy_t], [pcpu_acquires])
	HWO_STRONGSWAN_MEMBER([HWO_HAVE_POLICY_FORWARD_ICMP],
		[kernel_ipsec_manage_policy_t], [forward_icmp])
	HWO_STRONGSWAN_MEMBER([HWO_HAVE_ACQUIRE_CPU], [kernel_acquire_data_t], [cpu])
	HWO_STRONGSWAN_MEMBER([HWO_HAVE_ACQUIRE_SEQ], [kernel_acquire_data_t], [seq])
	HWO_STRONGSWAN_TRY([HWO_HAVE_FEATURE_ACQUIRE_SEQ], [KERNEL_ACQUIRE_SEQ], [],
		[return KERNEL_ACQUIRE_SEQ == 0;])
	HWO_STRONGSWAN_TRY([HWO_HAVE_MODE_IPTFS], [MODE_IPTFS], [],
		[return MODE_IPTFS == MODE_NONE;])
	HWO_STRONGSWAN_TRY([HWO_HAVE_CPU_ID_MAX], [CPU_ID_MAX], [],
		[return CPU_ID_MAX == 0;])
	HWO_STRONGSWAN_TRY([HWO_HAVE_PROPOSALS_LOG],
		[child_cfg_t.get_proposals() with an argument for the log],
		[@%:@include <config/child_cfg.h>
		 static child_cfg_t *cfg;],
		[return cfg->get_proposals(cfg, 1, 0) == NULL;])
	HWO_STRONGSWAN_TRY([HWO_HAVE_SELECTORS_LOG],
		[child_cfg_t.get_traffic_selectors() with an argument for the log],
		[@%:@include <config/child_cfg.h>
		 static child_cfg_t *cfg;],
		[return cfg->get_traffic_selectors(cfg, 1, 0, 0, 0) == NULL;])
	HWO_STRONGSWAN_TRY([HWO_HAVE_PLUGIN_VERSION],
		[a version in PLUGIN_DEFINE],
		[@%:@include <plugins/plugin.h>
		 PLUGIN_DEFINE(conftest) { return NULL; }],
		[return conftest_plugin_version == NULL;])

	rm -f hwo-conftest.h
	CPPFLAGS="$hwo_saved_cppflags"
	CFLAGS="$hwo_saved_cflags"
])
