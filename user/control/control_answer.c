/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control_answer.c: answers that change something: decide, revoke, label; and who the peer is.
 * Those that only look are in control_query.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "control_peer.h"
#include "decision/grant.h"
#include "decision/standing.h"
#include "event/process.h"
#include "event/record.h"
#include "guard/glass.h"
#include "label/label.h"
#include "request/reason.h"

int answer_result(struct answer *answer, int error, const char *format, ...)
{
	va_list ap;

	answer->result.error = error < 0 ? -error : error;
	va_start(ap, format);
	vsnprintf(answer->result.text, sizeof(answer->result.text), format, ap);
	va_end(ap);
	return 0;
}

int peer_decider(const struct client *client, struct decider *ret)
{
	struct decider decider = { .pidfd = client->pidfd };
	int r;

	/* Alive before and after: what was read in between is of the process that connected. */
	if (client->pidfd < 0 || !process_pidfd_alive(client->pidfd))
		return -ESRCH;
	r = identity_of(client->peer.pid, 0, &decider.who);
	if (r < 0)
		return r;
	if (!process_pidfd_alive(client->pidfd))
		return -ESRCH;
	if (decider.who.uid != client->peer.uid)
		return -EPERM;
	*ret = decider;
	return 0;
}

int peer_file(const struct client *client, int32_t fd)
{
	_cleanup_close_ int file = -1;
	char path[512];

	if (fd < 0)
		return -EBADF;
	snprintf(path, sizeof(path), "%s/%d/fd/%d", process_root, client->peer.pid, fd);
	file = open(path, O_PATH | O_CLOEXEC);
	if (file < 0)
		return errno == ENOENT ? -EBADF : -errno;
	/* Else the pid may be another's by now. */
	if (client->pidfd < 0 || !process_pidfd_alive(client->pidfd))
		return -ESRCH;
	return TAKE_FD(file);
}

bool peer_sees_all(const struct client *client)
{
	const struct policy *policy = client->control->agent->policy;
	struct decider decider;
	const char *why;

	if (client->peer.uid == 0)
		return true;
	return !peer_decider(client, &decider) && person_deciding(policy, &decider.who, &why);
}

static int no_decider(struct answer *answer, int error)
{
	return answer_result(answer, error,
			     "it cannot be seen which process you are (%s); run sluice directly "
			     "from your session",
			     strerror(-error));
}

int answer_decide(struct client *client, const struct channel_message *message,
		  struct answer *answer)
{
	struct decider decider;
	int r = peer_decider(client, &decider);

	if (r < 0)
		return no_decider(answer, r);
	r = decision_make(client->control->agent, &message->body.decide, &decider,
			  answer->result.text, sizeof(answer->result.text));
	answer->result.error = -r;
	return 0;
}

int answer_submit(struct client *client, const struct channel_message *message,
		  struct answer *answer)
{
	struct decider courier;
	int r = peer_decider(client, &courier);

	if (r < 0)
		return no_decider(answer, r);
	r = decision_submit(client->control->agent, &message->body.answer, &courier,
			    answer->result.text, sizeof(answer->result.text));
	answer->result.error = -r;
	return 0;
}

/*
 * Whether this person may review the request that it came from, as for a revocation by a channel;
 * root may take away anything.
 */
static const char *revoker(const struct client *client, const char *id,
			   const struct decider *decider)
{
	const struct agent *agent = client->control->agent;
	const struct request *request = request_find(agent->requests, id);
	const struct policy_person *person;
	struct request_terms terms = {};
	const char *why;

	person = person_deciding(agent->policy, &decider->who, &why);
	if (request)
		request_terms_of(agent, request, &terms);
	if (person && request && request_reviewer(agent, request, terms.groups, person, NULL))
		return person->name;
	if (client->peer.uid == 0)
		return person ? person->name : "root";
	return NULL;
}

int answer_revoke(struct client *client, const struct channel_message *message,
		  struct answer *answer)
{
	const struct ipc_select *select = &message->body.select;
	struct agent *agent = client->control->agent;
	struct standing *standing = standing_find(agent->standings, select->id);
	struct grant *grant = grant_find(agent->grants, select->id);
	struct decider decider;
	const char *who;
	int r = peer_decider(client, &decider);

