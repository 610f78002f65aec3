// SPDX-License-Identifier: Apache-2.0
/*
 * sink_witness.c: a witness, who signs that it has seen the journal, and never again a journal that
 * is not what that one has become (C2SP tlog-witness, tlog-cosignature).
 *
 *	POST <URL>/add-checkpoint
 *	old <entries that the witness has seen> LF, base64 of a hash LF, for each of the consistency
 *	proof, LF, the checkpoint's note
 *	200: signature lines; 409: the number of entries that it has seen
 *
 * What it has signed goes to the file "cosigned-<name>" of the gateway's folder (a note with the
 * witness's line) and to sluiced, who journals it.
 *
 * Owns: this exchange. Must not own: what is to be seen (witness_scan.h), trying again (sink.h).
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/base64.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "key/note.h"
#include "notifier/notifier_answer.h"
#include "sink.h"
#include "sink_memory.h"
#include "sink_target.h"
#include "witness_scan.h"

#define DEFAULT_INTERVAL_S 10
#define ANSWER_MAX	   4096
#define MEMORY		   "cosigned"
#define NOTE_MAX	   sizeof(((struct ipc_cosigned *)0)->note)

struct witness_settings {
	struct sink_target target;
	char *key_text;
	uint64_t interval_s;
	struct note_key *key;
};

/* @begun: @scan is of the journal with this @genesis */
struct witness {
	struct sink_run run;
	struct http_transfer *transfer;
	struct witness_scan scan;
	bool begun;
	char genesis[MERKLE_HEX];
};

static const struct setting keys[] = {
	SINK_TARGET_KEYS(struct witness_settings, target),
	{ .name = "Key",
	  .type = SETTING_TEXT,
	  .offset = offsetof(struct witness_settings, key_text),
	  .required = true },
	{ .name = "Interval",
	  .type = SETTING_SECONDS,
	  .offset = offsetof(struct witness_settings, interval_s),
	  .min = 1,
	  .max = 86400 },
};

static void witness_defaults(void *arg)
{
	struct witness_settings *settings = arg;

	sink_target_defaults(&settings->target);
	settings->interval_s = DEFAULT_INTERVAL_S;
}

static int witness_check(void *arg, struct setting_error *error)
{
	struct witness_settings *settings = arg;

	if (note_key_parse_witness(settings->key_text, &settings->key) < 0)
		return setting_refuse(error, -EINVAL,
				      "Key=%.200s is not the key of a witness "
				      "(name+id+base64, of kind cosignature/v1); copy it from its "
				      "operator",
				      settings->key_text);
	return sink_target_check(&settings->target, error);
}

static void witness_clear(void *arg)
{
	struct witness_settings *settings = arg;

	sink_target_clear(&settings->target);
	note_key_free(settings->key);
	free(settings->key_text);
}

static const char *witness_readable(const void *arg)
{
	const struct witness_settings *settings = arg;

	return settings->target.reach.ca_file;
}

static const char *witness_writable(const void *arg)
{
	(void)arg;
	return NULL;
}

/* What it has seen, as far as is known here; where nothing is, it will say so itself. */
static void begin(struct witness *witness)
{
	const struct gateway_journal *journal = witness->run.context->journal;
	uint8_t root[MERKLE_HASH];
	uint64_t size = 0;
	char note[NOTE_MAX];

	sink_memory_read(&witness->run, MEMORY, note, sizeof(note));
	if (*note && witness_scan_read(note, &size, root))
		witness_scan_begin(&witness->scan, journal, size, root);
	else
		witness_scan_begin(&witness->scan, journal, 0, NULL);
}

static void diverged(struct witness *witness, const char *why)
{
	witness->begun = false;
	sink_failed(&witness->run, IPC_SINK_DIVERGED, 0, "%s", why);
}

/* Its line is put behind the note, and checked as whoever verifies will. Return: 0 or -errno. */
static int take_cosignature(struct witness *witness, const char *lines, char *note, size_t size)
{
	const struct witness_settings *settings = witness->run.sink->settings;
	struct note_info info;
	uint64_t time_s;
	int n = snprintf(note, size, "%s%s", witness->scan.note, lines);

	if (n < 0 || (size_t)n >= size)
		return -EMSGSIZE;
	return note_verify_witness(note, (size_t)n, settings->key, &time_s, &info);
}

static void on_cosigned(struct witness *witness, const char *lines)
{
	const struct witness_settings *settings = witness->run.sink->settings;
	const struct sink_context *context = witness->run.context;
	struct ipc_cosigned cosigned = { 0 };
	int r = take_cosignature(witness, lines, cosigned.note, sizeof(cosigned.note));

	if (r < 0) {
		sink_failed(&witness->run, IPC_SINK_REFUSED, 0,
			    "what it answers is not signed by Key=: %s", strerror(-r));
		return;
	}
	/* Durable: what the witness has seen last is where the next proof begins. */
	r = sink_memory_write(&witness->run, MEMORY, cosigned.note);
	if (r < 0)
		log_error_errno(r, "%s: cannot keep what it has signed", witness->run.sink->name);
	memcpy(cosigned.name, witness->run.sink->name, sizeof(cosigned.name));
	context->cosigned(context->arg, &cosigned);
	witness_scan_advance(&witness->scan);
	sink_sent(&witness->run, witness->scan.base, settings->interval_s);
}

