/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copyright (C) 2026 the hw-offload authors */

/**
 * What the tests of the command share: a service that answers what it is told
 * to, and the command that asks it.
 */

#ifndef COMMAND_SUITES_H_
#define COMMAND_SUITES_H_

#include <check.h>
#include <jansson.h>

#define FIRST "{\"hw-offload\":1,\"answer\":\"list\",\"version\":\"1.2\"," \
	"\"strongswan\":\"6.1.0\"}\n"

/** a CHILD_SA that got what it asked for */
#define GOOD "{\"type\":\"child\",\"connection\":\"gw\",\"child\":\"net\"," \
	"\"ike_id\":3,\"child_id\":10,\"reqid\":1,\"protocol\":\"esp\"," \
	"\"mode\":\"transport\",\"encap\":false,\"local\":\"192.0.2.1\"," \
	"\"remote\":\"192.0.2.2\",\"spi_in\":\"c0000001\"," \
	"\"spi_out\":\"c0000002\",\"requested\":\"packet\"," \
	"\"effective\":\"packet\",\"device\":\"p0\",\"reason\":\"as-requested\"," \
	"\"kernel\":null,\"errno\":null,\"moved\":null," \
	"\"in\":{\"spi\":\"c0000001\",\"esn\":true,\"effective\":\"packet\"," \
	"\"device\":\"p0\",\"installed\":true,\"kernel_mode\":\"packet\"," \
	"\"kernel_device\":\"p0\",\"packets\":11,\"bytes\":1100,\"added\":1," \
	"\"replay_drops\":5,\"integrity_drops\":0,\"limits\":{" \
	"\"soft_packets\":100,\"hard_packets\":200,\"soft_bytes\":null," \
	"\"hard_bytes\":null,\"soft_seconds\":30,\"hard_seconds\":40}," \
	"\"traffic_limits_by\":\"device\",\"plugin_limits\":{" \
	"\"soft_packets\":null,\"hard_packets\":null,\"soft_bytes\":5000," \
	"\"hard_bytes\":6000}}," \
	"\"out\":{\"spi\":\"c0000002\",\"effective\":\"packet\"," \
	"\"device\":\"p0\",\"installed\":false}}\n"

/** one that did not, with names that mean trouble */
#define POOR "{\"type\":\"child\",\"connection\":\"a\\u001b[2J b\"," \
	"\"child\":\"x\\\"y\\\\z\",\"ike_id\":2,\"child_id\":9," \
	"\"spi_in\":null,\"spi_out\":\"c0000003\",\"requested\":\"auto\"," \
	"\"effective\":\"none\",\"device\":null,\"reason\":\"driver-refused\"," \
	"\"kernel\":\"driver: not today\",\"errno\":22,\"moved\":{\"count\":2," \
	"\"time\":1,\"from\":\"crypto\",\"from_device\":\"p1\"},\"in\":null," \
	"\"out\":{\"spi\":\"c0000003\",\"effective\":\"none\",\"device\":null," \
	"\"reason\":\"in-use\",\"installed\":true,\"kernel_mode\":\"none\"," \
	"\"packets\":7,\"bytes\":70}}\n"

#define END(count) "{\"end\":true,\"count\":" #count "}\n"

/** what explain is answered */
#define RULE(child, result, text) "{\"type\":\"rule\"," \
	"\"connection\":\"gw\",\"child\":\"" child "\",\"rule\":\"route\"," \
	"\"result\":\"" result "\",\"text\":\"" text "\",\"time\":null}\n"
#define VERDICT(child, requested, expected) "{\"type\":\"verdict\"," \
	"\"connection\":\"gw\",\"child\":\"" child "\",\"requested\":\"" \
	requested "\",\"expected\":\"" expected "\",\"device\":\"p0\"," \
	"\"reason\":\"as-requested\",\"failed\":null}\n"

/** a policy of a trap */
#define POLICY "{\"type\":\"policy\",\"dir\":\"out\",\"selector\":{" \
	"\"src\":\"10.1.0.0/16\",\"dst\":\"10.2.0.0/16\",\"proto\":17," \
	"\"src_port\":null,\"dst_port\":\"4789\",\"interface\":null}," \
	"\"if_id\":null,\"mark\":null,\"busy\":false,\"installed\":true," \
	"\"action\":\"trap\",\"priority\":3000,\"requested\":\"packet\"," \
	"\"effective\":\"packet\",\"device\":\"p0\",\"reqid\":4," \
	"\"spi\":null,\"users\":2}\n"

/** one that is blocked */
#define BLOCKED(why, dst) "{\"type\":\"policy\",\"dir\":\"out\"," \
	"\"selector\":{\"src\":\"10.1.0.0/16\",\"dst\":\"" dst "\"," \
	"\"proto\":null,\"src_port\":null,\"dst_port\":null," \
	"\"interface\":null},\"if_id\":null,\"mark\":null," \
	"\"mark_mask\":null,\"busy\":false,\"action\":\"blocked\"," \
	"\"why\":\"" why "\",\"since\":1,\"connection\":\"gw\"," \
	"\"child\":\"net\",\"peer\":\"192.0.2.2\",\"installed\":true," \
	"\"guarded\":false,\"users\":0,\"in_kernel\":[]}\n"

/** What the service answers, if it is asked for policies something else unless
 * that is NULL, and what it was asked since the command was started. */
extern const char *answer, *answer_policies;
extern char asked[4096];

/** A directory of this test, and the socket in it. */
extern char dir[64], path[96];

/** Output of the command, its errors included. */
extern char output[65536];

/** Start and end the service. */
void command_setup(void);
void command_teardown(void);

/**
 * Run the command.
 *
 * @param args			options and arguments, parsed by a shell
 * @return				exit status
 */
int run(const char *args);

/**
 * Get a line of the output, counted from 0. The next call overwrites it.
 */
const char *line(int number);

/**
 * Get the document that was printed.
 *
 * @param command		command whose schema it has to follow
 * @return				document, to be released
 */
json_t *printed(const char *command);

/** Tests of what is blocked. */
TCase *blocked_tcase(void);

/** Tests of explain. */
TCase *explain_tcase(void);

/** Tests of clean-up. */
TCase *clean_up_tcase(void);

/** Tests of doctor. */
TCase *doctor_tcase(void);

#endif /** COMMAND_SUITES_H_ */
