/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * The backend: charon's calls to those of the services.
 */

#define _GNU_SOURCE

#include "hw_offload_ipsec.h"
#include "backend/services.h"
#include "backend/setup.h"
#include "hwo_compat.h"
#include "backend/ipcomp_sa.h"
#include "backend/kernel_features.h"
#include "backend/settings.h"
#include "backend/translate.h"
#include "io/udp_decap.h"
#include "model/state/ifname_table.h"
#include "model/plan/ts_convert.h"
#include "service/device/route_leak.h"
#include "service/sa/sa_install.h"
#include "service/sa/sa_installer.h"
#include "service/sa/sa_mover.h"
#include "service/sp/sp_planner.h"

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
	/** public interface */
	kernel_ipsec_t public;
	/** what influences translations */
	hwo_translate_t translate;
	/** what guards behind offloaded policies depend on */
	hwo_guard_rules_t guard;
	/** external calculation of priorities, NULL if there is none */
	priority_cb_t get_priority;
	/** interfaces that SPs are limited to */
	ifname_table_t *ifnames;
	/** services that do the work */
	hwo_services_t services;
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
 * Allocate an SPI or CPI.
 */
static bool alloc_spi(private_hw_offload_ipsec_t *this, host_t *src,
					  host_t *dst, uint8_t proto, uint32_t from, uint32_t to,
					  uint32_t *spi)
{
	hwo_addr_t saddr, daddr;

	hwo_addr_from_host(src, &saddr);
	hwo_addr_from_host(dst, &daddr);
	return hwo_sa_alloc_spi(&this->services.sas, &saddr, &daddr, proto,
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
 * Get the index of an interface, 0 if it does not exist.
 */
static uint32_t current_ifindex(private_hw_offload_ipsec_t *this,
								const char *interface)
{
	egress_device_t *devices = this->services.devices;

	return devices->by_name(devices, interface);
}

/**
 * Limit the selector of an SA to an interface, as that of its policy is.
 */
static bool limit_to_interface(private_hw_offload_ipsec_t *this,
							   const char *interface, hwo_sa_t *sa)
{
	if (!interface || !sa->sel.family)
	{
		return TRUE;
	}
	sa->sel.ifindex = current_ifindex(this, interface);
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
	const hwo_sa_shared_t *sas = &this->services.sas;
	status_t status = FAILED;
	hwo_sa_t sa;

	if (ipcomp && !hwo_ipcomp_add(sas, &this->translate, id, data))
	{
		return FAILED;
	}
	if (hwo_translate_sa(&this->translate, id, data, &sa) &&
		limit_to_interface(this, data->interface, &sa))
	{
		sa.facts.may_leak = hwo_route_leak(&this->guard, data->hw_offload,
										   sa.id.src.family, &sa.facts);
		sa.flows = hwo_selectors_from_ts(
							data->inbound ? data->dst_ts : data->src_ts,
							data->inbound ? data->src_ts : data->dst_ts);
		sa.facts.shapes = hwo_selectors_shapes(sa.flows);
		if (hwo_sa_install(sas, &sa, data->hw_offload) == 0)
		{
			status = SUCCESS;
		}
		array_destroy(sa.flows);
	}
	if (status != SUCCESS && ipcomp)
	{
		hwo_ipcomp_del(sas, id, data->cpi);
	}
	/* keys are referred to only, but where they are is nobody's business */
	memwipe(&sa, sizeof(sa));
	return status;
}

METHOD(kernel_ipsec_t, update_sa, status_t,
	private_hw_offload_ipsec_t *this, kernel_ipsec_sa_id_t *id,
	kernel_ipsec_update_sa_t *data)
{
	const hwo_sa_shared_t *sas = &this->services.sas;
	hwo_sa_move_t move, back;
	hwo_sa_id_t sa_id;
	int err;

	if (data->cpi && hwo_ipcomp_move(sas, id, data, &back))
	{
		return NOT_SUPPORTED;
	}
	hwo_translate_sa_id(id, &sa_id);
	hwo_translate_move(data, data->new_encap, &move);
	err = hwo_sa_move(sas, &sa_id, &move);
	if (err && data->cpi)
	{
		hwo_ipcomp_move_back(sas, id, data, &back);
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
	return hwo_sa_query(&this->services.sas, &sa_id, bytes ?: &all_bytes,
						packets ?: &all_packets, used ?: &last) == 0 ? SUCCESS
																	 : FAILED;
}

METHOD(kernel_ipsec_t, del_sa, status_t,
	private_hw_offload_ipsec_t *this, kernel_ipsec_sa_id_t *id,
	kernel_ipsec_del_sa_t *data)
{
	hwo_sa_id_t sa_id;

	if (data->cpi)
	{
		hwo_ipcomp_del(&this->services.sas, id, data->cpi);
	}
	hwo_translate_sa_id(id, &sa_id);
	return to_status(hwo_sa_remove(&this->services.sas, &sa_id));
}

METHOD(kernel_ipsec_t, flush_sas, status_t,
	private_hw_offload_ipsec_t *this)
{
	return hwo_sa_flush(&this->services.sas) == 0 ? SUCCESS : FAILED;
}

/**
 * Get an index under which a policy may be installed: if it is limited to an
 * interface, that may be gone, or there again with another index.
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
								  current_ifindex(this, id->interface), n);
	return *ifindex != 0;
}

/**
 * Get the priority of a policy if it is not calculated from the selector.
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
	hwo_sp_request_t user;
	uint32_t ifindex = 0;

	if (id->interface)
	{
		ifindex = current_ifindex(this, id->interface);
		if (!ifindex)
		{	/* without it the policy would be for all interfaces */
			DBG1(DBG_KNL, "interface %s of policy %R === %R %N does not exist",
				 id->interface, id->src_ts, id->dst_ts, policy_dir_names,
				 id->dir);
			return FAILED;
		}
	}
	hwo_translate_sp(id, data, ifindex, manual_priority(this, id, data), &user);
	user.may_leak = hwo_sp_route_leak(&this->guard, &user);
	if (this->services.sps->add(this->services.sps, &user))
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
		if (this->services.sps->query(this->services.sps, &sp_id, used) == 0)
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
	hwo_sp_request_t user;
	uint32_t ifindex;
	int err = ENOENT;
	u_int i;

	for (i = 0; err == ENOENT && next_ifindex(this, id, i, &ifindex); i++)
	{
		hwo_translate_sp(id, data, ifindex, manual_priority(this, id, data),
						 &user);
		err = this->services.sps->del(this->services.sps, &user);
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
	sp_installer_t *sps = this->services.sps;

	return sps->flush(sps) == 0 ? SUCCESS : FAILED;
}

METHOD(kernel_ipsec_t, bypass_socket, bool,
	private_hw_offload_ipsec_t *this, int fd, int family)
{
	return this->services.bypass->add(this->services.bypass, fd, family);
}

METHOD(kernel_ipsec_t, enable_udp_decap, bool,
	private_hw_offload_ipsec_t *this, int fd, int family, uint16_t port)
{
	return hwo_udp_decap_enable(fd, port);
}

METHOD(kernel_ipsec_t, destroy, void,
	private_hw_offload_ipsec_t *this)
{
	hwo_services_stop(&this->services);
	this->ifnames->destroy(this->ifnames);
	free(this);
}

kernel_ipsec_t *hw_offload_ipsec_create(const hwo_kernel_sockets_t *kernel)
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
		.ifnames = hwo_ifname_table_create(),
	);
	hwo_kernel_features(kernel->uname.release, &this->translate.kernel);
	this->guard = hwo_setup_guard(&this->translate.kernel);
	if (!hwo_services_start(&this->services, kernel, &this->translate.kernel,
							&this->guard))
	{
		destroy(this);
		return NULL;
	}
	return &this->public;
}

kernel_ipsec_t *hw_offload_ipsec_open(void)
{
	hwo_kernel_sockets_t kernel;

	return hwo_setup_kernel(&kernel) ? hw_offload_ipsec_create(&kernel) : NULL;
}
