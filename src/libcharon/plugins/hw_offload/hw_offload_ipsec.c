/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * The backend: charon's calls to those of the services.
 */

#define _GNU_SOURCE

#include "hw_offload_ipsec.h"
#include "backend_setup.h"
#include "hwo_compat.h"
#include "ipcomp_sa.h"
#include "kernel_features.h"
#include "plugin_settings.h"
#include "route_leak.h"
#include "translate.h"
#include "io/udp_decap.h"
#include "model/ifname_table.h"
#include "model/selector.h"
#include "service/book_exchange.h"
#include "service/events.h"
#include "service/link_events.h"
#include "service/rebinder.h"
#include "service/reconcile.h"
#include "service/sa_installer.h"
#include "service/sa_mover.h"

#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>

#include <daemon.h>
#include <utils/debug.h>

/** Range of CPIs to negotiate, RFC 3173, 3.3 */
#define CPI_MIN 0x100
#define CPI_MAX 0xefff

typedef struct private_hw_offload_ipsec_t private_hw_offload_ipsec_t;

/**
 * Calculates priorities in place of us, see kernel_netlink_get_priority_custom.
 */
typedef uint32_t (*priority_cb_t)(kernel_ipsec_policy_id_t *id,
								  kernel_ipsec_manage_policy_t *data);

/**
 * Private data of the backend.
 */
struct private_hw_offload_ipsec_t {

	/**
	 * Public interface
	 */
	kernel_ipsec_t public;

	/**
	 * What influences translations
	 */
	hwo_translate_t translate;

	/**
	 * What guards behind offloaded policies depend on
	 */
	hwo_guard_rules_t guard;

	/**
	 * External calculation of priorities, NULL if there is none
	 */
	priority_cb_t get_priority;

	/**
	 * Book of what is ours
	 */
	ledger_t *ledger;

	/**
	 * Exchange with XFRM that keeps this book, and the one that it uses
	 */
	nl_exchange_t *xfrm, *plain;

	/**
	 * What a daemon that was killed left, NULL if there is nothing
	 */
	leftovers_t *leftovers;

	/**
	 * Selection of devices
	 */
	offload_device_t *devices;

	/**
	 * Records of SAs
	 */
	sa_table_t *sa_table;

	/**
	 * Requests to rekey
	 */
	sa_rekey_t *rekey;

	/**
	 * Table of SPs
	 */
	sp_table_t *sp_table;

	/**
	 * Interfaces that SPs are limited to
	 */
	ifname_table_t *ifnames;

	/**
	 * Installer of SAs
	 */
	sa_installer_t *sas;

	/**
	 * Mover of SAs
	 */
	sa_mover_t *mover;

	/**
	 * Watcher of limits
	 */
	limit_watcher_t *watcher;

	/**
	 * Installer of SPs
	 */
	sp_installer_t *sps;

	/**
	 * Bypass for IKE
	 */
	ike_bypass_t *bypass;

	/**
	 * Comparison with the kernel
	 */
	reconcile_t *reconcile;

	/**
	 * Events of the kernel
	 */
	events_t *events;

	/**
	 * Announcements about links
	 */
	link_events_t *links;

	/**
	 * Lets SAs and SPs follow their packets
	 */
	rebinder_t *rebinder;

	/**
	 * Tells clients about all that, NULL if it does not
	 */
	status_service_t *status;
};

/**
 * What charon is told about the outcome of a request. For SAs the kernel has
 * another word than for SPs if there is none.
 */
static status_t to_status(int err)
{
	switch (err)
	{
		case 0:
			return SUCCESS;
		case ESRCH:
		case ENOENT:
			return NOT_FOUND;
		default:
			return FAILED;
	}
}

