/* SPDX-License-Identifier: Apache-2.0 */
/*
 * record_parts.c: the members of entries, written and read back: see record.h.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cleanup.h"
#include "person.h"
#include "record.h"
#include "wording.h"

static const char *const kind_names[] = {
	[SLUICE_TARGET_ANY] = "any",
	[SLUICE_TARGET_FILE] = "file",
	[SLUICE_TARGET_ENDPOINT] = "endpoint",
	[SLUICE_TARGET_CREDENTIAL] = "credential",
};

json_t *record_text(const char *bytes)
{
	_cleanup_free_ char *text = wording_utf8(bytes, strlen(bytes));

	return text ? json_string(text) : NULL;
}

json_t *record_labels(const struct agent *agent, uint64_t labels)
{
	uint8_t bits[SLUICE_MAX_LABELS];
	size_t n = wording_sort_labels(agent, labels, bits);
	json_t *names = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(names, json_string(agent->names.name[bits[i]]));
	return names;
}

json_t *record_target(const struct sluice_target *target, const char *text)
{
	char address[INET6_ADDRSTRLEN] = "";
	const char *kind =
		target->kind < ARRAY_SIZE(kind_names) ? kind_names[target->kind] : "unknown";
	_cleanup_free_ char *spelled = wording_utf8(text, strlen(text));

	if (!spelled)
		return NULL;
	switch (target->kind) {
	case SLUICE_TARGET_FILE:
		return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", "kind", kind, "text", spelled,
				 "dev", (json_int_t)target->object.dev, "gen",
				 (json_int_t)target->object.gen, "ino",
				 (json_int_t)target->object.ino, "mode", (json_int_t)target->arg);
	case SLUICE_TARGET_ENDPOINT:
		inet_ntop(AF_INET6, target->addr, address, sizeof(address));
		return json_pack("{s:s, s:s, s:s, s:I, s:I}", "kind", kind, "text", spelled,
				 "address", address, "port", (json_int_t)target->port, "protocol",
				 (json_int_t)target->arg);
	case SLUICE_TARGET_CREDENTIAL:
		return json_pack("{s:s, s:s, s:I, s:I}", "kind", kind, "text", spelled,
				 "credential", (json_int_t)target->arg, "id",
				 (json_int_t)target->id[0]);
	default:
		return json_pack("{s:s, s:s}", "kind", kind, "text", spelled);
	}
}

json_t *record_subject(const struct sluice_event *event, const char *exe, const char *unit)
{
	json_t *subject = json_object();
	char user[64], id[64];

	wording_user(event->uid, user, sizeof(user));
	snprintf(id, sizeof(id), "%u:%u:%llu", event->exe.dev, event->exe.gen,
		 (unsigned long long)event->exe.ino);
	if (json_object_set_new(subject, "pid", json_integer(event->tgid)) ||
	    json_object_set_new(subject, "start_ns", json_integer((json_int_t)event->start_ns)) ||
	    json_object_set_new(subject, "exe", record_text(exe)) ||
	    json_object_set_new(subject, "exe_id", json_string(id)) ||
	    json_object_set_new(subject, "comm", record_text(event->comm)) ||
	    json_object_set_new(subject, "uid", json_integer(event->uid)) ||
	    json_object_set_new(subject, "user", json_string(user))) {
		json_decref(subject);
		return NULL;
	}
	if (event->loginuid != PROCESS_NO_LOGIN)
		json_object_set_new(subject, "loginuid", json_integer(event->loginuid));
	if (unit && *unit)
		json_object_set_new(subject, "unit", record_text(unit));
	return subject;
}

json_t *record_key(const struct sluice_ask_key *key)
{
	char hex[2 * sizeof(*key) + 1];

	wording_hex(key, sizeof(*key), hex);
	return json_string(hex);
}

/* Whom an event's ids name at once; requests look further (person.h). */
static const char *person_of(const struct agent *agent, const struct sluice_event *event)
{
	struct identity identity = { .uid = event->uid, .loginuid = event->loginuid };
	const struct policy_person *person;

	if (!agent->policy)
		return NULL;
	identity_add(&identity, event->loginuid);
	identity_add(&identity, event->uid);
	person = person_requester(agent->policy, &identity);
	return person ? person->name : NULL;
}

