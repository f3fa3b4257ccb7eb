/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * probe: what the driver of a device really accepts, by trial.
 *
 * Nothing tells beforehand whether a NIC does packet offload. So SAs and
 * policies between addresses that nobody has (RFC 5737) are installed and
 * removed again, with a key that nobody knows. Whatever is left if this is
 * interrupted expires within seconds.
 */

#include "command.h"
#include "table.h"

#include "hwo_types.h"
#include "wire/nl_msg.h"
#include "wire/xfrm_probe.h"
#include "wire/xfrm_sa.h"
#include "wire/xfrm_sp.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <libmnl/libmnl.h>

/* we are not linked to libstrongswan, whose replacement this would be */
#undef strerror

/** SAs we forgot go after this time */
#define LIFETIME 20

/** What charon gives policies between two addresses. Some NICs take no other
 * priority than 0, which charon never gives. */
#define PRIORITY 367231

/** Key and salt of AES-GCM */
#define KEY_LEN 20

/**
 * What is tried.
 */
typedef struct trial_t {
	/** name in the output */
	const char *name;
	/** mode to ask for */
	hwo_mode_t mode;
	/** TRUE for a policy, FALSE for an SA */
	bool policy;
	/** direction */
	bool inbound;
	/** mode of the SA */
	ipsec_mode_t ipsec_mode;
	/** extended sequence numbers, and UDP encapsulation */
	bool esn, encap;
	/** limits on packets, and on bytes */
	bool packets, bytes;
	/** addresses are IPv6 */
	bool ipv6;
} trial_t;

/** in the order of the output */
static const trial_t trials[] = {
	{ .name = "crypto-out", .mode = HWO_MODE_CRYPTO,
	  .ipsec_mode = MODE_TRANSPORT, .esn = TRUE },
	{ .name = "crypto-in", .mode = HWO_MODE_CRYPTO, .inbound = TRUE,
	  .ipsec_mode = MODE_TRANSPORT, .esn = TRUE },
	{ .name = "crypto-no-esn", .mode = HWO_MODE_CRYPTO,
	  .ipsec_mode = MODE_TRANSPORT },
	{ .name = "crypto-tunnel", .mode = HWO_MODE_CRYPTO,
	  .ipsec_mode = MODE_TUNNEL, .esn = TRUE },
	{ .name = "crypto-ipv6", .mode = HWO_MODE_CRYPTO,
	  .ipsec_mode = MODE_TRANSPORT, .esn = TRUE, .ipv6 = TRUE },
	{ .name = "packet-out", .mode = HWO_MODE_PACKET,
	  .ipsec_mode = MODE_TRANSPORT, .esn = TRUE },
	{ .name = "packet-in", .mode = HWO_MODE_PACKET, .inbound = TRUE,
	  .ipsec_mode = MODE_TRANSPORT, .esn = TRUE },
	{ .name = "packet-no-esn", .mode = HWO_MODE_PACKET,
	  .ipsec_mode = MODE_TRANSPORT },
	{ .name = "packet-tunnel", .mode = HWO_MODE_PACKET,
	  .ipsec_mode = MODE_TUNNEL, .esn = TRUE },
	{ .name = "packet-ipv6", .mode = HWO_MODE_PACKET,
	  .ipsec_mode = MODE_TRANSPORT, .esn = TRUE, .ipv6 = TRUE },
	{ .name = "packet-encap", .mode = HWO_MODE_PACKET,
	  .ipsec_mode = MODE_TRANSPORT, .esn = TRUE, .encap = TRUE },
	{ .name = "packet-packet-limits", .mode = HWO_MODE_PACKET,
	  .ipsec_mode = MODE_TRANSPORT, .esn = TRUE, .packets = TRUE },
	{ .name = "packet-byte-limits", .mode = HWO_MODE_PACKET,
	  .ipsec_mode = MODE_TRANSPORT, .esn = TRUE, .bytes = TRUE },
	{ .name = "policy-out", .mode = HWO_MODE_PACKET, .policy = TRUE,
	  .ipsec_mode = MODE_TRANSPORT },
	{ .name = "policy-in", .mode = HWO_MODE_PACKET, .policy = TRUE,
	  .inbound = TRUE, .ipsec_mode = MODE_TRANSPORT },
};

