/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * A charon that consists of its kernel interface and its bus, of which only
 * what we call is there. It notes the calls.
 */

#include "service_suites.h"
#include "../../hwo_compat.h"

#include <threading/condvar.h>
#include <threading/mutex.h>

/** the daemon the backend sees */
daemon_t *charon;

charon_calls_t calls;

/** protect and announce changes of calls */
static mutex_t *mutex;
static condvar_t *condvar;

/**
 * Format with strongSwan's conversions, which the compiler does not know.
 */
static void format(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(buf, size, fmt, args);
	va_end(args);
}

/**
 * Count a call, after noting its arguments.
 */
static void note(int *counter)
{
	(*counter)++;
	condvar->broadcast(condvar);
	mutex->unlock(mutex);
}

int calls_count(int *counter)
{
	int count;

	mutex->lock(mutex);
	count = *counter;
	mutex->unlock(mutex);
	return count;
}

bool calls_wait(int *counter, int expected)
{
	timeval_t deadline, timeout = {
		.tv_sec = TEST_DEADLINE / 1000,
	};
	bool late = FALSE, reached;

	time_monotonic(&deadline);
	timeradd(&deadline, &timeout, &deadline);
	mutex->lock(mutex);
	while (*counter < expected && !late)
	{
		late = condvar->timed_wait_abs(condvar, mutex, deadline);
	}
	reached = *counter >= expected;
	mutex->unlock(mutex);
	return reached;
}

METHOD(kernel_interface_t, acquire, void,
	kernel_interface_t *this, uint32_t reqid, kernel_acquire_data_t *data)
{
	mutex->lock(mutex);
	calls.acquire_reqid = reqid;
	calls.acquire_seq = hwo_compat_acquire_seq(data);
	format(calls.acquire_src, sizeof(calls.acquire_src), "%R", data->src);
	format(calls.acquire_dst, sizeof(calls.acquire_dst), "%R", data->dst);
	note(&calls.acquires);
}

METHOD(kernel_interface_t, expire, void,
	kernel_interface_t *this, uint8_t protocol, uint32_t spi, host_t *dst,
	bool hard)
{
	mutex->lock(mutex);
	calls.expire_proto = protocol;
	calls.expire_spi = spi;
	calls.expire_hard = hard;
	if (calls.on_expire)
	{
		calls.on_expire(spi);
	}
	format(calls.expire_dst, sizeof(calls.expire_dst), "%H", dst);
	note(&calls.expires);
}

METHOD(kernel_interface_t, mapping, void,
	kernel_interface_t *this, uint8_t protocol, uint32_t spi, host_t *dst,
	host_t *remote)
{
	mutex->lock(mutex);
	calls.mapping_spi = spi;
	format(calls.mapping_dst, sizeof(calls.mapping_dst), "%H", dst);
	format(calls.mapping_remote, sizeof(calls.mapping_remote), "%#H", remote);
	note(&calls.mappings);
}

METHOD(kernel_interface_t, migrate, void,
	kernel_interface_t *this, uint32_t reqid, traffic_selector_t *src_ts,
	traffic_selector_t *dst_ts, policy_dir_t direction, host_t *local,
	host_t *remote)
{
	mutex->lock(mutex);
	format(calls.migrate, sizeof(calls.migrate), "%u %N %R %R %H %H", reqid,
		   policy_dir_names, direction, src_ts, dst_ts, local, remote);
	note(&calls.migrates);
	src_ts->destroy(src_ts);
	dst_ts->destroy(dst_ts);
	local->destroy(local);
	remote->destroy(remote);
}

METHOD(kernel_interface_t, get_address_by_ts, status_t,
	kernel_interface_t *this, traffic_selector_t *ts, host_t **ip, bool *vip)
{
	chunk_t from = ts->get_from_address(ts), to = ts->get_to_address(ts);

	calls.address_from = from.ptr[from.len - 1];
	calls.address_to = to.ptr[to.len - 1];
	if (!calls.have_address)
	{
		return NOT_FOUND;
	}
	*ip = host_create_from_string("10.1.0.1", 0);
	return SUCCESS;
}