json_t *record_event(const struct agent *agent, const struct sluice_event *event, const char *unit,
		     json_t *body)
{
	char exe[SLUICE_PATH_TEXT], target[SLUICE_PATH_TEXT];
	const char *person = person_of(agent, event);
	int bad;

	wording_path(event->exe_path, event->exe_len, false, exe, sizeof(exe));
	wording_target(event, target, sizeof(target));
	bad = json_object_set_new(body, "labels", record_labels(agent, event->labels));
	if (event->type == SLUICE_EVENT_STOP || event->type == SLUICE_EVENT_GRANT)
		bad |= json_object_set_new(
			body, "action",
			json_string(event->key.action < SLUICE_ACTIONS
					    ? policy_action_names[event->key.action]
					    : "unknown"));
	if (person)
		bad |= json_object_set_new(body, "person", json_string(person));
	bad |= json_object_set_new(body, "subject", record_subject(event, exe, unit));
	if (event->key.target.kind)
		bad |= json_object_set_new(body, "target",
					   record_target(&event->key.target, target));
	if (!bad)
		return body;
	json_decref(body);
	return NULL;
}

bool record_get_text(const json_t *body, const char *name, char *ret, size_t size)
{
	const char *text = json_string_value(json_object_get(body, name));
	_cleanup_free_ char *bytes = text ? malloc(strlen(text) + 1) : NULL;

	if (!bytes || wording_bytes(text, bytes, strlen(text) + 1) < 0 || strlen(bytes) >= size)
		return false;
	memcpy(ret, bytes, strlen(bytes) + 1);
	return true;
}

bool record_get_u64(const json_t *body, const char *name, uint64_t *ret)
{
	const json_t *value = json_object_get(body, name);

	if (!json_is_integer(value))
		return false;
	*ret = (uint64_t)json_integer_value(value);
	return true;
}

uint64_t record_get_labels(const struct agent *agent, const json_t *body)
{
	const json_t *names = json_object_get(body, "labels");
	const json_t *name;
	uint64_t labels = 0;
	size_t i;

	json_array_foreach(names, i, name) {
		int bit = json_is_string(name) ? agent_bit_of_name(agent, json_string_value(name))
					       : -1;

		if (bit >= 0)
			labels |= 1ULL << bit;
	}
	return labels;
}

static bool get_u32(const json_t *body, const char *name, uint32_t *ret)
{
	uint64_t value;

	if (!record_get_u64(body, name, &value) || value > UINT32_MAX)
		return false;
	*ret = (uint32_t)value;
	return true;
}

bool record_get_target(const json_t *body, struct sluice_target *ret)
{
	const json_t *part = json_object_get(body, "target");
	const char *kind = json_string_value(json_object_get(part, "kind"));
	struct sluice_target target = { 0 };
	uint64_t ino = 0;
	uint32_t port;

	if (!kind)
		return false;
	if (!strcmp(kind, kind_names[SLUICE_TARGET_FILE])) {
		target.kind = SLUICE_TARGET_FILE;
		if (!get_u32(part, "dev", &target.object.dev) ||
		    !get_u32(part, "gen", &target.object.gen) ||
		    !get_u32(part, "mode", &target.arg) || !record_get_u64(part, "ino", &ino))
			return false;
		target.object.ino = ino;
	} else if (!strcmp(kind, kind_names[SLUICE_TARGET_ENDPOINT])) {
		const char *address = json_string_value(json_object_get(part, "address"));

		target.kind = SLUICE_TARGET_ENDPOINT;
		if (!address || inet_pton(AF_INET6, address, target.addr) != 1 ||
		    !get_u32(part, "port", &port) || port > UINT16_MAX ||
		    !get_u32(part, "protocol", &target.arg))
			return false;
		target.port = (uint16_t)port;
	} else {
		return false;
	}
	*ret = target;
	return true;
}

bool record_get_key(const json_t *body, struct sluice_ask_key *ret)
{
	const char *hex = json_string_value(json_object_get(body, "key"));

	return hex && !wording_unhex(hex, ret, sizeof(*ret));
}
