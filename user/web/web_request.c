// SPDX-License-Identifier: Apache-2.0
/*
 * web_request.c: see web_request.h. Owns the order in which a reviewer reads: what is to happen
 * with which data, who asks and why, where the data came from, and then the buttons.
 */
#include "web_request.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/scope.h"
#include "base/text.h"
#include "notifier/request_words.h"
#include "web_lineage.h"
#include "web_page.h"
#include "web_similar.h"

static void begin_fact(struct html *html, const char *name)
{
	html_markup(html, "<div><dt>");
	html_text(html, name);
	html_markup(html, "</dt><dd>");
}

static void end_fact(struct html *html)
{
	html_markup(html, "</dd></div>");
}

static void add_code(struct html *html, const char *name, const char *value, const char *otherwise)
{
	begin_fact(html, name);
	if (*value)
		html_code(html, value);
	else
		html_text(html, otherwise);
	end_fact(html);
}

/* Our words for a name of the protocol, or the name as it came. */
static void add_words(struct html *html, const char *name, const char *words, const char *value)
{
	begin_fact(html, name);
	if (words)
		html_text(html, words);
	else
		html_code(html, value);
	end_fact(html);
}

/* The requester's own word, or that of the session or unit it runs in. */
static void add_reason(struct html *html, const struct ipc_request *request)
{
	begin_fact(html, "Reason given");
	if (*request->reason)
		html_code(html, request->reason);
	else
		html_markup(html, "none");
	if (*request->reason_from) {
		html_markup(html, ", by its ");
		html_code(html, request->reason_from);
	}
	end_fact(html);
}

static void add_who(struct html *html, const struct ipc_request *request)
{
	begin_fact(html, "Who asks");
	if (*request->requester)
		html_code(html, request->requester);
	else
		html_markup(html, "a person whom the policy does not name");
	html_markup(html, ", user ");
	html_code(html, request->user);
	html_words(html, ", uid %u", request->uid);
	if (request->loginuid != UINT32_MAX)
		html_words(html, ", login uid %u", request->loginuid);
	end_fact(html);
}

static void add_program(struct html *html, const struct ipc_request *request)
{
	begin_fact(html, "Program");
	html_code(html, request->comm);
	html_words(html, ", pid %d, executable ", request->pid);
	html_code(html, request->executable);
	end_fact(html);
	add_code(html, "Command", request->command, "unknown");
	if (*request->unit)
		add_code(html, "Unit", request->unit, "");
}

static void add_digest(struct html *html, const struct ipc_request *request)
{
	const char *d = request->digest;
	char groups[20];

	snprintf(groups, sizeof(groups), "%.4s %.4s %.4s %.4s", d, d + 4, d + 8, d + 12);
	begin_fact(html, "Digest");
	html_code(html, groups);
	html_markup(html, " <details><summary>all of it</summary>");
	html_code(html, d);
	html_markup(html, "</details>");
	end_fact(html);
}

static void add_journal(struct html *html, const struct ipc_request *request)
{
	if (request->journal_entries == 0)
		return;
	begin_fact(html, "Journal");
	html_words(html, "%llu entries when it was asked, root ",
		   (unsigned long long)request->journal_entries);
	html_code(html, request->journal_root);
	end_fact(html);
}

static void add_terms(struct html *html, const struct ipc_request *request)
{
	add_words(html, "Waiting", request_waiting(request), request->waiting);
	begin_fact(html, "Approvals");
	html_words(html, "%u of %u, each by another person, of ", request->approvals,
		   request->approvals_needed);
	html_code(html, *request->reviewers ? request->reviewers : "nobody");
	end_fact(html);
	begin_fact(html, "Expires");
	html_time(html, request->expires_ms);
	end_fact(html);
}

static void add_facts(struct html *html, const struct ipc_request *request)
{
	html_markup(html, "<dl class=\"facts\">");
	add_words(html, "Action", request_action(request), request->action);
	add_code(html, "Object", request->target, "unknown");
	begin_fact(html, "Labels");
	html_code(html, *request->labels ? request->labels : "none");
	html_words(html, ", highest sensitivity %u of 100", request->sensitivity);
	end_fact(html);
	add_reason(html, request);
	add_who(html, request);
	add_program(html, request);
	add_code(html, "Host", request->host, "unknown");
	add_code(html, "Rule", request->rule, "unnamed");
	if (request->tries > 1) {
		begin_fact(html, "Tried");
		html_words(html, "%u times", request->tries);
		end_fact(html);
	}
	if (request->state == IPC_PENDING)
		add_terms(html, request);
	add_code(html, "Request", request->id, "");
	add_digest(html, request);
	add_journal(html, request);
	html_markup(html, "</dl>");
}

