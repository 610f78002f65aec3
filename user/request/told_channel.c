// SPDX-License-Identifier: Apache-2.0
/*
 * told_channel.c: see told_channel.h.
 */
#include "told_channel.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "event/record.h"
#include "event/wording.h"
#include "request.h"

/* As notifier.h makes them. */
#define NAME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."

static struct told_channel *find(struct told_channels *channels, const char *name)
{
	for (size_t i = 0; i < channels->n; i++)
		if (!strcmp(channels->list[i].name, name))
			return &channels->list[i];
	return NULL;
}

/*
 * A new one, in the place of one that no gateway has any more where that must be. NULL: no room, or
 * it is no name.
 */
static struct told_channel *add(struct told_channels *channels, const char *name)
{
	struct told_channel *channel = NULL;

	if (!text_is_made_of(name, NAME_CHARS))
		return NULL;
	if (channels->n < ARRAY_SIZE(channels->list))
		channel = &channels->list[channels->n++];
	for (size_t i = 0; !channel && i < channels->n; i++)
		if (!channels->list[i].named)
			channel = &channels->list[i];
	if (!channel)
		return NULL;
	*channel = (struct told_channel){ .named = false };
	wording_copy(channel->name, sizeof(channel->name), name);
	return channel;
}

void told_channels_named(struct told_channels *channels, const char *names)
{
	static const char separator[] = ", ";
	char name[sizeof(channels->list[0].name)];

	for (size_t i = 0; i < channels->n; i++)
		channels->list[i].named = false;
	while (*names) {
		size_t length = strcspn(names, separator);
		struct told_channel *channel = NULL;

		snprintf(name, sizeof(name), "%.*s", (int)length, names);
		if (*name)
			channel = find(channels, name) ?: add(channels, name);
		if (channel)
			channel->named = true;
		names += length;
		names += strspn(names, separator);
	}
}

static const struct ipc_told *told_of(const struct request *request, const char *name)
{
	for (size_t i = 0; request && i < request->n_told; i++)
		if (!strcmp(request->told_by[i].notifier, name))
			return &request->told_by[i];
	return NULL;
}

/* What stood by for another channel has posted in its place. */
static void note_hand_over(struct told_channels *channels, const struct request *request,
			   const char *name)
{
	static const char waits[] = IPC_STANDBY_WAITS " ";
	const struct ipc_told *before = told_of(request, name);
	struct told_channel *from;

	if (!before || before->state != IPC_STANDBY || strncmp(before->text, waits, strlen(waits)))
		return;
	from = find(channels, before->text + strlen(waits));
	if (from)
		from->handed_over++;
}

void told_channels_note(struct told_channels *channels, const struct request *request,
			const struct ipc_delivery *delivery, uint64_t time_ms)
{
	struct told_channel *channel = find(channels, delivery->notifier);

	if (!channel)
		channel = add(channels, delivery->notifier);
	/* nothing was tried, or what was posted in an earlier life is told again */
	if (!channel || delivery->state == IPC_STANDBY ||
	    (delivery->state == IPC_DELIVERED && !delivery->attempt))
		return;
	if (delivery->state == IPC_DELIVERED) {
		note_hand_over(channels, request, delivery->notifier);
		channel->delivered++;
		channel->delivered_ms = time_ms;
		channel->problem[0] = '\0';
		return;
	}
	channel->failures++;
	channel->failed += delivery->state == IPC_FAILED;
	channel->problem_ms = time_ms;
	wording_copy(channel->problem, sizeof(channel->problem), delivery->text);
}

json_t *told_channels_facts(const struct told_channels *channels)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < channels->n; i++) {
		const struct told_channel *channel = &channels->list[i];
		json_t *fact = json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:o}", "name", channel->name,
					 "delivered", (json_int_t)channel->delivered, "failures",
					 (json_int_t)channel->failures, "failed",
					 (json_int_t)channel->failed, "delivered_ms",
					 (json_int_t)channel->delivered_ms, "problem_ms",
					 (json_int_t)channel->problem_ms, "problem",
					 record_text(channel->problem));

		if (json_array_append_new(list, fact) < 0) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

void told_channels_recall(struct told_channels *channels, const json_t *facts)
{
	const json_t *fact;
	size_t i;

	*channels = (struct told_channels){ 0 };
	json_array_foreach(facts, i, fact) {
		const char *name = json_string_value(json_object_get(fact, "name"));
		struct told_channel *channel = name ? add(channels, name) : NULL;

		if (!channel)
			continue;
		record_get_u64(fact, "delivered", &channel->delivered);
		record_get_u64(fact, "failures", &channel->failures);
		record_get_u64(fact, "failed", &channel->failed);
		record_get_u64(fact, "delivered_ms", &channel->delivered_ms);
		record_get_u64(fact, "problem_ms", &channel->problem_ms);
		record_get_text(fact, "problem", channel->problem, sizeof(channel->problem));
	}
}

static void count_open(const struct requests *requests, struct ipc_notifier *notifier)
{
	const struct request *request;

	for (request = requests->by_key; request; request = request->by_key.next) {
		const struct ipc_told *told = told_of(request, notifier->name);

		if (!told || told->state == IPC_RETRYING)
			notifier->waiting++;
		else if (told->state == IPC_STANDBY)
			notifier->standing_by++;
		else if (told->state == IPC_FAILED)
			notifier->given_up++;
	}
}

void told_channels_describe(const struct requests *requests, bool connected,
			    struct ipc_status *status)
{
	const struct told_channels *channels = &requests->channels;

	for (size_t i = 0; i < channels->n; i++) {
		const struct told_channel *channel = &channels->list[i];
		struct ipc_notifier *ret = &status->notifiers[i];

		*ret = (struct ipc_notifier){
			.connected = connected && channel->named,
			.delivered = channel->delivered,
			.failures = channel->failures,
			.failed = channel->failed,
			.handed_over = channel->handed_over,
			.delivered_ms = channel->delivered_ms,
			.problem_ms = channel->problem_ms,
		};
		memcpy(ret->name, channel->name, sizeof(ret->name));
		memcpy(ret->problem, channel->problem, sizeof(ret->problem));
		if (channel->named)
			count_open(requests, ret);
	}
	status->n_notifiers = (uint32_t)channels->n;
}
