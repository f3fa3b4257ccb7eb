/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * From requests to answers.
 */

#include "status_service.h"
#include "../sa/sa_attempts.h"
#include "status_events.h"
#include "status_explain.h"
#include "status_report.h"
#include "status_request.h"
#include "../../io/line_server.h"

#include <netinet/in.h>

#include <utils/debug.h>

typedef struct private_status_service_t private_status_service_t;
typedef struct answer_t answer_t;

/** Event of a CHILD_SA that could not be installed */
static const char failure[] = "failed";

/**
 * Private data of status_service_t.
 */
struct private_status_service_t {

	/**
	 * Public interface.
	 */
	status_service_t public;

	/**
	 * What to tell about.
	 */
	hwo_status_source_t source;

	/**
	 * What happened to them.
	 */
	status_events_t *events;

	/**
	 * Talks to clients.
	 */
	line_server_t *server;
};

/**
 * Get the next object of an answer.
 *
 * @param object		[out] object, NULL if there is none at the moment
 * @return				FALSE if the answer is complete
 */
typedef bool (*next_t)(private_status_service_t *this, answer_t *answer,
					   json_t **object);

/**
 * An answer on its way.
 */
struct answer_t {
	/** what is asked for */
	hwo_status_request_t request;
	/** gets what is to be told */
	next_t next;
	/** TRUE once the first line is out, and the last one */
	bool begun, ended;
	/** what went wrong, NULL if nothing did */
	const char *error;
	/** SAs that are to be described, hwo_sa_id_t */
	array_t *sas;
	/** CHILD_SAs that could not be installed, hwo_failed_child_t */
	array_t *failures;
	/** SPs that are to be described, hwo_sp_id_t with labels */
	array_t *sps;
	/** devices, with an end mark */
	struct if_nameindex *links;
	/** children that are to be explained, hwo_loaded_child_t */
	array_t *children;
	/** rules and verdict of the one that is explained now */
	json_t *rules;
	/** index of the next item */
	u_int pos;
	/** number of the next event */
	uint64_t event;
	/** number of items told */
	u_int count;
};

/**
 * Add a SA of a CHILD_SA to its description.
 */
static void add_sa(private_status_service_t *this, json_t *child,
				   const hwo_sa_record_t *record)
{
	hwo_sa_state_t state;
	hwo_result_t result;
	bool installed;

	hwo_sa_get(this->source.xfrm, &record->id, &state, &result);
	/* one that a packet left in its place is not ours */
	installed = !result.err && !state.larval;
	json_object_set_new(child, record->facts.inbound ? "in" : "out",
						hwo_report_sa(record, installed ? &state : NULL,
									  this->source.devices));
}

/**
 * Describe a CHILD_SA with both SAs.
 */
static json_t *describe_child(private_status_service_t *this,
							  const hwo_child_t *child)
{
	bool inbound = hwo_child_main(child) == &child->in;
	hwo_sa_record_t record;
	json_t *object;

	hwo_sa_record(child, inbound, &record);
	object = hwo_report_child(&record, this->source.devices);
	json_object_set_new(object, "in", json_null());
	json_object_set_new(object, "out", json_null());
	add_sa(this, object, &record);
	if (record.partner.spi)
	{
		hwo_sa_record(child, !inbound, &record);
		add_sa(this, object, &record);
	}
	return object;
}

/**
 * Next CHILD_SA that could not be installed.
 */
static bool next_failure(private_status_service_t *this, answer_t *answer,
						 json_t **object)
{
	hwo_failed_child_t failed;

	if (!answer->failures)
	{
		answer->failures = this->source.failures->list(this->source.failures,
													   time(NULL));
	}
	if (!array_remove(answer->failures, ARRAY_HEAD, &failed))
	{
		return FALSE;
	}
	*object = hwo_report_failure(&failed, this->source.devices);
	return TRUE;
}

/**
 * Next CHILD_SA.
 */
static bool next_child(private_status_service_t *this, answer_t *answer,
					   json_t **object)
{
	hwo_child_t child;
	u_int key;

	if (!answer->sas)
	{
		answer->sas = this->source.table->list(this->source.table);
	}
	while (array_get(answer->sas, answer->pos, &key))
	{
		answer->pos++;
		/* IPComp is part of a CHILD_SA that has its SAs of ESP or AH */
		if (this->source.table->get_key(this->source.table, key, &child) &&
			hwo_child_main(&child)->id.spi &&
			hwo_child_main(&child)->id.proto != IPPROTO_COMP)
		{
			*object = describe_child(this, &child);
			return TRUE;
		}
	}
	return next_failure(this, answer, object);
}

