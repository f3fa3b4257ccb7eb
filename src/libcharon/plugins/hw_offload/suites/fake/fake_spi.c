/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Allocates SPIs, as the kernel does for inbound SAs.
 */

#include "fake_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/**
 * Choose an unused SPI.
 */
static uint32_t choose_spi(fake_request_t *request,
						   const struct xfrm_userspi_info *spi)
{
	uint32_t i, range = spi->max - spi->min, candidate;

	for (i = 0; i <= range && i < 0x10000; i++)
	{
		candidate = spi->min;
		if (range)
		{
			candidate += request->kernel->next_spi++ % (range + 1ULL);
		}
		if (!fake_sad_lookup(request->kernel, &spi->info.id.daddr,
							 htonl(candidate), spi->info.id.proto,
							 spi->info.family, 0))
		{
			return htonl(candidate);
		}
	}
	return 0;
}

/**
 * Execute ALLOCSPI: leaves a larval SA.
 */
int fake_spi_alloc(fake_request_t *request)
{
	const struct xfrm_userspi_info *spi = request->body;
	fake_sa_t *sa;
	uint32_t chosen;

	switch (spi->info.id.proto)
	{
		case IPPROTO_AH:
		case IPPROTO_ESP:
			break;
		case IPPROTO_COMP:
			if (spi->max >= 0x10000)
			{
				return refuse(request, EINVAL, "COMP SPI must be <= 0xFFFF");
			}
			break;
		default:
			return refuse(request, EINVAL, "Invalid protocol");
	}
	if (spi->min > spi->max)
	{
		return refuse(request, EINVAL, "Invalid SPI range: min > max");
	}
	chosen = choose_spi(request, spi);
	if (!chosen)
	{
		return refuse(request, ENOENT, "Requested SPI range is exhausted");
	}
	INIT(sa,
		.info = spi->info,
		.larval = TRUE,
		.mark = fake_sad_mark(request),
		.if_id = fake_attr_u32(request->tb[XFRMA_IF_ID], 0),
		.dir = fake_attr_u8(request->tb[FAKE_XFRMA_SA_DIR], 0),
	);
	sa->info.id.spi = chosen;
	sa->info.curlft.add_time = time(NULL);
	fake_sad_add(request->kernel, sa);
	fake_answer(request, fake_sad_describe(sa, XFRM_MSG_NEWSA, 0,
								  request->hdr->nlmsg_seq));
	return 0;
}
