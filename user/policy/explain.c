/* SPDX-License-Identifier: Apache-2.0 */
/*
 * explain.c: see explain.h. Lines are compared here one by one, as sluice.conf(5) tells it; the
 * kernel has them in sums. test_explain compares both.
 */
#include "explain.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <string.h>

#include "algebra.h"
#include "base/cleanup.h"
#include "base/view.h"
#include "medium.h"

struct explanation {
	const struct policy *policy;
	const struct evaluate_attempt *attempt;
	const struct evaluation *evaluation;
	json_t *steps;
	json_t *notes;
};

json_t *explain_labels(const struct policy *policy, uint64_t labels)
{
	json_t *list = json_array();

	for (size_t i = 0; i < policy->n_labels; i++)
		if (labels >> i & 1)
			json_array_append_new(list, view_text(policy->labels[i].name));
	return list;
}

static json_t *origin(const struct policy_origin *where)
{
	char text[512];

	if (!where)
		return json_null();
	snprintf(text, sizeof(text), "%.480s:%u", where->file, where->line);
	return view_text(text);
}

/* One line that was looked at. @labels: what it lets through, when it matched */
static void __attribute__((format(printf, 6, 7)))
add(struct explanation *to, const struct policy_origin *where, const char *line, bool matched,
    uint64_t labels, const char *format, ...)
{
	char why[1024];
	va_list ap;

	va_start(ap, format);
	vsnprintf(why, sizeof(why), format, ap);
	va_end(ap);
	json_array_append_new(to->steps, json_pack("{s:o, s:o, s:b, s:o, s:o}", "origin",
						   origin(where), "line", view_text(line),
						   "matched", matched, "why", view_text(why),
						   "labels", explain_labels(to->policy, labels)));
}

static void note(struct explanation *to, const char *text)
{
	for (size_t i = 0; i < json_array_size(to->notes); i++)
		if (!strcmp(json_string_value(json_array_get(to->notes, i)), text))
			return;
	json_array_append_new(to->notes, json_string(text));
}

/* ---- subjects ---- */

static bool has_unit(const struct evaluate_attempt *attempt, const char *unit)
{
	if (attempt->subject.unit && !strcmp(attempt->subject.unit, unit))
		return true;
	for (size_t i = 0; i < attempt->n_above; i++)
		if (!strcmp(attempt->above[i], unit))
			return true;
	return false;
}

static bool has_executable(const struct evaluate_attempt *attempt, const char *executable)
{
	char real[SLUICE_PATH_TEXT];

	evaluate_path(executable, real);
	return attempt->subject.executable && !strcmp(attempt->subject.executable, real);
}

/* The first part of @line that does not match, in words, or false: all match. */
static bool differs(const struct evaluate_attempt *attempt, const struct policy_subject *line,
		    char *ret, size_t size)
{
	const struct policy_subject *who = &attempt->subject;

	if (line->has_user && !(who->has_user && who->uid == line->uid) && who->has_user)
		snprintf(ret, size, "the user is %u, not %u", who->uid, line->uid);
	else if (line->has_user && !who->has_user)
		snprintf(ret, size, "no user is stated");
	else if (line->executable && !has_executable(attempt, line->executable))
		snprintf(ret, size, "the executable is %.400s, not %.400s",
			 who->executable ? who->executable : "not stated", line->executable);
	else if (line->unit && !has_unit(attempt, line->unit))
		snprintf(ret, size, "the unit is %.200s, not %.200s",
			 who->unit ? who->unit : "not stated", line->unit);
	else
		return false;
	return true;
}

static void word_subject(const struct policy_subject *line, const char *key, char *ret, size_t size)
{
	char user[32] = "";

	if (line->has_user)
		snprintf(user, sizeof(user), " user:%u", line->uid);
	snprintf(ret, size, "%s=%s%s%.600s%s%.200s", key, user + (*user == ' '),
		 line->executable ? (*user ? " exe:" : "exe:") : "",
		 line->executable ? line->executable : "",
		 line->unit ? (*user || line->executable ? " unit:" : "unit:") : "",
		 line->unit ? line->unit : "");
}

static void try_subjects(struct explanation *to, const char *key,
			 const struct policy_subject *lines, size_t n, uint64_t labels)
{
	char line[1024], why[1024];

	for (size_t i = 0; i < n; i++) {
		bool matched = !differs(to->attempt, &lines[i], why, sizeof(why));

		word_subject(&lines[i], key, line, sizeof(line));
		add(to, &lines[i].origin, line, matched, matched ? labels : 0, "%s",
		    matched ? "it is who tries" : why);
	}
}

/* ---- places ---- */

