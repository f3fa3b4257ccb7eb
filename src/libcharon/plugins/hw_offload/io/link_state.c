/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * Adapter to libnl-route-3. Objects of libnl never leave this file.
 */

#include "link_state.h"

#include <sys/socket.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netlink/netlink.h>
#include <netlink/cache.h>
#include <netlink/route/link.h>
#include <netlink/route/link/xfrmi.h>

#include <threading/mutex.h>

/** receive buffer for events, libnl's own 32 KiB hold about twenty of them */
#define EVENTS_SIZE (1024 * 1024)

/** errors in a row after which we do not wait for an end of them */
#define MAX_ERRORS 64

/**
 * Private data.
 */
typedef struct {
	/** public interface */
	link_state_t public;
	/** protects everything below, libnl does not lock anything */
	mutex_t *mutex;
	/** socket for events, owned by us but used by the manager */
	struct nl_sock *events;
	/** socket for requests */
	struct nl_sock *requests;
	/** applies events to the cache */
	struct nl_cache_mngr *manager;
	/** the links, owned by the manager */
	struct nl_cache *links;
	/** something went wrong, the cache has to be loaded again */
	bool stale;
} private_link_state_t;

/**
 * Apply pending events.
 *
 * libnl reports lost events with the same code as a lack of memory, and does
 * not say for which other errors it drops some, so they are all the same to us.
 */
static void apply_events(private_link_state_t *this)
{
	int err, tries;

	/* after an error there are more, older than what we are about to load; and
	 * while there are any, the watcher calls us */
	for (tries = 0; tries < MAX_ERRORS; tries++)
	{
		err = nl_cache_mngr_data_ready(this->manager);
		if (err >= 0)
		{
			break;
		}
		if (!this->stale)
		{
			DBG1(DBG_KNL, "following links failed, loading them again: %s",
				 nl_geterror(err));
			this->stale = TRUE;
		}
	}
}

/**
 * Bring the cache up to date.
 */
static void refresh(private_link_state_t *this)
{
	int err;

	apply_events(this);
	if (this->stale)
	{
		err = nl_cache_refill(this->requests, this->links);
		if (err < 0)
		{
			DBG1(DBG_KNL, "loading links failed: %s", nl_geterror(err));
			return;
		}
		this->stale = FALSE;
	}
}

/**
 * Called by the watcher if there are events.
 */
CALLBACK(on_readable, bool,
	private_link_state_t *this, int fd, watcher_event_t event)
{
	this->mutex->lock(this->mutex);
	refresh(this);
	this->mutex->unlock(this->mutex);
	return TRUE;
}

/**
 * Copy a string that may be missing.
 */
static void copy_string(char *dst, size_t size, const char *src)
{
	snprintf(dst, size, "%s", src ?: "");
}

/**
 * Copy out what we want to know.
 */
static void copy_link(struct rtnl_link *obj, hwo_link_t *link)
{
	link->ifindex = rtnl_link_get_ifindex(obj);
	link->lower = rtnl_link_get_link(obj);
	link->master = rtnl_link_get_master(obj);
	link->up = (rtnl_link_get_flags(obj) & IFF_UP) != 0;
	copy_string(link->name, sizeof(link->name), rtnl_link_get_name(obj));
	copy_string(link->kind, sizeof(link->kind), rtnl_link_get_type(obj));
}

/**
 * What a link is searched for.
 */
typedef struct search_t {
	/** index, 0 if searched by something else */
	uint32_t ifindex;
	/** interface ID of XFRM, 0 if searched by something else */
	uint32_t if_id;
	/** name */
	const char *name;
	/** where to copy it */
	hwo_link_t *link;
} search_t;

/**
 * Check for the XFRM interface with an interface ID.
 */
static bool has_if_id(struct rtnl_link *link, uint32_t if_id)
{
	uint32_t actual;

	return rtnl_link_is_xfrmi(link) &&
		   rtnl_link_xfrmi_get_if_id(link, &actual) == 0 && actual == if_id;
}

/**
 * Compare a link of the cache with what is searched for.
 *
 * Some links are in the cache more than once: what IPv6 or a bridge announces
 * about them are objects of those families, without most of what we want, and
 * libnl's own lookups return just any. Bridges themselves have no other, but
 * theirs knows its kind.
 */
static void match_link(struct nl_object *obj, void *data)
{
	struct rtnl_link *candidate = (struct rtnl_link*)obj;
	search_t *search = data;
	const char *name;
	bool found;

	if (rtnl_link_get_family(candidate) != AF_UNSPEC &&
		!rtnl_link_get_type(candidate))
	{
		return;
	}
	if (search->ifindex)
	{
		found = rtnl_link_get_ifindex(candidate) == search->ifindex;
	}
	else if (search->if_id)
	{
		found = !search->link->ifindex && has_if_id(candidate, search->if_id);
	}
	else
	{
		name = rtnl_link_get_name(candidate);
		found = name && streq(name, search->name);
	}
	if (found)
	{
		copy_link(candidate, search->link);
	}
}

