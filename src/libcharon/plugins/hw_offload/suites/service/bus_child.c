/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * A CHILD_SA on the bus.
 */

#include "service_suites.h"
#include "bus_child.h"

char *bus_ike_name = "gw";
char *bus_child_name = "net";
uint32_t bus_child_reqid = 1;
uint32_t bus_child_id = 9;

/* what the methods return */
static host_t *my_host, *other_host;
static uint32_t child_spi_in, child_spi_out;
static child_sa_state_t child_state;

METHOD(ike_sa_t, ike_get_name, char*,
	ike_sa_t *this)
{
	return bus_ike_name;
}

METHOD(ike_sa_t, ike_get_unique_id, uint32_t,
	ike_sa_t *this)
{
	return BUS_IKE_ID;
}

METHOD(ike_sa_t, ike_get_my_host, host_t*,
	ike_sa_t *this)
{
	return my_host;
}

METHOD(ike_sa_t, ike_get_other_host, host_t*,
	ike_sa_t *this)
{
	return other_host;
}

METHOD(child_sa_t, child_get_name, char*,
	child_sa_t *this)
{
	return bus_child_name;
}

METHOD(child_sa_t, child_get_unique_id, uint32_t,
	child_sa_t *this)
{
	return bus_child_id;
}

METHOD(child_sa_t, child_get_reqid, uint32_t,
	child_sa_t *this)
{
	return bus_child_reqid;
}

METHOD(child_sa_t, child_get_state, child_sa_state_t,
	child_sa_t *this)
{
	return child_state;
}

METHOD(child_sa_t, child_get_spi, uint32_t,
	child_sa_t *this, bool inbound)
{
	return htonl(inbound ? child_spi_in : child_spi_out);
}

METHOD(child_sa_t, child_get_protocol, protocol_id_t,
	child_sa_t *this)
{
	return PROTO_ESP;
}

mark_t bus_child_mark[2];
uint32_t bus_child_if_id[2];

METHOD(child_sa_t, child_get_mark, mark_t,
	child_sa_t *this, bool inbound)
{
	return bus_child_mark[inbound];
}

METHOD(child_sa_t, child_get_if_id, uint32_t,
	child_sa_t *this, bool inbound)
{
	return bus_child_if_id[inbound];
}

/** what is configured */
static bool config_no_policies;
static uint32_t config_priority;
static child_cfg_t child_cfg;

METHOD(child_cfg_t, cfg_has_option, bool,
	child_cfg_t *this, child_cfg_option_t option)
{
	return option == OPT_NO_POLICIES && config_no_policies;
}

METHOD(child_cfg_t, cfg_get_manual_prio, uint32_t,
	child_cfg_t *this)
{
	return config_priority;
}

METHOD(child_sa_t, child_get_config, child_cfg_t*,
	child_sa_t *this)
{
	return &child_cfg;
}

/** an IKE_SA, and a CHILD_SA */
static ike_sa_t ike_sa;
static child_sa_t child_sa;

/**
 * Give them methods, SPIs and addresses.
 */
static void begin(uint32_t spi_in, uint32_t spi_out)
{
	ike_sa = (ike_sa_t){
		.get_name = _ike_get_name,
		.get_unique_id = _ike_get_unique_id,
		.get_my_host = _ike_get_my_host,
		.get_other_host = _ike_get_other_host,
	};
	child_cfg = (child_cfg_t){
		.has_option = _cfg_has_option,
		.get_manual_prio = _cfg_get_manual_prio,
	};
	child_sa = (child_sa_t){
		.get_config = _child_get_config,
		.get_name = _child_get_name,
		.get_unique_id = _child_get_unique_id,
		.get_reqid = _child_get_reqid,
		.get_state = _child_get_state,
		.get_spi = _child_get_spi,
		.get_protocol = _child_get_protocol,
		.get_mark = _child_get_mark,
		.get_if_id = _child_get_if_id,
	};
	child_spi_in = spi_in;
	child_spi_out = spi_out;
	my_host = host_create_from_string("192.168.50.1", 500);
	other_host = host_create_from_string("192.168.50.2", 500);
}

/**
 * Clean up.
 */
static void end(void)
{
	my_host->destroy(my_host);
	other_host->destroy(other_host);
}

/*
 * Described in header
 */
void bus_child_updown(uint32_t spi_in, uint32_t spi_out, bool up)
{
	begin(spi_in, spi_out);
	ck_assert(calls.listener->child_updown(calls.listener, &ike_sa, &child_sa,
										   up));
	end();
}

/**
 * Raise an alert with arguments.
 */
static void alert_with(alert_t alert, ...)
{
	va_list args;

	va_start(args, alert);
	ck_assert(calls.listener->alert(calls.listener, &ike_sa, alert, args));
	va_end(args);
}

/*
 * Described in header
 */
void bus_child_alert(uint32_t spi_in, uint32_t spi_out, alert_t alert)
{
	begin(spi_in, spi_out);
	alert_with(alert, &child_sa);
	end();
}

/*
 * Described in header
 */
void bus_child_rekeyed(uint32_t spi_in, uint32_t spi_out)
{
	begin(spi_in, spi_out);
	ck_assert(calls.listener->child_rekey(calls.listener, &ike_sa, NULL,
										  &child_sa));
	end();
}

/**
 * It goes from one state to the next.
 */
static void change_state(child_sa_state_t from, child_sa_state_t to, bool ike)
{
	child_state = from;
	ck_assert(calls.listener->child_state_change(calls.listener,
												 ike ? &ike_sa : NULL,
												 &child_sa, to));
	ck_assert(calls.trap_listener->child_state_change(calls.trap_listener,
												 ike ? &ike_sa : NULL,
												 &child_sa, to));
}

/*
 * Described in header
 */
void bus_child_destroy(uint32_t spi_in, uint32_t spi_out,
					   child_sa_state_t state)
{
	begin(spi_in, spi_out);
	change_state(state, CHILD_DESTROYING, TRUE);
	end();
}

/*
 * Described in header
 */
void bus_trap_routed(void)
{
	begin(0, 0);
	change_state(CHILD_CREATED, CHILD_ROUTED, FALSE);
	end();
}

/*
 * Described in header
 */
void bus_trap_destroy(child_sa_state_t state, bool ike)
{
	begin(0, 0);
	change_state(state, CHILD_DESTROYING, ike);
	end();
}

/*
 * Described in header
 */
void bus_child_installing(bool no_policies, uint32_t priority)
{
	config_no_policies = no_policies;
	config_priority = priority;
	begin(0, 0);
	change_state(CHILD_CREATED, CHILD_INSTALLING, TRUE);
	end();
}

/*
 * Described in header
 */
void bus_child_installed(void)
{
	begin(0, 0);
	change_state(CHILD_INSTALLING, CHILD_INSTALLED, TRUE);
	end();
}