static void word_place(const struct policy_endpoint *line, char *ret, size_t size)
{
	bool v4 = line->prefix >= 96 && line->addr[10] == 0xff && line->addr[11] == 0xff;
	char address[INET6_ADDRSTRLEN + 8] = "", text[INET6_ADDRSTRLEN] = "?", ports[16] = "";
	const char *protocol = line->protocol == IPPROTO_TCP   ? "/tcp"
			       : line->protocol == IPPROTO_UDP ? "/udp"
							       : "";

	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? line->addr + 12 : line->addr, text, sizeof(text));
	if (line->prefix < 128)
		snprintf(address, sizeof(address), v4 ? "%s/%u" : "[%s]/%u", text,
			 line->prefix - (v4 ? 96 : 0));
	else
		snprintf(address, sizeof(address), v4 ? "%s" : "[%s]", text);
	if (line->low == line->high)
		snprintf(ports, sizeof(ports), ":%u", line->low);
	else if (line->low || line->high != UINT16_MAX)
		snprintf(ports, sizeof(ports), ":%u-%u", line->low, line->high);
	snprintf(ret, size, "%.300s%s%s", line->host ? line->host : address, ports, protocol);
}

static bool has_address(const struct policy_endpoint *line, const struct policy_endpoint *to)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	unsigned int bytes = line->prefix / 8, bits = line->prefix % 8;

	if (line->host || to->host)
		return line->host && to->host && !strcmp(line->host, to->host);
	/* prefixes of IPv6 say nothing about IPv4 */
	if (line->prefix < 96 && !memcmp(to->addr, mapped, sizeof(mapped)))
		return false;
	return !memcmp(line->addr, to->addr, bytes) &&
	       (!bits || !((line->addr[bytes] ^ to->addr[bytes]) & (uint8_t)(0xff00 >> bits)));
}

/* Why @line is another place than @to, or NULL: it is not. @carries: it says what comes from there */
static const char *is_elsewhere(const struct policy_endpoint *line,
				const struct policy_endpoint *to, bool carries)
{
	int protocol = carries && to->protocol == ALGEBRA_MPTCP ? IPPROTO_TCP : to->protocol;

	if (line->host && !to->host)
		return "a host name, whose addresses are not looked up here";
	if (!has_address(line, to))
		return "another address";
	if (to->low < line->low || to->low > line->high)
		return "another port";
	if (line->protocol && line->protocol != protocol)
		return "another protocol";
	return NULL;
}

static void try_places(struct explanation *to, const char *key, const struct policy_endpoint *lines,
		       size_t n, uint64_t labels)
{
	char place[400], line[420];

	for (size_t i = 0; to->attempt->to && i < n; i++) {
		bool carries = *key == 'E' && to->attempt->action == SLUICE_OPEN;
		const char *why = is_elsewhere(&lines[i], to->attempt->to, carries);

		word_place(&lines[i], place, sizeof(place));
		snprintf(line, sizeof(line), "%s=%s", key, place);
		add(to, &lines[i].origin, line, !why, why ? 0 : labels, "%s",
		    why ? why : "it is this place");
		if (lines[i].host && !to->attempt->to->host)
			note(to, "which addresses host names have is not looked up; name the host "
				 "itself to try it");
	}
}

static void try_media(struct explanation *to, const struct policy_rule *rule, uint64_t labels)
{
	char line[64];

	for (uint32_t medium = 1; medium < SLUICE_MEDIA; medium++) {
		const char *word = medium_word(medium);
		bool matched = medium == to->attempt->medium;

		if (!(rule->media >> medium & 1) || !word)
			continue;
		snprintf(line, sizeof(line), "To=%s", word);
		add(to, &rule->origin, line, matched, matched ? labels : 0, "%s",
		    matched ? "it is this medium" : "another way off the host");
	}
}

/* ---- what is at stake ---- */

static void tell_paths(struct explanation *to, size_t i)
{
	const struct policy_label *label = &to->policy->labels[i];
	char folder[SLUICE_PATH_TEXT], line[SLUICE_PATH_TEXT + 8];

	for (size_t k = 0; to->attempt->path && k < label->n_paths; k++) {
		evaluate_path(label->paths[k].path, folder);
		if (!evaluate_is_below(to->attempt->path, folder))
			continue;
		snprintf(line, sizeof(line), "Path=%s", label->paths[k].path);
		add(to, &label->paths[k].origin, line, true, UINT64_C(1) << i,
		    "the file is there, so it carries %s", label->name);
	}
	for (size_t k = 0; to->attempt->path && k < label->n_xattrs; k++) {
		evaluate_path(label->xattrs[k].below, folder);
		if (evaluate_is_below(to->attempt->path, folder))
			note(to, "whether the file has an extended attribute that labels it is "
				 "not looked at");
	}
}

static void tell_labels(struct explanation *to)
{
	const struct policy *policy = to->policy;
	bool object = to->attempt->action == SLUICE_OPEN;

	if (to->attempt->labels)
		add(to, NULL, "labels", true, to->attempt->labels, "%s",
		    object ? "it carries them" : "the process carries them");
	for (size_t i = 0; i < policy->n_labels; i++) {
		tell_paths(to, i);
		if (object)
			try_places(to, "Endpoint", policy->labels[i].endpoints,
				   policy->labels[i].n_endpoints, UINT64_C(1) << i);
	}
}