METHOD(kernel_ipsec_t, get_features, kernel_feature_t,
	private_hw_offload_ipsec_t *this)
{
	kernel_feature_t features;

	features = KERNEL_ESP_V3_TFC | KERNEL_POLICY_SPI | HWO_KERNEL_ACQUIRE_SEQ;
	if (this->translate.kernel.sa_last_used)
	{
		features |= KERNEL_SA_USE_TIME;
	}
	return features;
}

/**
 * Allocate an SPI or CPI
 */
static bool alloc_spi(private_hw_offload_ipsec_t *this, host_t *src,
					  host_t *dst, uint8_t proto, uint32_t from, uint32_t to,
					  uint32_t *spi)
{
	hwo_addr_t saddr, daddr;

	hwo_addr_from_host(src, &saddr);
	hwo_addr_from_host(dst, &daddr);
	return this->sas->alloc_spi(this->sas, &saddr, &daddr, proto,
								min(from, to), max(from, to), spi) == 0;
}

METHOD(kernel_ipsec_t, get_spi, status_t,
	private_hw_offload_ipsec_t *this, host_t *src, host_t *dst,
	uint8_t protocol, uint32_t *spi)
{
	uint32_t from, to;

	from = lib->settings->get_int(lib->settings, "%s.spi_min",
								  KERNEL_SPI_MIN, lib->ns);
	to = lib->settings->get_int(lib->settings, "%s.spi_max", KERNEL_SPI_MAX,
								lib->ns);
	return alloc_spi(this, src, dst, protocol, from, to, spi) ? SUCCESS
															  : FAILED;
}

METHOD(kernel_ipsec_t, get_cpi, status_t,
	private_hw_offload_ipsec_t *this, host_t *src, host_t *dst, uint16_t *cpi)
{
	uint32_t spi;

	if (!alloc_spi(this, src, dst, IPPROTO_COMP, CPI_MIN, CPI_MAX, &spi))
	{
		return FAILED;
	}
	*cpi = htons((uint16_t)ntohl(spi));
	return SUCCESS;
}

/**
 * Limit the selector of an SA to an interface, as that of its policy is
 */
static bool limit_to_interface(private_hw_offload_ipsec_t *this,
							   const char *interface, hwo_sa_t *sa)
{
	if (!interface || !sa->sel.family)
	{
		return TRUE;
	}
	sa->sel.ifindex = this->devices->by_name(this->devices, interface);
	if (!sa->sel.ifindex)
	{
		DBG1(DBG_KNL, "interface %s of SA %.8x does not exist", interface,
			 ntohl(sa->id.spi));
	}
	return sa->sel.ifindex != 0;
}

METHOD(kernel_ipsec_t, add_sa, status_t,
	private_hw_offload_ipsec_t *this, kernel_ipsec_sa_id_t *id,
	kernel_ipsec_add_sa_t *data)
{
	bool ipcomp = data->ipcomp != IPCOMP_NONE && data->cpi;
	status_t status = FAILED;
	hwo_sa_t sa;

	if (ipcomp && !hwo_ipcomp_add(this->sas, &this->translate, id, data))
	{
		return FAILED;
	}
	if (hwo_translate_sa(&this->translate, id, data, &sa) &&
		limit_to_interface(this, data->interface, &sa))
	{
		sa.may_leak = hwo_route_leak_sa(&this->guard, id, data);
		if (this->sas->add(this->sas, &sa, data->hw_offload) == 0)
		{
			this->rekey->rekey_split(this->rekey, &sa.id);
			status = SUCCESS;
		}
	}
	if (status != SUCCESS && ipcomp)
	{
		hwo_ipcomp_del(this->sas, id, data->cpi);
	}
	/* keys are referred to only, but where they are is nobody's business */
	memwipe(&sa, sizeof(sa));
	return status;
}

