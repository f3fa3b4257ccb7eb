/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * What sanitizers have to know of the code we link.
 */

/** the sanitizers are shared libraries that look for it */
#define FOUND_BY_SANITIZER __attribute__((visibility("default")))

#ifdef __SANITIZE_THREAD__

/** called by ThreadSanitizer at the start */
FOUND_BY_SANITIZER const char *__tsan_default_suppressions(void);

/*
 * libstrongswan cancels its threads, and ThreadSanitizer loses track of the
 * locks that their cleanup takes.
 */
const char *__tsan_default_suppressions(void)
{
	return "race:thread_cleanup\nrace:thread_destroy\n";
}

#endif

#ifdef __SANITIZE_ADDRESS__

/** called by AddressSanitizer at the start */
FOUND_BY_SANITIZER const char *__asan_default_options(void);

/*
 * It does not know the conversions that libstrongswan adds to printf().
 */
const char *__asan_default_options(void)
{
	return "check_printf=0";
}

#endif

/** ISO C wants something in each file */
extern int no_sanitizer;
