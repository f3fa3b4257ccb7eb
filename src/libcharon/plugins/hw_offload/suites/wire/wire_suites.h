/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * What the tests of the wire floor share: recorded messages, and a reader and a
 * writer of attributes that have nothing in common with the code under test.
 */

#ifndef WIRE_SUITES_H_
#define WIRE_SUITES_H_

#include <check.h>

#include "../../wire/nl_msg.h"

/** The test cases by subject. */
TCase *msg_tcase(void);
TCase *map_tcase(void);
TCase *sa_tcase(void);
TCase *sa_id_tcase(void);
TCase *sa_decode_tcase(void);
TCase *move_tcase(void);
TCase *trial_tcase(void);
TCase *sad_tcase(void);
TCase *sp_tcase(void);
TCase *event_tcase(void);
TCase *rt_tcase(void);
TCase *rule_tcase(void);
TCase *genl_tcase(void);

/**
 * A recorded message, in a block of its exact size, so that sanitizers see what
 * is read too far. To be freed. Fails the test if there is none.
 *
 * @param name		name in golden_*.h
 */
struct nlmsghdr *wire_golden(const char *name);

/**
 * The n-th recorded event of a type, from 0.
 */
struct nlmsghdr *wire_golden_event(uint16_t type, int n);

/**
 * Compare a request with a recorded one: type, flags, fixed header, and the
 * attributes as a set.
 *
 * @param msg		request
 * @param name		name of the recorded one
 * @param hdr_len	size of the fixed header
 */
void wire_same(const hwo_msg_t *msg, const char *name, size_t hdr_len);

/**
 * Find the payload of an attribute, NULL if there is none.
 *
 * @param hdr		message
 * @param hdr_len	size of the fixed header
 * @param type		attribute type
 * @param len		[out] length of the payload
 */
const uint8_t *wire_attr(const struct nlmsghdr *hdr, size_t hdr_len,
						 uint16_t type, size_t *len);

/**
 * Copy of a message with another attribute at its end, frees the original.
 */
struct nlmsghdr *wire_append(struct nlmsghdr *hdr, uint16_t type,
							 const void *data, size_t len);

/**
 * Copy of a message with the payload of an attribute cut or extended by zeros,
 * frees the original.
 */
struct nlmsghdr *wire_resize(struct nlmsghdr *hdr, size_t hdr_len,
							 uint16_t type, size_t len);

/** Any decoder. */
typedef bool (*wire_decoder_t)(const struct nlmsghdr *hdr);

/**
 * Prove that a decoder takes a message, refuses all that is shorter (unless it
 * is cut between attributes that are not mandatory), refuses attributes with
 * lengths that are not true, and survives every change of every byte. Frees the
 * message.
 *
 * @param hdr		message
 * @param hdr_len	size of the fixed header
 * @param mandatory	attribute that may not be missing, 0 if there is none
 * @param decode	decoder
 */
void wire_abuse(struct nlmsghdr *hdr, size_t hdr_len, uint16_t mandatory,
				wire_decoder_t decode);

/** Addresses and selectors of the recorded messages. */
hwo_addr_t wire_addr(const char *str);
hwo_selector_t wire_selector(const char *src, int src_prefix, const char *dst,
							 int dst_prefix);

/** A key of the recorded messages: 01 02 03 ... */
chunk_t wire_key(size_t len);

/** The recorded label, with its terminator. */
chunk_t wire_label(void);

#endif /** WIRE_SUITES_H_ */
