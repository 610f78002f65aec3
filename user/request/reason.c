/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reason.c: see reason.h. A session is told from another by its leader, pid and start: the reason
 * ends with it.
 */
#include "reason.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <utlist.h>

#include "base/cleanup.h"
#include "event/process.h"
#include "event/record.h"
#include "ipc.h"
#include "request.h"
#include "sluiced/agent.h"

/**
 * struct reason: what one session has given.
 * @leader, @start_ns: who began the session
 * @uid: who gave it: it goes for nobody else
 * @until_ns: boot clock
 */
struct reason {
	pid_t leader;
	uint64_t start_ns;
	uid_t uid;
	uint64_t until_ns;
	char text[SLUICE_REASON_MAX];
	struct reason *prev, *next; /* oldest first */
};

/* When a user's open requests were looked through for a reason. */
struct reason_look {
	uid_t uid;
	uint64_t boot_ns;
};

/* @looks: the newest, as a ring */
struct reasons {
	struct reason *list;
	struct reason_look looks[64];
	size_t next_look;
};

/*
 * What was read of processes: many requests of one session have the same ancestors. @start_ns: 0
 * for one that is gone
 */
struct seen {
	pid_t pid, ppid, sid;
	uint64_t start_ns;
};

struct search {
	struct seen seen[SLUICE_REASON_READS];
	size_t n;
};

static const char *const folders[] = { "/run/sluice/reason", "/etc/sluice/reason", NULL };
const char *const *reason_folders = folders;

static const char *const names[REASON_ORIGINS] = {
	[REASON_NONE] = "",
	[REASON_ENVIRONMENT] = "environment",
	[REASON_SESSION] = "session",
	[REASON_UNIT] = "unit",
};

const char *reason_origin_name(enum reason_origin origin)
{
	return names[origin];
}

enum reason_origin reason_origin_by_name(const char *name)
{
	for (enum reason_origin origin = REASON_ENVIRONMENT; origin < REASON_ORIGINS; origin++)
		if (!strcmp(names[origin], name))
			return origin;
	return REASON_NONE;
}

struct reasons *reasons_new(void)
{
	return calloc(1, sizeof(struct reasons));
}

struct reasons *reasons_free(struct reasons *reasons)
{
	struct reason *reason, *next;

	if (!reasons)
		return NULL;
	DL_FOREACH_SAFE(reasons->list, reason, next) {
		/* cppcheck-suppress uninitvar; set by the macro above */
		free(reason);
	}
	free(reasons);
	return NULL;
}

/* ---- those of units ---- */

/* Whether nobody but root can have written what is there. */
static bool is_roots(int fd, mode_t type)
{
	struct stat st;

	return !fstat(fd, &st) && (st.st_mode & S_IFMT) == type && !(st.st_mode & 022) &&
	       (st.st_uid == 0 || st.st_uid == geteuid());
}

/* What follows is of no use to anybody: spaces and the end of the line. */
static void trim(char *text)
{
	size_t length = strlen(text);

	while (length && strchr(" \t\r\n", text[length - 1]))
		text[--length] = '\0';
}

static bool read_of_unit(const char *folder, const char *unit, char ret[SLUICE_REASON_MAX])
{
	_cleanup_close_ int parent = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	_cleanup_close_ int fd = -1;
	ssize_t n;

	if (parent < 0 || !is_roots(parent, S_IFDIR))
		return false;
	fd = openat(parent, unit, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || !is_roots(fd, S_IFREG))
		return false;
	n = read(fd, ret, SLUICE_REASON_MAX - 1);
	ret[n < 0 ? 0 : n] = '\0';
	trim(ret);
	return *ret;
}

/*
 * Of the outermost unit: those below may be made by whom they were delegated to, under any name.
 */
static bool find_of_unit(const struct identity *who, char ret[SLUICE_REASON_MAX])
{
	for (size_t i = 0; *who->owner_unit && reason_folders[i]; i++)
		if (read_of_unit(reason_folders[i], who->owner_unit, ret))
			return true;
	*ret = '\0';
	return false;
}

