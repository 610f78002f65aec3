// SPDX-License-Identifier: Apache-2.0
/*
 * web_page.c: see web_page.h. Owns the frame, the two lists and plain messages; the page of one
 * request is in web_request.c.
 */
#include "web_page.h"

#include <errno.h>

#include "notifier/request_words.h"

static void add_account(struct html *html, struct session *session)
{
	html_markup(html, "<nav aria-label=\"Pages\"><a href=\"/\">Waiting</a> "
			  "<a href=\"/history\">History</a></nav>"
			  "<form method=\"post\" action=\"/logout\"><p>");
	html_text(html, session->name);
	html_markup(html, "</p><input type=\"hidden\" name=\"token\" value=\"");
	html_text(html, session->token);
	html_markup(html, "\"><button class=\"plain\">Sign out</button></form>");
}

static void add_once(struct html *html, struct session *session)
{
	if (!*session->message)
		return;
	if (session->failed)
		html_markup(html, "<p class=\"note bad\" role=\"alert\">");
	else
		html_markup(html, "<p class=\"note good\" role=\"status\">");
	html_text(html, session->message);
	html_markup(html, "</p>");
	*session->message = '\0';
}

int frame_begin(const char *title, struct session *session, uint64_t version, struct html *ret)
{
	int r = html_begin(ret);

	if (r < 0)
		return r;
	html_markup(ret, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
			 "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
			 "<title>");
	html_text(ret, title);
	html_markup(ret, " · Sluice</title><link rel=\"stylesheet\" href=\"/style.css\">"
			 "<script src=\"/page.js\" defer></script></head><body");
	if (version)
		html_words(ret, " data-version=%llu", (unsigned long long)version);
	html_markup(ret, "><a class=\"skip\" href=\"#main\">Skip to the content</a>"
			 "<header><p class=\"brand\">Sluice</p>");
	if (session)
		add_account(ret, session);
	html_markup(ret, "</header><main id=\"main\"><h1>");
	html_text(ret, title);
	html_markup(ret, "</h1>");
	if (session)
		add_once(ret, session);
	return 0;
}

int frame_end(struct html *html)
{
	html_markup(html, "</main></body></html>\n");
	return html_end(html);
}

int page_message(const char *title, const char *text, struct session *session, struct html *ret)
{
	int r = frame_begin(title, session, 0, ret);

	if (r < 0)
		return r;
	html_markup(ret, "<p>");
	html_text(ret, text);
	html_markup(ret, "</p><p><a href=\"/\">Requests that wait</a></p>");
	return frame_end(ret);
}

/* A list in the making. @shown: items in it. */
struct list {
	struct html *html;
	unsigned int shown;
};

static void add_fact(struct html *html, const char *name, const char *value)
{
	html_markup(html, "<div><dt>");
	html_text(html, name);
	html_markup(html, "</dt><dd>");
	html_code(html, *value ? value : "none");
	html_markup(html, "</dd></div>");
}

static void add_when(struct html *html, const char *name, uint64_t time_ms)
{
	html_markup(html, "<div><dt>");
	html_text(html, name);
	html_markup(html, "</dt><dd>");
	html_time(html, time_ms);
	html_markup(html, "</dd></div>");
}

static void add_title(struct html *html, const struct ipc_request *request)
{
	const char *action = request_action(request);

	html_markup(html, "<h2><a href=\"/r/");
	html_text(html, request->id);
	html_markup(html, "\">");
	html_text(html, action ? action : request->action);
	html_markup(html, ": ");
	html_code(html, request->target);
	html_markup(html, "</a></h2>");
}

static bool add_item(void *arg, const struct ipc_request *request)
{
	struct list *list = arg;
	struct html *html = list->html;

	if (++list->shown > WEB_LIST_MAX)
		return false;
	html_markup(html, "<li><article>");
	add_title(html, request);
	html_markup(html, "<dl>");
	add_fact(html, "Labels", request->labels);
	add_fact(html, "Who", *request->requester ? request->requester : request->user);
	add_fact(html, "Program", request->comm);
	add_fact(html, "Host", request->host);
	if (request->state == IPC_PENDING) {
		add_fact(html, "Reason", request->reason);
		add_when(html, "Expires", request->expires_ms);
	} else {
		add_fact(html, "Outcome",
			 *request->outcome ? request->outcome : request_closing(request));
		add_when(html, "Closed", request->closed_ms);
	}
	html_markup(html, "</dl></article></li>");
	return true;
}

static void add_page_link(struct html *html, bool open, size_t from, const char *name)
{
	html_markup(html, " <a href=\"");
	html_words(html, "%s?from=%zu", open ? "/" : "/history", from);
	html_markup(html, "\">");
	html_text(html, name);
	html_markup(html, "</a>");
}

/* Where more than one page is needed. @n: requests in all */
static void add_pages(struct html *html, bool open, size_t from, size_t n)
{
	size_t last = n ? (n - 1) / WEB_LIST_MAX * WEB_LIST_MAX : 0;

	if (last == 0)
		return;
	html_markup(html, "<p>");
	html_words(html, "%zu to %zu of %zu, the %s first.", from + 1,
		   from < last ? from + WEB_LIST_MAX : n, n, open ? "oldest" : "newest");
	if (from > 0) {
		add_page_link(html, open, 0, open ? "Oldest" : "Newest");
		add_page_link(html, open, from - WEB_LIST_MAX, "Previous");
	}
	if (from < last) {
		add_page_link(html, open, from + WEB_LIST_MAX, "Next");
		add_page_link(html, open, last, open ? "Newest" : "Oldest");
	}
	html_markup(html, "</p>");
}

static int add_list(struct gateway_requests *requests, bool open, size_t from, struct html *html)
{
	size_t n = gateway_requests_count(requests, open);
	struct list list = { .html = html };

	if (from >= n)
		from = n ? n - 1 : 0;
	from -= from % WEB_LIST_MAX;
	add_pages(html, open, from, n);
	html_markup(html, "<ul class=\"requests\">");
	gateway_requests_each(requests, open, from, add_item, &list);
	html_markup(html, "</ul>");
	add_pages(html, open, from, n);
	return frame_end(html);
}

int page_list(struct gateway_requests *requests, size_t from, struct session *session,
	      struct html *ret)
{
	int r = frame_begin("Requests that wait", session, gateway_requests_version(requests), ret);

	if (r < 0)
		return r;
	if (gateway_requests_count(requests, true) == 0)
		html_markup(ret, "<p>Nothing waits for a decision.</p>");
	return add_list(requests, true, from, ret);
}

int page_history(struct gateway_requests *requests, size_t from, struct session *session,
		 struct html *ret)
{
	int r = frame_begin("Closed lately", session, gateway_requests_version(requests), ret);

	if (r < 0)
		return r;
	html_markup(ret, "<p>What was closed lately, the last one first; the "
			 "journal has all.</p>");
	return add_list(requests, false, from, ret);
}
