/* SPDX-License-Identifier: Apache-2.0 */
/*
 * api_problem.h: how the API refuses: a problem (RFC 9457) whose detail names the remedy.
 *
 * Owns: its form, and which status an errno of sluiced's is. Must not own: when it is used.
 */
#ifndef SLUICE_API_PROBLEM_H
#define SLUICE_API_PROBLEM_H

#include "web/web_exchange.h"

/* Sets the response; the text is a sentence. */
__attribute__((format(printf, 3, 4))) void
api_problem(struct exchange *exchange, unsigned int status, const char *format, ...);

/* The same, with the header Retry-After. */
__attribute__((format(printf, 4, 5))) void api_problem_later(struct exchange *exchange,
							     unsigned int status,
							     unsigned int after_s,
							     const char *format, ...);

/* @error: positive, as gateway_decided_fn has it (gateway_link.h); 503 for one that is not known */
unsigned int api_problem_status(int error);

#endif
