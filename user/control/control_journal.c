/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control_journal.c: the journal on its way off the host: what the gateway is given of it, and what
 * it reports: see control_peer.h. Must not own: sending it anywhere (sink.h in the gateway).
 *
 * The gateway gets a descriptor that only reads, so that the file's mode and folder stay closed to
 * its user, and the policy says whether it gets one at all. It is told only of what is durable: a
 * place elsewhere that had more than the file after a crash could not be gone on with.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "control_peer.h"
#include "event/record.h"
#include "journal/journal.h"
#include "policy/policy.h"

/* How often a place is journaled whose copy grows. */
#define GROWN_MS 3600000

static bool is_allowed(const struct agent *agent)
{
	return agent->policy && agent->policy->settings.journal_to_gateway && agent->journal;
}

/* @part: the file that goes along. */
static int send_file(struct client *client, struct ipc_journal *body,
		     const struct journal_part *part)
{
	_cleanup_close_ int fd = journal_reader(client->control->agent->journal, part);
	int r = fd;

	body->from = part->from;
	body->to = part->written ? 0 : part->to;
	body->first = part->first;
	if (fd >= 0)
		r = channel_send_file(client->sock, IPC_NOTIFY_JOURNAL, body, sizeof(*body), fd);
	client->sent |= r == 0;
	if (r == -EAGAIN)
		return r;
	if (part->written) {
		client->has_journal = r == 0;
		client->journal_from = part->from;
	} else {
		client->part_wanted = false;
	}
	/* The requests are more important than the copy: the gateway stays, and asks again. */
	if (r < 0)
		log_error_errno(r, "Cannot give the journal to the gateway");
	return 0;
}

static bool lacks_file(const struct client *client)
{
	return !client->has_journal ||
	       client->journal_from != journal_written_from(client->control->agent->journal);
}

/* The file that is written comes first, then the one that was asked for. */
static int send_what_is_due(struct client *client, struct ipc_journal *body)
{
	struct journal *journal = client->control->agent->journal;
	struct journal_part part = { 0 }, oldest = { 0 };
	bool lacks = lacks_file(client);
	int r = journal_part(journal, 0, &oldest);

	if (r == 0)
		r = journal_part(journal, lacks ? UINT64_MAX : client->part_at, &part);
	if (r < 0) {
		client->part_wanted = false;
		return 0;
	}
	body->bytes = journal_durable(journal);
	body->entries = journal_signed(journal);
	body->oldest = oldest.from;
	snprintf(body->genesis, sizeof(body->genesis), "%s", journal_genesis(journal));
	if (lacks || client->part_wanted)
		return send_file(client, body, &part);
	return client_send(client, IPC_NOTIFY_JOURNAL, body, sizeof(*body));
}

int gateway_send_journal(struct client *client)
{
	const struct agent *agent = client->control->agent;
	struct ipc_journal body = { .refused = !is_allowed(agent) };
	int r;

	if (body.refused)
		r = client_send(client, IPC_NOTIFY_JOURNAL, &body, sizeof(body));
	else
		r = send_what_is_due(client, &body);
	if (r == 0) {
		client->journal_waits = false;
		client->journal_told = body.bytes;
		client->journal_refused = body.refused;
	}
	return r;
}

bool gateway_journal_changed(const struct client *client)
{
	const struct agent *agent = client->control->agent;

	if (!client->wants_journal || client->journal_waits)
		return false;
	if (!is_allowed(agent))
		return !client->journal_refused;
	return client->part_wanted || client->journal_told != journal_durable(agent->journal);
}

int gateway_part(struct client *client, const struct channel_message *message,
		 struct answer *answer)
{
	(void)answer;
	client->part_wanted = true;
	client->part_at = message->body.part.at;
	control_notify_journal(client->control->agent);
	return 0;
}

/* A gateway that somebody has taken over does not fill the disk: so many entries a minute. */
static bool may_journal(struct control *control)
{
	uint64_t minute = agent_time_ms() / 60000;

	if (control->sink_minute != minute) {
		control->sink_minute = minute;
		control->sink_entries = 0;
	}
	return control->sink_entries++ < CONTROL_SINK_ENTRIES;
}

/* The place of this name, new when there is none; NULL: there are too many. */
static struct ipc_sink *find_sink(struct control *control, const char *name)
{
	struct ipc_sink *sink = control->sinks;

	for (; sink < control->sinks + control->n_sinks; sink++)
		if (strcmp(sink->name, name) == 0)
			return sink;
	if (control->n_sinks == SLUICE_MAX_SINKS)
		return NULL;
	control->n_sinks++;
	snprintf(sink->name, sizeof(sink->name), "%s", name);
	return sink;
}

