/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * SPD of the fake kernel (net/xfrm/xfrm_user.c, xfrm_policy.c).
 */

#include "fake_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <time.h>

size_t fake_spd_body(uint16_t type)
{
	switch (type)
	{
		case XFRM_MSG_NEWPOLICY:
		case XFRM_MSG_UPDPOLICY:
			return sizeof(struct xfrm_userpolicy_info);
		case XFRM_MSG_DELPOLICY:
		case XFRM_MSG_GETPOLICY:
			return sizeof(struct xfrm_userpolicy_id);
		case XFRM_MSG_GETSPDINFO:
		case XFRM_MSG_NEWSPDINFO:
			return sizeof(uint32_t);
		default:
			return 0;
	}
}

void fake_sp_destroy(fake_sp_t *sp)
{
	chunk_free(&sp->label);
	free(sp);
}

/**
 * Check selector, direction, action and priority.
 */
static int check_info(fake_request_t *request,
					  const struct xfrm_userpolicy_info *info)
{
	uint8_t bits = info->sel.family == AF_INET ? 32 : 128;

	if (info->sel.family != AF_INET && info->sel.family != AF_INET6)
	{
		return refuse(request, EINVAL, "Invalid selector family");
	}
	if (info->sel.prefixlen_d > bits || info->sel.prefixlen_s > bits)
	{
		return refuse(request, EINVAL, "Invalid prefix length in selector");
	}
	if (info->dir > XFRM_POLICY_FWD)
	{
		return refuse(request, EINVAL, "Invalid policy direction");
	}
	if (info->action > XFRM_POLICY_BLOCK || info->share > XFRM_SHARE_UNIQUE)
	{
		return refuse(request, EINVAL, "Invalid policy action");
	}
	return 0;
}

/**
 * Check one template.
 *
 * @param family	family before this template, updated
 */
static int check_template(fake_request_t *request, uint8_t dir,
						  struct xfrm_user_tmpl *tmpl, uint16_t *family)
{
	if (!tmpl->family)
	{
		tmpl->family = *family;
	}
	switch (tmpl->mode)
	{
		case XFRM_MODE_TUNNEL:
		case XFRM_MODE_BEET:
			if (tmpl->optional && dir == XFRM_POLICY_OUT)
			{
				return refuse(request, EINVAL, "Mode in optional template not "
							  "allowed in outbound policy");
			}
			break;
		default:
			if (tmpl->family != *family)
			{
				return refuse(request, EINVAL, "Mode in template doesn't "
							  "support a family change");
			}
			break;
	}
	if (tmpl->mode > 5 ||
		(tmpl->family != AF_INET && tmpl->family != AF_INET6))
	{
		return refuse(request, EINVAL, "Invalid mode or family in template");
	}
	switch (tmpl->id.proto)
	{
		case IPPROTO_AH:
		case IPPROTO_ESP:
		case IPPROTO_COMP:
		case IPPROTO_ROUTING:
		case IPPROTO_DSTOPTS:
		case 255:
			break;
		default:
			return refuse(request, EINVAL,
						  "Invalid XFRM protocol in template");
	}
	*family = tmpl->family;
	return 0;
}

/**
 * Get and check the templates of a policy.
 */
static int get_templates(fake_request_t *request, fake_sp_t *sp)
{
	const struct nlattr *attr = request->tb[XFRMA_TMPL];
	uint16_t family = sp->info.sel.family;
	int i, err = 0;

	if (!attr)
	{
		return 0;
	}
	sp->tmpl_count = fake_attr_len(attr) / sizeof(sp->tmpl[0]);
	if (sp->tmpl_count > FAKE_MAX_TMPLS)
	{
		return refuse(request, EINVAL, "Template count must be <= "
					  "XFRM_MAX_DEPTH (6)");
	}
	memcpy(sp->tmpl, fake_attr_data(attr),
		   sp->tmpl_count * sizeof(sp->tmpl[0]));
	for (i = 0; i < sp->tmpl_count && !err; i++)
	{
		err = check_template(request, sp->info.dir, &sp->tmpl[i], &family);
	}
	return err;
}

/**
 * Get what identifies a policy besides direction and selector.
 */
