/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Follows CHILD_SAs on charon's bus, for their records.
 */

#include "child_listener.h"
#include "../../model/plan/ts_convert.h"

#include <netinet/in.h>

#include <daemon.h>

/**
 * Private data of child_listener_t.
 */
typedef struct {
	/** public interface */
	child_listener_t public;
	/** listens on the bus */
	listener_t listener;
	/** records of CHILD_SAs */
	child_table_t *table;
	/** those that could not be installed */
	failed_children_t *failures;
	/** told about events, NULL if nobody is */
	child_event_cb_t cb;
	/** passed to cb */
	void *data;
} private_child_listener_t;

static private_child_listener_t *from_listener(listener_t *listener)
{
	return (void*)((char*)listener - offsetof(private_child_listener_t,
											  listener));
}

/**
 * Get the identity of an SA that has a record.
 *
 * @param id		[out] identity, the most likely one if there is no record
 */
static bool find_sa(child_table_t *table, ike_sa_t *ike_sa,
					child_sa_t *child_sa, bool inbound, hwo_sa_id_t *id)
{
	host_t *dst;

	dst = inbound ? ike_sa->get_my_host(ike_sa)
				  : ike_sa->get_other_host(ike_sa);
	*id = (hwo_sa_id_t){
		.spi = child_sa->get_spi(child_sa, inbound),
		.proto = child_sa->get_protocol(child_sa) == PROTO_AH ? IPPROTO_AH
															  : IPPROTO_ESP,
	};
	hwo_addr_from_host(dst, &id->dst);
	if (table->get(table, id, NULL))
	{
		return TRUE;
	}
	/* inbound, the mark may be on the policies only */
	id->mark = child_sa->get_mark(child_sa, inbound);
	return table->get(table, id, NULL);
}

bool hwo_child_lookup(child_table_t *table, ike_sa_t *ike_sa,
					  child_sa_t *child_sa, hwo_child_t *child)
{
	uint32_t child_id = child_sa->get_unique_id(child_sa);
	hwo_sa_id_t id;

	/* its SAs may have other addresses than the IKE_SA until it is rekeyed */
	return (child_id && table->get_child(table, child_id, child)) ||
		   (find_sa(table, ike_sa, child_sa, FALSE, &id) &&
			table->get(table, &id, child)) ||
		   (find_sa(table, ike_sa, child_sa, TRUE, &id) &&
			table->get(table, &id, child));
}

/**
 * Get the names of a CHILD_SA, ike_sa is NULL for traps.
 */
static void get_names(ike_sa_t *ike_sa, child_sa_t *child_sa,
					  hwo_names_t *names)
{
	*names = (hwo_names_t){
		.child_id = child_sa->get_unique_id(child_sa),
	};
	if (ike_sa)
	{
		names->ike_id = ike_sa->get_unique_id(ike_sa);
		hwo_name_keep(names->connection, ike_sa->get_name(ike_sa));
	}
	hwo_name_keep(names->child, child_sa->get_name(child_sa));
}

/**
 * Note the names of a CHILD_SA, FALSE if we don't have its SAs.
 */
static bool note(private_child_listener_t *this, ike_sa_t *ike_sa,
				 child_sa_t *child_sa, hwo_child_t *child)
{
	hwo_sa_id_t in, out;
	hwo_names_t names;

	get_names(ike_sa, child_sa, &names);
	find_sa(this->table, ike_sa, child_sa, TRUE, &in);
	find_sa(this->table, ike_sa, child_sa, FALSE, &out);
	if (this->table->name(this->table, &in, &out, &names, child))
	{
		return TRUE;
	}
	return hwo_child_lookup(this->table, ike_sa, child_sa, child) &&
		   this->table->name(this->table, &child->in.id, &child->out.id, &names,
							 child);
}

static void tell(private_child_listener_t *this, child_event_t event,
				 const hwo_sa_record_t *record)
{
	if (this->cb)
	{
		this->cb(this->data, event, record);
	}
}

/**
 * Note the names of a CHILD_SA, and tell what happened to it.
 */
