/* SPDX-License-Identifier: Apache-2.0 */
/*
 * learn.c: see learn.h.
 */
#include "learn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pwd.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "medium.h"
#include "rehearse.h"

static void policy_freep(struct policy **policy)
{
	policy_free(*policy);
}

/* What each attempt comes to under @policy. */
static int judge(const struct learn *learn, const struct policy *policy, enum policy_verdict *ret,
		 struct policy_error *error)
{
	_cleanup_(evaluator_freep) struct evaluator *evaluator = NULL;
	struct evaluation evaluation;
	int r = evaluator_new(policy, &evaluator, error);

	for (size_t i = 0; r == 0 && i < learn->list->n; i++) {
		evaluate(evaluator, &learn->list->list[i]->attempt, &evaluation);
		ret[i] = evaluation.verdict;
	}
	return r;
}

int learn_begin(struct learn *learn, struct policy_error *error)
{
	size_t n = learn->list->n + 1; /* not 0 */

	learn->wanted = calloc(n, sizeof(*learn->wanted));
	learn->left = calloc(n, sizeof(*learn->left));
	learn->now = calloc(n, sizeof(*learn->now));
	if (!learn->wanted || !learn->left || !learn->now) {
		snprintf(error->text, sizeof(error->text), "out of memory");
		return -ENOMEM;
	}
	return judge(learn, learn->policy, learn->now, error);
}

void learn_done(struct learn *learn)
{
	for (size_t i = 0; i < learn->n_lines; i++)
		free(learn->lines[i].text);
	free(learn->lines);
	free(learn->wanted);
	free(learn->left);
	free(learn->now);
}

/* ---- lines ---- */

/* To= of the place where @past sends to, owned by the caller, or NULL: none could say it. */
static char *place_line(const struct past *past)
{
	const struct policy_endpoint *to = past->attempt.to;
	const char *medium = medium_word(past->attempt.medium);
	char address[INET6_ADDRSTRLEN];
	char *line = NULL;
	bool v4;

	if (past->attempt.action != SLUICE_EGRESS)
		return NULL;
	if (medium)
		return asprintf(&line, "To=%s\n", medium) < 0 ? NULL : line;
	if (!to || !to->low || (to->protocol != IPPROTO_TCP && to->protocol != IPPROTO_UDP))
		return NULL;
	v4 = IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)(const void *)to->addr);
	inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? to->addr + 12 : to->addr, address, sizeof(address));
	if (asprintf(&line, v4 ? "To=%s:%u/%s\n" : "To=[%s]:%u/%s\n", address, to->low,
		     to->protocol == IPPROTO_TCP ? "tcp" : "udp") < 0)
		return NULL;
	return line;
}

/* A login's scope has another name the next time. */
static bool is_service(const char *unit)
{
	size_t length = unit ? strlen(unit) : 0;

	return length > 8 && !strcmp(unit + length - 8, ".service");
}

/* Clear= of all that is known of who tried, owned by the caller, or NULL. */
static char *subject_line(const struct past *past)
{
	const struct policy_subject *who = &past->attempt.subject;
	const struct passwd *entry = past->user ? getpwnam(past->user) : NULL;
	bool named = entry && entry->pw_uid == who->uid;
	bool service = is_service(who->unit);
	char user[32], *line = NULL;

	/* "…/x" was cut, and a backslash spells bytes that are none of a policy's */
	if (!who->has_user || !who->executable || who->executable[0] != '/' ||
	    strpbrk(who->executable, "\\\""))
		return NULL;
	snprintf(user, sizeof(user), "%u", who->uid);
	if (asprintf(&line, "Clear=user:%s \"exe:%s\"%s%s\n", named ? past->user : user,
		     who->executable, service ? " unit:" : "", service ? who->unit : "") < 0)
		return NULL;
	return line;
}

/* ---- trying them ---- */

/* The policy with learn->lines and, when @text is given, with it in all rules that stop @past. */
static int load_with(const struct learn *learn, const struct past *past, const char *text,
		     struct policy **ret, struct policy_error *error)
{
	size_t most = learn->n_lines + learn->policy->n_rules, n = 0;
	_cleanup_free_ struct policy_extra *extra = calloc(most + 1, sizeof(*extra));

	if (!extra)
		return -ENOMEM;
	for (size_t i = 0; i < learn->n_lines; i++)
		extra[n++] = (struct policy_extra){ learn->lines[i].rule->origin.file,
						    learn->lines[i].rule->origin.line,
						    learn->lines[i].text };
	for (size_t i = 0; text && i < learn->policy->n_rules; i++) {
		const struct policy_rule *rule = &learn->policy->rules[i];

		if (rule->action == past->attempt.action && rule->labels & past->attempt.labels &&
		    rule->verdict != POLICY_ALLOW)
			extra[n++] =
				(struct policy_extra){ rule->origin.file, rule->origin.line, text };
	}
	return policy_load_with(learn->files, learn->n_files, extra, n, ret, error);
}

