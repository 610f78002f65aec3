// SPDX-License-Identifier: Apache-2.0
/*
 * notifier_answer.c: see notifier_answer.h. Owns no state.
 */
#include "notifier_answer.h"

#include <stdio.h>

enum notifier_outcome notifier_answer_outcome(const struct http_answer *answer)
{
	long status = answer->status;

	if (status == 0)
		return answer->maybe_arrived ? NOTIFIER_UNKNOWN : NOTIFIER_AGAIN;
	if (status >= 200 && status < 300)
		return NOTIFIER_DONE;
	if (status == 502 || status == 504)
		return NOTIFIER_UNKNOWN; /* a proxy lost the answer, perhaps not the message */
	if (status >= 500 || status == 408 || status == 425 || status == 429)
		return NOTIFIER_AGAIN;
	return NOTIFIER_REFUSED; /* 410 too: who has left must be taken out of the settings */
}

void notifier_answer_judge(const struct http_answer *answer, struct notifier_result *ret)
{
	*ret = (struct notifier_result){ .outcome = notifier_answer_outcome(answer),
					 .wait_s = answer->retry_after_s };
	if (answer->status == 0)
		snprintf(ret->text, sizeof(ret->text), "%s", answer->error);
	else if (answer->status >= 300 && answer->status < 400)
		snprintf(ret->text, sizeof(ret->text),
			 "HTTP %ld: redirects are not followed, the URL must be the final one",
			 answer->status);
	else if (ret->outcome != NOTIFIER_DONE)
		snprintf(ret->text, sizeof(ret->text), "HTTP %ld", answer->status);
}