/* ---- rules ---- */

static void tell_outcome(struct explanation *to, const struct policy_rule *rule)
{
	uint64_t missing = to->evaluation->missing & rule->labels;
	char line[SLUICE_NAME_MAX + 16];

	snprintf(line, sizeof(line), "[Rule %s]", rule->name);
	if (!missing)
		add(to, &rule->origin, line, true, 0, "all that it guards was let through");
	else
		add(to, &rule->origin, line, true, 0, "%s%s", policy_verdict_name(rule->verdict),
		    rule->monitor ? ", but Monitor=yes: it goes on and is journaled" : "");
}

static void try_rule(struct explanation *to, const struct policy_rule *rule)
{
	uint64_t labels = to->evaluation->labels & rule->labels;
	char line[SLUICE_NAME_MAX + 16];

	snprintf(line, sizeof(line), "[Rule %s]", rule->name);
	if (rule->action != to->attempt->action || !labels)
		add(to, &rule->origin, line, false, 0,
		    rule->action != to->attempt->action ? "it is about another action"
							: "it guards none of these labels");
	else if (rule->verdict == POLICY_ALLOW)
		add(to, &rule->origin, line, true, labels, "Verdict=allow: it stops nobody");
	if (rule->action != to->attempt->action || !labels || rule->verdict == POLICY_ALLOW)
		return;
	try_media(to, rule, labels);
	try_places(to, "To", rule->destinations, rule->n_destinations, labels);
	try_subjects(to, "Clear", rule->cleared, rule->n_cleared, labels);
}

/* What holds beside the rules: it goes on where data comes from, or does not leave the host. */
static void try_ways(struct explanation *to)
{
	const struct policy_endpoint *place = to->attempt->to;

	if (to->attempt->action != SLUICE_EGRESS || !place)
		return;
	if (!place->host && sluice_is_loopback(place->addr))
		add(to, NULL, "loopback", true, to->evaluation->labels,
		    "it does not leave the host");
	else
		note(to, "addresses of this host itself are no way off it, which is not looked at");
	for (size_t i = 0; i < to->policy->n_labels; i++)
		if (to->evaluation->labels >> i & 1)
			try_places(to, "Endpoint", to->policy->labels[i].endpoints,
				   to->policy->labels[i].n_endpoints, UINT64_C(1) << i);
}

static void try_trusted(struct explanation *to)
{
	for (size_t i = 0; to->attempt->action == SLUICE_OPEN && i < to->policy->n_trusted; i++) {
		const struct policy_trusted *trusted = &to->policy->trusted[i];

		if (trusted->labels & to->evaluation->labels)
			try_subjects(to, "Subject", trusted->subjects, trusted->n_subjects,
				     trusted->labels & to->evaluation->labels);
	}
}

static void tell_steps(struct explanation *to)
{
	const struct policy *policy = to->policy;

	tell_labels(to);
	try_ways(to);
	for (size_t i = 0; i < policy->n_rules; i++)
		try_rule(to, &policy->rules[i]);
	try_trusted(to);
	for (size_t i = 0; i < policy->n_rules; i++)
		if (policy->rules[i].action == to->attempt->action &&
		    policy->rules[i].labels & to->evaluation->labels &&
		    policy->rules[i].verdict != POLICY_ALLOW)
			tell_outcome(to, &policy->rules[i]);
}

static json_t *groups_of(const struct policy *policy, const struct policy_rule *rule)
{
	json_t *list = json_array();

	for (size_t i = 0; i < policy->n_groups; i++)
		if (rule->groups >> i & 1)
			json_array_append_new(list, view_text(policy->groups[i].name));
	return list;
}

json_t *explain(const struct policy *policy, const struct evaluate_attempt *attempt,
		const struct evaluation *evaluation)
{
	const struct policy_rule *rule = evaluation->rule;
	bool asks = evaluation->verdict == POLICY_ASK && rule;
	struct explanation to = {
		.policy = policy,
		.attempt = attempt,
		.evaluation = evaluation,
		.steps = json_array(),
		.notes = json_array(),
	};

	tell_steps(&to);
	return json_pack("{s:s, s:b, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o}", "verdict",
			 policy_verdict_name(evaluation->verdict), "hold", evaluation->hold, "rule",
			 rule ? view_text(rule->name) : json_null(), "origin",
			 rule ? origin(&rule->origin) : json_null(), "reviewers",
			 asks ? groups_of(policy, rule) : json_null(), "labels",
			 explain_labels(policy, evaluation->labels), "missing",
			 explain_labels(policy, evaluation->missing), "monitor",
			 policy->settings.monitor, "steps", to.steps, "notes", to.notes);
}
