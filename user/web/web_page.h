/* SPDX-License-Identifier: Apache-2.0 */
/*
 * web_page.h: the pages that reviewers see, as HTML.
 *
 * Owns: what stands on a page and in which order. Must not own: who may see it (web.c), escaping
 * (html.h). Each function writes a whole page and returns 0 or -ENOMEM.
 */
#ifndef SLUICE_WEB_PAGE_H
#define SLUICE_WEB_PAGE_H

#include "base/html.h"
#include "gateway/gateway_requests.h"
#include "web_session.h"

/* Requests on one page of a list. */
#define WEB_LIST_MAX 100

/* @session: NULL when nobody is signed in; its message is shown and forgotten. */
int page_message(const char *title, const char *text, struct session *session, struct html *ret);

/* @from: how many stand on the pages before; one beyond the end shows the last page. */
int page_list(struct gateway_requests *requests, size_t from, struct session *session,
	      struct html *ret);
int page_history(struct gateway_requests *requests, size_t from, struct session *session,
		 struct html *ret);

/* What stands around each page; @version: of the requests: the page is shown anew when it changes;
 * 0 for a page that stays. */
int frame_begin(const char *title, struct session *session, uint64_t version, struct html *ret);
int frame_end(struct html *html);

#endif