static void note_event(private_child_listener_t *this, ike_sa_t *ike_sa,
					   child_sa_t *child_sa, child_event_t event)
{
	hwo_sa_record_t record;
	hwo_child_t child;

	if (note(this, ike_sa, child_sa, &child))
	{
		hwo_sa_record(&child, !child.out.id.spi, &record);
		tell(this, event, &record);
	}
}

/**
 * Note what charon does with a CHILD_SA.
 */
static void note_state(private_child_listener_t *this, ike_sa_t *ike_sa,
					   child_sa_t *child_sa, hwo_child_event_t event)
{
	hwo_child_t child;

	if (hwo_child_lookup(this->table, ike_sa, child_sa, &child))
	{
		this->table->note(this->table, child.key, event);
	}
}

static void note_all(private_child_listener_t *this, ike_sa_t *ike_sa)
{
	enumerator_t *enumerator;
	child_sa_t *child_sa;
	hwo_child_t child;

	enumerator = ike_sa->create_child_sa_enumerator(ike_sa);
	while (enumerator->enumerate(enumerator, &child_sa))
	{
		note(this, ike_sa, child_sa, &child);
	}
	enumerator->destroy(enumerator);
}

/**
 * Check if there is a task that deletes CHILD_SAs.
 */
static bool has_delete(ike_sa_t *ike_sa, task_queue_t queue)
{
	enumerator_t *enumerator;
	bool found = FALSE;
	task_t *task;

	enumerator = ike_sa->create_task_enumerator(ike_sa, queue);
	while (!found && enumerator->enumerate(enumerator, &task))
	{
		found = task->get_type(task) == TASK_CHILD_DELETE ||
				task->get_type(task) == TASK_QUICK_DELETE;
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Check if we are the one who deletes a CHILD_SA, not the peer: it may do so as
 * it could not rekey it with us. If we wait for its answer to a request of ours
 * to delete another one, only what it asked for meanwhile tells.
 */
static bool deletes(ike_sa_t *ike_sa)
{
	return has_delete(ike_sa, TASK_QUEUE_ACTIVE) &&
		   !has_delete(ike_sa, TASK_QUEUE_PASSIVE);
}

/**
 * Note that a CHILD_SA is given up, and tell if that is for a reason we know.
 */
static void note_failure(private_child_listener_t *this, ike_sa_t *ike_sa,
						 child_sa_t *child_sa)
{
	uint32_t spi_in, spi_out;
	hwo_failed_child_t failed;
	hwo_names_t names;

	spi_in = child_sa->get_spi(child_sa, TRUE);
	spi_out = child_sa->get_spi(child_sa, FALSE);
	/* some traps are installed for an IKE_SA that ends, most are not */
	get_names(spi_in || spi_out ? ike_sa : NULL, child_sa, &names);
	if (this->failures->give_up(this->failures, spi_in, spi_out,
								child_sa->get_reqid(child_sa), &names, &failed))
	{
		tell(this, CHILD_EVENT_FAILED, &failed.sa);
	}
}

/**
 * A CHILD_SA is about to be destroyed, which has still the state that it was
 * in. No alert was raised for traps and for IKEv1.
 */
static void note_end(private_child_listener_t *this, ike_sa_t *ike_sa,
					 child_sa_t *child_sa)
{
	switch (child_sa->get_state(child_sa))
	{
		case CHILD_CREATED:
		case CHILD_INSTALLING:
			note_failure(this, ike_sa, child_sa);
			break;
		default:
			/* it was up, and its policies may have been refused since */
			this->failures->drop(this->failures,
								 child_sa->get_spi(child_sa, TRUE),
								 child_sa->get_spi(child_sa, FALSE));
			break;
	}
}

METHOD(listener_t, alert, bool,
	listener_t *listener, ike_sa_t *ike_sa, alert_t alert, va_list args)
{
	switch (alert)
	{
		case ALERT_INSTALL_CHILD_SA_FAILED:
		case ALERT_INSTALL_CHILD_POLICY_FAILED:
			note_failure(from_listener(listener), ike_sa,
						 va_arg(args, child_sa_t*));
			break;
		default:
			break;
	}
	return TRUE;
}

/** Of the CHILD_SA that this thread installs. */
static __thread hwo_child_config_t current;

hwo_child_config_t hwo_child_config_current(void)
{
	return current;
}

/**
 * Check if the SPs in one direction have a mark or an XFRM interface ID.
 */
static bool is_marked(child_sa_t *child_sa, bool inbound)
{
	return child_sa->get_mark(child_sa, inbound).mask ||
		   child_sa->get_if_id(child_sa, inbound);
}

/**
 * Note what charon does not tell who installs the SAs. It changes the state
 * before it does.
 */
static void note_config(child_sa_t *child_sa, child_sa_state_t state)
{
	child_cfg_t *config;

	current = (hwo_child_config_t){};
	if (state == CHILD_INSTALLING)
	{
		config = child_sa->get_config(child_sa);
		current.no_policies = config->has_option(config, OPT_NO_POLICIES);
		current.marked = is_marked(child_sa, TRUE) ||
						 is_marked(child_sa, FALSE);
		current.priority = config->get_manual_prio(config);
	}
}

METHOD(listener_t, child_state_change, bool,
	listener_t *listener, ike_sa_t *ike_sa, child_sa_t *child_sa,
	child_sa_state_t state)
{
	private_child_listener_t *this = from_listener(listener);

	note_config(child_sa, state);
	switch (state)
	{
		case CHILD_ROUTED:
			this->failures->forget_trap(this->failures,
										child_sa->get_name(child_sa));
			break;
		case CHILD_DELETING:
			if (child_sa->get_state(child_sa) == CHILD_INSTALLED &&
				deletes(ike_sa))
			{
				note_state(this, ike_sa, child_sa, HWO_CHILD_DELETION);
			}
			break;
		case CHILD_DESTROYING:
			note_end(this, ike_sa, child_sa);
			break;
		default:
			break;
	}
	return TRUE;
}

METHOD(listener_t, child_updown, bool,
	listener_t *listener, ike_sa_t *ike_sa, child_sa_t *child_sa, bool up)
{
	note_event(from_listener(listener), ike_sa, child_sa,
			   up ? CHILD_EVENT_UP : CHILD_EVENT_DOWN);
	return TRUE;
}

METHOD(listener_t, child_rekey, bool,
	listener_t *listener, ike_sa_t *ike_sa, child_sa_t *old, child_sa_t *new)
{
	private_child_listener_t *this = from_listener(listener);

	note_event(this, ike_sa, new, CHILD_EVENT_REKEYED);
	if (old)
	{
		note_state(this, ike_sa, old, HWO_CHILD_REPLACEMENT);
	}
	return TRUE;
}

METHOD(listener_t, ike_rekey, bool,
	listener_t *listener, ike_sa_t *old, ike_sa_t *new)
{
	/* they are moved to the new IKE_SA before this is called */
	note_all(from_listener(listener), new);
	return TRUE;
}

METHOD(listener_t, children_migrate, bool,
	listener_t *listener, ike_sa_t *ike_sa, ike_sa_id_t *new, uint32_t unique)
{
	if (!new)
	{	/* they are where they belong now */
		note_all(from_listener(listener), ike_sa);
	}
	return TRUE;
}

METHOD(child_listener_t, on_event, void,
	private_child_listener_t *this, child_event_cb_t cb, void *data)
{
	this->cb = cb;
	this->data = data;
}

METHOD(child_listener_t, destroy, void,
	private_child_listener_t *this)
{
	charon->bus->remove_listener(charon->bus, &this->listener);
	free(this);
}

child_listener_t *hwo_child_listener_create(child_table_t *table,
											failed_children_t *failures)
{
	private_child_listener_t *this;

	/* this thread may have served another instance */
	current = (hwo_child_config_t){};
	INIT(this,
		.public = {
			.on_event = _on_event,
			.destroy = _destroy,
		},
		.listener = {
			.alert = _alert,
			.child_state_change = _child_state_change,
			.ike_rekey = _ike_rekey,
			.child_updown = _child_updown,
			.child_rekey = _child_rekey,
			.children_migrate = _children_migrate,
		},
		.table = table,
		.failures = failures,
	);
	charon->bus->add_listener(charon->bus, &this->listener);
	return &this->public;
}
