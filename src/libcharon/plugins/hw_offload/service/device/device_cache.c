/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Looks up each path once.
 */

#include "device_cache.h"
#include "../../model/plan/route_plan.h"

#include <collections/hashtable.h>

/**
 * Devices by paths.
 */
struct device_cache_t {
	/** selection of devices */
	egress_device_t *devices;
	/** devices that were looked up, path_t */
	hashtable_t *paths;
	/** device that was asked for last */
	hwo_device_t device;
};

/**
 * Where packets go.
 */
typedef struct {
	/** packets, the key */
	hwo_flow_t flow;
	/** device they leave by */
	hwo_device_t device;
} path_t;

const hwo_device_t *hwo_device_cache_get(device_cache_t *this,
										 const hwo_child_t *child)
{
	const hwo_child_sa_t *sa = child->out.id.spi ? &child->out : &child->in;
	hwo_flow_t flow;
	path_t *path;

	hwo_flow_of_sa(&sa->id, &sa->facts, &flow);
	path = this->paths->get(this->paths, &flow);
	if (!path)
	{
		INIT(path,
			.flow = flow,
		);
		this->devices->find(this->devices, &flow, &path->device);
		this->paths->put(this->paths, path, path);
	}
	this->device = path->device;
	this->devices->check_inner(this->devices, &sa->id, &sa->facts,
							   &this->device);
	return &this->device;
}

void hwo_device_cache_destroy(device_cache_t *this)
{
	this->paths->destroy_function(this->paths, (void*)free);
	free(this);
}

device_cache_t *hwo_device_cache_create(egress_device_t *devices)
{
	device_cache_t *this;

	INIT(this,
		.devices = devices,
		.paths = hashtable_create((hashtable_hash_t)hwo_flow_hash,
								  (hashtable_equals_t)hwo_flow_equals, 32),
	);
	return this;
}