/** Number of trials */
#define TRIALS (sizeof(trials) / sizeof(trials[0]))

/**
 * The kernel, and what we need to talk to it.
 */
typedef struct prober_t {
	/** netlink socket, and its port */
	struct mnl_socket *nl;
	unsigned int port;
	/** sequence number of the last request */
	uint32_t seq;
	/** device */
	uint32_t ifindex;
	/** TRUE if the kernel knows directions of SAs */
	bool set_dir;
	/** key nobody knows */
	uint8_t key[KEY_LEN];
	/** SPI of the next SA, host order */
	uint32_t spi;
} prober_t;

/**
 * Get the offload out of a reply.
 */
typedef bool (*decode_t)(const struct nlmsghdr *hdr, hwo_offload_t *offload);

static bool decode_sa(const struct nlmsghdr *hdr, hwo_offload_t *offload)
{
	hwo_sa_state_t state;
	bool valid = hwo_xfrm_decode_sa(hdr, &state);

	*offload = state.offload;
	return valid;
}

static bool decode_sp(const struct nlmsghdr *hdr, hwo_offload_t *offload)
{
	hwo_sp_state_t state;
	bool valid = hwo_xfrm_decode_sp(hdr, &state);

	*offload = state.offload;
	return valid;
}

/**
 * Send a request, wait for its acknowledgement or reply.
 */
static void request(prober_t *prober, hwo_msg_t *msg, decode_t decode,
					hwo_offload_t *actual, hwo_result_t *result)
{
	union {
		char bytes[32 * 1024];
		uint64_t alignment;
	} buf;
	const struct nlmsghdr *hdr = (const void*)buf.bytes;
	ssize_t len;

	*result = (hwo_result_t){ .err = EBADMSG };
	msg->hdr.nlmsg_flags |= decode ? 0 : NLM_F_ACK;
	msg->hdr.nlmsg_seq = ++prober->seq;
	if (msg->overflow ||
		mnl_socket_sendto(prober->nl, &msg->hdr, msg->hdr.nlmsg_len) < 0)
	{
		result->err = errno;
		return;
	}
	do
	{
		len = mnl_socket_recvfrom(prober->nl, buf.bytes, sizeof(buf));
	}
	while (len >= (ssize_t)sizeof(*hdr) && hdr->nlmsg_seq != prober->seq);
	if (len < 0)
	{
		result->err = errno;
	}
	else if (mnl_nlmsg_ok(hdr, len) && !hwo_msg_result(hdr, result) &&
			 decode && decode(hdr, actual))
	{
		result->err = 0;
	}
	explicit_bzero(&buf, sizeof(buf));
}

/**
 * An address of those that are for documentation only.
 */
static hwo_addr_t address(const trial_t *trial, uint8_t last)
{
	if (trial->ipv6)
	{
		return (hwo_addr_t){
			.family = AF_INET6,
			.bytes = { 0x20, 0x01, 0x0d, 0xb8, [15] = last },
		};
	}
	return (hwo_addr_t){
		.family = AF_INET,
		.bytes = { 192, 0, 2, last },
	};
}

/**
 * Describe the SA of a trial.
 */
