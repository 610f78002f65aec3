/* SPDX-License-Identifier: Apache-2.0 */
/*
 * teams_answer.h: what Microsoft's answers to a post mean, be it by a webhook or by a bot.
 *
 * Owns: what is Microsoft's own in them. Must not own: what a status means (notifier_answer.c), where
 * a message stands (notifier_bot.c).
 */
#ifndef SLUICE_TEAMS_ANSWER_H
#define SLUICE_TEAMS_ANSWER_H

#include "notifier/notifier.h"

/*
 * All of @ret but the place. Of the answer's text only an error's code is told on, when it is a
 * plain word: the rest may quote the URL.
 */
void teams_answer_judge(const struct http_answer *answer, struct notifier_result *ret);

#endif
