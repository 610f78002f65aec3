/* SPDX-License-Identifier: Apache-2.0 */
/*
 * syslog_job.h: one piece of the journal on its way to a receiver of syslog.
 *
 * Owns: connecting where there is no connection, and reading, framing and sending lines. Must not
 * own: when that is done, and what it means (sink_syslog.c). Blocks as long as the network does.
 */
#ifndef SLUICE_SYSLOG_JOB_H
#define SLUICE_SYSLOG_JOB_H

#include "gateway/gateway_journal.h"
#include "syslog_frame.h"
#include "syslog_peer.h"

/* Bytes of the journal that a job sends at most, so that it is told how far it is. */
#define SYSLOG_PIECE (4U << 20)

/**
 * struct syslog_job: made by syslog_job_new().
 * @journal, @place: with a descriptor and a share of their own
 * @peer: the connection, or NULL; the job's own while it runs
 * @next: first byte that is not sent
 * @wanted: they are in a file that is not here
 * @failed: the connection is broken, and @trouble says why
 */
struct syslog_job {
	struct gateway_journal journal;
	struct syslog_place place;
	struct syslog_origin origin;
	struct syslog_peer *peer;
	uint64_t next;
	bool wanted;
	bool failed;
	struct syslog_trouble trouble;
};

/* @peer stays the caller's if there is no memory or no descriptor: NULL. */
struct syslog_job *syslog_job_new(const struct gateway_journal *journal,
				  const struct syslog_place *place, struct syslog_peer *peer,
				  uint64_t next);
void syslog_job_free(struct syslog_job *job); /* closes @peer, too */

void syslog_job_do(struct syslog_job *job);

#endif