static void make_sa(prober_t *prober, const trial_t *trial, hwo_sa_t *sa)
{
	*sa = (hwo_sa_t){
		.id = {
			.src = address(trial, trial->inbound ? 2 : 1),
			.dst = address(trial, trial->inbound ? 1 : 2),
			.spi = htonl(prober->spi++),
			.proto = IPPROTO_ESP,
		},
		.src_port = trial->encap ? 4500 : 0,
		.dst_port = trial->encap ? 4500 : 0,
		.reqid = HWO_PROBE_REQID,
		.facts = {
			.proto = IPPROTO_ESP,
			.mode = trial->ipsec_mode,
			.inbound = trial->inbound,
			.encap = trial->encap,
			.esn = trial->esn,
		},
		.enc = {
			.name = "rfc4106(gcm(aes))",
			.icv_bits = 128,
			.aead = TRUE,
			.key = chunk_create(prober->key, sizeof(prober->key)),
		},
		/* with a direction the kernel insists on 0 for what is sent */
		.replay_window = trial->inbound ? 32
										: trial->esn && !prober->set_dir,
		.cpu = UINT32_MAX,
		.set_dir = prober->set_dir,
		.limits = {
			.soft_time = LIFETIME / 2,
			.hard_time = LIFETIME,
			.soft_packets = trial->packets ? 1000 : 0,
			.hard_packets = trial->packets ? 2000 : 0,
			.soft_bytes = trial->bytes ? 1000000 : 0,
			.hard_bytes = trial->bytes ? 2000000 : 0,
		},
	};
}

/**
 * Try an SA.
 *
 * @param actual		[out] what the kernel made of it
 */
static void try_sa(prober_t *prober, const trial_t *trial,
				   hwo_offload_t *actual, hwo_result_t *result)
{
	const hwo_offload_t offload = {
		.mode = trial->mode,
		.ifindex = prober->ifindex,
	};
	hwo_result_t ignored;
	hwo_msg_t msg;
	hwo_sa_t sa;

	make_sa(prober, trial, &sa);
	hwo_xfrm_encode_sa(&msg, &sa, &offload);
	request(prober, &msg, NULL, NULL, result);
	hwo_msg_wipe(&msg);
	if (!result->err)
	{
		hwo_xfrm_encode_get_sa(&msg, &sa.id);
		request(prober, &msg, decode_sa, actual, &ignored);
		hwo_xfrm_encode_del_sa(&msg, &sa.id);
		request(prober, &msg, NULL, NULL, &ignored);
	}
}

/**
 * Try a policy.
 */
static void try_policy(prober_t *prober, const trial_t *trial,
					   hwo_offload_t *actual, hwo_result_t *result)
{
	const hwo_offload_t offload = {
		.mode = trial->mode,
		.ifindex = prober->ifindex,
	};
	hwo_addr_t src = address(trial, trial->inbound ? 2 : 1);
	hwo_addr_t dst = address(trial, trial->inbound ? 1 : 2);
	hwo_sp_t sp = {
		.id = {
			.dir = trial->inbound ? POLICY_IN : POLICY_OUT,
			.sel = {
				.family = AF_INET,
				.src_prefix = 32,
				.dst_prefix = 32,
			},
		},
		.tmpl = {
			{ .proto = IPPROTO_ESP, .reqid = HWO_PROBE_REQID,
			  .mode = trial->ipsec_mode, .family = AF_INET },
		},
		.tmpl_count = 1,
		.priority = PRIORITY,
	};
	hwo_result_t ignored;
	hwo_msg_t msg;

	memcpy(sp.id.sel.src, src.bytes, sizeof(src.bytes));
	memcpy(sp.id.sel.dst, dst.bytes, sizeof(dst.bytes));
	hwo_xfrm_encode_sp(&msg, &sp, &offload, FALSE);
	request(prober, &msg, NULL, NULL, result);
	if (!result->err)
	{
		hwo_xfrm_encode_get_sp(&msg, &sp.id);
		request(prober, &msg, decode_sp, actual, &ignored);
		hwo_xfrm_encode_del_sp(&msg, &sp.id);
		request(prober, &msg, NULL, NULL, &ignored);
	}
}

/**
 * Run a trial.
 */
static json_t *run_trial(prober_t *prober, const trial_t *trial)
{
	hwo_offload_t actual = {};
	hwo_result_t result = {};
	const char *verdict;

	if (trial->policy)
	{
		try_policy(prober, trial, &actual, &result);
	}
	else
	{
		try_sa(prober, trial, &actual, &result);
	}
	verdict = result.err ? "no" :
			  actual.mode == trial->mode &&
			  actual.ifindex == prober->ifindex ? "yes" : "software";
	return json_pack("{s:s, s:s, s:o, s:o}",
			"trial", trial->name,
			"result", verdict,
			"error", result.err ? json_string(strerror(result.err))
								: json_null(),
			"kernel", result.extack[0] ? json_string(result.extack) ?:
							json_string("(not UTF-8)") : json_null());
}

