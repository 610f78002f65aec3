/* SPDX-License-Identifier: Apache-2.0 */
/*
 * glass.c: see glass.h.
 */
#include "glass.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "control/control.h"
#include "decision/review.h"
#include "event/record.h"
#include "event/wording.h"
#include "guard.h"
#include "kernel/kernel_guard.h"

struct step {
	struct agent *agent;
	struct glass *glass;
	const struct ipc_glass *act;
	const struct decider *decider;
	bool root;
	char *text;
	size_t size;
};

static int answer(const struct step *s, int error, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int answer(const struct step *s, int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(s->text, s->size, format, ap);
	va_end(ap);
	return error;
}

/* Wipes the code and whatever else belongs to a question that is over. */
static void forget_question(struct glass *glass)
{
	glass->asked_until_ns = 0;
	glass->n_people = 0;
	OPENSSL_cleanse(glass->code, sizeof(glass->code));
	memset(&glass->first, 0, sizeof(glass->first));
	memset(&glass->asking, 0, sizeof(glass->asking));
}

static json_t *body_of(const struct glass *glass)
{
	return json_pack("{s:I, s:o, s:s, s:I}", "glass", (json_int_t)glass->session, "reason",
			 record_text(glass->reason), "asker", glass->asker, "duration_s",
			 (json_int_t)glass->duration_s);
}

static int journal(struct agent *agent, json_t *body, const char *type, const char *text)
{
	int err = record_add(agent, NULL, body, type, "%s", text);
	int committed = record_commit(agent);

	return err || committed ? -EIO : 0;
}

/* Ends it: what lies at the agent's places now is what the agent vouches for from here on. */
static void mend(struct agent *agent, const char *why)
{
	struct glass *glass = &agent->guard->glass;
	char text[256];

	glass->broken_until_ns = 0;
	guard_vouch(agent, NULL);
	guard_apply(agent);
	kernel_guard_break(agent->kernel, 0, glass->session);
	snprintf(text, sizeof(text), "the glass is whole again: %s", why);
	log_warning("guard: %s", text);
	journal(agent, body_of(glass), "glass.mended", text);
	control_notify_glass(agent, GLASS_ID "mended");
}

/* The entry glass.broken, from which it is reviewed: all sessions that took part are in it. */
static json_t *body_of_broken(const struct step *s)
{
	const struct glass *glass = s->glass;
	const struct identity sessions[] = { glass->asking, s->decider->who, glass->first };
	json_t *body = body_of(glass);

	if (!json_object_set_new(body, "by", record_text(glass->by)) &&
	    !json_object_set_new(body, "broken_ms", json_integer((json_int_t)glass->broken_ms)))
		return review_body(s->agent, glass->session, sessions, glass->n_people ? 3 : 2,
				   body);
	json_decref(body);
	return NULL;
}

static int break_it(const struct step *s, const char *by)
{
	struct glass *glass = s->glass;
	char text[SLUICE_REASON_MAX + 512];
	json_auto_t *body = NULL;
	int err;

	glass->session++;
	snprintf(glass->by, sizeof(glass->by), "%s", by);
	snprintf(text, sizeof(text),
		 "BREAK-GLASS by %s for %u s: root may touch the agent itself. Reason: %s", by,
		 glass->duration_s, glass->reason);
	glass->broken_ms = agent_time_ms();
	body = body_of_broken(s);
	err = journal(s->agent, json_incref(body), "glass.broken", text);
	if (err)
		return answer(s, err, "nothing was done: the journal cannot be written");
	review_owe(s->agent, body);
	glass->until_ms = glass->broken_ms + glass->duration_s * 1000ULL;
	glass->broken_until_ns = agent_boot_ns() + glass->duration_s * 1000000000ULL;
	kernel_guard_break(s->agent->kernel, glass->broken_until_ns, glass->session);
	forget_question(glass);
	log_message(LOG_EMERG, "sluice on %s: %s", s->agent->host, text);
	control_notify_glass(s->agent, GLASS_ID "broken");
	return answer(s, 0, "The glass is broken for %u s; end it with: sluice break-glass --end",
		      glass->duration_s);
}

/* Who decides from this session, or NULL with the reason in the answer. */
static const struct policy_person *person_of(const struct step *s)
{
	const struct policy *policy = s->agent->policy;
	const char *why = "";
	const struct policy_person *person = person_deciding(policy, &s->decider->who, &why);

	if (!person)
		answer(s, -EPERM, "%s", why);
	else if (policy->guard.groups && !policy_in_groups(policy, policy->guard.groups, person))
		answer(s, -EPERM, "%s is not among Reviewers= of [Guard]", person->name);
	else
		return person;
	return NULL;
}

/* The first two people are different, and no session belongs to both. */
static int check_distinct(const struct step *s, const struct policy_person *person)
{
	const struct policy *policy = s->agent->policy;
	const struct policy_person *both;

	if (!s->glass->n_people)
		return 0;
	if (!strcmp(s->glass->people[0], person->name) ||
	    person_behind(policy, &s->glass->first, person))
		return answer(s, -EPERM, "%s has agreed already; another person must",
			      person->name);
	both = person_common(policy, &s->glass->first, &s->decider->who);
	if (both)
		return answer(s, -EPERM,
			      "your session also belongs to %s, who has agreed already; another "
			      "person must",
			      both->name);
	return 0;
}

static int agree(const struct step *s)
{
	const struct policy_person *person;
	struct glass *glass = s->glass;
	char text[256], by[2 * SLUICE_NAME_MAX + 8];
	int err;

	if (!glass->asked_until_ns)
		return answer(s, -ENOENT,
			      "nobody asks to break the glass; begin with: sluice break-glass "
			      "--reason TEXT");
	if (s->act->verb == IPC_GLASS_AGREE &&
	    (strcmp(s->act->reason, glass->reason) != 0 || s->act->duration_s != glass->duration_s))
		return answer(s, -ESTALE, "that is not the question that is open now; look again");
	person = person_of(s);
	if (!person)
		return -EPERM;
	err = decision_check_taint(s->agent, s->decider, s->text, s->size);
	if (!err)
		err = check_distinct(s, person);
	if (err)
		return err;
	snprintf(text, sizeof(text), "%s agrees to break the glass", person->name);
	if (journal(s->agent, body_of(glass), "glass.agreed", text))
		return answer(s, -EIO, "nothing was done: the journal cannot be written");
	if (glass->n_people) {
		snprintf(by, sizeof(by), "%s and %s", glass->people[0], person->name);
		return break_it(s, by);
	}
	snprintf(glass->people[glass->n_people++], SLUICE_NAME_MAX, "%s", person->name);
	glass->first = s->decider->who;
	return answer(s, 0,
		      "%s has agreed; a second person of the policy must: sluice break-glass "
		      "--agree",
		      person->name);
}

/* Shown there and nowhere else. Return: whether the code is on the console. */
static bool show_code(const struct step *s)
{
	const char *console = s->agent->policy->guard.console;
	struct glass *glass = s->glass;
	char text[SLUICE_REASON_MAX + 512];
	_cleanup_close_ int fd = -1;
	uint32_t number;
	int length;

	if (!console || RAND_bytes((unsigned char *)&number, sizeof(number)) != 1)
		return false;
	fd = open(console, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0) {
		log_warning_errno(-errno, "Cannot show the code of break-glass on %s", console);
		return false;
	}
	snprintf(glass->code, sizeof(glass->code), "%08" PRIu32, number % 100000000U);
	glass->tries = GLASS_TRIES;
	length = snprintf(text, sizeof(text),
			  "\r\nsluice on %s: %s asks to BREAK THE GLASS: %s\r\n"
			  "sluice: if you want that: sluice break-glass --code %s\r\n",
			  s->agent->host, glass->asker, glass->reason, glass->code);
	if (length > 0 && write(fd, text, strnlen(text, sizeof(text))) == length)
		return true;
	OPENSSL_cleanse(glass->code, sizeof(glass->code));
	return false;
}

static int check_question(const struct step *s)
{
	const struct ipc_glass *act = s->act;

	if (s->agent->guard->mode != SLUICE_GUARD_ENFORCE)
		return answer(s, -EALREADY,
			      "the guard is not in force; there is no glass to break");
	if (s->glass->broken_until_ns)
		return answer(s, -EALREADY, "the glass is broken already");
	if (!act->reason[strspn(act->reason, " \t\r\n")])
		return answer(s, -EINVAL, "state a reason: sluice break-glass --reason TEXT");
	if (act->duration_s > s->agent->policy->guard.limit_s)
		return answer(s, -EINVAL, "Limit= of [Guard] allows at most %u s",
			      s->agent->policy->guard.limit_s);
	return 0;
}

static int ask(const struct step *s)
{
	const struct policy *policy = s->agent->policy;
	const struct policy_person *person;
	struct glass *glass = s->glass;
	char text[SLUICE_REASON_MAX + 256];
	const char *why;
	bool shown;
	int err = check_question(s);

	if (err)
		return err;
	person = person_deciding(policy, &s->decider->who, &why);
	if (!person && !s->root)
		return answer(s, -EPERM, "only root and people of the policy may ask for that");
	forget_question(glass);
	glass->duration_s = s->act->duration_s ?: policy->guard.limit_s;
	wording_copy(glass->reason, sizeof(glass->reason), s->act->reason);
	snprintf(glass->asker, sizeof(glass->asker), "%s", person ? person->name : "root");
	snprintf(text, sizeof(text), "%s asks to break the glass for %u s: %s", glass->asker,
		 glass->duration_s, glass->reason);
	if (journal(s->agent, body_of(glass), "glass.asked", text))
		return answer(s, -EIO, "nothing was done: the journal cannot be written");
	log_message(LOG_ALERT, "guard: %s", text);
	glass->asking = s->decider->who;
	glass->asked_until_ns = agent_boot_ns() + SLUICE_GLASS_WAIT_S * 1000000000ULL;
	shown = show_code(s);
	if (person && !agree(s))
		return 0;
	return answer(s, 0, "Two people of the policy must now agree: sluice break-glass --agree%s",
		      shown ? "; or type the code that stands on the console: sluice break-glass "
			      "--code CODE"
			    : "");
}

static int try_code(const struct step *s)
{
	struct glass *glass = s->glass;

	if (!glass->asked_until_ns || !*glass->code)
		return answer(s, -ENOENT,
			      "no code is shown; begin with: sluice break-glass "
			      "--reason TEXT");
	if (!s->root && !person_of(s))
		return -EPERM;
	if (strlen(s->act->code) == GLASS_CODE &&
	    !CRYPTO_memcmp(s->act->code, glass->code, GLASS_CODE))
		return break_it(s, "the local console");
	if (--glass->tries)
		return answer(s, -EPERM, "that is not the code on the console; %u tries are left",
			      glass->tries);
	journal(s->agent, body_of(glass), "glass.refused",
		"the question to break the glass is over: three wrong codes");
	forget_question(glass);
	return answer(s, -EPERM, "that is not the code on the console; ask anew");
}

static int end(const struct step *s)
{
	if (!s->root && !person_of(s))
		return -EPERM;
	if (!s->glass->broken_until_ns && !s->glass->asked_until_ns)
		return answer(s, -ENOENT, "the glass is whole");
	forget_question(s->glass);
	if (s->glass->broken_until_ns)
		mend(s->agent, "ended by hand");
	return answer(s, 0, "The glass is whole.");
}

static int review(const struct step *s)
{
	return review_give(s->agent, s->act->id, s->act->reason, s->decider, s->text, s->size);
}

int glass_act(struct agent *agent, const struct ipc_glass *act, bool root,
	      const struct decider *decider, char *text, size_t size)
{
	static int (*const verbs[])(const struct step *s) = {
		[IPC_GLASS_ASK] = ask, [IPC_GLASS_AGREE] = agree,   [IPC_GLASS_CODE] = try_code,
		[IPC_GLASS_END] = end, [IPC_GLASS_REVIEW] = review,
	};
	struct step s = { .agent = agent,
			  .act = act,
			  .decider = decider,
			  .root = root,
			  .text = text,
			  .size = size };

	if (!agent->guard || act->verb >= ARRAY_SIZE(verbs))
		return answer(&s, -EINVAL, "there is no such step");
	s.glass = &agent->guard->glass;
	return verbs[act->verb](&s);
}

void glass_take_up(struct agent *agent)
{
	struct glass *glass = &agent->guard->glass;
	uint64_t now = agent_boot_ns();
	struct sluice_guard in_force;

	kernel_guard_get(agent->kernel, &in_force);
	glass->session = in_force.session;
	if (!in_force.open_until_ns)
		return;
	snprintf(glass->by, sizeof(glass->by), "an earlier run of the agent");
	glass->broken_until_ns = in_force.open_until_ns;
	glass->broken_ms = agent_time_ms();
	glass->until_ms = glass->broken_ms;
	if (in_force.open_until_ns > now)
		glass->until_ms += (in_force.open_until_ns - now) / 1000000;
}

void glass_tick(struct agent *agent)
{
	struct glass *glass = &agent->guard->glass;
	uint64_t now = agent_boot_ns();

	if (glass->broken_until_ns && now >= glass->broken_until_ns)
		mend(agent, "its time is over");
	if (!glass->asked_until_ns || now < glass->asked_until_ns)
		return;
	journal(agent, body_of(glass), "glass.refused",
		"the question to break the glass is over: nobody agreed in time");
	forget_question(glass);
}

void glass_describe(const struct glass *glass, char *text, size_t size)
{
	time_t until = (time_t)(glass->until_ms / 1000);
	char clock[32] = "";
	struct tm tm;

	*text = '\0';
	if (!glass->broken_until_ns)
		return;
	if (gmtime_r(&until, &tm))
		strftime(clock, sizeof(clock), "%Y-%m-%d %H:%M:%S UTC", &tm);
	snprintf(
		text, size,
		"the glass is BROKEN until %s, by %s: root may touch the agent itself; end it with "
		"'sluice break-glass --end'",
		clock, glass->by);
}

/* The gateway shows each text once that it has not seen under the same digest. */
static void digest_of(const struct agent *agent, const char *id, char ret[65])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	char text[256];
	unsigned int n = 0;

	snprintf(text, sizeof(text), "%s %s %u", agent->boot_id, id, agent->guard->glass.session);
	if (EVP_Digest(text, strlen(text), hash, &n, EVP_sha256(), NULL) != 1 || 2 * n != 64)
		return;
	wording_hex(hash, n, ret);
}

