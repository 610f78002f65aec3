// SPDX-License-Identifier: Apache-2.0
/*
 * channel_form.c: see channel_form.h. Owns the table.
 */
#include "channel_form.h"

#include <string.h>

#include "cleanup.h"
#include "ipc.h"

/* Text: @count arrays of @size bytes, @stride apart. */
struct text_field {
	size_t offset;
	size_t size;
	size_t stride;
	size_t count;
};

/* A number of @size bytes that must not exceed @max: the receiver indexes an array by it. */
struct count_field {
	size_t offset;
	size_t size;
	uint64_t max;
};

#define FIELD(s, f) (((struct s *)NULL)->f)
#define TEXT(s, f)                                                                                 \
	{                                                                                          \
		offsetof(struct s, f), sizeof(FIELD(s, f)), 0, 1                                   \
	}
#define TEXTS(s, a, f)                                                                             \
	{                                                                                          \
		offsetof(struct s, a) + offsetof(__typeof__(FIELD(s, a[0])), f),                   \
			sizeof(FIELD(s, a[0].f)), sizeof(FIELD(s, a[0])), ARRAY_SIZE(FIELD(s, a))  \
	}
#define COUNT(s, f, max)                                                                           \
	{                                                                                          \
		offsetof(struct s, f), sizeof(FIELD(s, f)), max                                    \
	}

static const struct text_field result_texts[] = { TEXT(ipc_result, text) };
static const struct text_field select_texts[] = { TEXT(ipc_select, id), TEXT(ipc_select, text) };
static const struct text_field decide_texts[] = {
	TEXT(ipc_decide, id),
	TEXT(ipc_decide, digest),
	TEXT(ipc_decide, reason),
};
static const struct text_field reason_texts[] = { TEXT(ipc_reason, text) };
static const struct text_field signed_texts[] = {
	TEXT(ipc_signed, statement),
	TEXT(ipc_signed, signature),
};
static const struct text_field channel_texts[] = {
	TEXT(ipc_channel, statement),
	TEXT(ipc_channel, signature),
	TEXT(ipc_channel, evidence),
};
static const struct text_field request_texts[] = {
	TEXT(ipc_request, id),
	TEXT(ipc_request, digest),
	TEXT(ipc_request, host),
	TEXT(ipc_request, boot),
	TEXT(ipc_request, rule),
	TEXT(ipc_request, action),
	TEXT(ipc_request, waiting),
	TEXT(ipc_request, scope),
	TEXT(ipc_request, labels),
	TEXT(ipc_request, requester),
	TEXT(ipc_request, user),
	TEXT(ipc_request, comm),
	TEXT(ipc_request, executable),
	TEXT(ipc_request, command),
	TEXT(ipc_request, unit),
	TEXT(ipc_request, target),
	TEXT(ipc_request, reason),
	TEXT(ipc_request, reason_from),
	TEXT(ipc_request, reviewers),
	TEXT(ipc_request, outcome),
	TEXT(ipc_request, revoked.person),
	TEXT(ipc_request, revoked.reason),
	TEXT(ipc_request, journal_root),
	TEXTS(ipc_request, sources, path),
	TEXTS(ipc_request, sources, labels),
	TEXTS(ipc_request, sources, reader),
	TEXTS(ipc_request, decisions, person),
	TEXTS(ipc_request, decisions, reason),
	TEXTS(ipc_request, decisions, key),
	TEXTS(ipc_request, told, notifier),
	TEXTS(ipc_request, told, text),
};
static const struct count_field request_counts[] = {
	COUNT(ipc_request, state, IPC_STATES - 1),
	COUNT(ipc_request, tier, 3),
	COUNT(ipc_request, n_sources, SLUICE_MAX_SOURCES),
	COUNT(ipc_request, n_decisions, SLUICE_MAX_REVIEWERS),
	COUNT(ipc_request, n_told, SLUICE_MAX_NOTIFIERS),
};
static const struct text_field grant_texts[] = {
	TEXT(ipc_grant, id),	 TEXT(ipc_grant, request),     TEXT(ipc_grant, action),
	TEXT(ipc_grant, scope),	 TEXT(ipc_grant, labels),      TEXT(ipc_grant, subject),
	TEXT(ipc_grant, target), TEXT(ipc_grant, approved_by),
};
static const struct text_field label_texts[] = { TEXT(ipc_label, label), TEXT(ipc_label, path) };
static const struct text_field label_item_texts[] = {
	TEXT(ipc_label_item, label),
	TEXT(ipc_label_item, path),
	TEXT(ipc_label_item, origin),
};
static const struct text_field why_texts[] = { TEXT(ipc_why, path) };
static const struct text_field edge_texts[] = {
	TEXT(ipc_edge, verb),	 TEXT(ipc_edge, subject),    TEXT(ipc_edge, object),
	TEXT(ipc_edge, labels),	 TEXT(ipc_edge, executable), TEXT(ipc_edge, user),
	TEXT(ipc_edge, request), TEXT(ipc_edge, grant),
};
static const struct text_field status_texts[] = {
	TEXT(ipc_status, version),
	TEXT(ipc_status, kernel),
	TEXT(ipc_status, why),
	TEXT(ipc_status, policy_digest),
	TEXT(ipc_status, journal_root),
	TEXT(ipc_status, gateway),
	TEXT(ipc_status, journal),
	TEXT(ipc_status, glass_by),
	TEXT(ipc_status, glass_asker),
	TEXT(ipc_status, glass_agreed),
	TEXT(ipc_status, glass_reason),
	TEXT(ipc_status, glass_review),
	TEXTS(ipc_status, notifiers, name),
	TEXTS(ipc_status, notifiers, problem),
	TEXTS(ipc_status, sinks, name),
	TEXTS(ipc_status, sinks, text),
};
static const struct count_field status_counts[] = {
	COUNT(ipc_status, n_notifiers, SLUICE_MAX_NOTIFIERS),
	COUNT(ipc_status, n_sinks, SLUICE_MAX_SINKS),
};
static const struct text_field metrics_texts[] = { TEXTS(ipc_metrics, maps, name) };
static const struct count_field metrics_counts[] = { COUNT(ipc_metrics, n_maps, IPC_MAPS) };
static const struct text_field glass_texts[] = { TEXT(ipc_glass, code), TEXT(ipc_glass, id),
						 TEXT(ipc_glass, reason) };
