/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/*
 * What the tests of offload_plan share: names as short as columns of tables,
 * and plans as texts.
 */

#ifndef MODEL_PLAN_H_
#define MODEL_PLAN_H_

#include "model_suites.h"

#include <netinet/in.h>

#include "../../model/plan/offload_plan.h"

/** device that carries the packets, and that of an SA */
#define DEV 7
#define SA_DEV 9

#define NO		HW_OFFLOAD_NO
#define CRYPTO	HW_OFFLOAD_CRYPTO
#define PACKET	HW_OFFLOAD_PACKET
#define AUTO	HW_OFFLOAD_AUTO
#define ESP		IPPROTO_ESP
#define AH		IPPROTO_AH
#define COMP	IPPROTO_COMP
#define OK		HWO_REASON_NONE
#define NOT_ESP	HWO_REASON_NOT_ESP
#define MODE	HWO_REASON_IPSEC_MODE
#define TFC		HWO_REASON_TFC
#define NO_ESN	HWO_REASON_NO_ESN
#define UDP		HWO_REASON_UDP_ENCAP

/** Describe the steps of a plan: "packet none". */
char *plan_describe(const hwo_plan_t *plan, char buf[64]);

#endif /* MODEL_PLAN_H_ */