static int get_identity(fake_request_t *request, fake_sp_t *sp)
{
	const struct nlattr **tb = request->tb;

	if ((tb[XFRMA_MARK] &&
		 fake_attr_len(tb[XFRMA_MARK]) < sizeof(sp->mark)) ||
		(tb[XFRMA_IF_ID] && fake_attr_len(tb[XFRMA_IF_ID]) < 4) ||
		(tb[XFRMA_OFFLOAD_DEV] &&
		 fake_attr_len(tb[XFRMA_OFFLOAD_DEV]) < sizeof(sp->offload)))
	{
		return refuse(request, ERANGE, "Attribute failed policy validation");
	}
	if (tb[XFRMA_MARK])
	{
		memcpy(&sp->mark, fake_attr_data(tb[XFRMA_MARK]), sizeof(sp->mark));
	}
	sp->if_id = fake_attr_u32(tb[XFRMA_IF_ID], 0);
	if (tb[XFRMA_SEC_CTX])
	{
		sp->label = chunk_clone(chunk_create(
								(u_char*)fake_attr_data(tb[XFRMA_SEC_CTX]),
								fake_attr_len(tb[XFRMA_SEC_CTX])));
	}
	return 0;
}

/**
 * Find the policy of the same identity.
 */
static fake_sp_t *find_same(fake_kernel_t *this, const fake_sp_t *sp)
{
	fake_sp_t *other, *found = NULL;
	enumerator_t *enumerator;

	enumerator = this->sps->create_enumerator(this->sps);
	while (enumerator->enumerate(enumerator, &other))
	{
		if (other->info.dir == sp->info.dir && other->if_id == sp->if_id &&
			memeq(&other->info.sel, &sp->info.sel, sizeof(sp->info.sel)) &&
			memeq(&other->mark, &sp->mark, sizeof(sp->mark)) &&
			!chunk_compare(other->label, sp->label))
		{
			found = other;
			break;
		}
	}
	enumerator->destroy(enumerator);
	return found;
}

/**
 * Remove a policy from the SPD.
 */
static void remove_sp(fake_kernel_t *this, fake_sp_t *sp)
{
	this->sps->remove(this->sps, sp, NULL);
	fake_chains_remove(this, sp);
	fake_sp_destroy(sp);
}

/**
 * Announce a policy.
 */
static void announce(fake_request_t *request, const fake_sp_t *sp)
{
	chunk_t msg;

	msg = fake_msg_begin(request->hdr->nlmsg_type, 0, 0, &sp->info,
						 sizeof(sp->info));
	fake_announce(request->kernel, NETLINK_XFRM, XFRMNLGRP_POLICY, msg);
	chunk_free(&msg);
}

/**
 * Put a new policy into the SPD, or in place of the one it replaces.
 */
static int insert(fake_request_t *request, fake_sp_t *sp)
{
	fake_kernel_t *this = request->kernel;
	fake_sp_t *old;

	old = find_same(this, sp);
	if (old && request->hdr->nlmsg_type == XFRM_MSG_NEWPOLICY)
	{
		return EEXIST;
	}
	sp->info.index = old ? old->info.index
						 : (this->next_index++ << 3) + sp->info.dir;
	fake_chains_add(this, sp, old);
	if (old)
	{
		remove_sp(this, old);
	}
	this->sps->insert_last(this->sps, sp);
	announce(request, sp);
	return 0;
}

/**
 * Execute NEWPOLICY and UPDPOLICY.
 */
static int add_sp(fake_request_t *request)
{
	fake_sp_t *sp;
	int err;

	INIT(sp);
	/* with its padding, selectors are compared as bytes */
	memcpy(&sp->info, request->body, sizeof(sp->info));
	sp->info.curlft.add_time = time(NULL);
	sp->info.curlft.use_time = 0;

	err = check_info(request, &sp->info);
	err = err ?: get_templates(request, sp);
	err = err ?: get_identity(request, sp);
	/* the driver is asked before anybody looks whether there is one already */
	if (!err && request->tb[XFRMA_OFFLOAD_DEV])
	{
		memcpy(&sp->offload, fake_attr_data(request->tb[XFRMA_OFFLOAD_DEV]),
			   sizeof(sp->offload));
		err = fake_device_add_sp(request, sp);
	}
	err = err ?: insert(request, sp);
	if (err)
	{
		fake_sp_destroy(sp);
	}
	return err;
}

/**
 * Message that describes a policy.
 */
