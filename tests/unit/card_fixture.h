/* SPDX-License-Identifier: Apache-2.0 */
/*
 * card_fixture.h: the request that the cards of chats are tested with. Owns no test.
 */
#ifndef SLUICE_TEST_CARD_FIXTURE_H
#define SLUICE_TEST_CARD_FIXTURE_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/cleanup.h"
#include "base/escape.h"
#include "ipc.h"

#define DIGEST "3f9a22c1d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b"

static struct ipc_request request;

static int card_setup(void **state)
{
	(void)state;
	request = (struct ipc_request){
		.id = "r-7k2m9x",
		.digest = DIGEST,
		.host = "etl-04.example",
		.rule = "pii-egress",
		.action = "egress",
		.waiting = "hold",
		.scope = "process",
		.state = IPC_PENDING,
		.n_sources = 2,
		.approvals_needed = 2,
		.approvals = 1,
		.sensitivity = 80,
		.tries = 3,
		.uid = 1001,
		.loginuid = 1007,
		.pid = 812,
		.duration_s = 300,
		.opened_ms = 1795365000000,
		.expires_ms = 1795365900000,
		.labels = "pii, finance",
		.requester = "dana",
		.user = "etl",
		.comm = "python3",
		.executable = "/usr/bin/python3.11",
		.command = "python3 /opt/etl/export.py --to partner",
		.unit = "etl.service",
		.target = "198.51.100.7 port 443 tcp",
		.reason = "monthly report",
		.reason_from = "session",
		.reviewers = "data-owners",
		.sources = {
			{ .path = "/data/customers.csv", .labels = "pii", .reader = "python3[812]",
			  .time_ms = 1795364990000 },
			{ .path = "/data/ledger.db", .labels = "finance", .reader = "loader[640]",
			  .time_ms = 1795364000000 },
		},
	};

	return 0;
}

#endif