	if (r < 0)
		return no_decider(answer, r);
	if (!grant && !standing)
		return answer_result(answer, -ENOENT,
				     "there is no such grant in force; see sluice grants");
	who = revoker(client, standing ? standing_request(standing) : grant->request, &decider);
	if (!who)
		return answer_result(
			answer, -EACCES,
			"only reviewers of what the grant allows, and root, may revoke it");
	if (standing)
		standing_revoke(agent, standing, who, select->text, NULL);
	else
		grant_revoke(agent, grant, who, select->text, NULL);
	r = record_commit(agent);
	request_committed(agent, r);
	return answer_result(answer, 0, "%s is revoked%s", select->id,
			     r < 0 ? "; the journal cannot be written and will say so when it can"
				   : "");
}

/* Items of label_list(), as they come. */
struct list {
	struct answer *answer;
	size_t room;
};

static int add_label(void *ctx, const struct ipc_label_item *item)
{
	struct list *list = ctx;
	struct answer *answer = list->answer;

	if (answer->n == list->room) {
		size_t room = list->room ? 2 * list->room : 16;
		void *items = realloc(answer->items, room * sizeof(*item));

		if (!items)
			return -ENOMEM;
		answer->items = items;
		list->room = room;
	}
	memcpy((struct ipc_label_item *)answer->items + answer->n++, item, sizeof(*item));
	return 0;
}

static int no_file(struct answer *answer, int error)
{
	return answer_result(answer, error, "sluiced cannot see the file that you mean: %s",
			     strerror(-error));
}

static int list_labels(struct client *client, int32_t fd, struct answer *answer)
{
	_cleanup_close_ int file = fd < 0 ? -1 : peer_file(client, fd);
	struct list list = { .answer = answer };
	int r;

	if (fd >= 0 && file < 0)
		return no_file(answer, file);
	if (fd < 0 && !peer_sees_all(client))
		return answer_result(
			answer, -EPERM,
			"only root and persons named in the policy may list all labels");
	answer->type = IPC_LABEL_ITEM;
	answer->item_size = sizeof(struct ipc_label_item);
	r = label_list(client->control->agent, file, add_label, &list);
	return answer_result(answer, r, "%s", r < 0 ? strerror(-r) : "");
}

int answer_label(struct client *client, const struct channel_message *message,
		 struct answer *answer)
{
	const struct ipc_label *label = &message->body.label;
	struct agent *agent = client->control->agent;
	_cleanup_close_ int file = -1;
	struct decider decider;
	int r;

	if (label->verb == IPC_LABEL_LIST)
		return list_labels(client, label->fd, answer);
	if (label->verb != IPC_LABEL_ADD && label->verb != IPC_LABEL_REMOVE)
		return -EPROTO;
	if (client->peer.uid != 0)
		return answer_result(answer, -EPERM, "only root may change labels; use sudo");
	file = peer_file(client, label->fd);
	if (file < 0)
		return no_file(answer, file);
	r = peer_decider(client, &decider);
	if (r < 0)
		return no_decider(answer, r);
	/* Else a process that read labeled data could take the label from a copy of it. */
	r = decision_check_taint(agent, &decider, answer->result.text, sizeof(answer->result.text));
	if (!r)
		r = label_set(agent, file, label->label, label->verb == IPC_LABEL_ADD, label->path,
			      answer->result.text, sizeof(answer->result.text));
	answer->result.error = -r;
	record_commit(agent);
	return 0;
}

int answer_reason(struct client *client, const struct channel_message *message,
		  struct answer *answer)
{
	const struct ipc_reason *reason = &message->body.reason;
	struct decider decider;
	int r = peer_decider(client, &decider);

	if (r < 0)
		return no_decider(answer, r);
	r = reason_declare(client->control->agent, client->peer.pid, client->pidfd, reason,
			   answer->result.text, sizeof(answer->result.text));
	answer->result.error = -r;
	return 0;
}

int answer_glass(struct client *client, const struct channel_message *message,
		 struct answer *answer)
{
	struct decider decider;
	int r = peer_decider(client, &decider);

	if (r < 0)
		return no_decider(answer, r);
	r = glass_act(client->control->agent, &message->body.glass, client->peer.uid == 0, &decider,
		      answer->result.text, sizeof(answer->result.text));
	answer->result.error = -r;
	return 0;
}
