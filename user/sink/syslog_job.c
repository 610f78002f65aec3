// SPDX-License-Identifier: Apache-2.0
/*
 * syslog_job.c: see syslog_job.h.
 */
#include "syslog_job.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "sink.h"

struct syslog_job *syslog_job_new(const struct gateway_journal *journal,
				  const struct syslog_place *place, struct syslog_peer *peer,
				  uint64_t next)
{
	struct syslog_job *job = calloc(1, sizeof(*job));
	char host[sizeof(job->origin.host)] = "";

	if (!job)
		return NULL;
	if (gateway_journal_copy(journal, &job->journal) < 0) {
		free(job);
		return NULL;
	}
	gethostname(host, sizeof(host) - 1);
	syslog_origin_init(&job->origin, host, journal->genesis);
	job->place = *place;
	SSL_CTX_up_ref(job->place.tls);
	job->peer = peer;
	job->next = next;
	return job;
}

void syslog_job_free(struct syslog_job *job)
{
	syslog_peer_close(job->peer);
	SSL_CTX_free(job->place.tls);
	gateway_journal_clear(&job->journal);
	free(job);
}

/* Whole lines. Owned by the caller; NULL: no memory. */
static char *frame_lines(const struct syslog_job *job, const char *lines, size_t n,
			 size_t *ret_size)
{
	char *frames = NULL;
	FILE *out = open_memstream(&frames, ret_size);
	const char *line = lines;
	bool bad;

	if (!out)
		return NULL;
	while (line < lines + n) { /* lint: it ends with LF */
		const char *end = memchr(line, '\n', (size_t)(lines + n - line));

		syslog_frame_write(out, &job->origin, job->next + (uint64_t)(line - lines), line,
				   (size_t)(end - line));
		line = end + 1;
	}
	bad = ferror(out);
	if (fclose(out) == 0 && !bad)
		return frames;
	free(frames);
	return NULL;
}

static int fail(struct syslog_job *job, const char *what, int r)
{
	snprintf(job->trouble.text, sizeof(job->trouble.text), "%s: %s", what, strerror(-r));
	return -1;
}

/* Return: bytes of the journal that were sent; 0: no more now; -1 with @job->trouble. */
static ssize_t send_chunk(struct syslog_job *job)
{
	_cleanup_free_ char *lines = malloc(SINK_CHUNK), *frames = NULL;
	size_t size;
	ssize_t n =
		lines ? gateway_journal_read(&job->journal, job->next, lines, SINK_CHUNK) : -ENOMEM;

	job->wanted = n == -EAGAIN;
	if (job->wanted)
		return 0;
	if (n < 0)
		return fail(job, "cannot read the journal", (int)n);
	frames = frame_lines(job, lines, (size_t)n, &size);
	if (!frames)
		return fail(job, "cannot send", -ENOMEM);
	return syslog_peer_send(job->peer, frames, size, &job->trouble) < 0 ? -1 : n;
}

void syslog_job_do(struct syslog_job *job)
{
	uint64_t end = job->next + SYSLOG_PIECE;
	ssize_t n = 1;

	if (!job->peer)
		job->failed = syslog_peer_open(&job->place, &job->peer, &job->trouble) < 0;
	while (!job->failed && n > 0 && job->next < end) {
		n = send_chunk(job);
		job->failed = n < 0;
		job->next += n > 0 ? (uint64_t)n : 0;
	}
}
