/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control_gateway.c: what sluice-gateway is told and what it reports: see control_peer.h. A note
 * names a request; what it says is made when it is sent, so a slow gateway costs little and hears
 * the newest.
 */
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "control_peer.h"
#include "event/record.h"
#include "event/wording.h"
#include "guard/glass.h"
#include "request/request_told.h"

/* Reports on one request that are journaled, besides its first delivery: the gateway is not trusted
 * with the journal's disk. */
#define MAX_REPORTS 64
/* Twice all requests that there can be: those of which something is in force are told of, too. */
#define MAX_NOTES (2 * (SLUICE_MAX_REQUESTS + SLUICE_MAX_CLOSED + SLUICE_MAX_GRANTS))

static int make_room(struct client *client)
{
	struct note *notes;
	size_t room = client->room ? 2 * client->room : 64;

	if (client->first) {
		client->n_notes -= client->first;
		memmove(client->notes, client->notes + client->first,
			client->n_notes * sizeof(*notes));
		client->first = 0;
	}
	if (client->n_notes < client->room)
		return 0;
	if (client->n_notes >= MAX_NOTES)
		return -ENOBUFS;
	if (room > MAX_NOTES)
		room = MAX_NOTES;
	notes = realloc(client->notes, room * sizeof(*notes));
	if (!notes)
		return -ENOMEM;
	client->notes = notes;
	client->room = room;
	return 0;
}

int gateway_note(struct client *client, enum ipc_type type, const char *id)
{
	struct note *note;
	int r = 0;

	if (client->n_notes == client->room)
		r = make_room(client);
	if (r < 0)
		return r;
	note = &client->notes[client->n_notes++];
	*note = (struct note){ .type = type };
	memcpy(note->id, id, strnlen(id, sizeof(note->id) - 1));
	return 0;
}

static int send_note(struct client *client, const struct note *note, struct ipc_request *body)
{
	const struct agent *agent = client->control->agent;
	const struct request *request;

	if (note->type == IPC_NOTIFY_JOURNAL)
		return gateway_send_journal(client);
	if (note->type == IPC_NOTIFY_ALL)
		return client_send(client, note->type, NULL, 0);
	request = request_find(agent->requests, note->id);
	if (request)
		request_describe(agent, request, body);
	else if (!glass_notice(agent, note->id, body))
		return 0;
	return client_send(client, note->type, body, sizeof(*body));
}

int gateway_send(struct client *client)
{
	_cleanup_free_ struct ipc_request *body = NULL;

	if (client->first == client->n_notes)
		return 0;
	body = malloc(sizeof(*body));
	if (!body)
		return -ENOMEM;
	for (; client->first < client->n_notes; client->first++) {
		int r = send_note(client, &client->notes[client->first], body);

		if (r < 0)
			return r;
	}
	client->first = client->n_notes = 0;
	return 0;
}

/*
 * What is in force still, and the last that were closed, the oldest first. What was only noticed is
 * told once.
 */
static int note_closed(struct client *client)
{
	const struct requests *requests = client->control->agent->requests;
	size_t others = requests->n_closed - requests->n_in_force;
	size_t skip = others > SLUICE_TOLD_CLOSED ? others - SLUICE_TOLD_CLOSED : 0;

	for (const struct request *request = requests->closed; request; request = request->next) {
		if (skip > 0 && !request->in_force)
			skip--;
		else if (!request->notice &&
			 gateway_note(client, IPC_NOTIFY_CLOSED, request->id) < 0)
			return -ENOBUFS;
	}
	return 0;
}

/*
 * A gateway that comes, or comes again, is told all that is open, and what was closed lately: it
 * knows which of it it has told people.
 */
int gateway_hello(struct client *client, const struct channel_message *message,
		  struct answer *answer)
{
	const struct ipc_hello *hello = &message->body.hello;
	struct control *control = client->control;

