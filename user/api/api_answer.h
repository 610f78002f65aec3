/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api_answer.h: the body with which a client of the API brings a decision, as JSON. Either an
 * answer that a person has signed, which is passed on as it is:
 *
 *	{"statement": "sluice-decision-v1\n…", "signature": "-----BEGIN SSH SIGNATURE-----\n…"}
 *
 * or one of the client's own:
 *
 *	{"verdict": "approve", "digest": "64 HEX DIGITS", "nonce": "32 HEX DIGITS",
 *	 "reason": "…", "scope": "once|process|executable", "duration_s": 300}
 *
 * where reason may be left out, and scope and duration_s, which belong to approvals, may be too.
 *
 * Owns: this form; nothing else is taken. Must not own: whether an answer counts.
 */
#ifndef SLUICE_API_ANSWER_H
#define SLUICE_API_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "ipc.h"
#include "key/statement.h"

/**
 * struct api_answer: one decision.
 * @message: of a signed one (@is_signed), as it came
 * @revoke: what was approved is taken back; @answer is then as that of a denial
 * @answer: which request (of a signed one only), verdict, digest and terms; scope IPC_SCOPE_RULE
 * and duration 0 where the client leaves them to the rule
 * @nonce: no two decisions of a client have the same
 */
struct api_answer {
	bool is_signed;
	bool revoke;
	struct ipc_signed message;
	struct ipc_decide answer;
	char nonce[STATEMENT_NONCE];
};

/*
 * @text: what is wrong and the remedy, a sentence, when it is refused.
 * Return: 0; -EBADMSG: it is no JSON; -EINVAL: it is not as above; -ENOMEM.
 */
int api_answer_parse(const char *body, size_t body_size, struct api_answer *ret, char *text,
		     size_t size);

#endif