/* How many attempts that are not wanted @policy judges otherwise than now. -ENOMEM, -EINVAL. */
static int64_t count_others(const struct learn *learn, const struct policy *policy,
			    enum policy_verdict *verdicts, struct policy_error *error)
{
	int64_t others = 0;
	int r = judge(learn, policy, verdicts, error);

	if (r < 0)
		return r;
	for (size_t i = 0; i < learn->list->n; i++)
		if (!learn->wanted[i] && verdicts[i] != learn->now[i])
			others += (int64_t)learn->list->list[i]->n;
	return others;
}

/* Whether @text lets attempt @i through, and nothing that is not wanted. */
static int is_exact(const struct learn *learn, size_t i, const char *text,
		    enum policy_verdict *verdicts)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	struct policy_error error;
	int64_t others;
	int r = load_with(learn, learn->list->list[i], text, &policy, &error);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	others = count_others(learn, policy, verdicts, &error);
	if (others == -ENOMEM)
		return -ENOMEM;
	return others == 0 && verdicts[i] == POLICY_ALLOW;
}

/* Takes a copy of @text into each rule that stops @past. */
static int take_line(struct learn *learn, const struct past *past, const char *text)
{
	for (size_t i = 0; i < learn->policy->n_rules; i++) {
		const struct policy_rule *rule = &learn->policy->rules[i];
		struct learn_line *line;

		if (rule->action != past->attempt.action ||
		    !(rule->labels & past->attempt.labels) || rule->verdict == POLICY_ALLOW)
			continue;
		line = ARRAY_APPEND(learn->lines, learn->n_lines);
		if (!line)
			return -ENOMEM;
		*line = (struct learn_line){ .rule = rule, .text = strdup(text), .n = past->n };
		if (!line->text)
			return -ENOMEM;
	}
	return 0;
}

static int learn_one(struct learn *learn, size_t i, enum policy_verdict *verdicts)
{
	const struct past *past = learn->list->list[i];
	_cleanup_free_ char *place = place_line(past), *subject = subject_line(past);
	const char *texts[] = { place, subject };

	for (size_t k = 0; k < ARRAY_SIZE(texts); k++) {
		int r = texts[k] ? is_exact(learn, i, texts[k], verdicts) : 0;

		if (r < 0)
			return r;
		if (r > 0)
			return take_line(learn, past, texts[k]);
	}
	learn->left[i] = true;
	return 0;
}

/* The most frequent wanted attempt that neither the lines so far let through nor is left; or n. */
static size_t find_next(const struct learn *learn, const enum policy_verdict *verdicts)
{
	const struct past_list *list = learn->list;
	size_t found = list->n;

	for (size_t i = 0; i < list->n; i++)
		if (learn->wanted[i] && !learn->left[i] && verdicts[i] != POLICY_ALLOW &&
		    (found == list->n || list->list[i]->n > list->list[found]->n))
			found = i;
	return found;
}

/* All lines together, as they would stand in the files; @verdicts: what all comes to then. */
static int try_all(const struct learn *learn, enum policy_verdict *verdicts, bool with_tests,
		   struct policy_error *error)
{
	_cleanup_(policy_freep) struct policy *policy = NULL;
	int64_t others;
	int r = load_with(learn, NULL, NULL, &policy, error);

	if (r == 0 && with_tests)
		r = rehearse(policy, error);
	if (r < 0)
		return r;
	others = count_others(learn, policy, verdicts, error);
	if (others > 0)
		snprintf(error->text, sizeof(error->text),
			 "the lines together would change %lld attempts that are not meant",
			 (long long)others);
	return others > 0 ? -EINVAL : (int)others;
}

static int assert_all(const struct learn *learn, enum policy_verdict *verdicts,
		      struct policy_error *error)
{
	int r = try_all(learn, verdicts, true, error);

	for (size_t i = 0; r == 0 && i < learn->list->n; i++) {
		if (!learn->wanted[i] || (verdicts[i] == POLICY_ALLOW) == !learn->left[i])
			continue;
		snprintf(error->text, sizeof(error->text),
			 "the lines together do not do to entry %llu what each does alone",
			 (unsigned long long)learn->list->list[i]->first);
		r = -EINVAL;
	}
	return r;
}

int learn_lines(struct learn *learn, struct policy_error *error)
{
	_cleanup_free_ enum policy_verdict *verdicts =
		calloc(learn->list->n + 1, sizeof(*verdicts));
	int r = verdicts ? try_all(learn, verdicts, false, error) : -ENOMEM;

	for (size_t i; r == 0 && (i = find_next(learn, verdicts)) < learn->list->n;) {
		r = learn_one(learn, i, verdicts);
		if (r == 0)
			r = try_all(learn, verdicts, false, error);
	}
	/* what is left may have been let through by a line for another one */
	for (size_t i = 0; r == 0 && i < learn->list->n; i++)
		learn->left[i] &= verdicts[i] != POLICY_ALLOW;
	if (r == 0)
		r = assert_all(learn, verdicts, error);
	if (r == -ENOMEM)
		snprintf(error->text, sizeof(error->text), "out of memory");
	return r;
}
