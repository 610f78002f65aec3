// SPDX-License-Identifier: Apache-2.0
/*
 * fuzz_api.c: the body of a decision of any bytes. What is taken is whole and within its arrays,
 * and a signed one's statement is one that statement_parse() takes. Sources: fuzz_api.c
 * user/api/api_answer.c user/key/statement.c.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_answer.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define HAS_END(text) (memchr(text, '\0', sizeof(text)) != NULL)

static void require(int holds)
{
	if (!holds)
		abort();
}

static void check(const struct api_answer *answer)
{
	const struct ipc_decide *decide = &answer->answer;
	struct statement statement;
	unsigned int line;

	require(HAS_END(decide->reason) && HAS_END(decide->digest) && HAS_END(answer->nonce));
	require(HAS_END(answer->message.statement) && HAS_END(answer->message.signature));
	require(strlen(decide->digest) == 64 && strlen(answer->nonce) == STATEMENT_NONCE - 1);
	require(text_find_bad(decide->reason, strlen(decide->reason)) == strlen(decide->reason));
	require(decide->approve <= 1 && decide->scope <= IPC_SCOPE_EXECUTABLE);
	require(decide->approve || (!decide->scope && !decide->duration_s));
	if (answer->is_signed)
		require(statement_parse(answer->message.statement, &statement, &line) == 0);
	else
		require(!*answer->message.statement && decide->duration_s <= SLUICE_MAX_DURATION_S);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct api_answer answer;
	char why[512] = "";

	if (api_answer_parse((const char *)data, size, &answer, why, sizeof(why)) == 0)
		check(&answer);
	else
		require(*why && HAS_END(why));
	return 0;
}
