/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * What it costs to watch limits: a quarter of an hour passes in virtual time
 * for SAs in packet mode, each look at one is a real query of the fake kernel,
 * in process. Prints how many looks there are in a second, and what share of a
 * processor that is.
 *
 * The fake kernel searches its SAs one by one, so it has a few of them only,
 * and those that are watched share them. A real one hashes them.
 */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <arpa/inet.h>

#include <library.h>

#include "../fake/fake_kernel.h"
#include "../../model/plan/limit_plan.h"
#include "../../service/sa/sa_attempts.h"
#include "../../wire/xfrm_sa.h"

/** SAs in the fake kernel */
#define REAL 16

/** Virtual time, in seconds */
#define SPAN 900

/** Bytes per second that their link could carry: 100 Gb/s */
#define SPEED 12500000000ULL

/** Bytes per second that each SA transfers */
#define RATE 12500000ULL

/**
 * Limits of the SAs.
 */
typedef struct {
	/** how it is called */
	const char *name;
	/** soft limit in bytes of those that get near it during that time, which
	 * are rekeyed then. */
	uint64_t near;
	/** share of these in percent, the others are far away from theirs */
	u_int percent;
} load_t;

static const load_t loads[] = {
	{ "all far away", 0, 0 },
	{ "1 % rekeyed every 80 s", 1000000000ULL, 1 },
	{ "10 % rekeyed every 80 s", 1000000000ULL, 10 },
};

/**
 * An SA that is watched.
 */
typedef struct {
	/** its watch */
	hwo_watch_t watch;
	/** plan of its limits */
	hwo_limit_plan_t plan;
	/** virtual time it was installed at */
	uint64_t begun;
} bench_sa_t;

/**
 * Install the SAs the fake kernel has.
 */
static void install(nl_exchange_t *xfrm)
{
	const hwo_offload_t offload = { HWO_MODE_PACKET, 3 };
	u_char key[20] = {};
	hwo_sa_t sa = {
		.id = {
			.src = { AF_INET, { 192, 168, 50, 1 } },
			.dst = { AF_INET, { 192, 168, 50, 2 } },
			.proto = 50,
		},
		.reqid = 1,
		.facts.esn = TRUE,
		.replay_window = 1,
		.cpu = UINT32_MAX,
		.enc = {
			.name = "rfc4106(gcm(aes))",
			.icv_bits = 128,
			.aead = TRUE,
			.key = chunk_create(key, sizeof(key)),
		},
	};
	hwo_result_t result;
	hwo_msg_t msg;
	int i;

	for (i = 0; i < REAL; i++)
	{
		sa.id.spi = htonl(i + 1);
		hwo_xfrm_encode_sa(&msg, &sa, &offload);
		xfrm->command(xfrm, &msg, &result);
		if (result.err)
		{
			fprintf(stderr, "no SA: %s\n", result.extack);
			exit(1);
		}
	}
}

/**
 * Begin with an SA, at the start or after it was rekeyed.
 */
static void begin(bench_sa_t *sa, u_int i, uint64_t now)
{
	hwo_sa_id_t id = {
		.src = { AF_INET, { 192, 168, 50, 1 } },
		.dst = { AF_INET, { 192, 168, 50, 2 } },
		.spi = htonl(i % REAL + 1),
		.proto = 50,
	};

	sa->begun = now;
	if (!hwo_watch_begin(&sa->watch, &id, &sa->plan, SPEED, now))
	{
		fprintf(stderr, "nothing to watch\n");
		exit(1);
	}
}

/**
 * Run a load for that time, returns the number of looks.
 */
static u_int run(nl_exchange_t *xfrm, bench_sa_t *sas, u_int count,
				 const load_t *load, u_int *rekeyed)
{
	hwo_watch_heap_t heap = {};
	hwo_sa_state_t state;
	hwo_watch_t *watch;
	hwo_result_t result;
	bench_sa_t *sa;
	uint64_t now;
	u_int i, looks = 0;

	for (i = 0; i < count; i++)
	{	/* installed within a minute */
		sas[i].plan = (hwo_limit_plan_t){
			.watched.soft_bytes = i % 100 < load->percent ? load->near
														  : 1ULL << 60,
		};
		begin(&sas[i], i, i * 60000ULL / count);
		hwo_watch_push(&heap, &sas[i].watch);
	}
	*rekeyed = 0;
	for (now = 0; now < SPAN * 1000ULL; now += 50)
	{
		while ((watch = hwo_watch_pop(&heap, now)))
		{
			sa = (bench_sa_t*)watch;
			hwo_sa_get(xfrm, &watch->id, &state, &result);
			if (result.err)
			{
				fprintf(stderr, "no answer\n");
				exit(1);
			}
			state.usage.bytes = (now - sa->begun) * RATE / 1000;
			looks++;
			if (hwo_watch_look(watch, &state, now) != HWO_WATCH_OK)
			{
				(*rekeyed)++;
				begin(sa, sa - sas, now);
			}
			hwo_watch_push(&heap, watch);
		}
	}
	free(heap.items);
	return looks;
}

/**
 * Measure a load, print a line.
 */
static void measure(nl_exchange_t *xfrm, u_int count, const load_t *load)
{
	bench_sa_t *sas;
	u_int looks, rekeyed;
	double seconds;
	clock_t start;

	sas = calloc(count, sizeof(*sas));
	start = clock();
	looks = run(xfrm, sas, count, load, &rekeyed);
	seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
	printf("%-24s %8u %10.1f %8.2f %10.3f %% %10u\n", load->name, count,
		   (double)looks / SPAN, seconds * 1e6 / looks, seconds * 100 / SPAN,
		   rekeyed);
	free(sas);
}

int main(int argc, char *argv[])
{
	static const u_int counts[] = { 1000, 10000, 100000 };
	fake_kernel_t *kernel;
	nl_exchange_t *xfrm;
	u_int i, j;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!library_init(NULL, "bench_limits"))
	{
		return 1;
	}
	kernel = fake_kernel_create(FAKE_LINUX_7_2);
	fake_kernel_add_device(kernel, 3, FAKE_CAPS_PACKET, NULL);
	xfrm = hwo_nl_exchange_create(fake_kernel_open(kernel, NETLINK_XFRM, NULL));
	install(xfrm);
	printf("%-24s %8s %10s %8s %12s %10s\n", "limits", "SAs", "looks/s",
		   "us each", "processor", "rekeyed");
	for (i = 0; i < countof(loads); i++)
	{
		for (j = 0; j < countof(counts); j++)
		{
			measure(xfrm, counts[j], &loads[i]);
		}
	}
	xfrm->destroy(xfrm);
	fake_kernel_destroy(kernel);
	library_deinit();
	return 0;
}
