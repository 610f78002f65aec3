/* SPDX-License-Identifier: Apache-2.0 */
/*
 * evaluate.c: see evaluate.h. The rule set is the one that the kernel would get; only its numbers
 * of files, control groups and hosts are made up, one for each name.
 */
#include "evaluate.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>

#include "algebra.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "ruleset.h"

/* Names in the order of their first use: the number of one is its index plus 1. */
struct names {
	char **list;
	size_t n;
};

/* @numbers: the label with index i has bit i. @copy: the policy without [Agent] Monitor=. */
struct evaluator {
	struct policy copy;
	unsigned int numbers[SLUICE_MAX_LABELS];
	struct names executables;
	struct names units;
	struct names hosts;
	struct ruleset *ruleset;
};

/* 0: not there. */
static size_t find_name(const struct names *names, const char *name)
{
	for (size_t i = 0; name && i < names->n; i++)
		if (!strcmp(names->list[i], name))
			return i + 1;
	return 0;
}

/* Return: its number, or 0 without memory. */
static size_t add_name(struct names *names, const char *name)
{
	size_t number = find_name(names, name);
	char **slot = number ? NULL : ARRAY_APPEND(names->list, names->n);

	if (slot)
		*slot = strdup(name);
	return number ? number : slot && *slot ? names->n : 0;
}

static void free_names(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->list[i]);
	free(names->list);
}

/* Whether @start and what stands behind it in the path fit together into @ret. */
static bool join(const char *start, const char *rest, char *ret)
{
	size_t length = strlen(start), size = strlen(rest) + 1;

	if (length + size > SLUICE_PATH_TEXT)
		return false;
	memcpy(ret, start, length);
	memcpy(ret + length, rest, size);
	return true;
}

void evaluate_path(const char *path, char *ret)
{
	char start[SLUICE_PATH_TEXT], *end;

	snprintf(ret, SLUICE_PATH_TEXT, "%s", path);
	snprintf(start, sizeof(start), "%s", path);
	while (start[0] == '/' && start[1]) {
		_cleanup_free_ char *real = realpath(start, NULL);

		if (real && join(real, path + strlen(start), ret))
			return;
		end = strrchr(start, '/');
		end[end == start] = '\0';
	}
}

bool evaluate_is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	return !strncmp(path, folder, length) && (!path[length] || path[length] == '/');
}

uint64_t evaluate_path_labels(const struct policy *policy, const char *path)
{
	char folder[SLUICE_PATH_TEXT];
	uint64_t labels = 0;

	for (size_t i = 0; i < policy->n_labels; i++) {
		const struct policy_label *label = &policy->labels[i];

		for (size_t k = 0; k < label->n_paths; k++) {
			evaluate_path(label->paths[k].path, folder);
			if (evaluate_is_below(path, folder))
				labels |= UINT64_C(1) << i;
		}
	}
	return labels;
}

static struct sluice_object_id executable_id(size_t number)
{
	return (struct sluice_object_id){ .dev = 1, .ino = number };
}

static int name_executable(void *context, const char *path, struct sluice_object_id *ret)
{
	struct evaluator *evaluator = context;
	char real[SLUICE_PATH_TEXT];
	size_t number;

	evaluate_path(path, real);
	number = add_name(&evaluator->executables, real);
	*ret = executable_id(number);
	return number ? 0 : -ENOMEM;
}

static int name_unit(void *context, const char *unit, uint64_t **ret, size_t *ret_n)
{
	struct evaluator *evaluator = context;

	*ret = malloc(sizeof(**ret));
	if (!*ret)
		return -ENOMEM;
	**ret = add_name(&evaluator->units, unit);
	*ret_n = 1;
	return **ret ? 0 : -ENOMEM;
}

/* Of 100::/64, which leads nowhere (RFC 6666), so that it is no other host's. */
static struct ruleset_address host_address(size_t number)
{
	struct ruleset_address address = { .bytes = { 0x01 } };

	for (size_t i = 0; i < 4; i++)
		address.bytes[15 - i] = (uint8_t)(number >> 8 * i);
	return address;
}

static int name_host(void *context, const char *host, struct ruleset_address **ret, size_t *ret_n)
{
	struct evaluator *evaluator = context;
	size_t number = add_name(&evaluator->hosts, host);

	*ret = malloc(sizeof(**ret));
	if (!*ret || !number)
		return -ENOMEM;
	**ret = host_address(number);
	*ret_n = 1;
	return 0;
}

