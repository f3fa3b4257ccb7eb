/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * NICs of the fake kernel, and what Linux checks before their drivers are
 * asked (net/xfrm/xfrm_device.c).
 */

#include "fake_private.h"

#include <errno.h>
#include <netinet/in.h>

fake_device_t *fake_device_find(fake_kernel_t *this, uint32_t ifindex)
{
	fake_device_t *device, *found = NULL;
	enumerator_t *enumerator;

	enumerator = this->devices->create_enumerator(this->devices);
	while (enumerator->enumerate(enumerator, &device))
	{
		if (device->ifindex == ifindex)
		{
			found = device;
			break;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * What a NIC that does everything itself insists on, as mlx5 does.
 */
static int driver_check_packet(fake_request_t *request, fake_device_t *device,
							   fake_sa_t *sa)
{
	struct xfrm_lifetime_cfg *lft = &sa->info.lft;
	bool bytes;

	if (!sa->info.reqid)
	{
		return refuse(request, EINVAL, "fakenic: Cannot offload without reqid");
	}
	bytes = lft->soft_byte_limit != XFRM_INF ||
			lft->hard_byte_limit != XFRM_INF;
	if (bytes && device->refuse_bytes)
	{
		return refuse(request, EINVAL,
					  "fakenic: Device doesn't support byte limits");
	}
	if (lft->hard_byte_limit != XFRM_INF &&
		lft->soft_byte_limit >= lft->hard_byte_limit)
	{
		return refuse(request, EINVAL, "fakenic: Hard byte limit must be "
					  "greater than soft one");
	}
	if (lft->hard_packet_limit != XFRM_INF &&
		lft->soft_packet_limit >= lft->hard_packet_limit)
	{
		return refuse(request, EINVAL, "fakenic: Hard packet limit must be "
					  "greater than soft one");
	}
	if (!lft->soft_byte_limit || !lft->hard_byte_limit ||
		!lft->soft_packet_limit || !lft->hard_packet_limit)
	{
		return refuse(request, EINVAL, "fakenic: Limits can't be 0");
	}
	return 0;
}

/**
 * Ask the driver to offload an SA.
 */
static int driver_add_sa(fake_request_t *request, fake_device_t *device,
						 fake_sa_t *sa)
{
	bool packet = sa->offload.flags & FAKE_OFFLOAD_PACKET;
	const char *refusal = device->refusal[0] ? device->refusal : NULL;

	switch (device->caps)
	{
		case FAKE_CAPS_NONE:
			break;
		case FAKE_CAPS_CRYPTO:
			if (packet)
			{
				return refuse(request, EINVAL, refusal ?:
							  "fakenic: Unsupported ipsec offload type");
			}
			return 0;
		case FAKE_CAPS_PACKET:
			return packet ? driver_check_packet(request, device, sa) : 0;
		case FAKE_CAPS_EINVAL:
			return refuse(request, EINVAL, refusal);
		case FAKE_CAPS_EOPNOTSUPP:
			return refuse(request, EOPNOTSUPP, refusal);
	}
	return EOPNOTSUPP;
}

/**
 * Checks of the core that come first.
 */
static int core_check_sa(fake_request_t *request, fake_sa_t *sa)
{
	bool inbound = sa->offload.flags & FAKE_OFFLOAD_INBOUND;

	if (request->kernel->version < FAKE_LINUX_7_2 &&
		sa->info.id.proto != IPPROTO_ESP)
	{
		return refuse(request, EINVAL, "Type doesn't support offload");
	}
	if (sa->offload.flags & ~(1 | FAKE_OFFLOAD_INBOUND | FAKE_OFFLOAD_PACKET))
	{
		return refuse(request, EINVAL,
					  "Unrecognized flags in offload request");
	}
	if (sa->dir && inbound != (sa->dir == FAKE_DIR_IN))
	{
		return refuse(request, EINVAL, "Mismatched SA and offload direction");
	}
	if (inbound && sa->if_id && request->kernel->version >= FAKE_LINUX_7_2)
	{
		return refuse(request, EINVAL,
					  "XFRM if_id is not supported in RX path");
	}
	if (fake_attr_u32(request->tb[XFRMA_TFCPAD], 0))
	{
		return refuse(request, EINVAL, "TFC padding can't be offloaded");
	}
	return 0;
}

/**
 * The device an SA goes to: a stale index is no error, but a route lookup.
 */
static fake_device_t *choose_device(fake_request_t *request, fake_sa_t *sa)
{
	fake_device_t *device;
	const void *dst;
	uint32_t mark;

	device = fake_device_find(request->kernel, sa->offload.ifindex);
	if (!device)
	{
		dst = sa->offload.flags & FAKE_OFFLOAD_INBOUND ? &sa->info.saddr
													   : &sa->info.id.daddr;
		mark = fake_attr_u32(request->tb[XFRMA_SET_MARK], 0);
		device = fake_device_find(request->kernel,
					fake_route_device(request->kernel, sa->info.family, dst,
									  mark));
	}
	return device;
}

int fake_device_add_sa(fake_request_t *request, fake_sa_t *sa)
{
	bool packet = sa->offload.flags & FAKE_OFFLOAD_PACKET;
	fake_device_t *device;
	int err;

	err = core_check_sa(request, sa);
	if (err)
	{
		return err;
	}
	device = choose_device(request, sa);
	if (!device || device->caps == FAKE_CAPS_NONE)
	{
		memset(&sa->offload, 0, sizeof(sa->offload));
		return packet ? EINVAL : 0;
	}
	if (sa->info.id.proto != IPPROTO_ESP)
	{
		return refuse(request, EINVAL, "Type doesn't support offload");
	}
	sa->offload.ifindex = device->ifindex;
	err = driver_add_sa(request, device, sa);
	if (err && !request->text)
	{
		request->text = "Device failed to offload this state";
	}
	if (err)
	{
		memset(&sa->offload, 0, sizeof(sa->offload));
	}
	/* the core takes this as "then in software", the text is sent along */
	return err == EOPNOTSUPP && !packet ? 0 : err;
}

int fake_device_add_sp(fake_request_t *request, fake_sp_t *sp)
{
	fake_device_t *device;
	int err = EINVAL;

	if (sp->offload.flags != FAKE_OFFLOAD_PACKET)
	{
		return refuse(request, EINVAL,
					  "Unrecognized flags in offload request");
	}
	device = fake_device_find(request->kernel, sp->offload.ifindex);
	if (!device)
	{
		return EINVAL;
	}
	switch (device->caps)
	{
		case FAKE_CAPS_PACKET:
			if (sp->info.dir == XFRM_POLICY_FWD)
			{
				return refuse(request, EINVAL,
							  "fakenic: Cannot offload forward policy");
			}
			return 0;
		case FAKE_CAPS_NONE:
		case FAKE_CAPS_CRYPTO:
			return refuse(request, EINVAL, "Policy offload is not supported");
		case FAKE_CAPS_EINVAL:
			break;
		case FAKE_CAPS_EOPNOTSUPP:
			err = EOPNOTSUPP;
			break;
	}
	return refuse(request, err, device->refusal[0] ? device->refusal
								: "Device failed to offload this policy");
}

void fake_kernel_add_device(fake_kernel_t *this, uint32_t ifindex,
							fake_caps_t caps, const char *refusal)
{
	fake_device_t *device;

	INIT(device,
		.ifindex = ifindex,
		.caps = caps,
	);
	snprintf(device->refusal, sizeof(device->refusal), "%s", refusal ?: "");

	this->mutex->lock(this->mutex);
	this->devices->insert_last(this->devices, device);
	this->mutex->unlock(this->mutex);
}

void fake_kernel_set_if_id(fake_kernel_t *this, uint32_t ifindex,
						   uint32_t if_id)
{
	this->mutex->lock(this->mutex);
	fake_device_find(this, ifindex)->if_id = if_id;
	this->mutex->unlock(this->mutex);
}

void fake_kernel_set_caps(fake_kernel_t *this, uint32_t ifindex,
						  fake_caps_t caps)
{
	this->mutex->lock(this->mutex);
	fake_device_find(this, ifindex)->caps = caps;
	this->mutex->unlock(this->mutex);
}

void fake_kernel_refuse_bytes(fake_kernel_t *this, uint32_t ifindex,
							  bool refuse_bytes)
{
	this->mutex->lock(this->mutex);
	fake_device_find(this, ifindex)->refuse_bytes = refuse_bytes;
	this->mutex->unlock(this->mutex);
}

void fake_kernel_device_down(fake_kernel_t *this, uint32_t ifindex)
{
	enumerator_t *enumerator;
	fake_sa_t *sa;
	fake_sp_t *sp;

	this->mutex->lock(this->mutex);
	enumerator = this->sas->create_enumerator(this->sas);
	while (enumerator->enumerate(enumerator, &sa))
	{
		if (sa->offload.ifindex == ifindex)
		{
			this->sas->remove_at(this->sas, enumerator);
			fake_bydst_remove(this, sa);
			fake_sa_destroy(sa);
		}
	}
	enumerator->destroy(enumerator);
	enumerator = this->sps->create_enumerator(this->sps);
	while (enumerator->enumerate(enumerator, &sp))
	{
		if (sp->offload.ifindex == ifindex)
		{
			this->sps->remove_at(this->sps, enumerator);
			fake_chains_remove(this, sp);
			fake_sp_destroy(sp);
		}
	}
	enumerator->destroy(enumerator);
	this->mutex->unlock(this->mutex);
}

void fake_kernel_remove_device(fake_kernel_t *this, uint32_t ifindex)
{
	fake_device_t *device;

	fake_kernel_device_down(this, ifindex);
	this->mutex->lock(this->mutex);
	device = fake_device_find(this, ifindex);
	this->devices->remove(this->devices, device, NULL);
	free(device);
	this->mutex->unlock(this->mutex);
}

/**
 * State of the links.
 */
typedef struct fake_links_t {
	link_state_t public;
	fake_kernel_t *kernel;
} fake_links_t;

METHOD(link_state_t, get_link, bool,
	fake_links_t *this, uint32_t ifindex, hwo_link_t *link)
{
	fake_device_t *device;

	memset(link, 0, sizeof(*link));
	this->kernel->mutex->lock(this->kernel->mutex);
	device = fake_device_find(this->kernel, ifindex);
	if (device)
	{
		link->ifindex = ifindex;
		link->up = !device->down;
		link->master = device->master;
		snprintf(link->name, sizeof(link->name), "nic%u", ifindex);
		snprintf(link->kind, sizeof(link->kind), "%s", device->kind);
	}
	this->kernel->mutex->unlock(this->kernel->mutex);
	return device != NULL;
}

METHOD(link_state_t, find_link, bool,
	fake_links_t *this, const char *name, hwo_link_t *link)
{
	enumerator_t *enumerator;
	fake_device_t *device;
	uint32_t ifindex = 0;

	memset(link, 0, sizeof(*link));
	sscanf(name, "nic%u", &ifindex);
	this->kernel->mutex->lock(this->kernel->mutex);
	enumerator = this->kernel->devices->create_enumerator(
														this->kernel->devices);
	while (!ifindex && enumerator->enumerate(enumerator, &device))
	{
		ifindex = streq(device->altname, name) ? device->ifindex : 0;
	}
	enumerator->destroy(enumerator);
	this->kernel->mutex->unlock(this->kernel->mutex);
	return get_link(this, ifindex, link);
}

METHOD(link_state_t, find_xfrm, bool,
	fake_links_t *this, uint32_t if_id, hwo_link_t *link)
{
	enumerator_t *enumerator;
	fake_device_t *device;
	uint32_t ifindex = 0;

	this->kernel->mutex->lock(this->kernel->mutex);
	enumerator = this->kernel->devices->create_enumerator(
														this->kernel->devices);
	while (!ifindex && enumerator->enumerate(enumerator, &device))
	{
		ifindex = device->if_id == if_id ? device->ifindex : 0;
	}
	enumerator->destroy(enumerator);
	this->kernel->mutex->unlock(this->kernel->mutex);
	return get_link(this, ifindex, link);
}

METHOD(link_state_t, links_destroy, void,
	fake_links_t *this)
{
	free(this);
}

link_state_t *fake_kernel_links(fake_kernel_t *this)
{
	fake_links_t *links;

	INIT(links,
		.public = {
			.get = _get_link,
			.find = _find_link,
			.find_xfrm = _find_xfrm,
			.destroy = _links_destroy,
		},
		.kernel = this,
	);
	return &links->public;
}

void fake_kernel_set_altname(fake_kernel_t *this, uint32_t ifindex,
							 const char *altname)
{
	fake_device_t *device;

	this->mutex->lock(this->mutex);
	device = fake_device_find(this, ifindex);
	snprintf(device->altname, sizeof(device->altname), "%s", altname);
	this->mutex->unlock(this->mutex);
}

void fake_kernel_set_link(fake_kernel_t *this, uint32_t ifindex,
						  const char *kind, uint32_t master)
{
	fake_device_t *device;

	this->mutex->lock(this->mutex);
	device = fake_device_find(this, ifindex);
	snprintf(device->kind, sizeof(device->kind), "%s", kind ?: "");
	device->master = master;
	this->mutex->unlock(this->mutex);
}
