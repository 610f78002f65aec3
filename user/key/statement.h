/* SPDX-License-Identifier: Apache-2.0 */
/*
 * statement.h: what a person signs: one answer to one request, as lines of text.
 *
 *	sluice-decision-v1
 *	host NAME		of the host that asks
 *	boot ID			of its kernel's start
 *	request r-…
 *	digest 64 HEX DIGITS	of the request, whole (request.h)
 *	verdict approve|deny|approve-standing
 *	scope once|process|executable, or none with deny; once with approve-standing
 *	duration_s SECONDS	how long the approval may hold; 0 with deny; with approve-standing
 *				how long the same again is approved in advance (standing.h)
 *	reason TEXT		one line, may be empty
 *	time 2026-11-22T14:00:00.250Z
 *	nonce 32 HEX DIGITS	no two statements are the same
 *
 * Owns: this form. Each line ends with LF, names and values are parted by one space, all lines are
 * there, in this order, and nothing else: one answer has one spelling. A change of it is a new
 * version in the first line. Must not own: signatures (sshsig.h), or whether the answer is allowed
 * (decision.h).
 */
#ifndef SLUICE_STATEMENT_H
#define SLUICE_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ipc.h"

/* What ssh-keygen -Y sign takes with -n: a signature for anything else is none. */
#define STATEMENT_NAMESPACE "sluice-decision@sluice"

#define STATEMENT_NONCE	    33 /* with the NUL */

/*
 * @answer: with the scope in words of an approval, never IPC_SCOPE_RULE; @standing: for a time.
 * @revoke: takes back what was approved; @answer is then as that of a denial, which is what it would
 * be to whoever does not look at this.
 */
struct statement {
	char host[65];
	char boot[37];
	struct ipc_decide answer;
	bool standing;
	bool revoke;
	uint64_t time_ms;
	char nonce[STATEMENT_NONCE];
};

/**
 * statement_write() - the text to be signed.
 * Return: 0; -EINVAL when a field cannot be stated (a reason of several lines, for example);
 * -ENOSPC.
 */
int statement_write(const struct statement *statement, char *ret, size_t size);

/*
 * @ret_line: when it is refused, which line is wrong. Return: 0 or -EBADMSG. Accepted is only what
 * statement_write() writes.
 */
int statement_parse(const char *text, struct statement *ret, unsigned int *ret_line);

#endif