static void add_decision(struct html *html, const char *words, const char *person,
			 uint64_t time_ms, const char *reason)
{
	html_markup(html, "<li>");
	html_text(html, words);
	html_code(html, person);
	html_markup(html, ", ");
	html_time(html, time_ms);
	html_markup(html, ", reason: ");
	html_code(html, *reason ? reason : "none");
	html_markup(html, "</li>");
}

static void add_decisions(struct html *html, const struct ipc_request *request)
{
	const struct ipc_revocation *revoked = &request->revoked;

	if (request->n_decisions == 0)
		return;
	html_markup(html, "<section><h2>Decisions</h2><ol>");
	for (unsigned int i = 0; i < request->n_decisions && i < SLUICE_MAX_REVIEWERS; i++) {
		const struct ipc_decision *decision = &request->decisions[i];

		add_decision(html, decision->approve ? "Approved by " : "Denied by ",
			     decision->person, decision->time_ms, decision->reason);
	}
	if (revoked->time_ms)
		add_decision(html, request->revocable ? "Partly revoked by " : "Revoked by ",
			     revoked->person, revoked->time_ms, revoked->reason);
	html_markup(html, "</ol></section>");
}

static void add_hidden(struct html *html, const struct ipc_request *request)
{
	if (request->hidden == 0)
		return;
	html_markup(html, "<p class=\"note bad\" role=\"alert\">");
	html_words(html,
		   "%u bytes of text did not fit and are missing here. All is shown on the host "
		   "by: sluice journal --request ",
		   request->hidden);
	html_text(html, request->id);
	html_markup(html, "</p>");
}

/* The narrowest is preset: whoever wants more says so. */
static void add_scopes(struct html *html, const struct ipc_request *request)
{
	uint8_t widest = scope_from(request->scope);

	for (uint8_t i = IPC_SCOPE_ONCE; i <= widest; i++) {
		html_markup(html, "<label><input type=\"radio\" name=\"scope\" value=\"");
		html_text(html, scope_name(i));
		html_markup(html, "\"");
		if (i == IPC_SCOPE_ONCE)
			html_markup(html, " checked");
		html_markup(html, "> ");
		html_text(html, scope_words(scope_name(i)));
		html_markup(html, "</label>");
	}
}

bool web_is_stale(const struct ipc_request *request, const struct session *session)
{
	return request->tier > WEB_TIER_STALE && !session_is_fresh(session);
}

/* What this page cannot do: show all, or know when the person signed in where they are not told. */
static void add_elsewhere(struct html *html, const struct ipc_request *request, const char *why)
{
	html_markup(html, "<p class=\"note\">An approval takes a key of yours, since ");
	html_text(html, why);
	html_markup(html, ": <code>");
	html_words(html, "sluice approve %s %.8s --key ~/.ssh/id_ed25519", request->id,
		   request->digest);
	html_markup(html, "</code></p><p class=\"buttons\">");
}

static void add_approval(struct html *html, const struct ipc_request *request)
{
	html_markup(html, "<fieldset><legend>An approval allows</legend>");
	add_scopes(html, request);
	html_markup(html,
		    "<label>for at most <input type=\"number\" name=\"duration\" min=\"1\" max=\"");
	html_words(html, "%u", request->duration_s);
	html_markup(html, "\" value=\"");
	html_words(html, "%u", request->duration_s);
	html_markup(html, "\" required> seconds</label></fieldset><p class=\"buttons\">"
			  "<button name=\"verdict\" value=\"approve\" class=\"approve\">Approve"
			  "</button> ");
}

/* A link: browsers let no form lead to another site, as the identity provider is. */
static void add_renewal(struct html *html, const struct ipc_request *request)
{
	html_markup(html, "<p class=\"note\">An approval of this takes a sign-in that is not as "
			  "old as yours: <a href=\"/login?next=/r/");
	html_text(html, request->id);
	html_markup(html, "\">sign in anew</a>.</p><p class=\"buttons\">");
}

/*
 * The first button does nothing, so that the enter key in a field does nothing either: a decision
 * is a button that was meant.
 */
static void add_form(struct html *html, const struct ipc_request *request,
		     const struct session *session)
{
	html_markup(html,
		    "<section><h2>Decide</h2><form method=\"post\" class=\"decide\" action=\"/r/");
	html_text(html, request->id);
	html_markup(html, "\"><button disabled hidden></button>"
			  "<input type=\"hidden\" name=\"token\" value=\"");
	html_text(html, session->token);
	html_markup(html, "\"><input type=\"hidden\" name=\"digest\" value=\"");
	html_text(html, request->digest);
	html_markup(html, "\"><p><label for=\"reason\">Your reason");
	html_text(html, request->reason_required ? " (required)" : " (optional)");
	html_markup(html, "</label><input id=\"reason\" name=\"reason\" maxlength=\"500\" "
			  "autocomplete=\"off\"");
	if (request->reason_required)
		html_markup(html, " required");
	html_markup(html, "></p>");
	if (request->hidden)
		add_elsewhere(html, request, "not all of it can be shown here");
	else if (!web_is_stale(request, session))
		add_approval(html, request);
	else if (session->undated)
		add_elsewhere(html, request,
			      "the identity provider does not say when you signed in");
	else
		add_renewal(html, request);
	html_markup(html, "<button name=\"verdict\" value=\"deny\" class=\"deny\">Deny</button></p>"
			  "</form></section>");
}