static void journal_sink(struct agent *agent, const struct ipc_sink *sink)
{
	static const char *const states[IPC_SINK_STATES] = {
		[IPC_SINK_SENT] = "sent",
		[IPC_SINK_RETRYING] = "retrying",
		[IPC_SINK_REFUSED] = "refused",
		[IPC_SINK_DIVERGED] = "diverged",
	};
	const char *state = states[sink->state];

	record_add(agent, NULL,
		   json_pack("{s:o, s:s, s:I, s:b, s:o}", "sink", record_text(sink->name), "state",
			     state, "held", (json_int_t)sink->held, "receipt",
			     sink->receipt != 0, "text", record_text(sink->text)),
		   "journal.sink", "the journal's copy at %s: %s%s%s", sink->name, state,
		   *sink->text ? ": " : "", sink->text);
	record_commit(agent);
}

int gateway_sink(struct client *client, const struct channel_message *message,
		 struct answer *answer)
{
	const struct ipc_sink *news = &message->body.sink;
	struct control *control = client->control;
	struct ipc_sink *sink;
	bool changed;

	(void)answer;
	if (!news->state || news->state >= IPC_SINK_STATES) {
		log_warning("The gateway reports on a copy of the journal in no known "
			    "state: ended");
		return -EPROTO;
	}
	sink = find_sink(control, news->name);
	if (!sink)
		return 0;
	changed = sink->state != news->state ||
		  (sink->held != news->held && sink->time_ms + GROWN_MS < agent_time_ms());
	if (changed)
		sink->time_ms = agent_time_ms();
	sink->state = news->state;
	sink->held = news->held;
	sink->receipt = news->receipt != 0;
	memcpy(sink->text, news->text, sizeof(sink->text));
	control->sink_heard_ms[sink - control->sinks] = agent_time_ms();
	control->sink_hello[sink - control->sinks] = control->hellos;
	if (changed && may_journal(control))
		journal_sink(control->agent, sink);
	return 0;
}

void control_describe_sinks(const struct control *control, struct ipc_status *ret)
{
	memcpy(ret->sinks, control->sinks, sizeof(ret->sinks));
	ret->n_sinks = (uint32_t)control->n_sinks;
	for (size_t i = 0; i < control->n_sinks; i++)
		ret->sinks[i].time_ms = control->sink_heard_ms[i];
}

/* A witness has seen entries, and holds none. */
static bool is_witness(const struct ipc_sink *sink)
{
	size_t length = strlen("witness");

	return strncmp(sink->name, "witness", length) == 0 &&
	       (!sink->name[length] || sink->name[length] == '-');
}

static bool holds(const struct ipc_sink *sink, uint64_t bytes, uint64_t entries)
{
	bool well = sink->state == IPC_SINK_SENT || sink->state == IPC_SINK_RETRYING;

	return well && sink->held >= (is_witness(sink) ? entries : bytes);
}

const char *control_not_copied(const struct agent *agent, uint64_t bytes, uint64_t entries)
{
	const struct control *control = agent->control;
	size_t heard = 0, copies = 0;

	if (!is_allowed(agent))
		return NULL;
	if (!control || !control->gateway)
		return "the gateway, which says what is held off the host, is not connected";
	for (size_t i = 0; i < control->n_sinks; i++) {
		const struct ipc_sink *sink = &control->sinks[i];

		if (control->sink_hello[i] != control->hellos)
			continue;
		if (!holds(sink, bytes, entries))
			return "not all places that the journal is sent to hold it; see: sluice "
			       "status";
		heard++;
		copies += sink->receipt && !is_witness(sink);
	}
	if (heard < control->hello_sinks)
		return "not all places that the journal is sent to have said what they hold";
	return copies || !control->hello_sinks
		       ? NULL
		       : "no place that the journal is sent to says what it holds: [Syslog] does "
			 "not, and a [Witness] holds none of it";
}

json_t *control_copies(const struct agent *agent)
{
	const struct control *control = agent->control;
	json_t *copies = json_array();

	for (size_t i = 0; control && i < control->n_sinks; i++)
		if (control->sink_hello[i] == control->hellos)
			json_array_append_new(
				copies,
				json_pack("{s:o,s:I,s:b}", "sink",
					  record_text(control->sinks[i].name), "held",
					  (json_int_t)control->sinks[i].held, "receipt",
					  control->sinks[i].receipt != 0));
	return copies;
}

/* The witness's key is not known here: whoever has it checks the signature (sluice journal verify).
 */
static bool is_of_this_journal(const struct agent *agent, const char *note)
{
	const char *vkey = agent->journal ? journal_vkey(agent->journal) : "";
	size_t size = strcspn(vkey, "+");

	return size > 0 && strncmp(note, vkey, size) == 0 && note[size] == '\n';
}

int gateway_cosigned(struct client *client, const struct channel_message *message,
		     struct answer *answer)
{
	const struct ipc_cosigned *cosigned = &message->body.cosigned;
	struct agent *agent = client->control->agent;

	(void)answer;
	if (!is_of_this_journal(agent, cosigned->note)) {
		log_warning("The gateway brings what no witness can have signed: ended");
		return -EPROTO;
	}
	if (!may_journal(client->control))
		return 0;
	record_add(agent, NULL,
		   json_pack("{s:o, s:o}", "witness", record_text(cosigned->name), "note",
			     record_text(cosigned->note)),
		   "journal.witness", "%s has seen the journal", cosigned->name);
	record_commit(agent);
	return 0;
}