METHOD(kernel_interface_t, get_nexthop, host_t*,
	kernel_interface_t *this, host_t *dest, int prefix, host_t *src,
	char **iface)
{
	if (iface)
	{
		*iface = strdup("nic3");
	}
	return host_create_from_string("192.168.50.254", 0);
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
	linked_list_t *list = linked_list_create();
	enumerator_t *addrs;
	char *addr;

	addrs = enumerator_create_token(calls.addrs, " ", "");
	while (addrs->enumerate(addrs, &addr))
	{
		list->insert_last(list, host_create_from_string(addr, 0));
	}
	addrs->destroy(addrs);
	return enumerator_create_cleaner(list->create_enumerator(list),
									 (void*)destroy_hosts, list);
}

METHOD(kernel_interface_t, get_interface, bool,
	kernel_interface_t *this, host_t *host, char **name)
{
	return FALSE;
}

/**
 * Describe a route.
 */
static void describe_route(char buf[256], chunk_t net, uint8_t prefix,
						   host_t *gateway, host_t *src, char *name, bool pass)
{
	host_t *dst;

	dst = host_create_from_chunk(net.len == 4 ? AF_INET : AF_INET6, net, 0);
	format(buf, 256, "%H/%u via %H dev %s src %H%s", dst, prefix, gateway, name,
		   src, pass ? " pass" : "");
	dst->destroy(dst);
}

METHOD(kernel_interface_t, add_route, status_t,
	kernel_interface_t *this, chunk_t net, uint8_t prefix, host_t *gateway,
	host_t *src, char *name, bool pass)
{
	mutex->lock(mutex);
	describe_route(calls.route_added, net, prefix, gateway, src, name, pass);
	note(&calls.routes_added);
	return calls.add_route_status;
}

METHOD(kernel_interface_t, del_route, status_t,
	kernel_interface_t *this, chunk_t net, uint8_t prefix, host_t *gateway,
	host_t *src, char *name, bool pass)
{
	mutex->lock(mutex);
	describe_route(calls.route_deleted, net, prefix, gateway, src, name, pass);
	note(&calls.routes_deleted);
	return SUCCESS;
}

METHOD(kernel_interface_t, lookup_algorithm, bool,
	kernel_interface_t *this, uint16_t alg_id, transform_type_t type,
	uint16_t *kernel_id, char **kernel_alg)
{
	return FALSE;
}

/**
 * Log of the bus.
 */
static void bus_log(bus_t *this, debug_t group, level_t level, char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	service_log(group, level, fmt, args);
	va_end(args);
}

METHOD(bus_t, add_listener, void,
	bus_t *this, listener_t *listener)
{
	if (listener->ike_state_change)
	{
		calls.ike_listener = listener;
	}
	else if (!listener->child_updown)
	{
		calls.trap_listener = listener;
	}
	else
	{
		calls.listener = listener;
	}
}

METHOD(bus_t, remove_listener, void,
	bus_t *this, listener_t *listener)
{
	if (calls.listener == listener)
	{
		calls.listener = NULL;
	}
	if (calls.ike_listener == listener)
	{
		calls.ike_listener = NULL;
	}
	if (calls.trap_listener == listener)
	{
		calls.trap_listener = NULL;
	}
}

METHOD(bus_t, get_sa, ike_sa_t*,
	bus_t *this)
{
	return calls.ike_sa;
}

void charon_stub_create(void)
{
	memset(&calls, 0, sizeof(calls));
	calls.add_route_status = SUCCESS;
	calls.have_address = TRUE;
	calls.addrs = "192.168.50.1 fec5::1";
	mutex = mutex_create(MUTEX_TYPE_DEFAULT);
	condvar = condvar_create(CONDVAR_TYPE_DEFAULT);
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
		.mapping = _mapping,
		.migrate = _migrate,
		.get_address_by_ts = _get_address_by_ts,
		.get_nexthop = _get_nexthop,
		.get_interface = _get_interface,
		.create_address_enumerator = _create_address_enumerator,
		.add_route = _add_route,
		.del_route = _del_route,
		.lookup_algorithm = _lookup_algorithm,
	);
}

void charon_stub_destroy(void)
{
	free(charon->kernel);
	free(charon->bus);
	free(charon);
	charon = NULL;
	condvar->destroy(condvar);
	mutex->destroy(mutex);
}
