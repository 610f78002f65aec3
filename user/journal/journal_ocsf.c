// SPDX-License-Identifier: Apache-2.0
/*
 * journal_ocsf.c: see journal_ocsf.h.
 */
#include "journal_ocsf.h"

#include "base/cleanup.h"

#include <openssl/evp.h>
#include <string.h>

#ifndef SLUICE_VERSION
#define SLUICE_VERSION "development"
#endif

#define OCSF_VERSION "1.9.0"

enum class_uid {
	BASE = 0,
	FILE_ACTIVITY = 1001,
	PROCESS_ACTIVITY = 1007,
	EVENT_LOG = 1008,
	DETECTION_FINDING = 2004,
	ENTITY_MANAGEMENT = 3004,
	USER_ACCESS = 3005,
	NETWORK_ACTIVITY = 4001,
	APPLICATION_LIFECYCLE = 6002,
	BY_ACTION = -1,	  /* that of what was attempted */
	BY_APPROVAL = -2, /* whether the answer was yes */
};

enum action { ACTION_NONE = 0, ALLOWED = 1, DENIED = 2 };
enum severity { INFORMATIONAL = 1, LOW, MEDIUM, HIGH, CRITICAL };
enum status { STATUS_NONE = 0, SUCCESS = 1, FAILURE = 2 };
enum disposition {
	DISPOSITION_NONE = 0,
	PASSED = 1,
	BLOCKED = 2,
	APPROVED = 8,
	LOGGED = 17,
	CHALLENGE = 23,
	ACCESS_REVOKED = 24,
	REJECTED = 25,
};

#define OTHER 99

/* What a type of entry is. */
static const struct meaning {
	const char *type;
	int class_uid;
	int activity;
	enum severity severity;
	enum action action;
	enum disposition disposition;
	enum status status;
} meanings[] = {
	{ "event.stop", BY_ACTION, 0, MEDIUM, DENIED, BLOCKED, FAILURE },
	{ "event.repeat", BY_ACTION, 0, MEDIUM, DENIED, BLOCKED, FAILURE },
	{ "event.read", FILE_ACTIVITY, 2, INFORMATIONAL, ALLOWED, LOGGED, SUCCESS },
	{ "event.label", FILE_ACTIVITY, 3, INFORMATIONAL, ALLOWED, LOGGED, SUCCESS },
	{ "event.declassify", FILE_ACTIVITY, 2, LOW, ALLOWED, LOGGED, SUCCESS },
	{ "event.sink", FILE_ACTIVITY, 3, LOW, ALLOWED, LOGGED, SUCCESS },
	{ "event.empty", FILE_ACTIVITY, 3, INFORMATIONAL, ALLOWED, LOGGED, SUCCESS },
	{ "event.keep", FILE_ACTIVITY, 6, LOW, ALLOWED, LOGGED, SUCCESS },
	{ "event.fork", PROCESS_ACTIVITY, 1, INFORMATIONAL, ALLOWED, LOGGED, SUCCESS },
	{ "event.exec", PROCESS_ACTIVITY, 1, INFORMATIONAL, ALLOWED, LOGGED, SUCCESS },
	{ "event.take", PROCESS_ACTIVITY, 3, INFORMATIONAL, ALLOWED, LOGGED, SUCCESS },
	{ "event.give", PROCESS_ACTIVITY, 4, INFORMATIONAL, ALLOWED, LOGGED, SUCCESS },
	{ "request.opened", BY_ACTION, 0, LOW, DENIED, CHALLENGE, STATUS_NONE },
	{ "decision", BY_APPROVAL, 0, LOW, ACTION_NONE, DISPOSITION_NONE, SUCCESS },
	{ "grant.issued", USER_ACCESS, 1, LOW, ALLOWED, APPROVED, SUCCESS },
	{ "grant.used", BY_ACTION, 0, INFORMATIONAL, ALLOWED, PASSED, SUCCESS },
	{ "grant.revoked", USER_ACCESS, 2, LOW, DENIED, ACCESS_REVOKED, SUCCESS },
	{ "grant.expired", USER_ACCESS, 2, INFORMATIONAL, DENIED, ACCESS_REVOKED, SUCCESS },
	{ "standing.made", USER_ACCESS, 1, LOW, ALLOWED, APPROVED, SUCCESS },
	{ "standing.used", USER_ACCESS, 1, INFORMATIONAL, ALLOWED, APPROVED, SUCCESS },
	{ "standing.revoked", USER_ACCESS, 2, LOW, DENIED, ACCESS_REVOKED, SUCCESS },
	{ "decision.refused", USER_ACCESS, 1, HIGH, DENIED, REJECTED, FAILURE },
	{ "decision.void", USER_ACCESS, 2, MEDIUM, DENIED, ACCESS_REVOKED, FAILURE },
	{ "policy.loaded", ENTITY_MANAGEMENT, 10, LOW, ACTION_NONE, DISPOSITION_NONE, SUCCESS },
	{ "policy.refused", ENTITY_MANAGEMENT, 10, MEDIUM, ACTION_NONE, DISPOSITION_NONE, FAILURE },
	{ "label.set", FILE_ACTIVITY, 7, LOW, ALLOWED, LOGGED, SUCCESS },
	{ "agent.start", APPLICATION_LIFECYCLE, 3, INFORMATIONAL, 0, 0, SUCCESS },
	{ "agent.stop", APPLICATION_LIFECYCLE, 4, INFORMATIONAL, 0, 0, SUCCESS },
	{ "enforcement.lost", APPLICATION_LIFECYCLE, 7, CRITICAL, 0, 0, SUCCESS },
	{ "enforcement.back", APPLICATION_LIFECYCLE, 6, INFORMATIONAL, 0, 0, SUCCESS },
	{ "enforcement.missed", DETECTION_FINDING, 1, HIGH, 0, 0, STATUS_NONE },
	{ "egress.missed", DETECTION_FINDING, 1, HIGH, 0, 0, STATUS_NONE },
	{ "guard.attempt", DETECTION_FINDING, 1, HIGH, 0, 0, STATUS_NONE },
	{ "glass.broken", DETECTION_FINDING, 1, CRITICAL, 0, 0, STATUS_NONE },
	{ "journal.opened", EVENT_LOG, 6, INFORMATIONAL, 0, 0, SUCCESS },
	{ "journal.segment", EVENT_LOG, 5, INFORMATIONAL, 0, 0, SUCCESS },
	{ "journal.recovered", EVENT_LOG, 8, MEDIUM, 0, 0, SUCCESS },
	{ "journal.repaired", EVENT_LOG, 8, MEDIUM, 0, 0, SUCCESS },
	{ "journal.gap", EVENT_LOG, OTHER, HIGH, 0, 0, FAILURE },
};

