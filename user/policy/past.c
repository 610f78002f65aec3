/* SPDX-License-Identifier: Apache-2.0 */
/*
 * past.c: see past.h. The form of the entries is record.h's.
 */
#include "past.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/view.h"
#include "explain.h"

int past_begin(struct past_list *list, const struct policy *policy)
{
	*list = (struct past_list){ .policy = policy, .index = json_object() };
	return list->index ? 0 : -ENOMEM;
}

static void free_past(struct past *past)
{
	free(past->executable);
	free(past->unit);
	free(past->user);
	free(past->target);
	free(past);
}

void past_done(struct past_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free_past(list->list[i]);
	free(list->list);
	json_decref(list->index);
}

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

static json_int_t number_of(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/* What an entry of @type says came of the attempt, and of which action when it names none. */
static bool kind_of(const json_t *entry, const char *type, enum policy_verdict *ret_before,
		    const char **ret_action)
{
	static const struct {
		const char *type;
		const char *verdict; /* NULL: any */
		enum policy_verdict before;
		const char *action;
	} kinds[] = { { "event.stop", "deny", POLICY_DENY, NULL },
		      { "event.stop", "audit", POLICY_AUDIT, NULL },
		      { "request.opened", NULL, POLICY_ASK, NULL },
		      { "event.read", NULL, POLICY_ALLOW, "open" },
		      { "event.declassify", NULL, POLICY_ALLOW, "open" },
		      { "event.label", NULL, POLICY_ALLOW, "write" },
		      { "event.sink", NULL, POLICY_ALLOW, "write" } };
	const char *verdict = text_of(entry, "verdict");

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strcmp(type, kinds[i].type) != 0 ||
		    (kinds[i].verdict && (!verdict || strcmp(verdict, kinds[i].verdict) != 0)))
			continue;
		*ret_before = kinds[i].before;
		*ret_action = kinds[i].action ? kinds[i].action : text_of(entry, "action");
		return *ret_action;
	}
	return false;
}

static bool action_of(const char *word, enum sluice_action *ret)
{
	for (unsigned int i = 0; i < SLUICE_ACTIONS; i++) {
		if (strcmp(policy_action_names[i], word) != 0)
			continue;
		*ret = (enum sluice_action)i;
		return true;
	}
	return false;
}

static uint64_t labels_of(const struct policy *policy, const json_t *entry)
{
	uint64_t labels = 0;
	const json_t *name;
	size_t i;

	json_array_foreach(json_object_get(entry, "labels"), i, name) {
		const struct policy_label *label =
			json_is_string(name) ? policy_find_label(policy, json_string_value(name))
					     : NULL;

		if (label)
			labels |= UINT64_C(1) << (label - policy->labels);
	}
	return labels;
}

/* Writing into a pipe or socket is guarded by nobody; its reader is. */
static bool is_guarded(const struct past *past, const json_t *target)
{
	mode_t type = (mode_t)number_of(target, "mode") & S_IFMT;

	return past->attempt.action != SLUICE_WRITE || type == S_IFREG || type == S_IFBLK;
}

static void put_place(struct past *past, const json_t *target)
{
	const char *address = text_of(target, "address"), *kind = text_of(target, "kind");
	json_int_t file = number_of(target, "mode"), protocol = number_of(target, "protocol");
	json_int_t port = number_of(target, "port");

	if (past->attempt.action == SLUICE_EGRESS)
		past->attempt.medium = (uint32_t)((file | protocol) >> 16);
	if (past->attempt.medium || !kind || strcmp(kind, "endpoint") != 0 || !address ||
	    inet_pton(AF_INET6, address, past->endpoint.addr) != 1)
		return;
	past->endpoint.prefix = 128;
	past->endpoint.low = past->endpoint.high = (uint16_t)port;
	past->endpoint.protocol = (int)protocol;
	past->attempt.to = &past->endpoint;
}

static int copy_text(const json_t *object, const char *name, char **ret)
{
	const char *text = text_of(object, name);

	if (!text || !*text)
		return 0;
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

static int fill(struct past *past, const json_t *entry)
{
	const json_t *subject = json_object_get(entry, "subject");
	const json_t *target = json_object_get(entry, "target");
	int r = copy_text(subject, "exe", &past->executable);

	if (r == 0)
		r = copy_text(subject, "unit", &past->unit);
	if (r == 0)
		r = copy_text(subject, "user", &past->user);
	if (r == 0)
		r = copy_text(target, "text", &past->target);
	put_place(past, target);
	past->attempt.subject.has_user = json_is_integer(json_object_get(subject, "uid"));
	past->attempt.subject.uid = (uid_t)number_of(subject, "uid");
	past->attempt.subject.executable = past->executable;
	past->attempt.subject.unit = past->unit;
	return r;
}

/* What two entries have in common that are the same to a policy, and to people. */
static char *key_of(const struct past *past)
{
	char *key = NULL;

	if (asprintf(&key, "%d %d %u %llx %u\n%s\n%s\n%s", past->before, past->attempt.action,
		     past->attempt.subject.uid, (unsigned long long)past->attempt.labels,
		     past->attempt.medium, past->executable ? past->executable : "",
		     past->unit ? past->unit : "", past->target ? past->target : "") < 0)
		return NULL;
	return key;
}

/* Takes @past over. */
static int count(struct past_list *list, struct past *past)
{
	_cleanup_free_ char *key = key_of(past);
	const json_t *known = key ? json_object_get(list->index, key) : NULL;
	struct past **slot;

	if (known) {
		struct past *same = list->list[json_integer_value(known)];

		same->n += past->n;
		same->last = past->last;
		free_past(past);
		return 0;
	}
	slot = key ? ARRAY_APPEND(list->list, list->n) : NULL;
	if (!slot) {
		free_past(past);
		return -ENOMEM;
	}
	*slot = past;
	return json_object_set_new(list->index, key, json_integer((json_int_t)list->n - 1))
		       ? -ENOMEM
		       : 0;
}

int past_add(void *ctx, const struct journal_entry *entry)
{
	struct past_list *list = ctx;
	const char *type = text_of(entry->json, "type"), *action = NULL;
	const json_t *target = json_object_get(entry->json, "target");
	struct past *past = calloc(1, sizeof(*past));
	int r;

	if (!past)
		return -ENOMEM;
	if (!type || !kind_of(entry->json, type, &past->before, &action) ||
	    !action_of(action, &past->attempt.action) || !is_guarded(past, target)) {
		free_past(past);
		return 0;
	}
	list->n_entries++;
	past->attempt.labels = labels_of(list->policy, entry->json);
	if (!past->attempt.labels) {
		list->n_other++;
		free_past(past);
		return 0;
	}
	past->first = past->last = entry->seq;
	past->n = 1 + (uint64_t)number_of(entry->json, "repeats");
	r = fill(past, entry->json);
	if (r == 0)
		return count(list, past);
	free_past(past);
	return r;
}

static json_t *text_or_null(const char *text)
{
	return text ? view_text(text) : json_null();
}

json_t *past_record(const struct past_list *list, const struct past *past)
{
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:I}", "action",
			 policy_action_names[past->attempt.action], "user",
			 text_or_null(past->user), "executable", text_or_null(past->executable),
			 "unit", text_or_null(past->unit), "target", text_or_null(past->target),
			 "labels", explain_labels(list->policy, past->attempt.labels), "n",
			 (json_int_t)past->n, "entry", (json_int_t)past->first);
}
