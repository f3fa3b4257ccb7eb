/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Services, from the lowest to the highest.
 */

#include "services.h"
#include "setup.h"
#include "settings.h"
#include "../service/journal/journaled_xfrm.h"

/**
 * Create what all of them share: records, and exchanges with XFRM.
 */
static void start_shared(hwo_services_t *this,
						 const hwo_kernel_sockets_t *kernel,
						 const hwo_kernel_features_t *features,
						 const hwo_guard_rules_t *guard)
{
	hwo_device_rules_t rules;
	route_lookup_t *routes;

	this->journal = hwo_setup_journal();
	this->plain = hwo_nl_exchange_create(kernel->xfrm);
	this->stale_state = hwo_stale_state_create(this->plain, this->journal);
	this->xfrm = hwo_journaled_xfrm_create(this->plain, this->journal,
										   this->stale_state);
	this->table = hwo_child_table_create();
	this->sp_table = hwo_sp_table_create();
	this->precedence = hwo_sp_precedence_create();
	this->failures = hwo_failed_children_create();
	hwo_setup_devices(features, &rules);
	routes = hwo_route_lookup_create(hwo_nl_exchange_create(kernel->route),
									 kernel->route_events);
	this->devices = hwo_egress_device_create(routes, kernel->links,
											 kernel->features,
											 kernel->link_driver, &rules,
											 hwo_sp_by_inner_route(guard));
}

/**
 * Create what installs SAs and SPs as charon wants them.
 */
static void start_installers(hwo_services_t *this,
							 const hwo_kernel_sockets_t *kernel,
							 const hwo_kernel_features_t *features,
							 const hwo_guard_rules_t *guard)
{
	hwo_bypass_settings_t bypass = hwo_setup_bypass();
	hwo_sp_install_t install = {
		.devices = this->devices,
		.sas = this->table,
		.precedence = this->precedence,
		.failures = this->failures,
		.settings = hwo_setup_sps(guard),
	};

	this->rekey = hwo_sa_expiry_create(this->table);
	this->watcher = hwo_limit_watcher_create(this->xfrm, this->table,
											 this->rekey, kernel->link_speed);
	this->sad_order = hwo_sad_order_create(this->xfrm, &kernel->listener,
										   this->table, this->rekey);
	this->sas = (hwo_sa_shared_t){
		.xfrm = this->xfrm,
		.listener = kernel->listener,
		.devices = this->devices,
		.table = this->table,
		.precedence = this->precedence,
		.rekey = this->rekey,
		.watcher = this->watcher,
		.order = this->sad_order,
		.failures = this->failures,
		.set_dir = features->sa_dir,
	};
	this->bypass = hwo_ike_bypass_create(this->xfrm, &bypass);
	install.rekey = this->rekey;
	install.order = this->order = hwo_spd_order_create(this->xfrm,
													   &kernel->listener);
	this->sps = hwo_sp_installer_create(this->xfrm, this->bypass,
										this->sp_table, &install);
}

/**
 * Create what follows the kernel.
 */
static void start_followers(hwo_services_t *this,
							const hwo_kernel_sockets_t *kernel,
							const hwo_guard_rules_t *guard)
{
	hwo_rebind_settings_t rebind = hwo_setup_rebind(guard);

	this->names = hwo_child_listener_create(this->table, this->failures);
	this->worker = hwo_child_worker_create(kernel->route_changes, &this->sas,
										   this->sps, &rebind);
	this->events = hwo_xfrm_events_create(kernel->xfrm_events, this->worker,
										  this->table, this->rekey,
										  this->xfrm);
	this->links = hwo_link_events_create(kernel->link_events,
							hwo_nl_exchange_create(kernel->link_requests),
							this->worker, this->sps, this->bypass,
							this->devices->get_history(this->devices));
}

CALLBACK(release, u_int,
	hwo_services_t *this, const char *what)
{
	return this->sps->release(this->sps, what) +
		   this->stale_state->release(this->stale_state, what);
}

CALLBACK(leftovers, array_t*,
	hwo_services_t *this, nl_exchange_t *xfrm)
{
	return this->stale_state->list(this->stale_state, xfrm);
}

bool hwo_services_start(hwo_services_t *this,
						const hwo_kernel_sockets_t *kernel,
						const hwo_kernel_features_t *features,
						const hwo_guard_rules_t *guard)
{
	hwo_status_source_t source = {
		.guard = *guard,
		.if_id_in_software = features->sa_if_id_in_software,
	};

	/* each adopts a door, so all of them are there before any may fail */
	start_shared(this, kernel, features, guard);
	start_installers(this, kernel, features, guard);
	start_followers(this, kernel, guard);
	source.table = this->table;
	source.names = this->names;
	source.sp_table = this->sp_table;
	source.failures = this->failures;
	source.devices = this->devices;
	source.release = (void*)release;
	source.leftovers = (void*)leftovers;
	source.data = this;
	this->status = hwo_setup_status(&kernel->listener, &source);
	if (!hwo_setup_spd(this->xfrm))
	{
		return FALSE;
	}
	this->stale_state->begin(this->stale_state, hwo_setup_leftover_time());
	return TRUE;
}

void hwo_services_stop(hwo_services_t *this)
{
	DESTROY_IF(this->links);
	DESTROY_IF(this->events);
	DESTROY_IF(this->worker);
	DESTROY_IF(this->status);
	DESTROY_IF(this->names);
	DESTROY_IF(this->sps);
	DESTROY_IF(this->order);
	DESTROY_IF(this->sad_order);
	DESTROY_IF(this->watcher);
	DESTROY_IF(this->rekey);
	DESTROY_IF(this->bypass);
	DESTROY_IF(this->devices);
	DESTROY_IF(this->xfrm);
	DESTROY_IF(this->stale_state);
	DESTROY_IF(this->plain);
	DESTROY_IF(this->journal);
	DESTROY_IF(this->failures);
	DESTROY_IF(this->precedence);
	DESTROY_IF(this->sp_table);
	DESTROY_IF(this->table);
}
