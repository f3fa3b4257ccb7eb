dnl SPDX-License-Identifier: GPL-2.0-or-later
dnl Copyright (C) 2026 the hw-offload authors
dnl
dnl Compiler flags of this project. The user's CFLAGS and LDFLAGS are never
dnl touched: ours go to HWO_CFLAGS and HWO_SANITIZE, which Makefile.am puts into
dnl AM_CFLAGS and AM_LDFLAGS.

dnl HWO_TRY_CFLAG(FLAG): appends FLAG to HWO_CFLAGS if the compiler knows it.
dnl -Werror turns "unknown option" warnings (clang) into a refusal.
AC_DEFUN([HWO_TRY_CFLAG], [
	AC_MSG_CHECKING([whether $CC accepts $1])
	hwo_saved_cflags="$CFLAGS"
	CFLAGS="$CFLAGS -Werror $1"
	AC_COMPILE_IFELSE([AC_LANG_PROGRAM([], [])],
		[AC_MSG_RESULT([yes]); HWO_CFLAGS="$HWO_CFLAGS $1"],
		[AC_MSG_RESULT([no])])
	CFLAGS="$hwo_saved_cflags"
])

dnl HWO_WARNINGS: the warnings that the sources are free of, --enable-werror.
dnl -Wno-missing-field-initializers: INIT() of strongSwan names the fields that
dnl it sets. -Wno-unused-parameter: METHOD() has a this that not every method
dnl needs.
AC_DEFUN([HWO_WARNINGS], [
	HWO_CFLAGS=
	m4_foreach_w([HWO_Flag], [-Wall -Wextra -Wformat=2 -Wshadow
		-Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith
		-Wcast-align -Wvla -Wundef -Wredundant-decls
		-Wno-missing-field-initializers -Wno-unused-parameter
		-Wno-sign-compare -Wno-format-nonliteral],
		[HWO_TRY_CFLAG(m4_defn([HWO_Flag]))])
	AC_ARG_ENABLE([werror],
		[AS_HELP_STRING([--enable-werror], [treat warnings as errors])],
		[], [enable_werror=no])
	AS_IF([test "$enable_werror" = yes], [HWO_CFLAGS="$HWO_CFLAGS -Werror"])
	AC_SUBST([HWO_CFLAGS])
])

dnl HWO_SANITIZERS: --enable-sanitizers[=LIST]. They go into the unit tests and
dnl into the libstrongswan that is compiled for them, and into the plugin, which
dnl a charon can then load only with the sanitizer's library preloaded.
AC_DEFUN([HWO_SANITIZERS], [
	AC_ARG_ENABLE([sanitizers],
		[AS_HELP_STRING([--enable-sanitizers@<:@=LIST@:>@],
			[compile with sanitizers, LIST is address,undefined (default) or
			 thread])],
		[], [enable_sanitizers=no])
	AS_CASE([$enable_sanitizers],
		[no], [HWO_SANITIZE=],
		[yes], [HWO_SANITIZE="-fsanitize=address,undefined"],
		[HWO_SANITIZE="-fsanitize=$enable_sanitizers"])
	AS_IF([test -n "$HWO_SANITIZE"], [
		HWO_SANITIZE="$HWO_SANITIZE -fno-omit-frame-pointer"
		HWO_SANITIZE="$HWO_SANITIZE -fno-sanitize-recover=all"
		AC_MSG_CHECKING([whether $HWO_SANITIZE works])
		hwo_saved_cflags="$CFLAGS"
		CFLAGS="$CFLAGS $HWO_SANITIZE"
		AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])],
			[AC_MSG_RESULT([yes])],
			[AC_MSG_RESULT([no])
			 AC_MSG_ERROR(
				[the compiler cannot link with $HWO_SANITIZE, see config.log])])
		CFLAGS="$hwo_saved_cflags"
	])
	AC_SUBST([HWO_SANITIZE])
])

dnl HWO_COVERAGE: --enable-coverage, for gcov.
AC_DEFUN([HWO_COVERAGE], [
	AC_ARG_ENABLE([coverage],
		[AS_HELP_STRING([--enable-coverage], [compile for gcov])],
		[], [enable_coverage=no])
	AS_IF([test "$enable_coverage" = yes],
		[HWO_SANITIZE="$HWO_SANITIZE --coverage"])
])
