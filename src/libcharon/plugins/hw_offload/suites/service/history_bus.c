/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * IKE_SAs and CHILD_SAs of a history, as listeners on the bus see them.
 */

#include "history.h"

#include <pthread.h>

__thread ike_sa_t *history_bus_ike;

/** who listens */
static listener_t *listeners[8];

/**
 * Get the connection of an IKE_SA.
 */
static conn_t *from_ike(ike_sa_t *ike_sa)
{
	return (void*)((char*)ike_sa - offsetof(conn_t, ike_sa));
}

METHOD(ike_sa_t, ike_get_name, char*,
	ike_sa_t *this)
{
	return "gw";
}

METHOD(ike_sa_t, ike_get_unique_id, uint32_t,
	ike_sa_t *this)
{
	return from_ike(this)->number + 1;
}

METHOD(ike_sa_t, ike_get_state, ike_sa_state_t,
	ike_sa_t *this)
{
	return from_ike(this)->state;
}

METHOD(ike_sa_t, ike_has_condition, bool,
	ike_sa_t *this, ike_condition_t condition)
{
	return FALSE;
}

METHOD(ike_sa_t, ike_get_my_host, host_t*,
	ike_sa_t *this)
{
	return from_ike(this)->me;
}

METHOD(ike_sa_t, ike_get_other_host, host_t*,
	ike_sa_t *this)
{
	return from_ike(this)->other;
}

METHOD(ike_sa_t, ike_create_children, enumerator_t*,
	ike_sa_t *this)
{
	linked_list_t *children = from_ike(this)->children;

	return children->create_enumerator(children);
}

METHOD(task_t, task_get_type, task_type_t,
	task_t *this)
{
	return TASK_CHILD_DELETE;
}

METHOD(ike_sa_t, ike_create_tasks, enumerator_t*,
	ike_sa_t *this, task_queue_t queue)
{
	static task_t task;

	task.get_type = _task_get_type;
	return queue == TASK_QUEUE_ACTIVE && from_ike(this)->deletes ?
		   enumerator_create_single(&task, NULL) : enumerator_create_empty();
}

METHOD(child_sa_t, child_get_name, char*,
	child_t *this)
{
	return "net";
}

METHOD(child_sa_t, child_get_unique_id, uint32_t,
	child_t *this)
{
	return this->id;
}

METHOD(child_sa_t, child_get_reqid, uint32_t,
	child_t *this)
{
	return this->conn->reqid;
}

METHOD(child_sa_t, child_get_state, child_sa_state_t,
	child_t *this)
{
	return this->state;
}

METHOD(child_sa_t, child_get_spi, uint32_t,
	child_t *this, bool inbound)
{
	return inbound ? this->spi_in : this->spi_out;
}

METHOD(child_sa_t, child_get_protocol, protocol_id_t,
	child_t *this)
{
	return PROTO_ESP;
}

METHOD(child_sa_t, child_get_mode, ipsec_mode_t,
	child_t *this)
{
	return this->conn->mode;
}

METHOD(child_sa_t, child_get_mark, mark_t,
	child_t *this, bool inbound)
{
	return (mark_t){};
}

METHOD(child_cfg_t, cfg_has_option, bool,
	child_cfg_t *this, child_cfg_option_t option)
{
	return FALSE;
}

METHOD(child_cfg_t, cfg_get_manual_prio, uint32_t,
	child_cfg_t *this)
{
	return 0;
}

/** what all CHILD_SAs are configured with */
static child_cfg_t config;

static void init_config(void)
{
	config.has_option = _cfg_has_option;
	config.get_manual_prio = _cfg_get_manual_prio;
}

METHOD(child_sa_t, child_get_config, child_cfg_t*,
	child_sa_t *this)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, init_config);
	return &config;
}

METHOD(child_sa_t, child_get_if_id, uint32_t,
	child_t *this, bool inbound)
{
	return 0;
}

void history_bus_init_child(child_t *child)
{
	child->public = (child_sa_t){
		.get_config = _child_get_config,
		.get_name = _child_get_name,
		.get_unique_id = _child_get_unique_id,
		.get_reqid = _child_get_reqid,
		.get_state = _child_get_state,
		.get_spi = _child_get_spi,
		.get_protocol = _child_get_protocol,
		.get_mode = _child_get_mode,
		.get_mark = _child_get_mark,
		.get_if_id = _child_get_if_id,
	};
}

void history_bus_init_conn(conn_t *conn)
{
	conn->ike_sa = (ike_sa_t){
		.get_name = _ike_get_name,
		.get_unique_id = _ike_get_unique_id,
		.get_state = _ike_get_state,
		.has_condition = _ike_has_condition,
		.get_my_host = _ike_get_my_host,
		.get_other_host = _ike_get_other_host,
		.create_child_sa_enumerator = _ike_create_children,
		.create_task_enumerator = _ike_create_tasks,
	};
}

void history_bus_add(listener_t *listener)
{
	int i;

	for (i = 0; listeners[i]; i++);
	listeners[i] = listener;
}

void history_bus_remove(listener_t *listener)
{
	int i;

	for (i = 0; i < countof(listeners); i++)
	{
		if (listeners[i] == listener)
		{
			memmove(listeners + i, listeners + i + 1,
					sizeof(*listeners) * (countof(listeners) - i - 1));
			listeners[countof(listeners) - 1] = NULL;
		}
	}
}

/** Tell all listeners that have a method. */
#define TELL(method, ...) ({ int _i; \
	for (_i = 0; listeners[_i]; _i++) \
	{ \
		if (listeners[_i]->method) \
		{ \
			listeners[_i]->method(listeners[_i], ##__VA_ARGS__); \
		} \
	} })

void history_bus_state(conn_t *conn, ike_sa_state_t state)
{
	fake_kernel_note(kernel, "conn %u: IKE_SA in state %u", conn->number,
					 state, 0, 0);
	TELL(ike_state_change, &conn->ike_sa, state);
	conn->state = state;
}

void history_bus_child_state(child_t *child, child_sa_state_t state)
{
	TELL(child_state_change, child->trap ? NULL : &child->conn->ike_sa,
		 &child->public, state);
	child->state = state;
}

void history_bus_updown(child_t *child, bool up)
{
	TELL(child_updown, &child->conn->ike_sa, &child->public, up);
}

void history_bus_rekeyed(child_t *old, child_t *child)
{
	TELL(child_rekey, &child->conn->ike_sa, &old->public, &child->public);
}

/**
 * Raise an alert with arguments.
 */
static void alert_with(conn_t *conn, alert_t alert, ...)
{
	va_list args;
	int i;

	for (i = 0; listeners[i]; i++)
	{
		if (listeners[i]->alert)
		{
			va_start(args, alert);
			listeners[i]->alert(listeners[i], &conn->ike_sa, alert, args);
			va_end(args);
		}
	}
}

void history_bus_failed(child_t *child, bool policies)
{
	alert_with(child->conn, policies ? ALERT_INSTALL_CHILD_POLICY_FAILED
									 : ALERT_INSTALL_CHILD_SA_FAILED,
			   &child->public);
}