METHOD(kernel_ipsec_t, update_sa, status_t,
	private_hw_offload_ipsec_t *this, kernel_ipsec_sa_id_t *id,
	kernel_ipsec_update_sa_t *data)
{
	hwo_sa_move_t move, back;
	hwo_sa_id_t sa_id;
	int err;

	if (data->cpi &&
		hwo_ipcomp_move(this->mover, this->sa_table, id, data, &back))
	{
		return NOT_SUPPORTED;
	}
	hwo_translate_sa_id(id, &sa_id);
	hwo_translate_move(data, data->new_encap, &move);
	err = this->mover->move(this->mover, &sa_id, &move);
	if (err && data->cpi)
	{
		hwo_ipcomp_move_back(this->mover, this->sas, id, data, &back);
	}
	if (err)
	{	/* before 6.1.0, charon ignores any other failure */
		DBG1(DBG_KNL, "SA %.8x can't be moved to %H === %H, it has to be "
			 "rekeyed", ntohl(id->spi), data->new_src, data->new_dst);
		return NOT_SUPPORTED;
	}
	return SUCCESS;
}

METHOD(kernel_ipsec_t, query_sa, status_t,
	private_hw_offload_ipsec_t *this, kernel_ipsec_sa_id_t *id,
	kernel_ipsec_query_sa_t *data, uint64_t *bytes, uint64_t *packets,
	time_t *used)
{
	uint64_t all_bytes, all_packets;
	hwo_sa_id_t sa_id;
	time_t last;

	hwo_translate_sa_id(id, &sa_id);
	return this->sas->query(this->sas, &sa_id, bytes ?: &all_bytes,
							packets ?: &all_packets, used ?: &last) == 0
				? SUCCESS : FAILED;
}

METHOD(kernel_ipsec_t, del_sa, status_t,
	private_hw_offload_ipsec_t *this, kernel_ipsec_sa_id_t *id,
	kernel_ipsec_del_sa_t *data)
{
	hwo_sa_id_t sa_id;

	if (data->cpi)
	{
		hwo_ipcomp_del(this->sas, id, data->cpi);
	}
	hwo_translate_sa_id(id, &sa_id);
	return to_status(this->sas->del(this->sas, &sa_id));
}

METHOD(kernel_ipsec_t, flush_sas, status_t,
	private_hw_offload_ipsec_t *this)
{
	return this->sas->flush(this->sas) == 0 ? SUCCESS : FAILED;
}

/**
 * Get the index of the interface a policy is limited to, 0 if it does not exist
 */
static uint32_t current_ifindex(private_hw_offload_ipsec_t *this,
								kernel_ipsec_policy_id_t *id)
{
	return this->devices->by_name(this->devices, id->interface);
}

/**
 * Get an index under which a policy may be installed: if it is limited to an
 * interface, that may be gone, or there again with another index
 *
 * @param n			0 for the first one to try
 * @param ifindex	[out] index, 0 if it is not limited to an interface
 * @return			FALSE if there are no more
 */
static bool next_ifindex(private_hw_offload_ipsec_t *this,
						 kernel_ipsec_policy_id_t *id, u_int n,
						 uint32_t *ifindex)
{
	*ifindex = 0;
	if (!id->interface)
	{
		return n == 0;
	}
	*ifindex = this->ifnames->get(this->ifnames, id->interface,
								  current_ifindex(this, id), n);
	return *ifindex != 0;
}

/**
 * Get the priority of a policy if it is not calculated from the selector
 */
static uint32_t manual_priority(private_hw_offload_ipsec_t *this,
								kernel_ipsec_policy_id_t *id,
								kernel_ipsec_manage_policy_t *data)
{
	return this->get_priority ? this->get_priority(id, data)
							  : data->manual_prio;
}