int evaluator_new(const struct policy *policy, struct evaluator **ret, struct policy_error *error)
{
	struct evaluator *evaluator = calloc(1, sizeof(*evaluator));
	struct ruleset_names names = { .context = evaluator,
				       .executable = name_executable,
				       .unit = name_unit,
				       .host = name_host };
	int r;

	if (!evaluator) {
		snprintf(error->text, sizeof(error->text), "not enough memory for the policy");
		return -ENOMEM;
	}
	evaluator->copy = *policy;
	evaluator->copy.settings.monitor = false;
	for (unsigned int i = 0; i < SLUICE_MAX_LABELS; i++)
		evaluator->numbers[i] = i;
	names.numbers = evaluator->numbers;
	r = ruleset_compile(&evaluator->copy, &names, 0, 1, &evaluator->ruleset, error);
	if (r == 0)
		*ret = TAKE_PTR(evaluator);
	evaluator_free(evaluator);
	return r;
}

struct evaluator *evaluator_free(struct evaluator *evaluator)
{
	if (!evaluator)
		return NULL;
	free_names(&evaluator->executables);
	free_names(&evaluator->units);
	free_names(&evaluator->hosts);
	ruleset_free(evaluator->ruleset);
	free(evaluator);
	return NULL;
}

void evaluator_freep(struct evaluator **evaluator)
{
	evaluator_free(*evaluator);
}

/* As the kernel's map `members`. */
static uint64_t members_of(const struct evaluator *evaluator, uint32_t dimension, uint64_t a,
			   uint64_t b)
{
	const struct ruleset *ruleset = evaluator->ruleset;

	for (size_t i = 0; i < ruleset->n_members; i++) {
		const struct sluice_member_key *key = &ruleset->members[i].key;

		if (key->dimension == dimension && key->a == a && key->b == b)
			return ruleset->members[i].clearances;
	}
	return 0;
}

static uint64_t user_members(const struct evaluator *evaluator,
			     const struct policy_subject *subject)
{
	return subject->has_user ? members_of(evaluator, SLUICE_DIM_USER, subject->uid, 0) : 0;
}

static uint64_t executable_members(const struct evaluator *evaluator,
				   const struct policy_subject *subject)
{
	struct sluice_object_id id =
		executable_id(find_name(&evaluator->executables, subject->executable));

	return members_of(evaluator, SLUICE_DIM_EXECUTABLE, (uint64_t)id.dev << 32 | id.gen,
			  id.ino);
}

static uint64_t unit_members(const struct evaluator *evaluator, const char *unit)
{
	return members_of(evaluator, SLUICE_DIM_UNIT, find_name(&evaluator->units, unit), 0);
}

/* As clearances_held() in the kernel (bpf/subject.bpf.h). */
static uint64_t clearances_held(const struct evaluator *evaluator,
				const struct evaluate_attempt *attempt)
{
	const struct sluice_policy *kernel = &evaluator->ruleset->kernel;
	const struct policy_subject *subject = &attempt->subject;
	uint64_t units = unit_members(evaluator, subject->unit);

	for (size_t i = 0; i < attempt->n_above; i++)
		units |= unit_members(evaluator, attempt->above[i]);
	return kernel->clearances &
	       (kernel->unstated[SLUICE_DIM_USER] | user_members(evaluator, subject)) &
	       (kernel->unstated[SLUICE_DIM_EXECUTABLE] | executable_members(evaluator, subject)) &
	       (kernel->unstated[SLUICE_DIM_UNIT] | units);
}

static uint64_t cleared_for(const struct evaluator *evaluator,
			    const struct evaluate_attempt *attempt)
{
	uint64_t held = clearances_held(evaluator, attempt);
	struct sluice_task state = { 0 };

	for (int i = 0; i < SLUICE_MAX_CLEARANCES; i++)
		sluice_clear(&evaluator->ruleset->kernel, held, i, &state);
	return state.cleared[attempt->action];
}

static bool is_in(const struct sluice_destination_key *key, const uint8_t addr[16])
{
	unsigned int prefix = key->prefixlen - 32, bytes = prefix / 8, bits = prefix % 8;

	if (memcmp(key->addr, addr, bytes) != 0)
		return false;
	return !bits || !((key->addr[bytes] ^ addr[bytes]) & (uint8_t)(0xff00 >> bits));
}