static const struct meaning unknown = { "", BASE, OTHER, INFORMATIONAL, 0, 0, STATUS_NONE };

/* What an action of the policy is; the activity that was refused or allowed. */
static const struct {
	const char *action;
	int class_uid;
	int activity, refused;
} actions[] = {
	{ "open", FILE_ACTIVITY, 14, 14 },
	{ "write", FILE_ACTIVITY, 3, 3 },
	{ "egress", NETWORK_ACTIVITY, 6, 5 },
	{ "credential", PROCESS_ACTIVITY, 5, 5 },
};

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* The row of the entry's type, with what depends on its other members put in. */
static struct meaning meaning_of(const json_t *entry)
{
	const char *type = text_of(entry, "type"), *action = text_of(entry, "action");
	const char *kind = text_of(json_object_get(entry, "target"), "kind");
	struct meaning meaning = unknown;

	for (size_t i = 0; type && i < ARRAY_SIZE(meanings); i++)
		if (strcmp(meanings[i].type, type) == 0)
			meaning = meanings[i];
	if (meaning.class_uid == BY_APPROVAL) {
		bool yes = json_is_true(json_object_get(entry, "approve"));

		meaning.class_uid = USER_ACCESS;
		meaning.activity = yes ? 1 : 2;
		meaning.action = yes ? ALLOWED : DENIED;
		meaning.disposition = yes ? APPROVED : REJECTED;
	}
	if (meaning.class_uid == FILE_ACTIVITY && kind && strcmp(kind, "endpoint") == 0) {
		meaning.class_uid = NETWORK_ACTIVITY;
		meaning.activity = 6;
	}
	if (meaning.class_uid != BY_ACTION)
		return meaning;
	meaning.class_uid = BASE;
	meaning.activity = OTHER;
	for (size_t i = 0; action && i < ARRAY_SIZE(actions); i++)
		if (strcmp(actions[i].action, action) == 0) {
			meaning.class_uid = actions[i].class_uid;
			meaning.activity = meaning.action == ALLOWED ? actions[i].activity
								     : actions[i].refused;
		}
	return meaning;
}

