// SPDX-License-Identifier: Apache-2.0
/*
 * label_stay.c: see label_stay.h.
 */
#include "label_stay.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mount.h"
#include "event/record.h"
#include "kernel/kernel.h"
#include "label_place.h"
#include "policy/policy.h"

struct adopt {
	struct agent *agent;
	unsigned int slot;
};

static int adopt_one(void *ctx, const struct sluice_object_id *id,
		     const struct sluice_object *object)
{
	const struct adopt *adopt = ctx;
	struct sluice_identify found = { .object = *id };
	struct sluice_filesystem fs;

	if (!object->policy[adopt->slot])
		return 0;
	if (!kernel_filesystem_get(adopt->agent->kernel, id->dev, &fs))
		found.s_dev = fs.dev;
	return label_places_add(&adopt->agent->places[adopt->slot], &found,
				object->policy[adopt->slot]);
}

int label_stay_adopt(struct agent *agent, unsigned int slot)
{
	struct adopt adopt = { .agent = agent, .slot = slot & 1 };

	label_places_clear(&agent->places[slot & 1]);
	return kernel_object_each(agent->kernel, adopt_one, &adopt);
}

static bool has_path(const struct policy_label *label, const char *path)
{
	size_t i;

	for (i = 0; i < label->n_paths; i++)
		if (!strcmp(label->paths[i].path, path))
			return true;
	return false;
}

static bool has_xattr(const struct policy_label *label, const struct policy_xattr *xattr)
{
	size_t i;

	for (i = 0; i < label->n_xattrs; i++)
		if (!strcmp(label->xattrs[i].name, xattr->name) &&
		    !strcmp(label->xattrs[i].value, xattr->value) &&
		    !strcmp(label->xattrs[i].below, xattr->below))
			return true;
	return false;
}

static bool has_lines(const struct policy_label *label, const struct policy_label *old)
{
	size_t i;

	for (i = 0; i < old->n_paths; i++)
		if (!has_path(label, old->paths[i].path))
			return false;
	for (i = 0; i < old->n_xattrs; i++)
		if (!has_xattr(label, &old->xattrs[i]))
			return false;
	return true;
}

/*
 * Labels that lost no line: what they do not reach any more was not let go by those who write the
 * policy. Of the policy before a start only the digest is known.
 */
static uint64_t unchanged(const struct agent *agent, const struct policy *policy)
{
	const struct policy *old = agent->policy;
	uint64_t labels = 0;
	size_t i;

	if (!old)
		return kernel_policy_is(agent->kernel, policy->digest) ? ~0ULL : 0;
	for (i = 0; i < old->n_labels; i++) {
		const struct policy_label *label = policy_find_label(policy, old->labels[i].name);
		int bit = agent_label_bit(agent, i);

		if (bit >= 0 && label && has_lines(label, &old->labels[i]))
			labels |= 1ULL << bit;
	}
	return labels;
}

static bool is_mounted(const struct mounts *mounts, uint32_t dev)
{
	size_t i;

	for (i = 0; i < mounts->n; i++)
		if (mounts->list[i].dev == dev)
			return true;
	return !dev;
}

/* Which of @labels the object would lose, though it is still there. */
static uint64_t lost(struct agent *agent, const struct label_place *place, unsigned int slot)
{
	struct sluice_object object;

	if (kernel_object_get(agent->kernel, &place->id, &object))
		return 0; /* removed for good */
	return place->labels & object.policy[!slot] & ~object.policy[slot] & ~object.acquired;
}

static int keep(struct agent *agent, const struct label_place *place, uint64_t labels)
{
	int err = kernel_object_acquire(agent->kernel, &place->id, labels, 0);

	return err ? err : kernel_changed_note(agent->kernel, &place->id);
}

static int journal_kept(struct agent *agent, size_t n, uint64_t labels)
{
	json_t *body = json_pack("{s:I}", "objects", (json_int_t)n);
	int err;

	json_object_set_new(body, "labels", record_labels(agent, labels));
	log_notice("%zu objects that the policy's lines led to before were moved or covered: they "
		   "keep their labels; 'sluice label remove' takes them off",
		   n);
	err = record_add(agent, NULL, body, "labels.stayed",
			 "%zu objects that were moved away from a labeled path, or covered there, "
			 "keep its labels",
			 n);
	return err ? err : record_commit(agent);
}

int label_stay(struct agent *agent, const struct policy *policy, unsigned int slot,
	       struct policy_error *error)
{
	const struct label_places *old = &agent->places[!(slot & 1)];
	uint64_t stay = unchanged(agent, policy), all = 0;
	struct mounts mounts = {};
	size_t i, n = 0;
	int err = mounts_read("/proc/self/mountinfo", &mounts);

	for (i = 0; !err && i < old->n; i++) {
		const struct label_place *place = &old->list[i];
		uint64_t labels = stay & lost(agent, place, slot & 1);

		if (!labels || !is_mounted(&mounts, place->dev))
			continue;
		err = keep(agent, place, labels);
		all |= labels;
		n++;
	}
	mounts_free(&mounts);
	if (!err && n)
		err = journal_kept(agent, n, all);
	if (err)
		snprintf(error->text, sizeof(error->text),
			 "what was moved away from a labeled path, or covered there, cannot keep "
			 "its labels: %s",
			 strerror(-err));
	return err;
}
