/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * SAD of the fake kernel (net/xfrm/xfrm_user.c, xfrm_state.c).
 */

#include "fake_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <time.h>

size_t fake_sad_body(uint16_t type)
{
	switch (type)
	{
		case XFRM_MSG_NEWSA:
		case XFRM_MSG_UPDSA:
			return sizeof(struct xfrm_usersa_info);
		case XFRM_MSG_DELSA:
		case XFRM_MSG_GETSA:
			return sizeof(struct xfrm_usersa_id);
		case XFRM_MSG_ALLOCSPI:
			return sizeof(struct xfrm_userspi_info);
		case XFRM_MSG_FLUSHSA:
			return sizeof(struct xfrm_usersa_flush);
		case XFRM_MSG_GETSADINFO:
			return sizeof(uint32_t);
		default:
			return 0;
	}
}

void fake_sa_destroy(fake_sa_t *sa)
{
	chunk_clear(&sa->attrs);
	free(sa);
}

/**
 * Length of an address.
 */
static size_t addr_len(uint16_t family)
{
	return family == AF_INET ? 4 : 16;
}

/**
 * Find an SA as the kernel does: the source address does not matter.
 */
fake_sa_t *fake_sad_lookup(fake_kernel_t *this, const xfrm_address_t *dst,
						   uint32_t spi, uint8_t proto, uint16_t family,
						   uint32_t mark)
{
	fake_sa_t *sa, *found = NULL;
	enumerator_t *enumerator;

	enumerator = this->sas->create_enumerator(this->sas);
	while (enumerator->enumerate(enumerator, &sa))
	{
		if (sa->info.family == family && sa->info.id.spi == spi && spi &&
			sa->info.id.proto == proto &&
			memeq(&sa->info.id.daddr, dst, addr_len(family)) &&
			(mark & sa->mark.m) == sa->mark.v)
		{
			found = sa;
			break;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Get the mark of a request.
 */
struct xfrm_mark fake_sad_mark(fake_request_t *request)
{
	struct xfrm_mark mark = {};

	if (request->tb[XFRMA_MARK])
	{
		memcpy(&mark, fake_attr_data(request->tb[XFRMA_MARK]), sizeof(mark));
	}
	return mark;
}

/**
 * Attributes the kernel reports the way they were given.
 */
static const uint16_t reported[] = {
	XFRMA_ALG_AUTH, XFRMA_ALG_CRYPT, XFRMA_ALG_COMP, XFRMA_ENCAP,
	XFRMA_SEC_CTX, XFRMA_REPLAY_VAL, XFRMA_COADDR, XFRMA_ALG_AEAD,
	XFRMA_ALG_AUTH_TRUNC, XFRMA_MARK, XFRMA_TFCPAD, XFRMA_REPLAY_ESN_VAL,
	XFRMA_SA_EXTRA_FLAGS, XFRMA_SET_MARK, XFRMA_SET_MARK_MASK, XFRMA_IF_ID,
	XFRMA_MTIMER_THRESH, FAKE_XFRMA_SA_DIR,
};

/**
 * Append what the kernel reports about an SA besides the fixed header.
 */
static void put_attrs(chunk_t *msg, const fake_sa_t *sa)
{
	chunk_t value;
	int i;

	for (i = 0; i < countof(reported); i++)
	{
		value = fake_sa_attr(sa, reported[i]);
		/* kernels before 6.10 do not know the direction */
		if (value.len && (reported[i] != FAKE_XFRMA_SA_DIR || sa->dir))
		{
			fake_msg_attr(msg, reported[i], value.ptr, value.len);
		}
	}
	if (sa->last_used)
	{
		fake_msg_attr(msg, XFRMA_LASTUSED, &sa->last_used,
					  sizeof(sa->last_used));
	}
	if (sa->offload.ifindex)
	{
		fake_msg_attr(msg, XFRMA_OFFLOAD_DEV, &sa->offload,
					  sizeof(sa->offload));
	}
}

/**
 * Message that describes an SA.
 */
chunk_t fake_sad_describe(const fake_sa_t *sa, uint16_t type, uint16_t flags,
						uint32_t seq)
{
	chunk_t msg;

	msg = fake_msg_begin(type, flags, seq, &sa->info, sizeof(sa->info));
	put_attrs(&msg, sa);
	return msg;
}

/**
 * Begin to count without ESN.
 */
static void add_replay_state(fake_sa_t *sa)
{
	struct xfrm_replay_state replay = {};
	chunk_t attr = chunk_empty;

	fake_msg_attr(&attr, XFRMA_REPLAY_VAL, &replay, sizeof(replay));
	sa->attrs = chunk_cat("ss", sa->attrs, attr);
}

/**
 * Make an SA of a request, without offload.
 */
static fake_sa_t *construct(fake_request_t *request)
{
	const uint8_t *attrs;
	fake_sa_t *sa;

	attrs = (const uint8_t*)request->body + NLMSG_ALIGN(sizeof(sa->info));
	INIT(sa,
		.info = *(const struct xfrm_usersa_info*)request->body,
		.mark = fake_sad_mark(request),
		.if_id = fake_attr_u32(request->tb[XFRMA_IF_ID], 0),
		.dir = fake_attr_u8(request->tb[FAKE_XFRMA_SA_DIR], 0),
	);
	sa->attrs = chunk_clone(chunk_create((u_char*)attrs,
							(const uint8_t*)request->hdr +
							request->hdr->nlmsg_len - attrs));
	if (!request->tb[XFRMA_REPLAY_ESN_VAL] && !request->tb[XFRMA_REPLAY_VAL])
	{	/* reported as well if it was not given */
		add_replay_state(sa);
	}
	sa->info.curlft.add_time = time(NULL);
	if (request->tb[XFRMA_LTIME_VAL])
	{
		memcpy(&sa->info.curlft, fake_attr_data(request->tb[XFRMA_LTIME_VAL]),
			   sizeof(sa->info.curlft));
	}
	if (request->tb[XFRMA_OFFLOAD_DEV])
	{
		memcpy(&sa->offload, fake_attr_data(request->tb[XFRMA_OFFLOAD_DEV]),
			   sizeof(sa->offload));
	}
	return sa;
}

/**
 * Announce a change of an SA.
 */
static void announce(fake_request_t *request, const fake_sa_t *sa,
					 uint16_t type)
{
	chunk_t msg;

	msg = fake_sad_describe(sa, type, 0, request->hdr->nlmsg_seq);
	fake_announce(request->kernel, NETLINK_XFRM, XFRMNLGRP_SA, msg);
	chunk_clear(&msg);
}

/**
 * Remove the larval SA that stands for the acquire which the new SA answers.
 */
static void replace_acquire(fake_kernel_t *this, const fake_sa_t *sa)
{
	enumerator_t *enumerator;
	fake_sa_t *other;

	enumerator = this->sas->create_enumerator(this->sas);
	while (sa->info.seq && enumerator->enumerate(enumerator, &other))
	{
		if (other->larval && !other->info.id.spi &&
			other->info.seq == sa->info.seq)
		{
			this->sas->remove_at(this->sas, enumerator);
			fake_bydst_remove(this, other);
			fake_sa_destroy(other);
		}
	}
	enumerator->destroy(enumerator);
}

/**
 * Put a new SA in place of none or a larval one, or change one.
 *
 * @return			0 if sa was adopted, an errno value or -1 (changed) if not
 */
static int insert(fake_request_t *request, fake_sa_t *sa, fake_sa_t *old)
{
	if (request->hdr->nlmsg_type == XFRM_MSG_NEWSA)
	{
		if (old)
		{
			return EEXIST;
		}
	}
	else
	{
		if (!old ||
			(old->larval && sa->dir && old->dir != sa->dir) ||
			(!old->larval && old->dir != sa->dir))
		{
			return ESRCH;
		}
		if (!old->larval)
		{	/* nothing of the offload, and nothing of the keys */
			old->info.lft = sa->info.lft;
			return -1;
		}
	}
	fake_sad_add(request->kernel, sa);
	/* larval ones go after that */
	if (old)
	{
		fake_sad_remove(request->kernel, old);
	}
	else
	{
		replace_acquire(request->kernel, sa);
	}
	announce(request, sa, request->hdr->nlmsg_type);
	return 0;
}

/**
 * Execute NEWSA and UPDSA.
 */
static int add_sa(fake_request_t *request)
{
	fake_sa_t *sa, *old;
	int err;

	err = fake_check_sa(request);
	if (err)
	{
		return err;
	}
	sa = construct(request);
	/* the driver is asked before anybody looks whether there is one already */
	if (request->tb[XFRMA_OFFLOAD_DEV])
	{
		err = fake_device_add_sa(request, sa);
	}
	if (!err)
	{
		old = fake_sad_lookup(request->kernel, &sa->info.id.daddr,
							  sa->info.id.spi, sa->info.id.proto,
							  sa->info.family, sa->mark.v & sa->mark.m);
		err = insert(request, sa, old);
	}
	if (err)
	{
		fake_sa_destroy(sa);
	}
	return max(err, 0);
}

/**
 * Find the SA a request is about.
 */
static fake_sa_t *requested_sa(fake_request_t *request)
{
	const struct xfrm_usersa_id *id = request->body;
	struct xfrm_mark mark = fake_sad_mark(request);

	return fake_sad_lookup(request->kernel, &id->daddr, id->spi, id->proto,
						   id->family, mark.v & mark.m);
}

/*
 * Described in header.
 */
void fake_sad_take_away(fake_kernel_t *this, fake_sa_t *sa)
{
	if (sa->info.id.spi != this->flooded)
	{
		fake_sad_remove(this, sa);
		return;
	}
	chunk_clear(&sa->attrs);
	memset(&sa->offload, 0, sizeof(sa->offload));
	sa->larval = TRUE;
	fake_bydst_remove(this, sa);
	fake_bydst_add(this, sa);
}

/**
 * Execute DELSA. The announcement has the final state.
 */
static int del_sa(fake_request_t *request)
{
	fake_sa_t *sa = requested_sa(request);
	struct xfrm_usersa_id id = {};
	chunk_t msg;

	if (!sa)
	{
		return ESRCH;
	}
	id.daddr = sa->info.id.daddr;
	id.spi = sa->info.id.spi;
	id.proto = sa->info.id.proto;
	id.family = sa->info.family;
	msg = fake_msg_begin(XFRM_MSG_DELSA, 0, request->hdr->nlmsg_seq, &id,
						 sizeof(id));
	fake_msg_attr(&msg, XFRMA_SA, &sa->info, sizeof(sa->info));
	put_attrs(&msg, sa);
	fake_announce(request->kernel, NETLINK_XFRM, XFRMNLGRP_SA, msg);
	chunk_clear(&msg);
	fake_sad_take_away(request->kernel, sa);
	return 0;
}

/**
 * Execute GETSA, for one or for all.
 */
static int get_sa(fake_request_t *request)
{
	enumerator_t *enumerator;
	fake_sa_t *sa;

	if (request->hdr->nlmsg_flags & NLM_F_DUMP)
	{
		enumerator = request->kernel->sas->create_enumerator(
														request->kernel->sas);
		while (enumerator->enumerate(enumerator, &sa))
		{
			fake_answer(request, fake_sad_describe(sa, XFRM_MSG_NEWSA,
										NLM_F_MULTI, request->hdr->nlmsg_seq));
		}
		enumerator->destroy(enumerator);
		return 0;
	}
	sa = requested_sa(request);
	if (!sa)
	{
		return ESRCH;
	}
	fake_answer(request, fake_sad_describe(sa, XFRM_MSG_NEWSA, 0,
										   request->hdr->nlmsg_seq));
	return 0;
}

/**
 * Execute FLUSHSA.
 */
static int flush_sas(fake_request_t *request)
{
	const struct xfrm_usersa_flush *flush = request->body;
	enumerator_t *enumerator;
	fake_sa_t *sa;
	chunk_t msg;

	enumerator = request->kernel->sas->create_enumerator(request->kernel->sas);
	while (enumerator->enumerate(enumerator, &sa))
	{
		if (flush->proto == 255 || flush->proto == sa->info.id.proto)
		{
			request->kernel->sas->remove_at(request->kernel->sas, enumerator);
			fake_bydst_remove(request->kernel, sa);
			fake_sa_destroy(sa);
		}
	}
	enumerator->destroy(enumerator);
	msg = fake_msg_begin(XFRM_MSG_FLUSHSA, 0, request->hdr->nlmsg_seq, flush,
						 sizeof(*flush));
	fake_announce(request->kernel, NETLINK_XFRM, XFRMNLGRP_SA, msg);
	chunk_free(&msg);
	return 0;
}

int fake_sad_execute(fake_request_t *request)
{
	switch (request->hdr->nlmsg_type)
	{
		case XFRM_MSG_NEWSA:
		case XFRM_MSG_UPDSA:
			return add_sa(request);
		case XFRM_MSG_DELSA:
			return del_sa(request);
		case XFRM_MSG_GETSA:
			return get_sa(request);
		case XFRM_MSG_ALLOCSPI:
			return fake_spi_alloc(request);
		case XFRM_MSG_FLUSHSA:
			return flush_sas(request);
		case XFRM_MSG_GETSADINFO:
			return fake_sad_get_info(request);
		default:
			return EINVAL;
	}
}

fake_sa_t *fake_sad_find(fake_kernel_t *this, uint32_t spi)
{
	fake_sa_t *sa, *found = NULL;
	enumerator_t *enumerator;

	enumerator = this->sas->create_enumerator(this->sas);
	while (enumerator->enumerate(enumerator, &sa))
	{
		if (sa->info.id.spi == spi)
		{
			found = sa;
			break;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

void fake_sad_add(fake_kernel_t *this, fake_sa_t *sa)
{
	this->sas->insert_last(this->sas, sa);
	fake_bydst_add(this, sa);
}

void fake_sad_remove(fake_kernel_t *this, fake_sa_t *sa)
{
	this->sas->remove(this->sas, sa, NULL);
	fake_bydst_remove(this, sa);
	fake_sa_destroy(sa);
}
