// SPDX-License-Identifier: Apache-2.0
/*
 * control_report.c: the answer to "sluice report", which has made a folder of evidence: its hash
 * goes into the journal. Owns no state.
 */
#include "control_peer.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "event/record.h"
#include "journal/journal.h"
#include "report_made.h"

/*
 * The epoch ends behind it: then the host's key has signed it, which is the one that others know.
 * Return: 0 and its number; what the journal cannot take is not written later either.
 */
static int journal_report(struct agent *agent, const struct ipc_report *made, uint64_t *ret_seq)
{
	int r = record_announce(agent, report_made_body(made), REPORT_MADE,
				"a report for %s was made of %" PRIu64 " entries, manifest %.12s",
				made->framework, made->entries, made->manifest);

	if (r < 0)
		return r;
	*ret_seq = journal_size(agent->journal) - 1;
	return record_rotate(agent, true);
}

int answer_report(struct client *client, const struct channel_message *message,
		  struct answer *answer)
{
	struct agent *agent = client->control->agent;
	const struct ipc_report *made = &message->body.report;
	struct ipc_report_item *item;
	int r;

	if (client->peer.uid != 0)
		return answer_result(answer, -EPERM, "only root may have a report journaled");
	if (!report_made_valid(made) || made->entries > journal_size(agent->journal))
		return answer_result(answer, -EINVAL, "that is no report of this journal");
	item = calloc(1, sizeof(*item));
	if (!item)
		return -ENOMEM;
	answer->items = item;
	r = journal_report(agent, made, &item->seq);
	if (r < 0)
		return answer_result(answer, r, "the journal cannot be written: %s",
				     record_broken(agent) ? record_broken(agent) : "try again");
	answer->type = IPC_REPORT_ITEM;
	answer->item_size = sizeof(*item);
	answer->n = 1;
	return 0;
}
