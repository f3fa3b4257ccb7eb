/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Produces answers to requests, item by item.
 */

#include "status_answer.h"
#include "../sa/sa_attempts.h"
#include "status_explain.h"
#include "status_json.h"
#include "status_report.h"
#include "status_request.h"

#include <netinet/in.h>

/**
 * Get the next object of an answer.
 *
 * @param object		[out] object, NULL if there is none at the moment
 * @return				FALSE if the answer is complete
 */
typedef bool (*next_t)(status_answer_t *this, json_t **object);

/**
 * An answer on its way.
 */
struct status_answer_t {
	/** what to tell about, and what happened to it */
	const hwo_status_source_t *source;
	status_events_t *events;
	/** what is asked for */
	hwo_status_request_t request;
	/** gets what is to be told */
	next_t next;
	/** TRUE once the first line is out, and the last one */
	bool begun, ended;
	/** what went wrong, NULL if nothing did */
	const char *error;
	/** message that is not a literal */
	char text[HWO_STATUS_ERROR];
	/** CHILD_SAs that are to be described, their keys */
	array_t *sas;
	/** CHILD_SAs that could not be installed, hwo_failed_child_t */
	array_t *failures;
	/** SPs that are to be described, hwo_sp_id_t with labels */
	array_t *sps;
	/** leftover SPs that are to be described, hwo_sp_state_t with labels */
	array_t *leftovers;
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

static json_t *describe_sa(status_answer_t *this, const hwo_sa_record_t *record)
{
	hwo_sa_state_t state;
	hwo_result_t result;
	bool installed;

	if (!record->id.spi)
	{
		return json_null();
	}
	hwo_sa_get(this->source->xfrm, &record->id, &state, &result);
	/* one that a packet left in its place is not ours */
	installed = !result.err && !state.larval;
	return hwo_report_sa(record, installed ? &state : NULL,
						 this->source->devices);
}

/**
 * Describe a CHILD_SA with both SAs.
 */
static json_t *describe_child(status_answer_t *this, const hwo_child_t *child)
{
	hwo_sa_record_t in, out;
	json_t *object;

	hwo_sa_record(child, TRUE, &in);
	hwo_sa_record(child, FALSE, &out);
	object = hwo_report_child(out.id.spi ? &out : &in, this->source->devices);
	json_object_set_new(object, "in", describe_sa(this, &in));
	json_object_set_new(object, "out", describe_sa(this, &out));
	return object;
}

static bool next_failure(status_answer_t *this, json_t **object)
{
	failed_children_t *failures = this->source->failures;
	hwo_failed_child_t failed;

	if (!this->failures)
	{
		this->failures = failures->list(failures, time(NULL));
	}
	if (!array_remove(this->failures, ARRAY_HEAD, &failed))
	{
		return FALSE;
	}
	*object = hwo_report_failure(&failed, this->source->devices);
	return TRUE;
}

static bool next_child(status_answer_t *this, json_t **object)
{
	child_table_t *table = this->source->table;
	hwo_child_t child;
	u_int key;

	if (!this->sas)
	{
		this->sas = table->list(table);
	}
	while (array_get(this->sas, this->pos, &key))
	{
		this->pos++;
		/* IPComp is part of a CHILD_SA that has its SAs of ESP or AH */
		if (table->get_key(table, key, &child) &&
			hwo_child_main(&child)->id.spi &&
			hwo_child_main(&child)->id.proto != IPPROTO_COMP)
		{
			*object = describe_child(this, &child);
			return TRUE;
		}
	}
	return next_failure(this, object);
}

/**
 * Describe an SP that nobody wants, and that blocks.
 */
static bool next_leftover(status_answer_t *this, json_t **object)
{
	hwo_sp_view_t view = {
		.blocked.why = HWO_BLOCK_LEFTOVER,
		.kernel.count = 1,
		.kernel.item[0].sp.block = TRUE,
	};
	hwo_sp_state_t state;

	if (!this->leftovers)
	{
		this->leftovers = this->source->leftovers(this->source->data,
												  this->source->xfrm);
	}
	if (!array_remove(this->leftovers, ARRAY_HEAD, &state))
	{
		return FALSE;
	}
	view.blocked.since = state.add_time;
	view.kernel.item[0].sp.id = state.id;
	view.kernel.item[0].sp.priority = state.priority;
	*object = hwo_report_sp(&state.id, &view, this->source->devices);
	chunk_free(&state.id.label);
	return TRUE;
}

static bool next_sp(status_answer_t *this, json_t **object)
{
	sp_table_t *table = this->source->sp_table;
	hwo_sp_view_t view;
	hwo_sp_id_t id;

	if (!this->sps)
	{
		this->sps = table->list(table);
	}
	while (array_get(this->sps, this->pos, &id))
	{
		this->pos++;
		/* one that could not be installed is none, until charon removes it */
		if (table->view(table, &id, &view) &&
			(view.busy || view.users || view.blocked.why))
		{
			*object = hwo_report_sp(&id, &view, this->source->devices);
			return TRUE;
		}
	}
	return next_leftover(this, object);
}

static bool next_device(status_answer_t *this, json_t **object)
{
	struct if_nameindex *link;

	if (!this->links)
	{
		this->links = if_nameindex();
	}
	if (!this->links)
	{
		this->error = "the kernel does not tell its interfaces";
		return FALSE;
	}
	link = &this->links[this->pos++];
	if (!link->if_index)
	{
		return FALSE;
	}
	*object = hwo_report_device(link->if_name, link->if_index,
								this->source->devices);
	return TRUE;
}

/**
 * Tell which child is missing and which ones are there, without the connection
 * which other ones are.
 */
static const char *missing(status_answer_t *this)
{
	const char *connection = this->request.arg[0], *name;
	char last[HWO_STATUS_ARG_LEN] = "";
	hwo_loaded_child_t loaded;
	array_t *others;
	bool known;
	FILE *out;

	others = hwo_loaded_children(connection, "");
	known = array_count(others);
	if (!known)
	{
		array_destroy(others);
		others = hwo_loaded_children("", "");
	}
	/* what does not fit is cut off, the last byte stays 0 */
	out = fmemopen(this->text, sizeof(this->text) - 1, "w");
	fprintf(out, "no %s '%.64s' with SAs is loaded", known ? "child"
			: "connection", known ? this->request.arg[1] : connection);
	while (array_remove(others, ARRAY_HEAD, &loaded))
	{
		name = known ? loaded.child->get_name(loaded.child)
					 : loaded.peer->get_name(loaded.peer);
		if (!streq(name, last))
		{
			fprintf(out, "%s %.64s", last[0] ? "," : ", but", name);
			snprintf(last, sizeof(last), "%s", name);
		}
		hwo_loaded_child_release(&loaded);
	}
	array_destroy(others);
	fclose(out);
	return this->text;
}

/**
 * Explain the next child that is loaded, NULL if there is none.
 */
static json_t *explain_loaded(status_answer_t *this)
{
	hwo_loaded_child_t loaded;
	json_t *rules;

	if (!this->children)
	{
		this->children = hwo_loaded_children(this->request.arg[0],
											 this->request.arg[1]);
		if (!array_count(this->children))
		{
			this->error = missing(this);
		}
	}
	if (!array_remove(this->children, ARRAY_HEAD, &loaded))
	{
		return NULL;
	}
	rules = hwo_status_explain(this->source, &loaded);
	hwo_loaded_child_release(&loaded);
	return rules;
}

/**
 * Explain the next child, NULL if there is none, or none that is understood.
 */
static json_t *explain(status_answer_t *this)
{
	json_t *rules;

	if (this->request.command != HWO_STATUS_EXPLAIN_WRITTEN)
	{
		return explain_loaded(this);
	}
	if (this->rules)
	{	/* there is one only */
		return NULL;
	}
	rules = hwo_status_explain_written(this->source, this->request.text,
									   this->text);
	this->error = rules ? NULL : this->text;
	return rules;
}

/**
 * Next rule or verdict of an explanation. One child is explained at a time: a
 * connection may have many, and others want answers, too.
 */
static bool next_rule(status_answer_t *this, json_t **object)
{
	json_t *rules;

	while (this->pos >= json_array_size(this->rules))
	{
		rules = explain(this);
		if (!rules)
		{
			return FALSE;
		}
		json_decref(this->rules);
		this->rules = rules;
		this->pos = 0;
	}
	*object = json_incref(json_array_get(this->rules, this->pos++));
	return TRUE;
}

static json_t *describe_event(status_answer_t *this,
							  const hwo_status_event_t *event, uint64_t missed)
{
	egress_device_t *devices = this->source->devices;
	hwo_failed_child_t failed = {
		.sa = event->record,
		.time = event->time,
	};
	json_t *object;

	object = streq(event->what, HWO_EVENT_FAILED) ?
			 hwo_report_failure(&failed, devices) :
			 hwo_report_child(&event->record, devices);
	json_object_update_new(object, json_pack("{s:s, s:s, s:I, s:I}",
										"type", "event", "event", event->what,
										"time", (json_int_t)event->time,
										"missed", (json_int_t)missed));
	return object;
}

static bool next_event(status_answer_t *this, json_t **object)
{
	hwo_status_event_t event;
	uint64_t missed;

	if (hwo_status_events_get(this->events, &this->event, &event, &missed))
	{
		*object = describe_event(this, &event, missed);
	}
	return TRUE;
}

/**
 * Release what is blocked, and tell how much that was.
 */
static bool next_release(status_answer_t *this, json_t **object)
{
	const char *what = this->request.arg[0];
	u_int count;

	if (this->count)
	{
		return FALSE;
	}
	count = this->source->release(this->source->data,
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

status_answer_t *hwo_status_begin(const hwo_status_source_t *source,
							   status_events_t *events, const char *line,
							   uid_t uid)
{
	status_answer_t *this;

	INIT(this,
		.source = source,
		.events = events,
		.event = hwo_status_events_next(events),
	);
	this->error = hwo_status_parse(line, &this->request);
	this->next = producers[this->request.command];
	if (!this->error &&
		!hwo_status_permitted(this->request.command, uid,
							  lib->caps->get_uid(lib->caps)))
	{
		this->error = "only root and the user of the daemon may do that";
	}
	return this;
}

static json_t *first_object(const status_answer_t *this)
{
	return json_pack("{s:i, s:s, s:s, s:s}",
					 "hw-offload", HWO_STATUS_PROTOCOL,
					 "answer", enum_to_name(hwo_status_command_names,
											this->request.command),
					 "version", this->source->version,
					 "strongswan", VERSION);
}

static json_t *last_object(status_answer_t *this)
{
	this->ended = TRUE;
	if (this->error)
	{
		return json_pack("{s:o}", "error", hwo_json_text(this->error));
	}
	return json_pack("{s:b, s:I}", "end", TRUE,
					 "count", (json_int_t)this->count);
}

ssize_t hwo_status_next(status_answer_t *this, char *buf, size_t size)
{
	json_t *object = NULL;

	if (this->ended)
	{
		return -1;
	}
	if (this->error)
	{
		return hwo_json_line(last_object(this), buf, size);
	}
	if (!this->begun)
	{
		this->begun = TRUE;
		return hwo_json_line(first_object(this), buf, size);
	}
	if (!this->next(this, &object))
	{
		return hwo_json_line(last_object(this), buf, size);
	}
	if (!object)
	{
		return 0;
	}
	this->count++;
	return hwo_json_line(object, buf, size);
}

void hwo_status_end(status_answer_t *this)
{
	hwo_loaded_child_t loaded;
	hwo_sp_state_t state;

	while (array_remove(this->leftovers, ARRAY_TAIL, &state))
	{
		chunk_free(&state.id.label);
	}
	array_destroy(this->leftovers);
	while (array_remove(this->children, ARRAY_HEAD, &loaded))
	{
		hwo_loaded_child_release(&loaded);
	}
	array_destroy(this->children);
	array_destroy(this->sas);
	array_destroy(this->failures);
	json_decref(this->rules);
	if (this->links)
	{
		if_freenameindex(this->links);
	}
	if (this->sps)
	{
		hwo_sp_list_destroy(this->sps);
	}
	free(this);
}