/**
 * Check if the kernel knows directions of SAs: Linux 6.10.
 */
static bool knows_directions(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname name;

	return uname(&name) == 0 &&
		   sscanf(name.release, "%u.%u", &major, &minor) == 2 &&
		   (major > 6 || (major == 6 && minor >= 10));
}

/**
 * Get ready, false if we can't.
 */
static bool prober_init(prober_t *prober, const char *device)
{
	int on = 1;

	prober->ifindex = if_nametoindex(device);
	if (!prober->ifindex)
	{
		fprintf(stderr, "hw-offload: there is no interface '%s'\n", device);
		return false;
	}
	prober->nl = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC);
	if (!prober->nl || mnl_socket_bind(prober->nl, 0, MNL_SOCKET_AUTOPID) < 0)
	{
		fprintf(stderr, "hw-offload: no access to XFRM: %s\n", strerror(errno));
		return false;
	}
	mnl_socket_setsockopt(prober->nl, NETLINK_EXT_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(prober->nl, NETLINK_CAP_ACK, &on, sizeof(on));
	prober->port = mnl_socket_get_portid(prober->nl);
	prober->set_dir = knows_directions();
	if (getrandom(prober->key, sizeof(prober->key), 0) != sizeof(prober->key) ||
		getrandom(&prober->spi, sizeof(prober->spi), 0) != sizeof(prober->spi))
	{
		fprintf(stderr, "hw-offload: no random numbers\n");
		return false;
	}
	prober->spi = 0xfe000000 | (prober->spi & 0xffff00);
	return true;
}

/**
 * Run all trials.
 */
static json_t *run_trials(prober_t *prober, bool *able)
{
	json_t *list = json_array(), *trial;

	for (size_t i = 0; i < TRIALS; i++)
	{
		trial = run_trial(prober, &trials[i]);
		*able |= !trials[i].policy &&
				 !strcmp(get_text(trial, "result"), "yes");
		json_array_append_new(list, trial);
	}
	return list;
}

/**
 * Print trials as table.
 */
static void print_table(const json_t *list, const options_t *options)
{
	static const char *const headings[] = { "TRIAL", "RESULT", "KERNEL", NULL };
	table_t *table = table_create(headings, options->colour);
	json_t *trial;
	size_t i;

	json_array_foreach(list, i, trial)
	{
		const char *result = get_text(trial, "result");
		const char *words = get_text(trial, "kernel");

		table_add(table, get_text(trial, "trial"), COLOUR_NONE);
		table_add(table, result, !strcmp(result, "yes") ? COLOUR_GOOD :
								 !strcmp(result, "no") ? COLOUR_BAD
													   : COLOUR_FAIR);
		table_add(table, strcmp(words, "-") ? words : get_text(trial, "error"),
				  COLOUR_NONE);
	}
	table_print(table);
}

int command_probe(const options_t *options, int argc, char *argv[])
{
	prober_t prober = {};
	bool able = false;
	json_t *list;

	if (geteuid() != 0)
	{
		fprintf(stderr, "hw-offload: only root may install SAs, and that is "
				"what probe tries\n");
		return EXIT_TROUBLE;
	}
	if (!prober_init(&prober, argv[0]))
	{
		return EXIT_TROUBLE;
	}
	list = run_trials(&prober, &able);
	mnl_socket_close(prober.nl);
	explicit_bzero(&prober, sizeof(prober));
	if (options->json)
	{
		print_json(json_pack("{s:i, s:s, s:o}", "hw-offload", 1, "device",
							 argv[0], "trials", list), false);
	}
	else
	{
		print_table(list, options);
		json_decref(list);
	}
	return able ? EXIT_SUCCESS : EXIT_NOT_SO;
}