/**
 * Search for a link.
 */
static bool search_link(private_link_state_t *this, search_t *search)
{
	memset(search->link, 0, sizeof(*search->link));

	this->mutex->lock(this->mutex);
	refresh(this);
	nl_cache_foreach(this->links, match_link, search);
	this->mutex->unlock(this->mutex);

	return search->link->ifindex != 0;
}

METHOD(link_state_t, get, bool,
	private_link_state_t *this, uint32_t ifindex, hwo_link_t *link)
{
	search_t search = {
		.ifindex = ifindex,
		/* 0 is no index, no link has an empty name */
		.name = "",
		.link = link,
	};

	return search_link(this, &search);
}

/**
 * Called with the link that has an alternative name.
 */
static int on_link(struct nl_msg *msg, void *data)
{
	const struct ifinfomsg *info = nlmsg_data(nlmsg_hdr(msg));

	*(uint32_t*)data = info->ifi_index;
	return NL_OK;
}

/**
 * Ask the kernel for the link with an alternative name, mutex is held.
 *
 * @return				its index, 0 if there is none
 */
static uint32_t ask_index(private_link_state_t *this, const char *name)
{
	struct ifinfomsg info = {
		.ifi_family = AF_UNSPEC,
	};
	uint32_t ifindex = 0;
	struct nl_msg *msg;

	msg = nlmsg_alloc_simple(RTM_GETLINK, 0);
	if (!msg || nlmsg_append(msg, &info, sizeof(info), NLMSG_ALIGNTO) < 0 ||
		nla_put_string(msg, IFLA_ALT_IFNAME, name) < 0)
	{
		nlmsg_free(msg);
		return 0;
	}
	nl_socket_modify_cb(this->requests, NL_CB_VALID, NL_CB_CUSTOM, on_link,
						&ifindex);
	if (nl_send_auto(this->requests, msg) >= 0)
	{
		nl_recvmsgs_default(this->requests);
	}
	nl_socket_modify_cb(this->requests, NL_CB_VALID, NL_CB_DEFAULT, NULL, NULL);
	nlmsg_free(msg);
	return ifindex;
}

METHOD(link_state_t, find, bool,
	private_link_state_t *this, const char *name, hwo_link_t *link)
{
	search_t search = {
		.name = name,
		.link = link,
	};

	if (search_link(this, &search) || !name[0] ||
		strlen(name) >= HWO_IFNAME_SIZE)
	{
		return link->ifindex != 0;
	}
	this->mutex->lock(this->mutex);
	search.ifindex = ask_index(this, name);
	this->mutex->unlock(this->mutex);
	return search.ifindex && search_link(this, &search);
}

METHOD(link_state_t, find_xfrm, bool,
	private_link_state_t *this, uint32_t if_id, hwo_link_t *link)
{
	search_t search = {
		.if_id = if_id,
		.name = "",
		.link = link,
	};

	return search_link(this, &search);
}

METHOD(link_state_t, destroy, void,
	private_link_state_t *this)
{
	if (this->manager)
	{
		lib->watcher->remove(lib->watcher, nl_cache_mngr_get_fd(this->manager));
		nl_cache_mngr_free(this->manager);
	}
	nl_socket_free(this->events);
	nl_socket_free(this->requests);
	this->mutex->destroy(this->mutex);
	free(this);
}

/**
 * Open the sockets and load all links.
 *
 * @return				0, or a negative error code of libnl
 */
static int load(private_link_state_t *this)
{
	int err;

	if (!this->events || !this->requests)
	{
		return -NLE_NOMEM;
	}
	/* what they ask for has one answer */
	nl_socket_disable_auto_ack(this->requests);
	err = nl_connect(this->requests, NETLINK_ROUTE);
	if (err < 0)
	{
		return err;
	}
	err = nl_cache_mngr_alloc(this->events, NETLINK_ROUTE, 0, &this->manager);
	if (err < 0)
	{
		this->manager = NULL;
		return err;
	}
	/* limited by net.core.rmem_max, what does not fit is loaded again */
	nl_socket_set_buffer_size(this->events, EVENTS_SIZE, 0);
	return nl_cache_mngr_add(this->manager, "route/link", NULL, NULL,
							 &this->links);
}

link_state_t *hwo_link_state_create(void)
{
	private_link_state_t *this;
	int err;

	INIT(this,
		.public = {
			.get = _get,
			.find = _find,
			.find_xfrm = _find_xfrm,
			.destroy = _destroy,
		},
		.mutex = mutex_create(MUTEX_TYPE_DEFAULT),
		.events = nl_socket_alloc(),
		.requests = nl_socket_alloc(),
	);

	err = load(this);
	if (err < 0)
	{
		DBG1(DBG_KNL, "loading links failed: %s", nl_geterror(err));
		destroy(this);
		return NULL;
	}
	lib->watcher->add(lib->watcher, nl_cache_mngr_get_fd(this->manager),
					  WATCHER_READ, on_readable, this);
	return &this->public;
}