/* What was approved may still be in force: whoever reviews such ends it here, by one press. */
static void add_revocation(struct html *html, const struct ipc_request *request,
			   const struct session *session)
{
	html_markup(html, "<section><h2>Still in force</h2><form method=\"post\" class=\"decide\" "
			  "action=\"/r/");
	html_text(html, request->id);
	html_markup(html, "\"><button disabled hidden></button>"
			  "<input type=\"hidden\" name=\"token\" value=\"");
	html_text(html, session->token);
	html_markup(html, "\"><input type=\"hidden\" name=\"digest\" value=\"");
	html_text(html, request->digest);
	html_markup(html, "\"><p><label for=\"reason\">Why it ends (optional)</label>"
			  "<input id=\"reason\" name=\"reason\" maxlength=\"500\" "
			  "autocomplete=\"off\"></p><p class=\"buttons\">"
			  "<button name=\"verdict\" value=\"revoke\" class=\"deny\">Revoke</button></p>"
			  "</form></section>");
}

static void add_refusal(struct html *html, const char *why)
{
	html_markup(html, "<section><h2>Decide</h2><p class=\"note bad\">You cannot decide this: ");
	html_text(html, why);
	html_markup(html, "</p></section>");
}

int page_request(const struct ipc_request *request, struct session *session,
		 struct gateway_requests *requests, struct html *ret)
{
	uint64_t version = gateway_requests_version(requests);
	bool open = request->state == IPC_PENDING;
	const char *heading = open ? request_heading(request) : request_closing(request);
	const char *refused = session_refused(session, request->id);
	int r = frame_begin(heading ? heading : "Approval needed", session, version, ret);

	if (r < 0)
		return r;
	if (!open && *request->outcome) {
		html_markup(ret, "<p class=\"note\">");
		html_text(ret, request->outcome);
		html_markup(ret, "</p>");
	}
	add_facts(ret, request);
	add_lineage(ret, request);
	add_decisions(ret, request);
	add_similar(ret, request, requests);
	add_hidden(ret, request);
	if (open && refused)
		add_refusal(ret, refused);
	else if (request->revocable)
		add_revocation(ret, request, session);
	else if (open)
		add_form(ret, request, session);
	return frame_end(ret);
}

static int refuse(const char **ret_why, const char *why)
{
	*ret_why = why;
	return -EINVAL;
}

static int read_terms(const struct web_answer *answer, struct ipc_decide *decide,
		      const char **ret_why)
{
	uint8_t scope = scope_from(answer->scope);
	uint64_t duration_s;

	if (text_to_number(answer->duration, decide->duration_s, &duration_s) < 0 || !duration_s)
		return refuse(ret_why, "The time must be a number of seconds, and not longer than "
				       "the rule allows.");
	if (!scope || scope > decide->scope)
		return refuse(ret_why, "That is more than the rule allows.");
	decide->scope = scope;
	decide->duration_s = (uint32_t)duration_s;
	return 0;
}

int web_answer_read(const struct web_answer *answer, const struct ipc_request *request,
		    struct channel_decision *decision, const char **ret_why)
{
	struct ipc_decide *decide = &decision->statement.answer;

	channel_decision_begin(request, decision);
	if (strlen(answer->digest) != sizeof(answer->digest) - 1)
		return refuse(ret_why, "The form lacks the digest of the request.");
	decision->statement.revoke = strcmp(answer->verdict, "revoke") == 0;
	if (strcmp(answer->verdict, "approve") != 0 && strcmp(answer->verdict, "deny") != 0 &&
	    !decision->statement.revoke)
		return refuse(ret_why, "The form says neither approve nor deny, nor revoke.");
	if (strpbrk(answer->reason, "\r\n"))
		return refuse(ret_why, "The reason must be one line.");
	decide->approve = strcmp(answer->verdict, "approve") == 0;
	memcpy(decide->digest, answer->digest, sizeof(decide->digest));
	memcpy(decide->reason, answer->reason, sizeof(decide->reason));
	return decide->approve ? read_terms(answer, decide, ret_why) : 0;
}
