/* SPDX-License-Identifier: Apache-2.0 */
/*
 * notifier_answer.h: what an HTTP answer to a post means where a channel has no rule of its own.
 *
 * Owns: which status is worth another try, and what is told of it. Must not own: what a channel's
 * body says (teams_answer.c, notifier_slack.c).
 */
#ifndef SLUICE_NOTIFIER_ANSWER_H
#define SLUICE_NOTIFIER_ANSWER_H

#include "notifier.h"

enum notifier_outcome notifier_answer_outcome(const struct http_answer *answer);

/*
 * All of @ret but the place. Nothing of the answer's body is told to anyone: it may quote the URL,
 * or what it was sent.
 */
void notifier_answer_judge(const struct http_answer *answer, struct notifier_result *ret);

#endif