static const struct text_field report_texts[] = {
	TEXT(ipc_report, manifest),
	TEXT(ipc_report, framework),
};
static const struct text_field erase_texts[] = {
	TEXT(ipc_erase, request),
	TEXT(ipc_erase, path),
	TEXT(ipc_erase, reason),
};
static const struct text_field hello_texts[] = { TEXT(ipc_hello, names) };
static const struct text_field journal_texts[] = { TEXT(ipc_journal, genesis) };
static const struct text_field sink_texts[] = { TEXT(ipc_sink, name), TEXT(ipc_sink, text) };
static const struct text_field cosigned_texts[] = {
	TEXT(ipc_cosigned, name),
	TEXT(ipc_cosigned, note),
};
static const struct text_field delivery_texts[] = {
	TEXT(ipc_delivery, id),
	TEXT(ipc_delivery, notifier),
	TEXT(ipc_delivery, text),
};

#define EMPTY(t)                                                                                   \
	{                                                                                          \
		.type = t, .name = #t                                                              \
	}
#define PLAIN(t, s)                                                                                \
	{                                                                                          \
		.type = t, .name = #t, .size = sizeof(struct ipc_##s)                              \
	}
#define FORM(t, s, ...)                                                                            \
	{                                                                                          \
		.type = t, .name = #t, .size = sizeof(struct ipc_##s), .texts = s##_texts,         \
		.n_texts = ARRAY_SIZE(s##_texts), ##__VA_ARGS__                                    \
	}
#define REQUEST_FORM(t)                                                                            \
	FORM(t, request, .counts = request_counts, .n_counts = ARRAY_SIZE(request_counts))

static const struct message_form forms[] = {
	EMPTY(IPC_STATUS),
	FORM(IPC_REQUESTS, select),
	FORM(IPC_DECIDE, decide),
	FORM(IPC_SUBMIT, signed),
	EMPTY(IPC_GRANTS),
	FORM(IPC_REVOKE, select),
	FORM(IPC_LABEL, label),
	FORM(IPC_WHY, why),
	FORM(IPC_LINEAGE, why),
	EMPTY(IPC_REINDEX),
	EMPTY(IPC_METRICS),
	FORM(IPC_REPORT, report),
	PLAIN(IPC_REPORT_ITEM, report_item),
	FORM(IPC_ERASE, erase),
	PLAIN(IPC_ERASE_ITEM, erase_item),
	FORM(IPC_GLASS, glass),
	FORM(IPC_REASON, reason),
	FORM(IPC_RESULT, result),
	FORM(IPC_STATUS_ITEM, status, .counts = status_counts,
	     .n_counts = ARRAY_SIZE(status_counts)),
	REQUEST_FORM(IPC_REQUEST_ITEM),
	FORM(IPC_GRANT_ITEM, grant),
	FORM(IPC_LABEL_ITEM, label_item),
	FORM(IPC_EDGE_ITEM, edge),
	FORM(IPC_METRICS_ITEM, metrics, .counts = metrics_counts,
	     .n_counts = ARRAY_SIZE(metrics_counts)),
	REQUEST_FORM(IPC_NOTIFY_OPEN),
	REQUEST_FORM(IPC_NOTIFY_CLOSED),
	EMPTY(IPC_NOTIFY_ALL),
	FORM(IPC_HELLO, hello),
	FORM(IPC_DELIVERY, delivery),
	FORM(IPC_CHANNEL, channel),
	FORM(IPC_NOTIFY_JOURNAL, journal),
	PLAIN(IPC_PART, part),
	FORM(IPC_SINK, sink),
	FORM(IPC_COSIGNED, cosigned),
};

const struct message_form *channel_form(uint16_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
		if (forms[i].type == type)
			return &forms[i];
	return NULL;
}

static bool texts_end(const struct message_form *form, const char *body)
{
	for (size_t i = 0; i < form->n_texts; i++) {
		const struct text_field *text = &form->texts[i];

		for (size_t k = 0; k < text->count; k++)
			if (!memchr(body + text->offset + k * text->stride, '\0', text->size))
				return false;
	}
	return true;
}

static uint64_t read_count(const char *body, const struct count_field *count)
{
	uint16_t wide;

	if (count->size == sizeof(uint8_t))
		return (uint8_t)body[count->offset];
	memcpy(&wide, body + count->offset, sizeof(wide));
	return wide;
}

static bool counts_fit(const struct message_form *form, const char *body)
{
	for (size_t i = 0; i < form->n_counts; i++)
		if (read_count(body, &form->counts[i]) > form->counts[i].max)
			return false;
	return true;
}

bool channel_form_holds(const struct message_form *form, const char *body)
{
	return texts_end(form, body) && counts_fit(form, body);
}
