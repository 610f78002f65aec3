/* SPDX-License-Identifier: Apache-2.0 */
/*
 * guard_admit.c: what the guard in force lets a daemon do that starts, reloads or is to detach:
 * with the files that it knows, at the places that the host knows. Must not own: what it knows, and
 * when that changes (guard.c).
 */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "guard_host.h"
#include "journal/journal_segments.h"
#include "kernel/kernel_guard.h"
#include "policy/policy.h"

#define PIN_FILESYSTEM "/sys/fs/bpf"

static bool is_whole(const struct sluice_guard *in_force)
{
	return in_force->mode == SLUICE_GUARD_ENFORCE && agent_boot_ns() >= in_force->open_until_ns;
}

static int refuse(char *text, size_t size, const char *what, const char *path)
{
	snprintf(
		text, size,
		"the guard in force knows %s, and '%s' is another; start sluiced as it ran before, "
		"or run 'sluice break-glass' first",
		what, path);
	return -EPERM;
}

/* Whether @path has one of @bits; a path that is not there has none. */
static bool is_marked(struct kernel *kernel, const char *path, uint32_t bits)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	struct sluice_object_id id;

	return fd >= 0 && !kernel_identify(kernel, fd, &id, NULL) &&
	       kernel_guard_marks(kernel, &id) & bits;
}

static bool is_conf(struct kernel *kernel, const char *conf, const struct sluice_object_id *wanted)
{
	_cleanup_close_ int fd = open(conf, O_PATH | O_CLOEXEC);
	struct sluice_object_id id;

	if (!wanted->ino)
		return true; /* its files are not guarded: Policy=no */
	return fd >= 0 && !kernel_identify(kernel, fd, &id, NULL) &&
	       !memcmp(&id, wanted, sizeof(id));
}

/*
 * Labels go by paths: where these lead elsewhere, as in a mount namespace that somebody made, the
 * wrong files would be labeled and the right ones not.
 */
static int check_paths(const struct policy *policy, char *text, size_t size)
{
	_cleanup_close_ int root = guard_host_root();

	if (root < 0) {
		snprintf(text, size,
			 "the guard is in force, and the host's root cannot be seen through "
			 "/proc/1/root: %s",
			 strerror(-root));
		return root;
	}
	for (size_t i = 0; i < policy->n_labels; i++) {
		for (size_t k = 0; k < policy->labels[i].n_paths; k++) {
			const char *path = policy->labels[i].paths[k].path;

			if (guard_host_same(root, path))
				continue;
			snprintf(text, size,
				 "the guard is in force, and '%s' is not here what it is for the "
				 "host; start sluiced in the host's mount namespace",
				 path);
			return -EPERM;
		}
	}
	return 0;
}

/*
 * By what was read, not by the path once more, which may lead elsewhere by now. Of the files only
 * the message looks for the one to blame: none is when a file is missing.
 */
static int check_digest(struct kernel *kernel, const struct sluice_guard *in_force,
			const struct policy *policy, const char *remedy, char *text, size_t size)
{
	const char *blamed = NULL;

	if (!in_force->conf.ino || !in_force->policy[0] ||
	    !memcmp(in_force->policy, policy->digest, sizeof(in_force->policy)))
		return 0;
	for (size_t i = 0; i < policy->n_files && !blamed; i++)
		if (!is_marked(kernel, policy->files[i], SLUICE_MARK_WRITE))
			blamed = policy->files[i];
	snprintf(text, size, "the guard in force knows other policy files: %s '%s'; %s",
		 blamed ? "it does not know" : "some are missing or have changed beside",
		 blamed ? blamed : policy->files[0], remedy);
	return -EPERM;
}

int guard_admits_reload(struct agent *agent, const struct policy *policy, char *text, size_t size)
{
	struct sluice_guard in_force;

	if (!agent->guard)
		return 0;
	kernel_guard_get(agent->kernel, &in_force);
	if (!is_whole(&in_force))
		return 0;
	return check_digest(agent->kernel, &in_force, policy,
			    "put back what was there, or run 'sluice break-glass', reload and end "
			    "it",
			    text, size);
}

/*
 * The agent may have ended just when it had begun another file, before that was marked: then the
 * newest that is full is.
 */
static bool is_our_journal(struct kernel *kernel, const char *path)
{
	struct journal_segments full;
	bool ours = is_marked(kernel, path, SLUICE_MARK_WRITE);

	if (ours)
		return true;
	if (journal_segments_find(path, UINT64_MAX, "", &full) == 0 && full.n > 0)
		ours = is_marked(kernel, full.list[full.n - 1].path, SLUICE_MARK_WRITE);
	journal_segments_done(&full);
	return ours;
}

static int admits(struct kernel *kernel, const struct policy *policy, const char *conf, char *text,
		  size_t size)
{
	struct sluice_guard in_force;
	int err;

	kernel_guard_get(kernel, &in_force);
	if (!is_whole(&in_force))
		return 0;
	if (!is_conf(kernel, conf, &in_force.conf))
		return refuse(text, size, "another configuration", conf);
	if (!is_marked(kernel, policy->settings.state, SLUICE_MARK_TREE))
		return refuse(text, size, "another State=", policy->settings.state);
	if (!is_our_journal(kernel, policy->settings.journal))
		return refuse(text, size, "another Journal=", policy->settings.journal);
	err = check_digest(kernel, &in_force, policy,
			   "put back what was there, in the host's mount namespace; nobody can "
			   "accept other files while no sluiced runs, short of restarting the host",
			   text, size);
	return err ? err : check_paths(policy, text, size);
}

/* Where the host's pins cannot be seen, a second agent would start beside the first. */
static int check_pins(char *text, size_t size)
{
	_cleanup_close_ int root = guard_host_root();

	if (root < 0 || guard_host_same(root, PIN_FILESYSTEM))
		return 0;
	snprintf(text, size,
		 PIN_FILESYSTEM " is not here what it is for the host; start sluiced in the "
				"host's mount namespace");
	return -EPERM;
}

int guard_admits(const struct policy *policy, const char *conf, char *text, size_t size)
{
	struct kernel_error error = {};
	struct kernel *kernel = NULL;
	int err = check_pins(text, size);

	if (err || !kernel_pinned())
		return err;
	err = kernel_open_maps(&kernel, &error);
	if (err == -EPERM) {
		snprintf(text, size, "%s", error.text);
		return err;
	}
	if (err)
		return 0; /* damaged or of another build: opening the kernel side says so */
	err = admits(kernel, policy, conf, text, size);
	kernel_close(kernel);
	return err;
}

bool guard_forbids_detach(char *text, size_t size)
{
	struct kernel_error error = {};
	struct sluice_guard in_force;
	struct kernel *kernel = NULL;
	int err = kernel_open_maps(&kernel, &error);

	if (err == -EPERM)
		snprintf(text, size, "%s", error.text);
	if (err)
		return err == -EPERM;
	kernel_guard_get(kernel, &in_force);
	kernel_close(kernel);
	if (!is_whole(&in_force))
		return false;
	snprintf(
		text, size,
		"the guard is in force: run 'sluice break-glass' first, or set Mode=off in [Guard] "
		"while the glass is broken");
	return true;
}