/**
 * Next policy.
 */
static bool next_sp(private_status_service_t *this, answer_t *answer,
					json_t **object)
{
	hwo_sp_view_t view;
	hwo_sp_id_t id;

	if (!answer->sps)
	{
		answer->sps = this->source.sp_table->list(this->source.sp_table);
	}
	while (array_get(answer->sps, answer->pos, &id))
	{
		answer->pos++;
		if (this->source.sp_table->view(this->source.sp_table, &id, &view))
		{
			*object = hwo_report_sp(&id, &view, this->source.devices);
			return TRUE;
		}
	}
	return FALSE;
}

/**
 * Next device.
 */
static bool next_device(private_status_service_t *this, answer_t *answer,
						json_t **object)
{
	struct if_nameindex *link;

	if (!answer->links)
	{
		answer->links = if_nameindex();
	}
	if (!answer->links)
	{
		answer->error = "the kernel does not tell its interfaces";
		return FALSE;
	}
	link = &answer->links[answer->pos++];
	if (!link->if_index)
	{
		return FALSE;
	}
	*object = hwo_report_device(link->if_name, link->if_index,
								this->source.devices);
	return TRUE;
}

/**
 * Explain the next child that is loaded, NULL if there is none.
 */
static json_t *explain_loaded(answer_t *answer, const hwo_explain_host_t *host)
{
	const hwo_status_request_t *request = &answer->request;
	hwo_loaded_child_t loaded;
	json_t *rules;

	if (!answer->children)
	{
		answer->children = hwo_loaded_children(request->arg[0],
											   request->arg[1]);
		if (!array_count(answer->children))
		{
			answer->error = "no such connection or child with SAs is loaded";
		}
	}
	if (!array_remove(answer->children, ARRAY_HEAD, &loaded))
	{
		return NULL;
	}
	rules = hwo_status_explain(host, &loaded);
	hwo_loaded_child_release(&loaded);
	return rules;
}

/**
 * Explain the next child, NULL if there is none, or none that is understood.
 */
static json_t *explain(private_status_service_t *this, answer_t *answer)
{
	hwo_explain_host_t host = {
		.devices = this->source.devices,
		.sas = this->source.table,
		.failures = this->source.failures,
		.guard = this->source.guard,
		.if_id_in_software = this->source.if_id_in_software,
		.subnets_matched = this->source.subnets_matched,
	};

	if (answer->request.command != HWO_STATUS_EXPLAIN_WRITTEN)
	{
		return explain_loaded(answer, &host);
	}
	/* there is one only */
	return answer->rules ? NULL :
		   hwo_status_explain_written(&host, answer->request.text,
									  &answer->error);
}

/**
 * Next rule or verdict of an explanation. One child is explained at a time: a
 * connection may have many, and others want answers, too.
 */
static bool next_rule(private_status_service_t *this, answer_t *answer,
					  json_t **object)
{
	json_t *rules;

	while (answer->pos >= json_array_size(answer->rules))
	{
		rules = explain(this, answer);
		if (!rules)
		{
			return FALSE;
		}
		json_decref(answer->rules);
		answer->rules = rules;
		answer->pos = 0;
	}
	*object = json_incref(json_array_get(answer->rules, answer->pos++));
	return TRUE;
}

/**
 * Describe an event.
 */
static json_t *describe_event(private_status_service_t *this,
							  const hwo_status_event_t *event)
{
	hwo_failed_child_t failed = {
		.sa = event->record,
		.time = event->time,
	};
	json_t *object;

	object = streq(event->what, failure) ?
				hwo_report_failure(&failed, this->source.devices) :
				hwo_report_child(&event->record, this->source.devices);
	json_object_set_new(object, "type", json_string("event"));
	json_object_set_new(object, "event", json_string(event->what));
	json_object_set_new(object, "time", json_integer(event->time));
	return object;
}

/**
 * Next event.
 */