	(void)answer;
	if (client->greeted || control->gateway) {
		log_warning("A second gateway (process %d) came: ended", client->peer.pid);
		return -EPROTO;
	}
	client->greeted = true;
	client->wants_journal = hello->sinks > 0;
	event_remove_timer(client->readable);
	control->gateway = client;
	control->hellos++;
	control->hello_sinks = hello->sinks;
	told_channels_named(&control->agent->requests->channels, hello->names);
	log_info("The gateway is connected with %u notifier%s", hello->notifiers,
		 hello->notifiers == 1 ? "" : "s");
	for (const struct request *request = control->agent->requests->by_key; request;
	     request = request->by_key.next) {
		if (gateway_note(client, IPC_NOTIFY_OPEN, request->id) < 0)
			return -ENOBUFS;
	}
	if (note_closed(client) < 0)
		return -ENOBUFS;
	return gateway_note(client, IPC_NOTIFY_ALL, "");
}

static void journal_delivery(struct agent *agent, struct request *request,
			     const struct ipc_delivery *delivery, const char *state)
{
	bool first = delivery->state == IPC_DELIVERED && !request->delivered;

	if (request->reports >= MAX_REPORTS && !first)
		return;
	request->reports++;
	record_add(agent, NULL,
		   json_pack("{s:s, s:o, s:s, s:I, s:o}", "request", request->id, "notifier",
			     record_text(delivery->notifier), "state", state, "attempt",
			     (json_int_t)delivery->attempt, "text", record_text(delivery->text)),
		   "gateway.delivery", "request %s by %s: %s", request->id, delivery->notifier,
		   state);
	record_commit(agent);
}

int gateway_delivery(struct client *client, const struct channel_message *message,
		     struct answer *answer)
{
	const struct ipc_delivery *delivery = &message->body.delivery;
	struct agent *agent = client->control->agent;
	struct request *request = request_find(agent->requests, delivery->id);
	const char *state = delivery->state < ARRAY_SIZE(told_state_names)
				    ? told_state_names[delivery->state]
				    : NULL;

	(void)answer;
	if (!state) {
		log_warning("The gateway reports a delivery in no known state: ended");
		return -EPROTO;
	}
	told_channels_note(&agent->requests->channels, request, delivery, agent_time_ms());
	if (!request)
		return 0; /* so long ago that it is not shown any more */
	request_told_note(request, delivery, agent_time_ms());
	if (delivery->state == IPC_STANDBY)
		return 0; /* nothing was tried: no entry of the journal */
	journal_delivery(agent, request, delivery, state);
	if (delivery->state == IPC_DELIVERED) {
		request->delivered = true;
		agent->requests->deliveries++;
		client->control->problem[0] = '\0';
	} else {
		char text[256 + 48];

		snprintf(text, sizeof(text), "%s: %s", delivery->notifier, delivery->text);
		wording_copy(client->control->problem, sizeof(client->control->problem), text);
	}
	return 0;
}

/* Who brings a decision. Return: 0, or a negative errno: @answer says why. */
static int decision_bringer(struct client *client, struct answer *answer, struct decider *ret)
{
	int r = peer_decider(client, ret);

	ret->gateway = true;
	if (r < 0)
		answer_result(answer, r,
			      "nothing was decided: it cannot be seen which process the gateway is "
			      "(%s)",
			      strerror(-r));
	return r;
}

int gateway_decide(struct client *client, const struct channel_message *message,
		   struct answer *answer)
{
	char *text = answer->result.text;
	struct decider gateway;
	int r = decision_bringer(client, answer, &gateway);

	if (r < 0)
		return 0;
	r = decision_channel(client->control->agent, &message->body.channel, &gateway,
			     client->control->brake, text, sizeof(answer->result.text));
	answer->result.error = -r;
	return 0;
}

/*
 * The gateway is a courier here as anybody is. What it could do with an answer that a person has
 * signed, if somebody had taken it over: bring it later, within SLUICE_STATEMENT_AGE_S, or not at
 * all. Host, start, request, digest, verdict, terms and time are under the signature, and the same
 * person answers a request once.
 */
int gateway_submit(struct client *client, const struct channel_message *message,
		   struct answer *answer)
{
	struct decider gateway;
	int r = decision_bringer(client, answer, &gateway);

	if (r < 0)
		return 0;
	r = decision_submit(client->control->agent, &message->body.answer, &gateway,
			    answer->result.text, sizeof(answer->result.text));
	answer->result.error = -r;
	return 0;
}
