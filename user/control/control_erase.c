/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control_erase.c: the answer to "sluice journal erase". Owns no state. Must not own: which texts
 * fit, or how they are erased (vault.h).
 *
 * The journal says before that it will be done, and after that it was: a crash between leaves the
 * first alone, and not a claim that is not true. It never says what.
 */
#include "control_peer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "event/record.h"
#include "event/record_vault.h"
#include "journal/journal.h"
#include "policy/policy.h"
#include "sluiced/agent.h"
#include "vault/vault.h"

struct erasing {
	struct agent *agent;
	const struct ipc_erase *act;
	const char *by;
	uint64_t texts;
};

static struct vault_select select_of(const struct ipc_erase *act)
{
	return (struct vault_select){
		.path = act->path[0] ? act->path : NULL,
		.uid = act->uid < 0 ? VAULT_NOBODY : act->uid,
		.request = act->request,
		.before_ms = act->before_ms,
	};
}

static bool is_valid(const struct ipc_erase *act)
{
	bool any = act->path[0] || act->request[0] || act->uid >= 0 || act->before_ms;

	return any && (act->count || act->reason[0]) && (!act->path[0] || act->path[0] == '/') &&
	       act->before_ms <= INT64_MAX;
}

/* The person whose session it is, if it is one's. */
static const char *who_asks(const struct client *client)
{
	const struct policy_person *person = NULL;
	struct decider decider;
	const char *why;

	if (peer_decider(client, &decider) == 0)
		person = person_deciding(client->control->agent->policy, &decider.who, &why);
	return person ? person->name : "root";
}

static json_t *body_of(const struct erasing *e)
{
	return json_pack("{s:I, s:s, s:o}", "texts", (json_int_t)e->texts, "by", e->by, "reason",
			 record_text(e->act->reason));
}

/* Write-ahead, as everything that cannot be taken back. */
static int announce(const struct erasing *e)
{
	int r = record_announce(e->agent, body_of(e), "vault.erasing",
				"%s has %" PRIu64 " private texts erased: %s", e->by, e->texts,
				e->act->reason);

	return r < 0 ? r : record_commit(e->agent);
}

static int conclude(struct erasing *e, int err)
{
	if (err)
		record_add(e->agent, NULL, json_pack("{s:o}", "error", record_text(strerror(-err))),
			   "vault.kept", "private text could not be erased: %s", strerror(-err));
	else
		record_add(e->agent, NULL, body_of(e), "vault.erased",
			   "%" PRIu64 " private texts are erased, as %s wanted: %s", e->texts,
			   e->by, e->act->reason);
	return record_commit(e->agent);
}

static int answer_failed(struct answer *answer, int err)
{
	return answer_result(answer, err, "the vault cannot be written: %s%s", strerror(-err),
			     err == -EBUSY ? "; somebody reads it: run it again" : "");
}

static int answer_item(struct answer *answer, uint64_t texts, uint64_t seq)
{
	struct ipc_erase_item *item = calloc(1, sizeof(*item));

	if (!item)
		return -ENOMEM;
	*item = (struct ipc_erase_item){ .texts = texts, .seq = seq };
	answer->items = item;
	answer->type = IPC_ERASE_ITEM;
	answer->item_size = sizeof(*item);
	answer->n = 1;
	return 0;
}

static int erase(struct erasing *e, struct answer *answer)
{
	const struct vault_select select = select_of(e->act);
	struct vault *vault = e->agent->vault;
	int err = announce(e);
	uint64_t seq;

	if (err)
		return answer_result(answer, err, "the journal cannot be written: %s",
				     record_broken(e->agent) ? record_broken(e->agent)
							     : "try again");
	err = vault_erase(vault, &select, agent_time_ms(), &e->texts);
	if (conclude(e, err) && !err)
		return answer_result(answer, -EIO,
				     "%" PRIu64 " private texts are erased; the journal cannot be "
				     "written and will say so when it can",
				     e->texts);
	if (err)
		return answer_failed(answer, err);
	seq = journal_size(e->agent->journal) - 1;
	record_vault_tick(e->agent); /* of a small vault that is all */
	record_commit(e->agent);
	return answer_item(answer, e->texts, seq);
}

int answer_erase(struct client *client, const struct channel_message *message,
		 struct answer *answer)
{
	struct erasing e = { .agent = client->control->agent, .act = &message->body.erase };
	const struct vault_select select = select_of(e.act);
	int err;

	if (client->peer.uid != 0)
		return answer_result(answer, -EPERM, "only root may erase private text");
	if (!is_valid(e.act))
		return answer_result(answer, -EINVAL, "say which texts, and why");
	if (!e.agent->vault)
		return answer_result(answer, -ENOENT,
				     "there is no vault: the policy calls nothing private");
	err = record_commit(e.agent); /* what is new is in the file then, and found */
	if (!err)
		err = vault_count(e.agent->vault, &select, &e.texts);
	if (err)
		return answer_failed(answer, err);
	if (e.act->count)
		return answer_item(answer, e.texts, 0);
	e.by = who_asks(client);
	if (e.texts)
		return erase(&e, answer);
	err = vault_erase(e.agent->vault, &select, agent_time_ms(), &e.texts);
	return err ? answer_failed(answer, err)
		   : answer_result(answer, -ENOENT, "no private text fits");
}