/* ---- those of sessions ---- */

/* NULL when it is gone, or too many were read. @start_ns: as for process_read() */
static const struct seen *read_once(struct search *search, pid_t pid, uint64_t start_ns)
{
	struct seen *seen = search->seen;
	struct process p;

	while (seen < search->seen + search->n && seen->pid != pid)
		seen++;
	if (seen == search->seen + SLUICE_REASON_READS)
		return NULL;
	if (seen == search->seen + search->n) {
		*seen = (struct seen){ .pid = pid };
		if (!process_read(pid, 0, &p))
			*seen = (struct seen){ pid, p.ppid, p.sid, p.start_ns };
		search->n++;
	}
	if (!seen->start_ns || (start_ns && !process_same_start(seen->start_ns, start_ns)))
		return NULL;
	return seen;
}

static const struct reason *look_up(const struct reasons *reasons, const struct seen *leader,
				    const struct identity *who)
{
	const struct reason *reason;

	DL_FOREACH(reasons->list, reason) {
		/* cppcheck-suppress uninitvar; set by the macro above */
		if (reason->leader == leader->pid && reason->start_ns == leader->start_ns &&
		    reason->until_ns > agent_boot_ns() && identity_has(who, reason->uid))
			return reason;
	}
	return NULL;
}

/*
 * Of its own session first, then of the ancestors that began one: a job may have left its shell's.
 */
static const struct reason *find_of_session(const struct reasons *reasons, struct search *search,
					    pid_t pid, uint64_t start_ns,
					    const struct identity *who)
{
	const struct seen *p = read_once(search, pid, start_ns), *leader;
	const struct reason *found = NULL;

	if (!p)
		return NULL;
	leader = p->sid > 1 ? read_once(search, p->sid, 0) : NULL;
	if (leader)
		found = look_up(reasons, leader, who);
	for (int depth = 0; !found && depth < SLUICE_REASON_DEPTH && p->ppid > 1; depth++) {
		p = read_once(search, p->ppid, 0);
		if (!p)
			return NULL;
		found = look_up(reasons, p, who);
	}
	return found;
}

enum reason_origin reason_find(const struct agent *agent, pid_t pid, uint64_t start_ns,
			       const struct identity *who, char ret[SLUICE_REASON_MAX])
{
	const struct reason *reason = NULL;
	struct search search;

	search.n = 0;
	if (!process_environ(pid, start_ns, "SLUICE_REASON", ret, SLUICE_REASON_MAX) && *ret)
		return REASON_ENVIRONMENT;
	if (agent->reasons && agent->reasons->list)
		reason = find_of_session(agent->reasons, &search, pid, start_ns, who);
	if (reason) {
		memcpy(ret, reason->text, SLUICE_REASON_MAX);
		return REASON_SESSION;
	}
	return find_of_unit(who, ret) ? REASON_UNIT : REASON_NONE;
}

static void forget(struct reasons *reasons, struct reason *reason)
{
	DL_DELETE(reasons->list, reason);
	free(reason);
}

/* What is over goes, and what @session takes the place of; then the oldest of too many. */
static void make_room(struct reasons *reasons, const struct reason *session)
{
	struct reason *reason, *next, *oldest = NULL;
	size_t n = 0, of_uid = 0;

	DL_FOREACH_SAFE(reasons->list, reason, next) {
		/* cppcheck-suppress uninitvar; set by the macro above */
		bool same = reason->leader == session->leader && reason->uid == session->uid &&
			    reason->start_ns == session->start_ns;

		if (same || reason->until_ns <= agent_boot_ns()) {
			forget(reasons, reason);
			continue;
		}
		n++;
		of_uid += reason->uid == session->uid;
		if (!oldest && reason->uid == session->uid)
			oldest = reason;
	}
	if (of_uid >= SLUICE_MAX_REASONS_PER_UID)
		forget(reasons, oldest);
	else if (n >= SLUICE_MAX_REASONS)
		forget(reasons, reasons->list);
}

