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

#include "cleanup.h"
#include "control_peer.h"
#include "journal.h"
#include "log.h"
#include "policy.h"
#include "record.h"

/* How often a place is journaled whose copy grows. */
#define GROWN_MS 3600000

static bool is_allowed(const struct agent *agent)
{
	return agent->policy && agent->policy->settings.journal_to_gateway && agent->journal;
}

static int send_file(struct client *client, const struct ipc_journal *body)
{
	_cleanup_close_ int fd = journal_reader(client->control->agent->journal);
	int r = fd < 0 ? fd
		       : channel_send_file(client->sock, IPC_NOTIFY_JOURNAL, body, sizeof(*body),
					   fd);

	client->has_journal = r == 0;
	client->sent |= r == 0;
	if (r == 0 || r == -EAGAIN)
		return r;
	/* The requests are more important than the copy: the gateway stays, and asks again. */
	log_error_errno(r, "Cannot give the journal to the gateway");
	return 0;
}

int gateway_send_journal(struct client *client)
{
	const struct agent *agent = client->control->agent;
	struct ipc_journal body = { .refused = !is_allowed(agent) };
	int r;

	if (!body.refused) {
		body.bytes = journal_durable(agent->journal);
		body.entries = journal_signed(agent->journal);
	}
	if (body.refused || client->has_journal)
		r = client_send(client, IPC_NOTIFY_JOURNAL, &body, sizeof(body));
	else
		r = send_file(client, &body);
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
	return client->journal_told != journal_durable(agent->journal);
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
		   json_pack("{s:o, s:s, s:I, s:o}", "sink", record_text(sink->name), "state",
			     state, "held", (json_int_t)sink->held, "text",
			     record_text(sink->text)),
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
	memcpy(sink->text, news->text, sizeof(sink->text));
	control->sink_heard_ms[sink - control->sinks] = agent_time_ms();
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