static bool next_event(private_status_service_t *this, answer_t *answer,
					   json_t **object)
{
	hwo_status_event_t event;
	uint64_t missed;

	if (this->events->get(this->events, &answer->event, &event, &missed))
	{
		*object = describe_event(this, &event);
		json_object_set_new(*object, "missed", json_integer(missed));
	}
	return TRUE;
}

/**
 * Release what is blocked, and tell how much that was.
 */
static bool next_release(private_status_service_t *this, answer_t *answer,
						 json_t **object)
{
	const char *what = answer->request.arg[0];
	u_int count;

	if (answer->count)
	{
		return FALSE;
	}
	count = this->source.release(this->source.release_data,
								 streq(what, "all") ? NULL : what);
	*object = json_pack("{s:s, s:i}", "type", "released", "count", count);
	return TRUE;
}

/**
 * What produces the answer to a command.
 */
static const next_t producers[] = {
	[HWO_STATUS_LIST] = next_child,
	[HWO_STATUS_POLICIES] = next_sp,
	[HWO_STATUS_DEVICES] = next_device,
	[HWO_STATUS_WATCH] = next_event,
	[HWO_STATUS_EXPLAIN] = next_rule,
	[HWO_STATUS_EXPLAIN_WRITTEN] = next_rule,
	[HWO_STATUS_RELEASE] = next_release,
};

CALLBACK(begin_answer, void*,
	private_status_service_t *this, const char *line, uid_t uid)
{
	answer_t *answer;

	INIT(answer,
		.event = this->events->get_next(this->events),
	);
	answer->error = hwo_status_parse(line, &answer->request);
	answer->next = producers[answer->request.command];
	if (!answer->error && !answer->next)
	{
		answer->error = "unknown command";
	}
	if (!answer->error &&
		!hwo_status_permitted(answer->request.command, uid,
							  lib->caps->get_uid(lib->caps)))
	{
		answer->error = "only root and the user of the daemon may do that";
	}
	return answer;
}

/**
 * First line of an answer.
 */
static json_t *first_object(private_status_service_t *this,
							const answer_t *answer)
{
	return json_pack("{s:i, s:s, s:s, s:s}",
					 "hw-offload", HWO_STATUS_PROTOCOL,
					 "answer", enum_to_name(hwo_status_command_names,
											answer->request.command),
					 "version", this->source.version,
					 "strongswan", VERSION);
}

/**
 * Last line of an answer.
 */
static json_t *last_object(answer_t *answer)
{
	if (answer->error)
	{
		return json_pack("{s:s}", "error", answer->error);
	}
	return json_pack("{s:b, s:I}", "end", TRUE,
					 "count", (json_int_t)answer->count);
}

CALLBACK(next_line, ssize_t,
	private_status_service_t *this, void *data, char *buf, size_t size)
{
	answer_t *answer = data;
	json_t *object = NULL;

	if (answer->ended)
	{
		return -1;
	}
	if (answer->error)
	{
		answer->ended = TRUE;
		return hwo_report_line(last_object(answer), buf, size);
	}
	if (!answer->begun)
	{
		answer->begun = TRUE;
		return hwo_report_line(first_object(this, answer), buf, size);
	}
	if (!answer->next(this, answer, &object))
	{
		answer->ended = TRUE;
		return hwo_report_line(last_object(answer), buf, size);
	}
	if (!object)
	{
		return 0;
	}
	answer->count++;
	return hwo_report_line(object, buf, size);
}

CALLBACK(end_answer, void,
	private_status_service_t *this, void *data)
{
	hwo_loaded_child_t loaded;
	answer_t *answer = data;

	while (array_remove(answer->children, ARRAY_HEAD, &loaded))
	{
		hwo_loaded_child_release(&loaded);
	}
	array_destroy(answer->children);
	array_destroy(answer->sas);
	array_destroy(answer->failures);
	json_decref(answer->rules);
	if (answer->links)
	{
		if_freenameindex(answer->links);
	}
	if (answer->sps)
	{
		hwo_sp_list_destroy(answer->sps);
	}
	free(answer);
}

/**
 * Note an event, and tell those who watch.
 */
static void note_event(private_status_service_t *this, const char *what,
					   const hwo_sa_record_t *record)
{
	this->events->add(this->events, what, record);
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
		[CHILD_EVENT_FAILED] = failure,
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
	this->events->destroy(this->events);
	this->source.xfrm->destroy(this->source.xfrm);
	free(this);
}

/*
 * Described in header
 */
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
