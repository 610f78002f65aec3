// SPDX-License-Identifier: Apache-2.0
/*
 * label_mount.c: file systems that are mounted while a policy is in force.
 *
 * Owns: which labels of the policy a mount gets. The kernel looks up the folders of one file system
 * only, so that the root of another has to carry the labels of the place where it is.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mount.h"
#include "event/record.h"
#include "kernel/kernel.h"
#include "label.h"

/* One path or attribute of the policy, as it is now. @real: without symbolic links, or NULL */
struct place {
	struct agent *agent;
	const struct policy_origin *origin;
	const struct policy_xattr *xattr;
	const char *path;
	const char *real;
	struct label_bits bits;
};

static bool lies_in(const struct place *place, const char *point)
{
	return mount_is_below(point, place->path) ||
	       (place->real && mount_is_below(point, place->real));
}

/* The mount lies in the place, or covers it. */
static bool touches(const struct place *place, const char *point)
{
	return lies_in(place, point) || mount_is_below(place->path, point) ||
	       (place->real && mount_is_below(place->real, point));
}

static void journal_mount(struct agent *agent, const char *point, uint64_t labels)
{
	json_t *body = json_object();

	json_object_set_new(body, "labels", record_labels(agent, labels));
	json_object_set_new(body, "mount", record_text(point));
	record_add(agent, NULL, body, "mount.labeled",
		   "what was mounted at %s got the labels of that place", point);
	record_commit(agent);
}

/* Mount ids are used again, so that what is there is looked at and not what has been done. */
static bool is_labeled(struct kernel *kernel, const struct place *place, const char *path)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	struct sluice_object object;
	struct sluice_object_id id;

	return fd >= 0 && !kernel_identify(kernel, fd, &id, NULL) &&
	       !kernel_object_get(kernel, &id, &object) &&
	       !(place->bits.labels & ~object.policy[place->bits.slot]);
}

/* The place itself, and not something below it. */
static bool is_place(const struct place *place, const char *path)
{
	return !strcmp(path, place->path) || (place->real && !strcmp(path, place->real));
}

/* What lies at @path gets the labels. Return: whether anything changed. */
static bool label_at(const struct place *place, const char *path, const char *point)
{
	struct kernel *kernel = place->agent->kernel;
	struct sluice_identify found = {};
	bool folder = false;
	int err;

	if (!place->xattr && is_labeled(kernel, place, path))
		return false;
	if (place->xattr)
		err = label_xattr(place->agent, place->xattr, path, &place->bits, &folder);
	else if (is_place(place, path))
		err = label_path(place->agent, path, &place->bits, &folder);
	else
		err = label_below(kernel, path, &place->bits, &found);
	if (err)
		log_error_errno(err, "%s:%u: cannot label '%s' where '%s' was mounted",
				place->origin->file, place->origin->line, path, point);
	else if (!place->xattr)
		journal_mount(place->agent, point, place->bits.labels);
	return true;
}

/* Return: whether a mount that this place has labeled is gone. */
static bool follow(const struct place *place, const struct mounts *old, const struct mounts *now)
{
	bool changed = false, gone = false;
	size_t i;

	for (i = 0; i < now->n; i++) {
		const char *point = now->list[i].point;

		if (!touches(place, point))
			continue;
		/* every path lies on some mount, and attributes take a walk: only what is new */
		if ((place->xattr || !lies_in(place, point)) && mounts_find(old, &now->list[i]))
			continue;
		changed |= label_at(place, lies_in(place, point) ? point : place->path, point);
	}
	for (i = 0; i < old->n; i++)
		gone |= touches(place, old->list[i].point) && !mounts_find(now, &old->list[i]);
	if (changed) {
		kernel_set_folders(place->agent->kernel, true);
		kernel_forget_caches(place->agent->kernel);
	}
	return gone;
}

static bool follow_path(struct place *place, const char *path, const struct policy_origin *origin,
			const struct mounts *old, const struct mounts *now)
{
	_cleanup_free_ char *real = realpath(path, NULL);

	place->path = path;
	place->real = real;
	place->origin = origin;
	return follow(place, old, now);
}

bool label_follow_mounts(struct agent *agent, const struct mounts *old, const struct mounts *now)
{
	const struct policy *policy = agent->policy;
	bool gone = false;
	size_t i, k;

	for (i = 0; policy && i < policy->n_labels; i++) {
		const struct policy_label *label = &policy->labels[i];
		struct place place = { .agent = agent,
				       .bits.slot = !kernel_idle_slot(agent->kernel) };
		int bit = agent_label_bit(agent, i);

		if (bit < 0)
			continue;
		place.bits.labels = 1ULL << bit;
		for (k = 0; k < label->n_paths; k++)
			gone |= follow_path(&place, label->paths[k].path, &label->paths[k].origin,
					    old, now);
		for (k = 0; k < label->n_xattrs; k++) {
			place.xattr = &label->xattrs[k];
			gone |= follow_path(&place, label->xattrs[k].below,
					    &label->xattrs[k].origin, old, now);
		}
	}
	return gone;
}
