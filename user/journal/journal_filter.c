// SPDX-License-Identifier: Apache-2.0
/*
 * journal_filter.c: see journal_filter.h.
 */
#include "journal_filter.h"

#include "base/text.h"
#include "journal_totals.h"
#include "journal_type.h"
#include "vault/reveal.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#define V4_MAPPED_BITS 96

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

static bool is_text(const json_t *object, const char *key, const char *wanted)
{
	const char *text = text_of(object, key);

	return text && strcmp(text, wanted) == 0;
}

/* A number, written as people write it. */
static bool is_number(const json_t *object, const char *key, const char *wanted)
{
	const json_t *number = json_object_get(object, key);
	char text[24];

	snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, json_integer_value(number));
	return json_is_integer(number) && strcmp(text, wanted) == 0;
}

static bool is_like(const char *text, const char *pattern)
{
	return text && fnmatch(pattern, text, 0) == 0;
}

static bool has_type(const json_t *entry, const char *wanted)
{
	const char *type = text_of(entry, "type");
	size_t size = strlen(wanted);

	return type && strncmp(type, wanted, size) == 0 &&
	       (type[size] == '\0' || type[size] == '.');
}

/* As the line spells it. Return: 1: it fits; 0: it does not; -1: it is spelled oddly. */
static int fits_type(const char *line, size_t size, const char *wanted)
{
	struct journal_type type = journal_type_find(line, size);
	size_t n = strlen(wanted);

	if (!type.size)
		return -1;
	return type.size >= n && memcmp(line + type.at, wanted, n) == 0 &&
	       (type.size == n || line[type.at + n] == '.');
}

static bool has_request(const json_t *entry, const char *wanted)
{
	return is_text(entry, "request", wanted);
}

static bool has_action(const json_t *entry, const char *wanted)
{
	return is_text(entry, "action", wanted);
}

static bool has_label(const json_t *entry, const char *wanted)
{
	const json_t *labels = json_object_get(entry, "labels"), *label;
	size_t i;

	json_array_foreach(labels, i, label)
		if (json_is_string(label) && strcmp(json_string_value(label), wanted) == 0)
			return true;
	return is_text(entry, "label", wanted);
}

static bool has_person(const json_t *entry, const char *wanted)
{
	return is_text(entry, "person", wanted) || is_text(entry, "requester", wanted) ||
	       is_text(entry, "reviewer", wanted);
}

static bool has_rule(const json_t *entry, const char *wanted)
{
	return is_text(entry, "rule", wanted);
}

static bool has_decision(const json_t *entry, const char *wanted)
{
	const json_t *approve = json_object_get(entry, "approve");

	if (json_is_boolean(approve) && is_text(entry, "type", "decision"))
		return strcmp(wanted, json_is_true(approve) ? "approved" : "denied") == 0;
	return is_text(entry, "state", wanted);
}

static bool has_process(const json_t *entry, const char *wanted)
{
	return is_number(json_object_get(entry, "subject"), "pid", wanted) ||
	       is_number(json_object_get(entry, "peer"), "pid", wanted);
}

static bool has_user(const json_t *entry, const char *wanted)
{
	const json_t *subject = json_object_get(entry, "subject");

	return is_text(subject, "user", wanted) || is_number(subject, "uid", wanted) ||
	       is_number(subject, "loginuid", wanted);
}

static bool has_executable(const json_t *entry, const char *pattern)
{
	const char *path = text_of(json_object_get(entry, "subject"), "exe");
	const char *name = path ? strrchr(path, '/') : NULL;

	return is_like(path, pattern) || (name && is_like(name + 1, pattern));
}

static bool has_path(const json_t *entry, const char *pattern)
{
	const json_t *target = json_object_get(entry, "target");

	return (is_text(target, "kind", "file") && is_like(text_of(target, "text"), pattern)) ||
	       is_like(text_of(entry, "path"), pattern);
}

static bool has_destination(const json_t *entry, const char *pattern)
{
	const json_t *target = json_object_get(entry, "target");

	return is_text(target, "kind", "endpoint") && is_like(text_of(target, "text"), pattern);
}

static bool has_network(const json_t *entry, const struct journal_filter *filter)
{
	const char *text = text_of(json_object_get(entry, "target"), "address");
	struct in6_addr address;

	if (!text || inet_pton(AF_INET6, text, &address) != 1)
		return false;
	for (unsigned int bit = 0; bit < filter->prefix; bit++) {
		unsigned int mask = 0x80U >> bit % 8;

		if ((address.s6_addr[bit / 8] ^ filter->network.s6_addr[bit / 8]) & mask)
			return false;
	}
	return true;
}

static bool has_message(const json_t *entry, const regex_t *grep)
{
	const char *message = text_of(entry, "message");

	return message && regexec(grep, message, 0, NULL, 0) == 0;
}

/* Characters that JSON never escapes, so that they stand in the line if they are in the entry. */
static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

static bool has_bytes(const char *line, size_t size, const char *bytes, size_t n)
{
	return n == 0 || memmem(line, size, bytes, n);
}

