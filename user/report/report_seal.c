// SPDX-License-Identifier: Apache-2.0
/*
 * report_seal.c: see report_seal.h.
 */
#include "report_seal.h"

#include "base/cleanup.h"
#include "cli/client.h"
#include "journal/journal_proof.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int take_item(void *ctx, const union ipc_any *item)
{
	*(uint64_t *)ctx = item->report_item.seq;
	return 0;
}

/* Return: 0 and the entry's number; a negative errno with @problem. */
static int ask(const char *socket, const struct ipc_report *made, uint64_t *ret_seq, char *problem,
	       size_t size)
{
	const struct client_call call = { .socket = socket,
					  .type = IPC_REPORT,
					  .payload = made,
					  .size = sizeof(*made),
					  .item = IPC_REPORT_ITEM,
					  .item_fn = take_item,
					  .ctx = ret_seq };
	struct ipc_result result;
	int r;

	*ret_seq = UINT64_MAX;
	r = client_call(&call, &result);
	if (r == 0 && result.error)
		r = -result.error;
	if (r == 0 && *ret_seq == UINT64_MAX)
		r = -EPROTO;
	if (r < 0)
		snprintf(problem, size, "%s", result.text[0] ? result.text : strerror(-r));
	return r;
}

int report_seal(struct bundle *bundle, const char *socket, const char *path, const char *genesis,
		const struct ipc_report *made, uint64_t *ret_seq, char *problem, size_t size)
{
	struct journal_verify_result verified;
	_cleanup_free_ char *proof = NULL;
	int r = ask(socket, made, ret_seq, problem, size);

	if (r < 0)
		return r;
	r = journal_prove(path, *ret_seq, &proof, &verified);
	if (r == 0 && strcmp(verified.genesis, genesis) != 0)
		r = -ESTALE;
	if (r == 0)
		r = bundle_add_late(bundle, REPORT_SEAL_FILE, proof, strlen(proof));
	if (r < 0)
		snprintf(problem, size, "its entry cannot be proven: %s", strerror(-r));
	return r;
}