METHOD(kernel_ipsec_t, add_policy, status_t,
	private_hw_offload_ipsec_t *this, kernel_ipsec_policy_id_t *id,
	kernel_ipsec_manage_policy_t *data)
{
	hwo_sp_user_t user;
	uint32_t ifindex = 0;

	if (id->interface)
	{
		ifindex = current_ifindex(this, id);
		if (!ifindex)
		{	/* without it the policy would be for all interfaces */
			DBG1(DBG_KNL, "interface %s of policy %R === %R %N does not exist",
				 id->interface, id->src_ts, id->dst_ts, policy_dir_names,
				 id->dir);
			return FAILED;
		}
	}
	hwo_translate_sp(id, data, ifindex, manual_priority(this, id, data), &user);
	user.may_leak = hwo_route_leak_sp(&this->guard, id, data);
	if (this->sps->add(this->sps, &user))
	{
		return FAILED;
	}
	if (ifindex)
	{
		this->ifnames->add(this->ifnames, id->interface, ifindex);
	}
	return SUCCESS;
}

METHOD(kernel_ipsec_t, query_policy, status_t,
	private_hw_offload_ipsec_t *this, kernel_ipsec_policy_id_t *id,
	kernel_ipsec_query_policy_t *data, time_t *used)
{
	hwo_sp_id_t sp_id;
	uint32_t ifindex;
	u_int i;

	for (i = 0; next_ifindex(this, id, i, &ifindex); i++)
	{
		hwo_translate_sp_id(id, ifindex, &sp_id);
		if (this->sps->query(this->sps, &sp_id, used) == 0)
		{
			return SUCCESS;
		}
	}
	return FAILED;
}

METHOD(kernel_ipsec_t, del_policy, status_t,
	private_hw_offload_ipsec_t *this, kernel_ipsec_policy_id_t *id,
	kernel_ipsec_manage_policy_t *data)
{
	hwo_sp_user_t user;
	uint32_t ifindex;
	int err = ENOENT;
	u_int i;

	for (i = 0; err == ENOENT && next_ifindex(this, id, i, &ifindex); i++)
	{
		hwo_translate_sp(id, data, ifindex, manual_priority(this, id, data),
						 &user);
		err = this->sps->del(this->sps, &user);
	}
	if (!err && ifindex)
	{
		this->ifnames->remove(this->ifnames, id->interface, ifindex);
	}
	return to_status(err);
}

METHOD(kernel_ipsec_t, flush_policies, status_t,
	private_hw_offload_ipsec_t *this)
{
	return this->sps->flush(this->sps) == 0 ? SUCCESS : FAILED;
}

METHOD(kernel_ipsec_t, bypass_socket, bool,
	private_hw_offload_ipsec_t *this, int fd, int family)
{
	return this->bypass->add(this->bypass, fd, family);
}

METHOD(kernel_ipsec_t, enable_udp_decap, bool,
	private_hw_offload_ipsec_t *this, int fd, int family, uint16_t port)
{
	return hwo_udp_decap_enable(fd, port);
}

METHOD(kernel_ipsec_t, destroy, void,
	private_hw_offload_ipsec_t *this)
{
	DESTROY_IF(this->rebinder);
	DESTROY_IF(this->links);
	DESTROY_IF(this->events);
	DESTROY_IF(this->reconcile);
	DESTROY_IF(this->status);
	DESTROY_IF(this->leftovers);
	DESTROY_IF(this->sps);
	DESTROY_IF(this->sas);
	DESTROY_IF(this->watcher);
	DESTROY_IF(this->mover);
	DESTROY_IF(this->rekey);
	DESTROY_IF(this->bypass);
	DESTROY_IF(this->devices);
	DESTROY_IF(this->xfrm);
	DESTROY_IF(this->ledger);
	this->ifnames->destroy(this->ifnames);
	this->sp_table->destroy(this->sp_table);
	this->sa_table->destroy(this->sa_table);
	free(this);
}

/**
 * Build the services, lowest first
 */
