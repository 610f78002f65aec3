// SPDX-License-Identifier: Apache-2.0
/*
 * sink_syslog.c: a receiver of syslog (RFC 5424 over TLS, RFC 5425) as a place for the journal:
 * settings, and a thread that sends, because names and networks may hang.
 *
 * Nobody says what is there. "Held" is what has stood the time Resend= (syslog_marks.h); from there
 * on the journal is sent again on each new connection. It is remembered in the file
 * "held-<name>" of the gateway's folder.
 *
 * Owns: when is sent, what is held. Must not own: messages (syslog_frame.h), the connection
 * (syslog_peer.h), trying again (sink.h).
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "gateway/work.h"
#include "sink.h"
#include "sink_memory.h"
#include "syslog_job.h"
#include "syslog_marks.h"
#include "syslog_tls.h"

#define DEFAULT_PORT	  6514
#define DEFAULT_TIMEOUT_S 30
#define DEFAULT_RESEND_S  60
#define PROBES		  4 /* within Resend= */
#define MEMORY		  "held"

struct syslog_settings {
	char *host;
	uint64_t port;
	char *ca_file;
	char *certificate_file;
	char *key_file;
	uint64_t timeout_s;
	uint64_t resend_s;
	struct syslog_place place;
};

/* @peer: NULL while a job has it; @held: see above; @next: first byte to send; @genesis: of the
 * journal that this is about */
struct syslog {
	struct sink_run run;
	struct work *work;
	struct syslog_peer *peer;
	struct syslog_marks marks;
	uint64_t held;
	uint64_t next;
	char genesis[MERKLE_HEX];
};

#define KEY(name_, type_, field, ...)                                                              \
	{                                                                                          \
		.name = name_, .type = type_, .offset = offsetof(struct syslog_settings, field),   \
		##__VA_ARGS__                                                                      \
	}

static const struct setting keys[] = {
	KEY("Host", SETTING_TEXT, host, .required = true),
	KEY("Port", SETTING_NUMBER, port, .min = 1, .max = 65535),
	KEY("CAFile", SETTING_PATH, ca_file),
	KEY("CertificateFile", SETTING_PATH, certificate_file),
	KEY("KeyFile", SETTING_SECRET, key_file),
	KEY("Timeout", SETTING_SECONDS, timeout_s, .min = 1, .max = 120),
	KEY("Resend", SETTING_SECONDS, resend_s, .min = 2, .max = 3600),
};

static void syslog_defaults(void *arg)
{
	struct syslog_settings *settings = arg;

	settings->port = DEFAULT_PORT;
	settings->timeout_s = DEFAULT_TIMEOUT_S;
	settings->resend_s = DEFAULT_RESEND_S;
}

static int syslog_check(void *arg, struct setting_error *error)
{
	struct syslog_settings *settings = arg;
	struct syslog_place *place = &settings->place;
	const struct syslog_tls_files files = { settings->ca_file, settings->certificate_file,
						settings->key_file };

	if (strlen(settings->host) >= sizeof(place->host) || strpbrk(settings->host, " /@[]"))
		return setting_refuse(error, -EINVAL,
				      "Host=%.200s is neither a name nor an address; the port "
				      "stands in Port=",
				      settings->host);
	if (settings->resend_s <= settings->timeout_s)
		return setting_refuse(error, -EINVAL,
				      "Resend= must be longer than Timeout=, after which a "
				      "broken connection is noticed at the latest");
	memcpy(place->host, settings->host, strlen(settings->host) + 1);
	place->port = (uint16_t)settings->port;
	place->timeout_s = (uint16_t)settings->timeout_s;
	place->probe_s = (uint32_t)(settings->resend_s / PROBES + 1);
	return syslog_tls_new(&files, &place->tls, error);
}

static void syslog_clear(void *arg)
{
	struct syslog_settings *settings = arg;

	SSL_CTX_free(settings->place.tls);
	setting_free_texts(settings, keys, ARRAY_SIZE(keys));
}