/* Whether this user's requests may be looked through, noted if so. */
static bool may_look(struct reasons *reasons, uid_t uid)
{
	uint64_t now = agent_boot_ns();

	for (size_t i = 0; i < ARRAY_SIZE(reasons->looks); i++)
		if (reasons->looks[i].uid == uid && reasons->looks[i].boot_ns &&
		    reasons->looks[i].boot_ns + SLUICE_REASON_LOOK_MS * 1000000ULL > now)
			return false;
	reasons->looks[reasons->next_look++ % ARRAY_SIZE(reasons->looks)] =
		(struct reason_look){ uid, now };
	return true;
}

/*
 * The session's open requests that nobody has given a reason. Anybody can have this done, and
 * everybody waits meanwhile. Return: how many; -EAGAIN when it was done just before.
 */
static int give_open(struct agent *agent, const struct reason *reason)
{
	unsigned int looks = 0;
	struct search search;
	int given = 0;

	search.n = 0;

	for (struct request *request = agent->requests->by_key; request;
	     request = request->by_key.next) {
		if (*request->reason || !identity_has(&request->who, reason->uid))
			continue;
		if (!looks && !may_look(agent->reasons, reason->uid))
			return -EAGAIN;
		if (++looks > SLUICE_REASON_LOOKS)
			break;
		if (find_of_session(agent->reasons, &search, request->pid, request->start_ns,
				    &request->who) == reason)
			given += request_take_reason(agent, request, REASON_SESSION, reason->text);
	}
	return given;
}

/* Fills who speaks. Return: NULL, or why that cannot be told. */
static const char *find_speaker(pid_t pid, int pidfd, struct reason *ret)
{
	struct process p, leader;

	if (process_read(pid, 0, &p) < 0 || !process_pidfd_alive(pidfd))
		return "the process that asks has ended";
	if (p.sid <= 1 || process_read(p.sid, 0, &leader) < 0)
		return "who began this session has ended, so it cannot be told from another; set "
		       "SLUICE_REASON in the environment instead";
	ret->leader = leader.pid;
	ret->start_ns = leader.start_ns;
	ret->uid = p.uid;
	return NULL;
}

static int refuse(char *text, size_t size, int error, const char *why)
{
	snprintf(text, size, "no reason was noted: %s", why);
	return error;
}

static int check(const struct ipc_reason *reason, char *text, size_t size)
{
	if (!reason->duration_s)
		return 0;
	if (!reason->text[strspn(reason->text, " \t\r\n")])
		return refuse(text, size, -EINVAL, "it is empty");
	if (reason->duration_s > SLUICE_MAX_REASON_S)
		return refuse(text, size, -EINVAL, "it would stand for more than a day");
	return 0;
}

int reason_declare(struct agent *agent, pid_t pid, int pidfd, const struct ipc_reason *reason,
		   char *text, size_t size)
{
	struct reason *own = calloc(1, sizeof(*own));
	const char *why = own ? find_speaker(pid, pidfd, own) : NULL;
	int r = check(reason, text, size), given;
	size_t used;

	if (!own || why || r < 0) {
		free(own);
		if (r < 0)
			return r;
		return why ? refuse(text, size, -ESRCH, why)
			   : refuse(text, size, -ENOMEM, "no memory");
	}
	make_room(agent->reasons, own);
	if (!reason->duration_s) {
		free(own);
		snprintf(text, size, "this session gives no reason any more");
		return 0;
	}
	own->until_ns = agent_boot_ns() + reason->duration_s * 1000000000ULL;
	memcpy(own->text, reason->text, sizeof(own->text));
	DL_APPEND(agent->reasons->list, own);
	given = give_open(agent, own);
	used = (size_t)snprintf(text, size, "noted for what this session asks in the next %u s; ",
				reason->duration_s);
	if (given < 0)
		snprintf(text + used, size - used, "open requests were looked through less than a "
						   "second ago: say it again for one that waits");
	else
		snprintf(text + used, size - used, "open requests that have it now: %d", given);
	request_committed(agent, record_commit(agent));
	return 0;
}
