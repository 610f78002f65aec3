/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_similar.h: how requests like this one ended before.
 *
 * Owns: which count as alike: the same executable, action and labels. Must not own: any weight of
 * it: each is shown as it was, and nothing is made of their number.
 */
#ifndef SLUICE_WEB_SIMILAR_H
#define SLUICE_WEB_SIMILAR_H

#include "base/html.h"
#include "gateway/gateway_requests.h"

/* A section of a page, nothing when none is known. @request may be lent by @requests. */
void add_similar(struct html *html, const struct ipc_request *request,
		 struct gateway_requests *requests);

#endif