/* The files are read at the start; the system's authorities are where the sandbox lets one look. */
static const char *syslog_needs(const void *arg)
{
	(void)arg;
	return NULL;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* On the next connection all is sent again that is not held. */
static void disconnect(struct syslog *syslog)
{
	syslog->peer = syslog_peer_close(syslog->peer);
	syslog->marks.n = 0;
	syslog->next = syslog->held;
}

static void remember(struct syslog *syslog)
{
	char text[MERKLE_HEX + 32];
	int r;

	snprintf(text, sizeof(text), "%s %" PRIu64 "\n", syslog->genesis, syslog->held);
	r = sink_memory_write(&syslog->run, MEMORY, text);
	if (r < 0)
		log_error_errno(r, "%s: cannot keep how far it is, so that more is sent twice",
				syslog->run.sink->name);
}

/* A new journal, or the first look at one: on from where it was. */
static void begin(struct syslog *syslog)
{
	const struct gateway_journal *journal = syslog->run.context->journal;
	char text[MERKLE_HEX + 32];
	size_t length = strlen(journal->genesis);

	memcpy(syslog->genesis, journal->genesis, sizeof(syslog->genesis));
	sink_memory_read(&syslog->run, MEMORY, text, sizeof(text));
	syslog->held = 0;
	if (strncmp(text, journal->genesis, length) == 0 && text[length] == ' ')
		syslog->held = strtoull(text + length, NULL, 10);
	disconnect(syslog);
}

/* Whether the journal still has the lines that were sent. Return: it can go on; else told of. */
static bool is_whole(struct syslog *syslog)
{
	int r = gateway_journal_begins(syslog->run.context->journal, syslog->next);

	if (r > 0)
		return true;
	if (r == -EAGAIN)
		sink_wait(&syslog->run, syslog->next);
	else if (r < 0)
		sink_failed(&syslog->run, IPC_SINK_RETRYING, 0, "cannot read the journal: %s",
			    strerror(-r));
	else
		sink_failed(&syslog->run, IPC_SINK_DIVERGED, 0,
			    "%" PRIu64 " bytes were sent, and the journal has other lines there, "
			    "or none: it was cut or begun anew",
			    syslog->next);
	return false;
}

static bool settle(struct syslog *syslog)
{
	if (!syslog_marks_settle(&syslog->marks, now_ms(), syslog_peer_acked(syslog->peer),
				 &syslog->held))
		return false;
	remember(syslog);
	return true;
}

static void fail(struct syslog *syslog, const struct syslog_trouble *trouble)
{
	disconnect(syslog);
	sink_failed(&syslog->run, trouble->refused ? IPC_SINK_REFUSED : IPC_SINK_RETRYING, 0, "%s",
		    trouble->text);
}

static void on_done(void *arg, void *job_arg)
{
	struct syslog *syslog = arg;
	struct syslog_job *job = job_arg;
	uint64_t wait_s = job->next < syslog->run.context->journal->bytes ? 0 : 1;

	syslog->work = NULL;
	syslog->peer = TAKE_PTR(job->peer);
	syslog->next = job->next;
	if (job->failed) {
		fail(syslog, &job->trouble);
	} else {
		syslog_marks_add(&syslog->marks, &(struct syslog_mark){
							 .time_ms = now_ms(),
							 .offset = syslog->next,
							 .wire = syslog_peer_written(syslog->peer),
						 });
		if (settle(syslog))
			sink_sent(&syslog->run, syslog->held, wait_s);
		else if (job->wanted)
			sink_wait(&syslog->run, syslog->next);
		else
			sink_again(&syslog->run, wait_s);
	}
	syslog_job_free(job);
}

static void run_job(void *job)
{
	syslog_job_do(job);
}

static void free_job(void *job)
{
	syslog_job_free(job);
}

static void start_job(struct syslog *syslog)
{
	static const struct work_ops ops = { .run = run_job, .done = on_done, .free = free_job };
	const struct syslog_settings *settings = syslog->run.sink->settings;
	const struct sink_context *context = syslog->run.context;
	struct syslog_job *job =
		syslog_job_new(context->journal, &settings->place, syslog->peer, syslog->next);

	if (job)
		syslog->peer = NULL;
	if (job && work_start(context->base, &ops, job, syslog, &syslog->work) == 0)
		return;
	if (job)
		syslog_job_free(job);
	disconnect(syslog);
	sink_failed(&syslog->run, IPC_SINK_RETRYING, 0, "out of memory, threads or descriptors");
}

/* Return: whether it has come to an end, which has been told of. */
static bool is_lost(struct syslog *syslog)
{
	struct syslog_trouble trouble;

	if (!syslog->peer || syslog_peer_look(syslog->peer, &trouble) == 0)
		return false;
	if (syslog->next > syslog->held) {
		fail(syslog, &trouble);
		return true;
	}
	log_debug("%s: %s", syslog->run.sink->name, trouble.text);
	disconnect(syslog);
	return false;
}

static void syslog_go(struct sink_run *run)
{
	struct syslog *syslog = (struct syslog *)run;
	const struct syslog_settings *settings = run->sink->settings;
	const struct gateway_journal *journal = run->context->journal;

	syslog->marks.wait_ms = settings->resend_s * 1000;
	if (strcmp(syslog->genesis, journal->genesis) != 0)
		begin(syslog);
	run->busy = true;
	if (!is_whole(syslog) || is_lost(syslog))
		return;
	if (syslog->next < journal->bytes)
		start_job(syslog);
	else if (syslog->peer && settle(syslog))
		sink_sent(run, syslog->held, 1);
	else if (syslog->next > syslog->held)
		sink_under_way(run, syslog->held, 1);
	else if (run->told.state != IPC_SINK_SENT)
		sink_sent(run, syslog->held, 1);
	else
		run->busy = false;
}

static void syslog_close(struct sink_run *run)
{
	struct syslog *syslog = (struct syslog *)run;

	syslog->work = work_cancel(syslog->work);
	syslog->peer = syslog_peer_close(syslog->peer);
}

const struct sink_ops sink_syslog = {
	.kind = "Syslog",
	.settings_size = sizeof(struct syslog_settings),
	.keys = keys,
	.n_keys = ARRAY_SIZE(keys),
	.defaults = syslog_defaults,
	.check = syslog_check,
	.clear = syslog_clear,
	.readable = syslog_needs,
	.writable = syslog_needs,
	.run_size = sizeof(struct syslog),
	.go = syslog_go,
	.close = syslog_close,
};