static void build(private_hw_offload_ipsec_t *this,
				  const hwo_kernel_t *kernel)
{
	hwo_sp_settings_t settings = hwo_setup_sps(&this->guard);
	hwo_bypass_settings_t bypass = hwo_setup_bypass();
	hwo_rebind_settings_t rebind = hwo_setup_rebind();
	hwo_status_source_t source = {
		.sa_table = this->sa_table,
		.sp_table = this->sp_table,
		.guard = this->guard,
		.if_id_in_software = this->translate.kernel.sa_if_id_in_software,
	};
	hwo_device_rules_t rules;
	route_lookup_t *routes;

	settings.plain = this->plain;
	hwo_setting_devices("devices", &rules);
	routes = route_lookup_create(nl_exchange_create(kernel->route),
								 kernel->route_events);
	this->devices = offload_device_create(routes, kernel->links,
										  kernel->features, &rules);
	this->rekey = sa_rekey_create(this->sa_table);
	this->mover = sa_mover_create(this->xfrm, &kernel->listener, this->devices,
								  this->sa_table, this->rekey);
	this->watcher = limit_watcher_create(this->xfrm, this->sa_table,
										 this->rekey);
	this->sas = sa_installer_create(this->xfrm, this->devices, this->mover,
									this->sa_table, this->watcher,
									this->translate.kernel.sa_dir);
	this->bypass = ike_bypass_create(this->xfrm, &bypass);
	this->sps = sp_installer_create(this->xfrm, this->devices, this->mover,
									this->bypass, this->sa_table,
									this->sp_table, &settings);
	this->reconcile = reconcile_create(this->xfrm, this->devices,
									   this->sa_table, this->rekey);
	this->events = events_create(kernel->xfrm_events, this->reconcile,
								 this->sa_table, this->rekey);
	this->links = link_events_create(kernel->link_events, this->reconcile,
									 this->sps, this->bypass, this->sa_table,
							this->devices->get_history(this->devices));
	this->rebinder = rebinder_create(kernel->route_changes, this->xfrm,
									 this->devices, this->mover, this->sps,
									 this->sa_table, this->rekey, &rebind);
	source.devices = this->devices;
	this->status = hwo_setup_status(&kernel->listener, &source);
}

/*
 * Described in header
 */
kernel_ipsec_t *hw_offload_ipsec_create(const hwo_kernel_t *kernel)
{
	private_hw_offload_ipsec_t *this;

	INIT(this,
		.public = {
			.get_features = _get_features,
			.get_spi = _get_spi,
			.get_cpi = _get_cpi,
			.add_sa = _add_sa,
			.update_sa = _update_sa,
			.query_sa = _query_sa,
			.del_sa = _del_sa,
			.flush_sas = _flush_sas,
			.add_policy = _add_policy,
			.query_policy = _query_policy,
			.del_policy = _del_policy,
			.flush_policies = _flush_policies,
			.bypass_socket = _bypass_socket,
			.enable_udp_decap = _enable_udp_decap,
			.destroy = _destroy,
		},
		.translate = {
			.proto_port_transport = hwo_setting_bool(
										"set_proto_port_transport_sa", FALSE),
		},
		.get_priority = dlsym(RTLD_DEFAULT,
							  "kernel_netlink_get_priority_custom"),
		.ledger = hwo_setup_ledger(),
		.plain = nl_exchange_create(kernel->xfrm),
		.sa_table = sa_table_create(),
		.sp_table = sp_table_create(),
		.ifnames = ifname_table_create(),
	);
	this->xfrm = book_exchange_create(this->plain, this->ledger);
	hwo_kernel_features(kernel->uname.release, &this->translate.kernel);
	this->guard = hwo_setup_guard(&this->translate.kernel);
	/* everything else is adopted in any case, so it has to be built */
	build(this, kernel);
	if (!hwo_setup_spd(this->xfrm))
	{
		destroy(this);
		return NULL;
	}
	this->leftovers = hwo_setup_leftovers(this->plain, this->ledger,
										  this->sp_table);
	return &this->public;
}

/*
 * Described in header
 */
kernel_ipsec_t *hw_offload_ipsec_open(void)
{
	hwo_kernel_t kernel;

	return hwo_setup_kernel(&kernel) ? hw_offload_ipsec_create(&kernel) : NULL;
}
