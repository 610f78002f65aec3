/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_requests.c: what the keys of [Requests] do: one setter a key. Must not own: names of keys
 * (policy_keys.c), or what is done with them (request_budget.c, request_terms.c, request_tell.c).
 */
#include "base/cleanup.h"
#include "base/text.h"
#include "policy_build.h"

#define RATE_MOST 256 /* must be found again among the closed ones, which others share */

static struct policy_requests *settings(struct policy_build *build)
{
	return &build->policy->requests;
}

int policy_set_requests_terminal(struct policy_build *build, const char *value)
{
	return policy_value_bool(build, value, &settings(build)->terminal);
}

static int set_number(struct policy_build *build, const char *value, unsigned int most,
		      unsigned int *ret)
{
	uint64_t number;

	if (text_to_number(value, most, &number) < 0 || number == 0)
		return policy_fail(build, "%s=%.100s is not possible; write a number from 1 to %u",
				   build->key, value, most);
	*ret = (unsigned int)number;
	return 0;
}

int policy_set_requests_pending(struct policy_build *build, const char *value)
{
	return set_number(build, value, SLUICE_MAX_REQUESTS_PER_UID, &settings(build)->max_pending);
}

/* NUMBER per TIME */
int policy_set_requests_rate(struct policy_build *build, const char *value)
{
	_cleanup_(text_free_wordsp) char **words = NULL;
	int r = policy_value_words(build, value, &words);

	if (r < 0)
		return r;
	if (!words[1] || strcmp(words[1], "per") != 0 || !words[2] || words[3])
		return policy_fail(build, "%s=%.100s is not understood; write it like 30 per 10min",
				   build->key, value);
	r = set_number(build, words[0], RATE_MOST, &settings(build)->rate);
	if (r < 0)
		return r;
	return policy_value_seconds(build, words[2], 1, SLUICE_MAX_RATE_S,
				    &settings(build)->rate_s);
}

int policy_set_requests_unknown(struct policy_build *build, const char *value)
{
	settings(build)->unknown_denied = !strcmp(value, "deny");
	return settings(build)->unknown_denied
		       ? 0
		       : set_number(build, value, SLUICE_MAX_REVIEWERS, &settings(build)->unknown);
}
