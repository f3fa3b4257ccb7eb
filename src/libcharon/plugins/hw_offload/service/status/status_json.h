/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * @defgroup hwo_status_json status_json
 * @{ @ingroup hwo_service
 *
 * Turns values into JSON, new references each, and objects into lines.
 *
 * Thread-safety: all state is in the arguments.
 */

#ifndef HWO_STATUS_JSON_H_
#define HWO_STATUS_JSON_H_

#include <jansson.h>

#include "../device/egress_device.h"

/**
 * A text, whatever is in it: what is no UTF-8 is made ASCII. NULL and the empty
 * text become null.
 */
json_t *hwo_json_text(const char *text);

/**
 * A counter. The numbers of JSON end at 2^63 here.
 */
json_t *hwo_json_count(uint64_t value);

/**
 * A limit, ID or time, null if it is 0.
 */
json_t *hwo_json_limit(uint64_t value);

/**
 * An address, null if there is none.
 */
json_t *hwo_json_addr(const hwo_addr_t *addr);

/**
 * An SPI in network order, null if it is 0.
 */
json_t *hwo_json_spi(uint32_t value);

/**
 * Name of a value of an enum.
 */
json_t *hwo_json_enum(enum_name_t *names, int value);

/**
 * Name of a device, null if the index is 0.
 */
json_t *hwo_json_device(egress_device_t *devices, uint32_t ifindex);

/**
 * Name of an IPsec mode.
 */
const char *hwo_json_mode(ipsec_mode_t mode);

/**
 * Name of a protocol.
 */
const char *hwo_json_proto(uint8_t proto);

/**
 * Write an object as one line.
 *
 * @param object		object, released; NULL if there was no memory for it
 * @param buf			[out] line with newline, without NUL
 * @return				length of the line, which is an error if object is NULL
 *						or too large
 */
ssize_t hwo_json_line(json_t *object, char *buf, size_t size);

#endif /** HWO_STATUS_JSON_H_ @}*/
