/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bot_private.h: the parts of the bot among themselves: bot.c (what comes in), bot_decide.c (a
 * decision on its way), bot_answer.c (what is said). For no one else.
 */
#ifndef SLUICE_BOT_PRIVATE_H
#define SLUICE_BOT_PRIVATE_H

#include "base/log.h"
#include "bot.h"
#include "bot_check.h"
#include "web/oidc_provider.h"

struct waiting;

/*
 * @gap: while it runs keys are not asked for because of an unknown one; @keys_wanted: they will be
 * when it ends
 * @waiting: decisions that sluiced has not answered; @refused: in the log
 */
struct bot {
	struct bot_options options;
	const struct bot_settings *settings;
	struct provider *provider;
	struct event *timer;
	struct event *gap;
	bool keys_wanted;
	struct waiting *waiting;
	struct log_limit refused;
};

/* Who waits for an answer. @reply: NULL: nobody any more */
struct caller {
	bot_reply_fn reply;
	void *arg;
};

/* What the person reads beside the card, which stays as it is. */
void bot_answer_text(const struct caller *caller, const char *text);
/* Nobody has pressed that. */
void bot_answer_error(const struct caller *caller, const char *why);
/*
 * The card as this person is to see it. @note: what became of their answer, and then without
 * buttons; or NULL
 */
void bot_answer_card(const struct bot *bot, const struct caller *caller,
		     const struct ipc_request *request, const struct account *account,
		     const char *note);

/**
 * bot_decide() - bring a press of Approve or Deny to sluiced.
 * @press: BOT_FINE
 * @token, @body: what it rests on; @body is NUL-terminated and has no other NUL
 */
void bot_decide(struct bot *bot, const struct bot_press *press, const char *token, const char *body,
		const struct caller *caller);

/* Nobody is told. */
void bot_forget_decisions(struct bot *bot);

#endif
