/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Each way is looked up once.
 */

#include "device_cache.h"

#include <collections/hashtable.h>

typedef struct private_device_cache_t private_device_cache_t;

/**
 * Private data of device_cache_t.
 */
struct private_device_cache_t {

	/**
	 * Public interface
	 */
	device_cache_t public;

	/**
	 * Selection of devices
	 */
	egress_device_t *devices;

	/**
	 * Devices that were looked up, path_t
	 */
	hashtable_t *paths;
};

/**
 * Where packets go.
 */
typedef struct {
	/** addresses of their SA */
	hwo_addr_t local, remote;
	/** mark they have on the wire */
	uint32_t mark;
	/** device they go through, no part of the key */
	hwo_device_t device;
} path_t;

/* the key is compared and hashed as bytes */
#define PATH_KEY offsetof(path_t, device)
_Static_assert(offsetof(path_t, mark) == 2 * sizeof(hwo_addr_t) &&
			   PATH_KEY == 2 * sizeof(hwo_addr_t) + sizeof(uint32_t),
			   "key of path_t has padding");

/**
 * Hash the key of a path
 */
static u_int path_hash(const void *key)
{
	return chunk_hash(chunk_create((u_char*)key, PATH_KEY));
}

/**
 * Compare the keys of paths
 */
static bool path_equals(const void *key, const void *other_key)
{
	return memeq(key, other_key, PATH_KEY);
}

/**
 * Release a path
 */
static void path_destroy(void *value, const void *key)
{
	free(value);
}

METHOD(device_cache_t, get, const hwo_device_t*,
	private_device_cache_t *this, const hwo_child_t *child)
{
	const hwo_child_sa_t *in = &child->in, *out = &child->out;
	path_t *path, key = {
		.local = in->id.dst,
		.remote = in->id.src,
	};

	if (out->id.spi)
	{
		key.local = out->id.src;
		key.remote = out->id.dst;
		key.mark = out->facts.set_mark.value & out->facts.set_mark.mask;
	}
	path = this->paths->get(this->paths, &key);
	if (!path)
	{
		path = malloc_thing(path_t);
		*path = key;
		this->devices->find(this->devices, &path->local, &path->remote,
							path->mark, &path->device);
		this->paths->put(this->paths, path, path);
	}
	return &path->device;
}

METHOD(device_cache_t, destroy, void,
	private_device_cache_t *this)
{
	this->paths->destroy_function(this->paths, path_destroy);
	free(this);
}

/*
 * Described in header
 */
device_cache_t *hwo_device_cache_create(egress_device_t *devices)
{
	private_device_cache_t *this;

	INIT(this,
		.public = {
			.get = _get,
			.destroy = _destroy,
		},
		.devices = devices,
		.paths = hashtable_create(path_hash, path_equals, 32),
	);
	return &this->public;
}
