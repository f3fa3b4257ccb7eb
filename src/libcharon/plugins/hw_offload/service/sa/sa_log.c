/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * Turns what came of SAs into lines of the log.
 */

#include "sa_log.h"

#include <netinet/in.h>
#include <time.h>

/**
 * Check if a reason is that the device, or the kernel for it, refused an SA.
 */
static bool is_refusal(hwo_reason_t reason)
{
	return reason == HWO_REASON_DRIVER_REFUSED ||
		   reason == HWO_REASON_SILENT_SOFTWARE;
}

/**
 * Keep what the device said.
 *
 * @return				FALSE if it said the same before
 */
static bool note(const hwo_sa_log_t *log, const hwo_result_t *said)
{
	device_history_t *history = log->devices->get_history(log->devices);

	return history->refused(history, log->attempts->plan.ifindex, FALSE, said,
							time(NULL));
}

/**
 * Get the kernel message about why it is no better mode, empty if the device
 * said the same before.
 */
static const char *new_message(const hwo_sa_log_t *log)
{
	const hwo_refusal_t *why = &log->attempts->outcome.why;
	bool said = why->result.extack[0] || is_refusal(why->reason);

	return said && note(log, &why->result) ? why->result.extack : "";
}

static const char *direction(const hwo_sa_log_t *log)
{
	return log->sa->facts.inbound ? "inbound" : "outbound";
}

void hwo_sa_log_installed(const hwo_sa_log_t *log)
{
	const hwo_sa_attempts_t *attempts = log->attempts;
	const hwo_offload_t *effective = &attempts->outcome.effective;
	egress_device_t *devices = log->devices;
	char name[IFNAMSIZ];
	const char *message;

	if (log->requested == HW_OFFLOAD_NO || !log->spi_in)
	{
		DBG2(DBG_KNL, "installed %s SA %.8x, mode %N", direction(log),
			 ntohl(log->sa->id.spi), hwo_mode_names, effective->mode);
		return;
	}
	message = new_message(log);
	DBG1(DBG_KNL, "CHILD_SA with SPIs %.8x_i %.8x_o: hw_offload %N, effective "
		 "%N, device %s, %N%s%s", ntohl(log->spi_in), ntohl(log->sa->id.spi),
		 hw_offload_names, log->requested, hwo_mode_names, effective->mode,
		 devices->name(devices, effective->ifindex ?: attempts->plan.ifindex,
					   name),
		 hwo_reason_names, attempts->outcome.why.reason,
		 message[0] ? ": " : "", message);
}

void hwo_sa_log_failed(const hwo_sa_log_t *log, level_t level)
{
	const hwo_sa_attempts_t *attempts = log->attempts;
	egress_device_t *devices = log->devices;
	char name[IFNAMSIZ], text[HWO_RESULT_TEXT];

	hwo_result_text(&attempts->result, text);
	if (log->requested == HW_OFFLOAD_NO ||
		attempts->outcome.why.reason == HWO_REASON_NONE)
	{	/* it has nothing to do with the NIC */
		dbg(DBG_KNL, level, "unable to install %s SA %.8x: %s", direction(log),
			ntohl(log->sa->id.spi), text);
		return;
	}
	/* this line has the message in any case, but others ask for it */
	new_message(log);
	dbg(DBG_KNL, level, "unable to install %s SA %.8x, hw_offload %N, device "
		"%s, %N: %s", direction(log), ntohl(log->sa->id.spi), hw_offload_names,
		log->requested, devices->name(devices, attempts->plan.ifindex, name),
		hwo_reason_names, attempts->outcome.why.reason, text);
}

void hwo_sa_note_refusals(const hwo_sa_log_t *log)
{
	const hwo_result_t *why = &log->attempts->outcome.why.result;
	const hwo_refusal_t *refused;
	int i;

	for (i = 0; i < HWO_MAX_STEPS; i++)
	{
		refused = &log->attempts->refused[i];
		if (is_refusal(refused->reason) &&
			(refused->result.err != why->err ||
			 !streq(refused->result.extack, why->extack)))
		{
			note(log, &refused->result);
		}
	}
}
