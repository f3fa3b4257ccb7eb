/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Serves clients on a socket, and notes events for them.
 */

#include "status_service.h"
#include "status_answer.h"
#include "../../io/line_server.h"

/**
 * Private data of status_service_t.
 */
typedef struct {
	/** public interface */
	status_service_t public;
	/** what to tell about */
	hwo_status_source_t source;
	/** what happened to it */
	status_events_t *events;
	/** talks to clients */
	line_server_t *server;
} private_status_service_t;

CALLBACK(begin_answer, void*,
	private_status_service_t *this, const char *line, uid_t uid)
{
	return hwo_status_begin(&this->source, this->events, line, uid);
}

CALLBACK(next_line, ssize_t,
	private_status_service_t *this, void *answer, char *buf, size_t size)
{
	return hwo_status_next(answer, buf, size);
}

CALLBACK(end_answer, void,
	private_status_service_t *this, void *answer)
{
	hwo_status_end(answer);
}

static void note_event(private_status_service_t *this, const char *what,
					   const hwo_sa_record_t *record)
{
	hwo_status_events_add(this->events, what, record);
	this->server->wake(this->server);
}

CALLBACK(on_child, void,
	private_status_service_t *this, child_event_t event,
	const hwo_sa_record_t *record)
{
	static const char *what[] = {
		[CHILD_EVENT_UP] = "up",
		[CHILD_EVENT_DOWN] = "down",
		[CHILD_EVENT_REKEYED] = "rekeyed",
		[CHILD_EVENT_FAILED] = HWO_EVENT_FAILED,
	};

	if (event == CHILD_EVENT_UP || event == CHILD_EVENT_REKEYED)
	{
		this->source.failures->forget(this->source.failures, record);
	}
	note_event(this, what[event], record);
}

CALLBACK(on_move, void,
	private_status_service_t *this, const hwo_child_t *child,
	const hwo_child_sa_t *sa)
{
	hwo_sa_record_t record;

	hwo_sa_record(child, sa == &child->in, &record);
	note_event(this, "moved", &record);
}

METHOD(status_service_t, destroy, void,
	private_status_service_t *this)
{
	if (this->server)
	{
		this->source.names->on_event(this->source.names, NULL, NULL);
		this->source.table->on_move(this->source.table, NULL, NULL);
	}
	DESTROY_IF(this->server);
	hwo_status_events_destroy(this->events);
	this->source.xfrm->destroy(this->source.xfrm);
	free(this);
}

status_service_t *hwo_status_service_create(char *uri,
											const hwo_status_source_t *source)
{
	static const line_deadlines_t deadlines = {
		.request = 5,
		.stalled = 20,
		.answer = 300,
	};
	private_status_service_t *this;
	line_handler_t handler = {
		.begin = begin_answer,
		.next = next_line,
		.end = end_answer,
	};

	INIT(this,
		.public = {
			.destroy = _destroy,
		},
		.source = *source,
		.events = hwo_status_events_create(),
	);
	handler.data = this;
	this->server = hwo_line_server_create(uri, &handler, &deadlines);
	if (!this->server)
	{
		destroy(this);
		return NULL;
	}
	source->names->on_event(source->names, on_child, this);
	source->table->on_move(source->table, on_move, this);
	return &this->public;
}