static bool has_word(const char *line, size_t size, const char *word)
{
	return has_bytes(line, size, word, strlen(word));
}

/* As the writer spells it. No text can hold it: within one a quotation mark is escaped. */
static bool is_upkeep(const char *line, size_t size)
{
	return has_word(line, size, ",\"type\":\"journal.epoch\",") ||
	       has_word(line, size, ",\"type\":\"journal.heartbeat\",");
}

/* A number that the frame has near the line's begin; false: it is not found there. */
static bool frame_number(const char *line, size_t size, const char *name, int64_t *ret)
{
	const char *end = line + size;
	const char *at = memmem(line, size < 96 ? size : 96, name, strlen(name));
	int64_t number = 0;

	if (!at)
		return false;
	for (at += strlen(name); at < end && *at >= '0' && *at <= '9'; at++) {
		if (number > INT64_MAX / 100)
			return false;
		number = number * 10 + (*at - '0');
	}
	*ret = number;
	return true;
}

static bool is_at_time(const struct journal_filter *filter, int64_t time, uint64_t seq)
{
	return seq >= filter->from_seq && (!filter->since_ms || time >= filter->since_ms) &&
	       (!filter->until_ms || time <= filter->until_ms);
}

static bool may_be_at_time(const struct journal_filter *filter, const char *line, size_t size)
{
	int64_t time, seq;

	return !frame_number(line, size, "{\"seq\":", &seq) ||
	       !frame_number(line, size, ",\"time\":", &time) ||
	       is_at_time(filter, time, (uint64_t)seq);
}

/* Each part of a pattern that stands for itself; what follows a set or a backslash is not looked
 * at.
 */
static bool may_be_like(const char *line, size_t size, const char *pattern)
{
	size_t run;

	for (const char *at = pattern; *at && *at != '[' && *at != '\\'; at += run ? run : 1) {
		run = strspn(at, plain);
		if (!has_bytes(line, size, at, run))
			return false;
	}
	return true;
}

static bool may_be_decision(const char *line, size_t size, const char *wanted)
{
	(void)wanted;
	return has_word(line, size, "approve\"") || has_word(line, size, "state\"");
}

static bool may_be_word(const char *line, size_t size, const char *wanted)
{
	return wanted[strspn(wanted, plain)] || has_word(line, size, wanted);
}

static bool may_be_type(const char *line, size_t size, const char *wanted)
{
	int fits = fits_type(line, size, wanted);

	return fits < 0 ? may_be_word(line, size, wanted) : fits;
}

static bool may_be_place(const char *line, size_t size)
{
	return has_word(line, size, "\"totals\":{");
}

/* One of the strings of that name, as it stands there; those with escapes are not looked at. */
static bool may_have_message(const char *line, size_t size, const regex_t *grep)
{
	static const char name[] = "\"message\":";
	const char *end = line + size, *at = line;

	while ((at = memmem(at, (size_t)(end - at), name, sizeof(name) - 1))) {
		regmatch_t range = { 0 };
		const char *close;

		at += sizeof(name) - 1;
		close = at < end && *at == '"' ? memchr(at + 1, '"', (size_t)(end - at - 1)) : NULL;
		if (!close || memchr(at, '\\', (size_t)(close - at)))
			return true;
		range.rm_eo = close - (at + 1);
		if (regexec(grep, at + 1, 1, &range, REG_STARTEND) == 0)
			return true;
	}
	return !memmem(line, size, name, sizeof(name) - 1) && has_word(line, size, "message");
}

static bool needs_json(const struct journal_filter *filter)
{
	return filter->request || filter->action || filter->label || filter->person ||
	       filter->type || filter->rule || filter->decision || filter->process ||
	       filter->user || filter->executable || filter->path || filter->destination ||
	       filter->has_network || filter->has_grep;
}

bool journal_filter_wants_line(const struct journal_filter *filter, const char *line, size_t size)
{
	if (filter->counts && !may_be_at_time(filter, line, size))
		return fits_type(line, size, filter->type) > 0;
	return filter->late && !needs_json(filter) && may_be_at_time(filter, line, size) &&
	       !(filter->no_upkeep && is_upkeep(line, size));
}

bool journal_filter_may_want(const struct journal_filter *filter, const char *line, size_t size)
{
	const struct {
		const char *wanted;
		bool (*may)(const char *line, size_t size, const char *wanted);
	} texts[] = {
		{ filter->request, may_be_word },
		{ filter->action, may_be_word },
		{ filter->label, may_be_word },
		{ filter->person, may_be_word },
		{ filter->type, may_be_type },
		{ filter->rule, may_be_word },
		{ filter->process, may_be_word },
		{ filter->user, may_be_word },
		{ filter->executable, may_be_like },
		{ filter->path, may_be_like },
		{ filter->destination, may_be_like },
		{ filter->decision, may_be_decision },
		{ filter->has_network ? "address" : NULL, may_be_word },
	};

	if (filter->boots && has_word(line, size, "\"boot\""))
		return true;
	if (filter->counts && may_be_place(line, size))
		return true;
	if (filter->counts && !may_be_at_time(filter, line, size))
		return fits_type(line, size, filter->type) < 0;
	if (filter->no_upkeep && is_upkeep(line, size))
		return false;
	if (!may_be_at_time(filter, line, size) || journal_filter_wants_line(filter, line, size))
		return false;
	if (filter->reveal && reveal_wants(line, size))
		return true;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i].wanted && !texts[i].may(line, size, texts[i].wanted))
			return false;
	return !filter->has_grep || may_have_message(line, size, &filter->grep);
}

