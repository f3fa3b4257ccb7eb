/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * The daemon that the backend sees: its kernel interface and its bus.
 */

#include "history.h"

/** the daemon the backend sees */
daemon_t *charon;

METHOD(kernel_interface_t, acquire, void,
	kernel_interface_t *this, uint32_t reqid, kernel_acquire_data_t *data)
{
	history_charon_acquire(reqid);
}

METHOD(kernel_interface_t, expire, void,
	kernel_interface_t *this, uint8_t protocol, uint32_t spi, host_t *dst,
	bool hard)
{
	history_charon_expire(spi, hard);
}

METHOD(kernel_interface_t, get_address_by_ts, status_t,
	kernel_interface_t *this, traffic_selector_t *ts, host_t **ip, bool *vip)
{	/* all flows begin here */
	*ip = host_create_from_string("10.1.0.1", 0);
	return SUCCESS;
}

METHOD(kernel_interface_t, get_interface, bool,
	kernel_interface_t *this, host_t *host, char **name)
{
	return FALSE;
}

/**
 * Destroy the list behind an enumerator.
 */
static void destroy_hosts(linked_list_t *list)
{
	list->destroy_offset(list, offsetof(host_t, destroy));
}

METHOD(kernel_interface_t, create_address_enumerator, enumerator_t*,
	kernel_interface_t *this, kernel_address_type_t which)
{
	linked_list_t *list;

	list = linked_list_create_with_items(
						host_create_from_string("192.168.50.1", 0),
						host_create_from_string("192.168.50.7", 0), NULL);
	return enumerator_create_cleaner(list->create_enumerator(list),
									 (void*)destroy_hosts, list);
}

METHOD(kernel_interface_t, lookup_algorithm, bool,
	kernel_interface_t *this, uint16_t alg_id, transform_type_t type,
	uint16_t *kernel_id, char **kernel_alg)
{
	return FALSE;
}

/** Print the log as well. */
static bool verbose;

static void bus_log(bus_t *this, debug_t group, level_t level, char *fmt, ...)
{
	va_list args;
	char buf[512];

	if (verbose && level <= 2)
	{
		va_start(args, fmt);
		vsnprintf(buf, sizeof(buf), fmt, args);
		va_end(args);
		fprintf(stderr, "  %llu %s\n", (unsigned long long)history_now(), buf);
	}
}

METHOD(bus_t, add_listener, void,
	bus_t *this, listener_t *listener)
{
	history_bus_add(listener);
}

METHOD(bus_t, remove_listener, void,
	bus_t *this, listener_t *listener)
{
	history_bus_remove(listener);
}

METHOD(bus_t, get_sa, ike_sa_t*,
	bus_t *this)
{
	return history_bus_ike;
}

void history_daemon_start(void)
{
	verbose = getenv("HWO_VERBOSE") != NULL;
	INIT(charon);
	INIT(charon->bus,
		.log = bus_log,
		.add_listener = _add_listener,
		.remove_listener = _remove_listener,
		.get_sa = _get_sa,
	);
	INIT(charon->kernel,
		.acquire = _acquire,
		.expire = _expire,
		.get_address_by_ts = _get_address_by_ts,
		.get_interface = _get_interface,
		.create_address_enumerator = _create_address_enumerator,
		.lookup_algorithm = _lookup_algorithm,
	);
}

void history_daemon_stop(void)
{
	free(charon->kernel);
	free(charon->bus);
	free(charon);
	charon = NULL;
}
