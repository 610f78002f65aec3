// SPDX-License-Identifier: Apache-2.0
/*
 * web_similar.c: see web_similar.h.
 */
#include "web_similar.h"

#include <string.h>

#include "notifier/request_words.h"

#define MAX_SHOWN 5

struct similar {
	struct html *html;
	const struct ipc_request *request;
	unsigned int shown;
};

static bool is_similar(const struct ipc_request *a, const struct ipc_request *b)
{
	return *a->executable && strcmp(a->id, b->id) != 0 &&
	       strcmp(a->executable, b->executable) == 0 && strcmp(a->action, b->action) == 0 &&
	       strcmp(a->labels, b->labels) == 0;
}

static void begin(struct html *html)
{
	html_markup(html, "<section><h2>Decided before</h2><p>Requests of the same executable, "
			  "action and labels, of those that are known here, the last one first. "
			  "Objects and sources may be others, and this one is decided anew.</p>"
			  "<ol>");
}

/* Who decided, and why. */
static void add_decisions(struct html *html, const struct ipc_request *request)
{
	for (unsigned int i = 0; i < request->n_decisions && i < SLUICE_MAX_REVIEWERS; i++) {
		const struct ipc_decision *decision = &request->decisions[i];

		html_text(html, decision->approve ? "; approved by " : "; denied by ");
		html_code(html, decision->person);
		html_markup(html, ", reason: ");
		html_code(html, *decision->reason ? decision->reason : "none");
	}
}

static bool add_one(void *arg, const struct ipc_request *request)
{
	struct similar *similar = arg;
	struct html *html = similar->html;
	const char *closing = request_closing(request);

	if (!is_similar(similar->request, request))
		return true;
	if (similar->shown++ == 0)
		begin(html);
	html_markup(html, "<li><a href=\"/r/");
	html_text(html, request->id);
	html_markup(html, "\">");
	html_text(html, closing ? closing : "Closed");
	html_markup(html, "</a>, ");
	html_time(html, request->closed_ms);
	html_markup(html, ", object ");
	html_code(html, request->target);
	add_decisions(html, request);
	html_markup(html, "</li>");
	return similar->shown < MAX_SHOWN;
}

void add_similar(struct html *html, const struct ipc_request *request,
		 struct gateway_requests *requests)
{
	struct similar similar = { .html = html, .request = request };

	gateway_requests_each(requests, false, 0, add_one, &similar);
	if (similar.shown)
		html_markup(html, "</ol></section>");
}
