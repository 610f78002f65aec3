// SPDX-License-Identifier: Apache-2.0
/*
 * api_list.c: what waits and what was closed lately, for the API: see api.h. Owns the table of
 * filters and the form of a list.
 */
#include <string.h>

#include "api_private.h"
#include "api_problem.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "notifier/request_json.h"

#define DEFAULT_PAGE 20
#define MAX_PAGE     50

void api_send(struct exchange *exchange, const json_t *value)
{
	exchange_text(exchange, MHD_HTTP_OK, API_JSON,
		      value ? json_dumps(value, JSON_COMPACT) : NULL);
}

/* Which requests a list is of. @state: IPC_STATES: whichever */
struct filter {
	const char *name;
	bool open;
	bool closed;
	uint8_t state;
};

static const struct filter filters[] = {
	{ "open", true, false, IPC_STATES },
	{ "closed", false, true, IPC_STATES },
	{ "all", true, true, IPC_STATES },
	{ "approved", false, true, IPC_APPROVED },
	{ "denied", false, true, IPC_DENIED },
	{ "expired", false, true, IPC_EXPIRED },
	{ "gone", false, true, IPC_GONE },
};

/* A list being made. @skip: still to be left out; @more: there is one beyond @limit */
struct listing {
	const struct filter *filter;
	uint64_t skip;
	uint64_t limit;
	json_t *list;
	bool failed;
	bool more;
};

static bool add_request(void *arg, const struct ipc_request *request)
{
	struct listing *listing = arg;

	if (listing->filter->state != IPC_STATES && listing->filter->state != request->state)
		return true;
	if (listing->skip > 0) {
		listing->skip--;
		return true;
	}
	listing->more = json_array_size(listing->list) == listing->limit;
	if (listing->more)
		return false;
	listing->failed |= json_array_append_new(listing->list, request_json(request)) < 0;
	return !listing->failed;
}

/* Where all of a list are wanted, those to be left out need not be looked at. */
static void add_requests(struct gateway_requests *requests, bool open, struct listing *listing)
{
	size_t count = gateway_requests_count(requests, open), skip = 0;

	if (listing->filter->state == IPC_STATES) {
		skip = listing->skip < count ? (size_t)listing->skip : count;
		listing->skip -= skip;
	}
	gateway_requests_each(requests, open, skip, add_request, listing);
}

static void fill_list(struct gateway_requests *requests, struct listing *listing)
{
	if (listing->filter->open)
		add_requests(requests, true, listing);
	if (listing->filter->closed && !listing->more && !listing->failed)
		add_requests(requests, false, listing);
}

static const struct filter *find_filter(const char *name)
{
	for (size_t i = 0; name && i < ARRAY_SIZE(filters); i++)
		if (strcmp(filters[i].name, name) == 0)
			return &filters[i];
	return name ? NULL : &filters[0];
}

static bool read_number(const struct exchange *exchange, const char *name, uint64_t max,
			uint64_t *ret)
{
	const char *text = exchange_query(exchange, name);

	return !text || text_to_number(text, max, ret) == 0;
}

void api_list(struct call *call)
{
	struct exchange *exchange = call->exchange;
	struct listing listing = { .filter = find_filter(exchange_query(exchange, "state")),
				   .limit = DEFAULT_PAGE };
	uint64_t from = 0;
	json_t *next = NULL;
	json_auto_t *body = NULL;

	if (!listing.filter || !read_number(exchange, "from", UINT32_MAX, &from) ||
	    !read_number(exchange, "limit", MAX_PAGE, &listing.limit) || !listing.limit) {
		api_problem(exchange, MHD_HTTP_UNPROCESSABLE_CONTENT,
			    "state must be open, closed, all, approved, denied, expired or gone; "
			    "from a number; limit a number from 1 to %d",
			    MAX_PAGE);
		return;
	}
	listing.skip = from;
	listing.list = json_array();
	fill_list(call->api->options->requests, &listing);
	if (listing.more)
		next = json_sprintf("/api/v1/requests?state=%s&from=%llu&limit=%llu",
				    listing.filter->name,
				    (unsigned long long)(from + listing.limit),
				    (unsigned long long)listing.limit);
	body = json_pack("{s:o, s:o, s:b}", "requests", listing.list, "next",
			 next ? next : json_null(), "agent_connected",
			 gateway_link_connected(call->api->options->link));
	api_send(exchange, listing.failed ? NULL : body);
}

void api_no_such_request(struct call *call)
{
	api_problem(call->exchange, MHD_HTTP_NOT_FOUND,
		    "there is no request %s, or it was closed long ago; GET /api/v1/requests lists "
		    "what there is, and sluice journal on the host knows all",
		    call->id);
}

void api_get(struct call *call)
{
	const struct ipc_request *request =
		gateway_requests_find(call->api->options->requests, call->id);
	json_auto_t *record = NULL;

	if (!request) {
		api_no_such_request(call);
		return;
	}
	record = request_json(request);
	api_send(call->exchange, record);
}