static bool fits(const struct journal_filter *filter, const json_t *entry, bool any_time)
{
	const struct {
		const char *wanted;
		bool (*has)(const json_t *entry, const char *wanted);
	} texts[] = {
		{ filter->request, has_request },   { filter->action, has_action },
		{ filter->label, has_label },	    { filter->person, has_person },
		{ filter->type, has_type },	    { filter->rule, has_rule },
		{ filter->decision, has_decision }, { filter->process, has_process },
		{ filter->user, has_user },	    { filter->executable, has_executable },
		{ filter->path, has_path },	    { filter->destination, has_destination },
	};
	const char *type = text_of(entry, "type");
	int64_t time = json_integer_value(json_object_get(entry, "time"));
	uint64_t seq = (uint64_t)json_integer_value(json_object_get(entry, "seq"));

	if (filter->no_upkeep && type &&
	    (!strcmp(type, "journal.epoch") || !strcmp(type, "journal.heartbeat")))
		return false;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (texts[i].wanted && !texts[i].has(entry, texts[i].wanted))
			return false;
	return (any_time || is_at_time(filter, time, seq)) &&
	       (!filter->has_network || has_network(entry, filter)) &&
	       (!filter->has_grep || has_message(entry, &filter->grep));
}

bool journal_filter_fits(const struct journal_filter *filter, const json_t *entry)
{
	return entry && fits(filter, entry, false);
}

bool journal_filter_wants(const struct journal_filter *filter, const json_t *entry)
{
	return (filter->counts && journal_totals_of(entry)) || fits(filter, entry, filter->counts);
}

void journal_filter_done(struct journal_filter *filter)
{
	if (filter->has_grep)
		regfree(&filter->grep);
	filter->has_grep = false;
}

int journal_filter_grep(struct journal_filter *filter, const char *expression)
{
	int flags = REG_EXTENDED | REG_NOSUB | REG_ICASE;

	for (const char *c = expression; *c; c++)
		if (isupper((unsigned char)*c))
			flags &= ~REG_ICASE;
	journal_filter_done(filter);
	filter->has_grep = regcomp(&filter->grep, expression, flags) == 0;
	return filter->has_grep ? 0 : -EINVAL;
}

int journal_filter_destination(struct journal_filter *filter, const char *text)
{
	size_t size = strcspn(text, "/");
	struct in6_addr mapped = { .s6_addr = { [10] = 0xff, [11] = 0xff } };
	char address[INET6_ADDRSTRLEN];
	uint64_t prefix;
	bool is_v4 = false;

	if (size < sizeof(address)) {
		snprintf(address, sizeof(address), "%.*s", (int)size, text);
		is_v4 = inet_pton(AF_INET, address, &mapped.s6_addr[12]) == 1;
		filter->has_network = is_v4 || inet_pton(AF_INET6, address, &mapped) == 1;
	}
	if (!filter->has_network) {
		filter->destination = text;
		return 0;
	}
	prefix = is_v4 ? 32 : 128;
	if (text[size] && text_to_number(text + size + 1, prefix, &prefix) < 0)
		return -EINVAL;
	filter->network = mapped;
	filter->prefix = (unsigned int)prefix + (is_v4 ? V4_MAPPED_BITS : 0);
	return 0;
}

/*
 * A boot begins where the clock that starts with it goes back, or an entry names another boot id:
 * the agent says its at each start, which alone would miss entries before, and the clock alone a
 * host that was up longer than before.
 */
uint64_t journal_boots_count(struct journal_boots *boots, const json_t *entry)
{
	uint64_t boottime = (uint64_t)json_integer_value(json_object_get(entry, "boottime_us"));
	const char *id = text_of(entry, "boot");
	bool back = boottime < boots->boottime_us;

	if (!id)
		id = text_of(json_object_get(entry, "journal"), "boot");
	if (back)
		boots->id[0] = '\0';
	boots->n += back || (id && boots->id[0] && strcmp(id, boots->id) != 0);
	if (id)
		snprintf(boots->id, sizeof(boots->id), "%s", id);
	boots->boottime_us = boottime;
	return boots->n;
}

void journal_boots_pass(struct journal_boots *boots, const char *line, size_t size)
{
	int64_t boottime;

	if (!frame_number(line, size, ",\"boottime_us\":", &boottime))
		return;
	if ((uint64_t)boottime < boots->boottime_us) {
		boots->id[0] = '\0';
		boots->n++;
	}
	boots->boottime_us = (uint64_t)boottime;
}