/* It has seen another number of entries than we thought. */
static void on_conflict(struct witness *witness, const char *body)
{
	char *end;
	uint64_t size = strtoull(body, &end, 10);

	if (end == body || (*end && *end != '\n'))
		sink_failed(&witness->run, IPC_SINK_REFUSED, 0, "HTTP 409 without a size");
	else if (size > witness->scan.growth.tree.size)
		diverged(witness, "it has seen more entries than the journal has: the journal was "
				  "cut or begun anew");
	else if (size == witness->scan.base)
		sink_failed(&witness->run, IPC_SINK_RETRYING, 0, "HTTP 409, with the right size");
	else {
		witness_scan_begin(&witness->scan, witness->run.context->journal, size, NULL);
		sink_again(&witness->run, 0);
	}
}

static void on_answer(void *arg, const struct http_answer *answer)
{
	struct witness *witness = arg;
	struct notifier_result result;

	witness->transfer = NULL;
	notifier_answer_judge(answer, &result);
	if (answer->status == 200)
		on_cosigned(witness, answer->body);
	else if (answer->status == 409)
		on_conflict(witness, answer->body);
	else if (answer->status == 422)
		diverged(witness, "what it has seen is not the beginning of this journal: "
				  "HTTP 422");
	else if (answer->status == 404)
		sink_failed(&witness->run, IPC_SINK_REFUSED, 0,
			    "HTTP 404: it does not know this journal; give its operator the key "
			    "that 'sluice journal verify' shows");
	else
		sink_failed(&witness->run,
			    result.outcome == NOTIFIER_REFUSED ? IPC_SINK_REFUSED
							       : IPC_SINK_RETRYING,
			    result.wait_s, "%s", *result.text ? result.text : "no cosignature");
}

/* The body of a post; to be freed; NULL: no memory. */
static char *compose(const struct witness_scan *scan)
{
	char hash[BASE64_SIZE(MERKLE_HASH)];
	char *body = NULL;
	size_t size;
	FILE *out = open_memstream(&body, &size);

	if (!out)
		return NULL;
	fprintf(out, "old %" PRIu64 "\n", scan->base);
	for (unsigned int i = 0; i < scan->proof.n; i++) {
		base64_encode(scan->proof.hash[i], MERKLE_HASH, hash);
		fprintf(out, "%s\n", hash);
	}
	fprintf(out, "\n%s", scan->note);
	if (fclose(out) == 0)
		return body;
	free(body);
	return NULL;
}

static void post(struct witness *witness)
{
	const struct witness_settings *settings = witness->run.sink->settings;
	_cleanup_free_ char *body = compose(&witness->scan);
	const struct http_message message = {
		.body = body,
		.type = "text/plain; charset=utf-8",
		.answer_max = ANSWER_MAX,
	};
	int r = !body ? -ENOMEM
		      : sink_target_post(&settings->target, witness->run.context->http,
					 "add-checkpoint", &message, on_answer, witness,
					 &witness->transfer);

	if (r < 0)
		sink_failed(&witness->run, IPC_SINK_RETRYING, 0, "cannot send: %s", strerror(-r));
}

static int start_scan(struct witness *witness)
{
	const struct gateway_journal *journal = witness->run.context->journal;
	int r = 0;

	if (witness->begun && strcmp(witness->genesis, journal->genesis) == 0 &&
	    witness->scan.at <= journal->bytes)
		return 0;
	if (!witness->scan.growth.tree.md)
		r = witness_scan_init(&witness->scan);
	if (r < 0)
		return r;
	memcpy(witness->genesis, journal->genesis, sizeof(witness->genesis));
	begin(witness);
	witness->begun = true;
	return 0;
}

static void witness_go(struct sink_run *run)
{
	struct witness *witness = (struct witness *)run;
	int r = start_scan(witness);

	run->busy = true;
	if (r == 0)
		r = witness_scan_step(&witness->scan, run->context->journal);
	if (r == -EAGAIN)
		sink_wait(run, witness->scan.at);
	else if (r == -ENODATA)
		diverged(witness, "the files of the journal that it has seen last are gone");
	else if (r == -EBADMSG)
		diverged(witness, "what it has seen is not the beginning of this journal");
	else if (r < 0)
		sink_failed(run, IPC_SINK_RETRYING, 0, "cannot read the journal: %s", strerror(-r));
	else if (r > 0)
		sink_again(run, 0);
	else if (!witness->scan.reached)
		diverged(witness, "it has seen more entries than the journal has: the journal was "
				  "cut or begun anew");
	else if (witness->scan.note)
		post(witness);
	else
		run->busy = false;
}

static void witness_close(struct sink_run *run)
{
	struct witness *witness = (struct witness *)run;

	http_cancel(witness->transfer);
	witness_scan_done(&witness->scan);
}

const struct sink_ops sink_witness = {
	.kind = "Witness",
	.settings_size = sizeof(struct witness_settings),
	.keys = keys,
	.n_keys = ARRAY_SIZE(keys),
	.defaults = witness_defaults,
	.check = witness_check,
	.clear = witness_clear,
	.readable = witness_readable,
	.writable = witness_writable,
	.receipt = true,
	.run_size = sizeof(struct witness),
	.go = witness_go,
	.close = witness_close,
};