static chunk_t describe(fake_sp_t *sp, uint16_t flags, uint32_t seq)
{
	struct xfrm_userpolicy_type type = {};
	chunk_t msg;

	msg = fake_msg_begin(XFRM_MSG_NEWPOLICY, flags, seq, &sp->info,
						 sizeof(sp->info));
	if (sp->tmpl_count)
	{
		fake_msg_attr(&msg, XFRMA_TMPL, sp->tmpl,
					  sp->tmpl_count * sizeof(sp->tmpl[0]));
	}
	if (sp->label.len)
	{
		fake_msg_attr(&msg, XFRMA_SEC_CTX, sp->label.ptr, sp->label.len);
	}
	fake_msg_attr(&msg, XFRMA_POLICY_TYPE, &type, sizeof(type));
	if (sp->mark.m | sp->mark.v)
	{
		fake_msg_attr(&msg, XFRMA_MARK, &sp->mark, sizeof(sp->mark));
	}
	if (sp->if_id)
	{
		fake_msg_attr(&msg, XFRMA_IF_ID, &sp->if_id, sizeof(sp->if_id));
	}
	if (sp->offload.ifindex)
	{
		fake_msg_attr(&msg, XFRMA_OFFLOAD_DEV, &sp->offload,
					  sizeof(sp->offload));
	}
	return msg;
}

/**
 * Find the policy a request is about.
 */
static int find_requested(fake_request_t *request, fake_sp_t **found)
{
	const struct xfrm_userpolicy_id *id = request->body;
	fake_sp_t wanted = {
		.info.dir = id->dir,
	};
	int err;

	memcpy(&wanted.info.sel, &id->sel, sizeof(id->sel));
	if (id->dir > XFRM_POLICY_FWD)
	{
		return refuse(request, EINVAL, "Invalid policy direction");
	}
	err = get_identity(request, &wanted);
	if (!err)
	{
		*found = find_same(request->kernel, &wanted);
		err = *found ? 0 : ENOENT;
	}
	chunk_free(&wanted.label);
	return err;
}

/**
 * Execute GETPOLICY for all. IKE's sockets have policies as well, which the
 * kernel lists with directions of their own.
 */
static int dump_sps(fake_request_t *request)
{
	fake_sp_t socket = {
		.info = {
			.dir = XFRM_POLICY_MAX,
			.sel.family = AF_INET,
		},
	};
	enumerator_t *enumerator;
	fake_sp_t *sp;

	fake_answer(request, describe(&socket, NLM_F_MULTI,
								  request->hdr->nlmsg_seq));

	enumerator = request->kernel->sps->create_enumerator(request->kernel->sps);
	while (enumerator->enumerate(enumerator, &sp))
	{
		fake_answer(request, describe(sp, NLM_F_MULTI,
									  request->hdr->nlmsg_seq));
	}
	enumerator->destroy(enumerator);
	return 0;
}

/**
 * Execute GETPOLICY and DELPOLICY for one.
 */
static int get_or_del_sp(fake_request_t *request)
{
	fake_sp_t *sp;
	int err;

	err = find_requested(request, &sp);
	if (err)
	{
		return err;
	}
	if (request->hdr->nlmsg_type == XFRM_MSG_GETPOLICY)
	{
		fake_answer(request, describe(sp, 0, request->hdr->nlmsg_seq));
		return 0;
	}
	remove_sp(request->kernel, sp);
	return 0;
}

int fake_spd_execute(fake_request_t *request)
{
	linked_list_t *sps = request->kernel->sps;
	fake_sp_t *sp;

	switch (request->hdr->nlmsg_type)
	{
		case XFRM_MSG_NEWPOLICY:
		case XFRM_MSG_UPDPOLICY:
			return add_sp(request);
		case XFRM_MSG_GETPOLICY:
			if (request->hdr->nlmsg_flags & NLM_F_DUMP)
			{
				return dump_sps(request);
			}
			return get_or_del_sp(request);
		case XFRM_MSG_DELPOLICY:
			return get_or_del_sp(request);
		case XFRM_MSG_FLUSHPOLICY:
			while (sps->get_first(sps, (void**)&sp) == SUCCESS)
			{
				remove_sp(request->kernel, sp);
			}
			return 0;
		case XFRM_MSG_GETSPDINFO:
			return fake_spd_get_info(request);
		case XFRM_MSG_NEWSPDINFO:
			return fake_spd_set_info(request);
		default:
			return EINVAL;
	}
}
