// SPDX-License-Identifier: Apache-2.0
/*
 * sink_collector.c: a server that takes the journal's lines (NDJSON) over HTTPS.
 *
 *	POST, Content-Type: application/x-ndjson, Sluice-Journal: <hash of entry 0, hex>,
 *	Sluice-Offset: <first byte>; the body is bytes of the journal, none for a question
 *	answer 2xx or 409: {"size": <bytes of that journal that are held now>}
 *
 * The server says what it holds, with each answer, so nothing is kept here: after a restart it is
 * asked, and bytes that came without an answer are not sent twice. 409: the bytes do not begin
 * where those end that are held.
 *
 * Owns: these posts. Must not own: trying again (sink.h), which status means what
 * (notifier_answer.h).
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "notifier/notifier_answer.h"
#include "sink.h"
#include "sink_target.h"

#define ANSWER_MAX 4096

struct collector_settings {
	struct sink_target target;
};

/* @known: @held is what the server said last; @sent: bytes under way; @genesis: of which journal */
struct collector {
	struct sink_run run;
	struct http_transfer *transfer;
	bool known;
	uint64_t held;
	uint64_t sent;
	char genesis[MERKLE_HEX];
};

static const struct setting keys[] = { SINK_TARGET_KEYS(struct collector_settings, target) };

static void collector_defaults(void *arg)
{
	struct collector_settings *settings = arg;

	sink_target_defaults(&settings->target);
}

static int collector_check(void *arg, struct setting_error *error)
{
	struct collector_settings *settings = arg;

	return sink_target_check(&settings->target, error);
}

static void collector_clear(void *arg)
{
	struct collector_settings *settings = arg;

	sink_target_clear(&settings->target);
}

static const char *collector_readable(const void *arg)
{
	const struct collector_settings *settings = arg;

	return settings->target.reach.ca_file;
}

static const char *collector_writable(const void *arg)
{
	(void)arg;
	return NULL;
}

/* Of an answer. Return: 0 or -EBADMSG. */
static int read_size(const struct http_answer *answer, uint64_t *ret)
{
	json_auto_t *body = answer->cut ? NULL : json_loads(answer->body, 0, NULL);
	const json_t *size = json_object_get(body, "size");

	if (!json_is_integer(size) || json_integer_value(size) < 0)
		return -EBADMSG;
	*ret = (uint64_t)json_integer_value(size);
	return 0;
}

/* It is known what the server has. */
static void on_size(struct collector *collector, uint64_t size, bool taken)
{
	uint64_t bytes = collector->run.context->journal->bytes, before = collector->held;
	bool stuck = collector->known && size == before && collector->sent > 0;

	collector->held = size;
	collector->known = size <= bytes;
	if (size > bytes)
		sink_failed(&collector->run, IPC_SINK_DIVERGED, 0,
			    "%" PRIu64 " bytes are there, and the journal has only %" PRIu64
			    ": it was cut or begun anew",
			    size, bytes);
	else if (stuck)
		sink_failed(&collector->run, IPC_SINK_RETRYING, 0, "it %s, and holds no more",
			    taken ? "took what was sent" : "wants what was sent");
	else
		sink_sent(&collector->run, size, size < bytes ? 0 : 1);
}

static void on_answer(void *arg, const struct http_answer *answer)
{
	struct collector *collector = arg;
	struct notifier_result result;
	uint64_t size = 0;

	collector->transfer = NULL;
	notifier_answer_judge(answer, &result);
	if (answer->status != 409 && result.outcome != NOTIFIER_DONE) {
		collector->known = collector->known && result.outcome == NOTIFIER_REFUSED;
		sink_failed(&collector->run,
			    result.outcome == NOTIFIER_REFUSED ? IPC_SINK_REFUSED
							       : IPC_SINK_RETRYING,
			    result.wait_s, "%s", result.text);
	} else if (read_size(answer, &size) < 0) {
		sink_failed(&collector->run, IPC_SINK_REFUSED, result.wait_s,
			    "HTTP %ld without {\"size\": …}: it does not say what it holds",
			    answer->status);
	} else {
		on_size(collector, size, result.outcome == NOTIFIER_DONE);
	}
}

static int post(struct collector *collector, const char *body)
{
	const struct collector_settings *settings = collector->run.sink->settings;
	char journal[128], offset[64];
	const char *const headers[] = { journal, offset, NULL };
	const struct http_message message = {
		.body = body,
		.type = "application/x-ndjson",
		.headers = headers,
		.answer_max = ANSWER_MAX,
	};

	snprintf(journal, sizeof(journal), "Sluice-Journal: %s", collector->genesis);
	snprintf(offset, sizeof(offset), "Sluice-Offset: %" PRIu64,
		 collector->known ? collector->held : 0);
	return sink_target_post(&settings->target, collector->run.context->http, NULL, &message,
				on_answer, collector, &collector->transfer);
}

static void collector_go(struct sink_run *run)
{
	const struct gateway_journal *journal = run->context->journal;
	struct collector *collector = (struct collector *)run;
	_cleanup_free_ char *body = NULL;
	ssize_t n = 0;
	int r;

	if (strcmp(collector->genesis, journal->genesis) != 0 || journal->bytes < collector->held)
		collector->known = false;
	if (collector->known && collector->held == journal->bytes)
		return;
	memcpy(collector->genesis, journal->genesis, sizeof(collector->genesis));
	run->busy = true;
	body = malloc(SINK_CHUNK + 1);
	if (body && collector->known)
		n = gateway_journal_read(journal, collector->held, body, SINK_CHUNK);
	if (n == -EAGAIN) {
		sink_wait(run, collector->held);
		return;
	}
	if (body && n >= 0)
		body[n] = '\0';
	collector->sent = n > 0 ? (uint64_t)n : 0;
	r = !body ? -ENOMEM : n < 0 ? (int)n : post(collector, body);
	if (r < 0)
		sink_failed(run, IPC_SINK_RETRYING, 0, "cannot send: %s", strerror(-r));
}

static void collector_close(struct sink_run *run)
{
	const struct collector *collector = (const struct collector *)run;

	http_cancel(collector->transfer);
}

const struct sink_ops sink_collector = {
	.kind = "Collector",
	.settings_size = sizeof(struct collector_settings),
	.keys = keys,
	.n_keys = ARRAY_SIZE(keys),
	.defaults = collector_defaults,
	.check = collector_check,
	.clear = collector_clear,
	.readable = collector_readable,
	.writable = collector_writable,
	.receipt = true,
	.run_size = sizeof(struct collector),
	.go = collector_go,
	.close = collector_close,
};