/* As destination_find() in the kernel (bpf/destination.bpf.h); the longest prefix is the last. */
static void look_up(const struct evaluator *evaluator, const struct policy_endpoint *to,
		    __u64 *ret_allowed, __u64 *ret_carries)
{
	const struct ruleset *ruleset = evaluator->ruleset;
	struct sluice_target target = { .kind = SLUICE_TARGET_ENDPOINT,
					.arg = (uint32_t)to->protocol,
					.port = to->low };
	struct ruleset_address host = host_address(find_name(&evaluator->hosts, to->host));

	memcpy(target.addr, to->host ? host.bytes : to->addr, sizeof(target.addr));
	*ret_carries = 0;
	*ret_allowed = sluice_is_loopback(target.addr) ? UINT64_MAX : 0;
	for (size_t i = ruleset->n_destinations; i > 0; i--) {
		const struct ruleset_destination *entry = &ruleset->destinations[i - 1];

		if (!is_in(&entry->key, target.addr))
			continue;
		sluice_destination_says(&entry->value, &target, ret_allowed, ret_carries);
		return;
	}
}

/*
 * What is at stake, as the hooks see it: what is opened has labels, what is written or sent gets
 * those that the process carries. That a file which is written to has some of them already only the
 * host knows.
 */
static void weigh(const struct evaluator *evaluator, const struct evaluate_attempt *attempt,
		  struct evaluation *ret)
{
	__u64 allowed = 0, carries = 0;

	ret->labels = attempt->labels;
	if (attempt->path)
		ret->labels |= evaluate_path_labels(&evaluator->copy, attempt->path);
	if (attempt->medium && attempt->medium < SLUICE_MEDIA)
		allowed = evaluator->ruleset->kernel.media[attempt->medium];
	else if (attempt->to)
		look_up(evaluator, attempt->to, &allowed, &carries);
	if (attempt->action == SLUICE_OPEN)
		ret->labels |= carries;
	else if (attempt->action == SLUICE_EGRESS)
		ret->passed = ret->labels & (allowed | carries);
}

bool evaluate_involves(const struct evaluation *evaluation, enum sluice_action action,
		       const struct policy_rule *rule)
{
	uint64_t labels =
		evaluation->verdict == POLICY_ALLOW ? evaluation->labels : evaluation->missing;

	if (rule->action != action || !(rule->labels & labels))
		return false;
	return evaluation->verdict == POLICY_ALLOW || evaluation->verdict == POLICY_AUDIT ||
	       (!rule->monitor && rule->verdict == evaluation->verdict);
}

/* Of several the one of the most sensitive label, as requests name it. */
static const struct policy_rule *find_rule(const struct policy *policy,
					   const struct evaluation *evaluation,
					   enum sluice_action action)
{
	const struct policy_rule *found = NULL;
	unsigned int most = 0;

	for (size_t i = 0; i < policy->n_labels; i++) {
		const struct policy_rule *rule = policy_rule_for(policy, action, i);
		unsigned int sensitivity = policy->labels[i].sensitivity;

		if (!rule || !evaluate_involves(evaluation, action, rule) ||
		    !((evaluation->verdict == POLICY_ALLOW ? evaluation->labels
							   : evaluation->missing) >>
			      i &
		      1) ||
		    (found && sensitivity <= most))
			continue;
		found = rule;
		most = sensitivity;
	}
	return found;
}

static enum policy_verdict judge(const struct sluice_policy *kernel, enum sluice_action action,
				 struct evaluation *ret)
{
	uint64_t asked = sluice_asked(kernel, action, ret->missing);

	if (!ret->missing)
		return POLICY_ALLOW;
	if (sluice_denied(kernel, action, ret->missing))
		return POLICY_DENY;
	if (!asked)
		return POLICY_AUDIT;
	ret->hold = sluice_holds(kernel, action, asked);
	return POLICY_ASK;
}

void evaluate(const struct evaluator *evaluator, const struct evaluate_attempt *attempt,
	      struct evaluation *ret)
{
	const struct sluice_policy *kernel = &evaluator->ruleset->kernel;

	*ret = (struct evaluation){ 0 };
	weigh(evaluator, attempt, ret);
	ret->cleared = cleared_for(evaluator, attempt);
	ret->missing =
		sluice_guarded(kernel, attempt->action, ret->labels & ~ret->passed) & ~ret->cleared;
	ret->verdict = judge(kernel, attempt->action, ret);
	/* Of evaluator->copy too, whose rules are those of the policy itself. */
	ret->rule = find_rule(&evaluator->copy, ret, attempt->action);
}
