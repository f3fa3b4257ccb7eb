/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * An SA as charon asks for it, and what is expected to come of it.
 */

#include "facade_sa.h"

#include <netinet/in.h>

#include "../../model/plan/ts_convert.h"

kernel_ipsec_sa_id_t id;
kernel_ipsec_add_sa_t data;
lifetime_cfg_t lifetime;
hwo_translate_t how;
hwo_sa_t expected;

uint8_t sa_key[36] = "0123456789abcdef0123456789abcdefsalt";

void set_hosts(const char *src, uint16_t src_port, const char *dst,
			   uint16_t dst_port)
{
	DESTROY_IF(id.src);
	DESTROY_IF(id.dst);
	id.src = facade_host(src, src_port);
	id.dst = facade_host(dst, dst_port);
	hwo_addr_from_host(id.src, &expected.id.src);
	hwo_addr_from_host(id.dst, &expected.id.dst);
	expected.src_port = src_port;
	expected.dst_port = dst_port;
}

void sa_setup(void)
{
	facade_setup();
	memset(&id, 0, sizeof(id));
	memset(&data, 0, sizeof(data));
	memset(&lifetime, 0, sizeof(lifetime));
	memset(&expected, 0, sizeof(expected));
	how = (hwo_translate_t){
		.kernel = {
			.sa_last_used = TRUE,
			.sa_af_unspec_transport = TRUE,
			.sa_dir = TRUE,
		},
	};

	set_hosts("192.168.50.1", 500, "192.168.50.2", 4500);
	id.proto = expected.id.proto = IPPROTO_ESP;
	id.spi = expected.id.spi = htonl(0xc1a2b3d4);
	data.lifetime = &lifetime;
	data.src_ts = linked_list_create();
	data.dst_ts = linked_list_create();
	data.reqid = expected.reqid = 3;
	data.mode = expected.facts.mode = MODE_TUNNEL;
	data.enc_alg = ENCR_AES_GCM_ICV16;
	data.int_alg = AUTH_UNDEFINED;
	data.enc_key = chunk_from_thing(sa_key);
	data.copy_ecn = data.copy_df = TRUE;
	data.copy_dscp = DSCP_COPY_OUT_ONLY;
	expected.cpu = set_sa_cpu(&data, HWO_CPU_ID_MAX);
	expected.set_dir = TRUE;
	expected.af_unspec = TRUE;
	expected.enc.name = "rfc4106(gcm(aes))";
	expected.enc.icv_bits = 128;
	expected.enc.aead = TRUE;
	expected.enc.key = data.enc_key;
}

void sa_teardown(void)
{
	data.src_ts->destroy_offset(data.src_ts,
								offsetof(traffic_selector_t, destroy));
	data.dst_ts->destroy_offset(data.dst_ts,
								offsetof(traffic_selector_t, destroy));
	DESTROY_IF(id.src);
	DESTROY_IF(id.dst);
	id.src = id.dst = NULL;
	facade_teardown();
}

/**
 * Compare an algorithm, which is then made equal.
 */
static void check_alg(const hwo_alg_t *alg, hwo_alg_t *exp)
{
	if (!exp->name)
	{
		ck_assert(!alg->name);
	}
	else
	{
		ck_assert_str_eq(alg->name, exp->name);
	}
	ck_assert_int_eq(alg->icv_bits, exp->icv_bits);
	ck_assert(alg->aead == exp->aead);
	/* not even a copy */
	ck_assert(alg->key.ptr == exp->key.ptr && alg->key.len == exp->key.len);
	memcpy(exp, alg, sizeof(*exp));
}

/**
 * Compare IP-TFS parameters, which are then made equal.
 */
static void check_iptfs(const hwo_iptfs_t *iptfs, hwo_iptfs_t *exp)
{
	ck_assert_uint_eq(iptfs->drop_time, exp->drop_time);
	ck_assert_uint_eq(iptfs->reorder_window, exp->reorder_window);
	ck_assert_uint_eq(iptfs->init_delay, exp->init_delay);
	ck_assert_uint_eq(iptfs->max_queue_size, exp->max_queue_size);
	ck_assert_uint_eq(iptfs->packet_size, exp->packet_size);
	ck_assert(iptfs->dont_fragment == exp->dont_fragment);
	memcpy(exp, iptfs, sizeof(*exp));
}

/**
 * Compare an SA with the expected one.
 */
static void check_equal(const hwo_sa_t *sa)
{
	hwo_sa_t exp;

	memcpy(&exp, &expected, sizeof(exp));
	exp.facts.proto = exp.id.proto;
	exp.facts.if_id = exp.id.if_id;
	check_iptfs(&sa->iptfs, &exp.iptfs);
	check_alg(&sa->enc, &exp.enc);
	check_alg(&sa->integ, &exp.integ);
	check_alg(&sa->comp, &exp.comp);
	facade_check_equal(sa, &exp, sizeof(*sa));
}

void check_sa(void)
{
	hwo_sa_t sa;

	memset(&sa, 0xa5, sizeof(sa));
	ck_assert(hwo_translate_sa(&how, &id, &data, &sa));
	/* those of tunnels have a test of their own */
	expected.facts.local = sa.facts.local;
	expected.facts.remote = sa.facts.remote;
	check_equal(&sa);
}

void check_ipcomp(void)
{
	hwo_sa_t sa;

	memset(&sa, 0xa5, sizeof(sa));
	ck_assert(hwo_translate_ipcomp(&how, &id, &data, &sa));
	check_equal(&sa);
}
