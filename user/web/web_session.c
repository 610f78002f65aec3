// SPDX-License-Identifier: Apache-2.0
/*
 * web_session.c: see web_session.h. Owns the look-up: each entry is compared in full, so that time
 * tells nothing.
 */
#include "web_session.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"

#define MAX_SESSIONS 256

struct sessions {
	uint64_t life_s;
	uint64_t fresh_s;
	struct session sessions[MAX_SESSIONS];
};

static uint64_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec;
}

int sessions_new(uint64_t life_s, uint64_t fresh_s, struct sessions **ret)
{
	struct sessions *sessions = calloc(1, sizeof(*sessions));

	if (!sessions)
		return -ENOMEM;
	sessions->life_s = life_s;
	sessions->fresh_s = fresh_s;
	*ret = sessions;
	return 0;
}

static void clear(struct session *session)
{
	free(session->evidence);
	explicit_bzero(session, sizeof(*session));
}

struct sessions *sessions_free(struct sessions *sessions)
{
	if (!sessions)
		return NULL;
	for (size_t i = 0; i < MAX_SESSIONS; i++)
		clear(&sessions->sessions[i]);
	explicit_bzero(sessions, sizeof(*sessions));
	free(sessions);
	return NULL;
}

/* Both are secrets of the same length, or @given is none. */
static bool same_secret(const char kept[OIDC_SECRET], const char *given)
{
	return *kept && strlen(given) == OIDC_SECRET - 1 &&
	       CRYPTO_memcmp(kept, given, OIDC_SECRET - 1) == 0;
}

static bool is_over(const struct session *session, uint64_t now)
{
	return now >= session->expires_s || now >= session->used_s + WEB_IDLE_S;
}

struct session *sessions_find(struct sessions *sessions, const char *id, bool touch)
{
	struct session *found = NULL;
	uint64_t now = now_s();

	for (size_t i = 0; i < MAX_SESSIONS; i++)
		if (same_secret(sessions->sessions[i].id, id))
			found = &sessions->sessions[i];
	if (found && is_over(found, now)) {
		clear(found);
		return NULL;
	}
	if (found && touch)
		found->used_s = now;
	return found;
}

void session_end(struct session *session)
{
	clear(session);
}

bool session_is_fresh(const struct session *session)
{
	return now_s() < session->fresh_until_s;
}

static bool began_before(const struct session *a, const struct session *b)
{
	return !b || a->expires_s < b->expires_s;
}

/* One that is not in use, or the one that gives way. */
static struct session *find_room(struct sessions *sessions, const struct account *account,
				 uint64_t now)
{
	struct session *idlest = &sessions->sessions[0], *first = NULL;
	unsigned int n = 0;

	for (size_t i = 0; i < MAX_SESSIONS; i++) {
		struct session *session = &sessions->sessions[i];

		if (*session->id && is_over(session, now))
			clear(session);
		if (*idlest->id && (!*session->id || session->used_s < idlest->used_s))
			idlest = session;
		if (!*session->id || !account_equal(&session->account, account))
			continue;
		n++;
		if (began_before(session, first))
			first = session;
	}
	return n >= WEB_SESSIONS ? first : idlest;
}

struct session *sessions_begin(struct sessions *sessions, const struct account *account,
			       const char *name, char *evidence, uint64_t age_s)
{
	uint64_t now = now_s();
	struct session *slot = find_room(sessions, account, now);

	clear(slot);
	slot->evidence = evidence;
	if (oidc_random(slot->id) < 0 || oidc_random(slot->token) < 0) {
		clear(slot);
		errno = EIO;
		return NULL;
	}
	slot->account = *account;
	snprintf(slot->name, sizeof(slot->name), "%s", name);
	slot->used_s = now;
	slot->expires_s = now + sessions->life_s;
	slot->undated = age_s == WEB_AGE_UNKNOWN;
	slot->fresh_until_s = age_s < sessions->fresh_s ? now + sessions->fresh_s - age_s : now;
	return slot;
}

void session_refuse(struct session *session, const char *request, const char *why)
{
	unsigned int i = session->n_refusals++ % WEB_REFUSALS;

	snprintf(session->refusals[i].id, sizeof(session->refusals[i].id), "%s", request);
	snprintf(session->refusals[i].why, sizeof(session->refusals[i].why), "%s", why);
}

const char *session_refused(const struct session *session, const char *request)
{
	for (size_t i = 0; i < WEB_REFUSALS; i++)
		if (*request && strcmp(session->refusals[i].id, request) == 0)
			return session->refusals[i].why;
	return NULL;
}