/* Adds what is there; nothing is added for NULL and for what is of another kind. */
static void put(json_t *to, const char *name, json_t *value)
{
	if (value)
		json_object_set_new(to, name, value);
}

static json_t *string_of(const json_t *object, const char *name)
{
	const char *text = text_of(object, name);

	return text && *text ? json_incref(json_object_get(object, name)) : NULL;
}

static json_t *number_of(const json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	return json_is_integer(value) ? json_incref(value) : NULL;
}

/* Ids are texts in OCSF. */
static json_t *id_of(const json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	return json_is_integer(value)
		       ? json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value))
		       : NULL;
}

/* @path: NULL for a file that the entry does not name */
static json_t *file_of(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;
	const char *name = slash && slash[1] ? slash + 1 : path;

	return json_pack("{s:s, s:i, s:s*}", "name", name ? name : "unknown", "type_id",
			 path ? 1 : 0, "path", path);
}

static json_t *process_of(const json_t *part)
{
	const char *exe = text_of(part, "exe");
	json_t *process = json_object();

	put(process, "pid", number_of(part, "pid"));
	put(process, "name", string_of(part, "comm"));
	if (exe && *exe)
		put(process, "file", file_of(exe));
	return process;
}

/* A process has to have a number, which an entry may not tell. */
static json_t *some_process(const json_t *part)
{
	return json_is_integer(json_object_get(part, "pid")) ? process_of(part)
							     : json_pack("{s:s}", "uid", "unknown");
}

static json_t *actor_of(const json_t *entry)
{
	const json_t *subject = json_object_get(entry, "subject");
	json_t *actor = json_object(), *user = json_object();

	if (json_is_object(subject))
		put(actor, "process", process_of(subject));
	put(user, "uid", id_of(subject, "uid"));
	put(user, "name", string_of(entry, "person"));
	if (!json_object_get(user, "name"))
		put(user, "name", string_of(subject, "user"));
	if (json_object_size(user))
		put(actor, "user", user);
	else
		json_decref(user);
	if (!json_object_size(actor))
		put(actor, "app_name", json_string("sluiced"));
	return actor;
}

static void add_file(json_t *event, const json_t *entry)
{
	const char *path = text_of(json_object_get(entry, "target"), "text");

	put(event, "file", file_of(path ? path : text_of(entry, "path")));
}

static void add_endpoint(json_t *event, const json_t *entry)
{
	const json_t *target = json_object_get(entry, "target");
	const char *address = text_of(target, "address");
	json_t *endpoint = json_object();

	if (address && strncmp(address, "::ffff:", 7) == 0 && strchr(address, '.'))
		address += 7;
	put(endpoint, "ip", address ? json_string(address) : NULL);
	put(endpoint, "port", number_of(target, "port"));
	put(endpoint, "name", string_of(target, "text"));
	put(event, "dst_endpoint", endpoint);
}

static void add_process(json_t *event, const json_t *entry)
{
	const json_t *peer = json_object_get(entry, "peer");

	put(event, "process", some_process(peer ? peer : json_object_get(entry, "subject")));
}

/* For whom: what the entry does not name is said so. */
static void add_user(json_t *event, const json_t *entry)
{
	json_t *name = string_of(entry, "requester");

	if (!name)
		name = string_of(entry, "subject_text");
	put(event, "user", json_pack("{s:o}", "name", name ? name : json_string("unknown")));
	put(event, "privileges", json_pack("[s*]", text_of(entry, "action")));
}

static void add_policy(json_t *event, const json_t *entry)
{
	const char *digest = text_of(json_object_get(entry, "policy"), "digest");

	put(event, "entity",
	    json_pack("{s:i, s:s, s:s, s:s*}", "type_id", 5, "type", "Policy", "name", "policy",
		      "version", digest));
}

static void add_application(json_t *event, const json_t *entry)
{
	(void)entry;
	put(event, "app", json_pack("{s:s, s:s}", "name", "Sluice", "vendor_name", "Sluice"));
}