bool glass_notice(const struct agent *agent, const char *id, struct ipc_request *ret)
{
	bool broken = !strcmp(id, GLASS_ID "broken");
	const struct glass *glass;

	memset(ret, 0, sizeof(*ret));
	if (!agent->guard || strncmp(id, GLASS_ID, strlen(GLASS_ID)) != 0)
		return false;
	glass = &agent->guard->glass;
	snprintf(ret->id, sizeof(ret->id), "%s", id);
	digest_of(agent, id, ret->digest);
	memcpy(ret->host, agent->host, sizeof(ret->host));
	snprintf(ret->action, sizeof(ret->action), "break-glass");
	snprintf(ret->waiting, sizeof(ret->waiting), "fail");
	snprintf(ret->target, sizeof(ret->target), "%s",
		 broken ? "root may touch the agent itself" : "the agent guards itself again");
	snprintf(ret->outcome, sizeof(ret->outcome), "%.140s%s%.100s",
		 broken ? glass->by : "the glass is whole again", broken ? ": " : "",
		 broken ? glass->reason : "");
	ret->state = broken ? IPC_APPROVED : IPC_EXPIRED;
	ret->loginuid = UINT32_MAX;
	ret->opened_ms = glass->broken_ms;
	ret->closed_ms = agent_time_ms();
	ret->expires_ms = ret->closed_ms + 3600000;
	return true;
}