static void add_finding(json_t *event, const json_t *entry)
{
	put(event, "finding_info",
	    json_pack("{s:o, s:O*, s:[s*]}", "uid", id_of(entry, "seq"), "title",
		      json_object_get(entry, "message"), "types", text_of(entry, "type")));
}

/* What each class has to have beyond what all have. */
static const struct {
	int class_uid;
	void (*add)(json_t *event, const json_t *entry);
} parts[] = {
	{ FILE_ACTIVITY, add_file },	    { NETWORK_ACTIVITY, add_endpoint },
	{ PROCESS_ACTIVITY, add_process },  { USER_ACCESS, add_user },
	{ ENTITY_MANAGEMENT, add_policy },  { APPLICATION_LIFECYCLE, add_application },
	{ DETECTION_FINDING, add_finding },
};

static json_t *hash_of(const struct journal_entry *entry)
{
	uint8_t hash[MERKLE_HASH];
	char hex[MERKLE_HEX];

	if (EVP_Digest(entry->line, entry->size, hash, NULL, EVP_sha256(), NULL) != 1)
		return NULL;
	merkle_hex(hash, hex);
	return json_pack("{s:i, s:s, s:s}", "algorithm_id", 3, "algorithm", "SHA-256", "value",
			 hex);
}

/* What stands elsewhere in the event is not said twice. */
static json_t *rest_of(const json_t *entry)
{
	static const char *const said[] = { "seq", "time", "message", "subject", "prev" };
	json_t *rest = json_copy((json_t *)entry);

	for (size_t i = 0; rest && i < ARRAY_SIZE(said); i++)
		json_object_del(rest, said[i]);
	return rest;
}

static json_t *metadata_of(const struct journal_entry *entry)
{
	const char *origin = entry->origin ? entry->origin : "";

	return json_pack("{s:s, s:{s:s, s:s, s:s}, s:[s,s], s:I, s:o, s:s, s:s*}", "version",
			 OCSF_VERSION, "product", "name", "Sluice", "vendor_name", "Sluice",
			 "version", SLUICE_VERSION, "profiles", "host", "security_control",
			 "sequence", (json_int_t)entry->seq, "original_event_uid",
			 id_of(entry->json, "seq"), "log_name", origin, "event_code",
			 text_of(entry->json, "type"));
}

static void add_common(json_t *event, const struct journal_entry *entry,
		       const struct meaning *meaning)
{
	const char *host = entry->origin ? entry->origin : "";
	json_t *rule = string_of(entry->json, "rule");

	put(event, "metadata", metadata_of(entry));
	put(event, "actor", actor_of(entry->json));
	put(event, "device",
	    json_pack("{s:i, s:o}", "type_id", 1, "hostname",
		      json_stringn(host, strcspn(host, "/"))));
	put(event, "message", string_of(entry->json, "message"));
	if (meaning->action)
		put(event, "action_id", json_integer((json_int_t)meaning->action));
	if (meaning->disposition)
		put(event, "disposition_id", json_integer((json_int_t)meaning->disposition));
	if (meaning->status)
		put(event, "status_id", json_integer((json_int_t)meaning->status));
	if (rule)
		put(event, "policy", json_pack("{s:o}", "name", rule));
	put(event, "unmapped", rest_of(entry->json));
	put(event, "raw_data", json_stringn(entry->line, entry->size));
	put(event, "raw_data_hash", hash_of(entry));
	put(event, "raw_data_size", json_integer((json_int_t)entry->size));
}

json_t *journal_ocsf(const struct journal_entry *entry)
{
	const struct meaning meaning = meaning_of(entry->json);
	json_t *event = json_pack(
		"{s:O*, s:i, s:i, s:i, s:i, s:i}", "time", json_object_get(entry->json, "time"),
		"class_uid", meaning.class_uid, "category_uid", meaning.class_uid / 1000,
		"activity_id", meaning.activity, "type_uid",
		meaning.class_uid * 100 + meaning.activity, "severity_id", (int)meaning.severity);

	if (!event)
		return NULL;
	add_common(event, entry, &meaning);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (parts[i].class_uid == meaning.class_uid)
			parts[i].add(event, entry->json);
	return event;
}

void journal_print_ocsf(FILE *out, const struct journal_entry *entry)
{
	json_auto_t *event = journal_ocsf(entry);

	if (event)
		json_dumpf(event, out, JSON_COMPACT | JSON_ENSURE_ASCII);
	fputc('\n', out);
}
