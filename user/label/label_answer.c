// SPDX-License-Identifier: Apache-2.0
/*
 * label_answer.c: what `sluice label` asks for: set one label, list those of an object or all.
 *
 * Owns: the words of the answer. Must not own: who may (control.c), or the policy's labels
 * (label.c).
 */
#include "label.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "event/record.h"
#include "kernel/kernel.h"
#include "label_keep.h"
#include "lineage/lineage.h"

static int say(char *text, size_t size, int err, const char *format, const char *a, const char *b)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(text, size, format, a, b);
#pragma GCC diagnostic pop
	return err;
}

static int journal_label(struct agent *agent, const struct sluice_object_id *id, const char *label,
			 bool add, const char *path)
{
	struct sluice_target target = { .kind = SLUICE_TARGET_FILE, .object = *id };
	json_t *body = json_object();
	int err;

	json_object_set_new(body, "labels", json_pack("[s]", label));
	json_object_set_new(body, "target", record_target(&target, path));
	json_object_set_new(body, "added", json_boolean(add));
	err = record_add(agent, NULL, body, "label.set", "label %s %s %s", label,
			 add ? "added to" : "removed from", path);
	return err ? err : record_commit(agent);
}

/* @kept: as label_keep_object() */
static int say_kept(char *text, size_t size, int kept, bool add, const char *label,
		    const char *path)
{
	if (!add)
		return say(text, size, 0, "'%2$s' no longer carries '%1$s' itself", label, path);
	if (kept > 0)
		return say(text, size, 0, "'%2$s' now carries '%1$s'", label, path);
	return say(text, size, 0,
		   kept ? "'%2$s' now carries '%1$s', but only until the next reboot: the table of "
			  "labels cannot be written now (see the journal)"
			: "'%2$s' now carries '%1$s' until its file system is unmounted, which has "
			  "no lasting identity",
		   label, path);
}

int label_set(struct agent *agent, int fd, const char *label, bool add, const char *path,
	      char *text, size_t size)
{
	int bit = agent_bit_of_name(agent, label), err;
	struct sluice_object object = {};
	struct sluice_object_id id;
	uint32_t mode;
	uint64_t mask;

	if (bit < 0)
		return say(
			text, size, -ENOENT,
			"there is no label '%s'; 'sluice label list' shows those of the policy%s",
			label, "");
	mask = 1ULL << bit;
	err = kernel_identify(agent->kernel, fd, &id, &mode);
	if (err)
		return say(text, size, err, "cannot identify '%s'%s", path, "");
	kernel_object_get(agent->kernel, &id, &object);
	if (!add && (object.policy[0] | object.policy[1]) & mask)
		return say(text, size, -EBUSY,
			   "the policy gives '%s' to '%s': change the policy instead", label, path);
	if (!add && !(object.acquired & mask))
		return say(text, size, -ENOENT, "'%2$s' itself does not carry '%1$s'", label, path);
	err = journal_label(agent, &id, label, add, path);
	if (err)
		return say(text, size, err,
			   "the journal cannot be written, so nothing was changed%s%s", "", "");
	if (add && S_ISDIR(mode))
		kernel_set_folders(agent->kernel, true);
	err = kernel_object_acquire(agent->kernel, &id, add ? mask : 0, add ? 0 : mask);
	if (err)
		return say(text, size, err, "the kernel did not take label '%s' for '%s'", label,
			   path);
	kernel_forget_caches(agent->kernel);
	err = add ? kernel_find(agent->kernel, false) : 0;
	if (err)
		return say(text, size, err,
			   "'%s' is set on '%s', but it is not known which processes have it "
			   "mapped",
			   label, path);
	return say_kept(text, size, label_keep_object(agent, fd), add, label, path);
}

struct listing {
	struct agent *agent;
	label_item_fn fn;
	void *ctx;
	const char *path;
	const char *origin;
};

/* One item for each bit of @labels. */
static int list_labels(const struct listing *listing, uint64_t labels, const char *path,
		       const char *origin)
{
	unsigned int bit;

	for (bit = 0; bit < SLUICE_MAX_LABELS; bit++) {
		const struct policy_label *label = agent_label(listing->agent, bit);
		struct ipc_label_item item = { .sensitivity = label ? label->sensitivity : 0 };
		int err;

		if (!(labels & 1ULL << bit))
			continue;
		snprintf(item.label, sizeof(item.label), "%s", listing->agent->names.name[bit]);
		snprintf(item.path, sizeof(item.path), "%s", path);
		snprintf(item.origin, sizeof(item.origin), "%s", origin);
		err = listing->fn(listing->ctx, &item);
		if (err)
			return err;
	}
	return 0;
}

static int list_acquired(void *ctx, const struct sluice_object_id *id,
			 const struct sluice_object *object)
{
	const struct listing *listing = ctx;
	char path[SLUICE_PATH_TEXT];
	const char *name;

	if (!object->acquired || !id->dev) /* an io_uring: its number is an address of the kernel */
		return 0;
	name = lineage_object_name(listing->agent->lineage, id);
	if (name)
		snprintf(path, sizeof(path), "%s", name);
	else
		snprintf(path, sizeof(path), "inode %llu of file system %08x",
			 (unsigned long long)id->ino, id->dev);
	return list_labels(listing, object->acquired, path, "acquired");
}

static int list_all(const struct listing *listing)
{
	const struct policy *policy = listing->agent->policy;
	size_t i, p;

	for (i = 0; policy && i < policy->n_labels; i++) {
		const struct policy_label *label = &policy->labels[i];
		uint64_t bit = 1ULL << agent_label_bit(listing->agent, i);

		for (p = 0; p < label->n_paths; p++) {
			char origin[SLUICE_PATH_TEXT];
			int err;

			snprintf(origin, sizeof(origin), "%s:%u", label->paths[p].origin.file,
				 label->paths[p].origin.line);
			err = list_labels(listing, bit, label->paths[p].path, origin);
			if (err)
				return err;
		}
	}
	return kernel_object_each(listing->agent->kernel, list_acquired, (void *)listing);
}

/* The object's own labels, then those of each folder above it. */
static int list_object(const struct listing *listing, int fd)
{
	unsigned int slot = !kernel_idle_slot(listing->agent->kernel);
	char link[64], path[SLUICE_PATH_TEXT];
	const char *origin = "acquired", *policy_origin = "policy";
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return -errno;
	path[n] = '\0';
	for (;;) {
		_cleanup_close_ int at = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		struct sluice_object object = {};
		struct sluice_object_id id;
		char *slash;
		int err;

		if (!kernel_identify(listing->agent->kernel, at >= 0 ? at : fd, &id, NULL) &&
		    !kernel_object_get(listing->agent->kernel, &id, &object)) {
			err = list_labels(listing, object.acquired, path, origin);
			if (!err)
				err = list_labels(listing, object.policy[slot], path,
						  policy_origin);
			if (err)
				return err;
		}
		slash = strrchr(path, '/');
		if (!slash || !path[1])
			return 0;
		slash[slash == path] = '\0';
		origin = "folder";
		policy_origin = "folder";
	}
}

int label_list(struct agent *agent, int fd, label_item_fn fn, void *ctx)
{
	struct listing listing = { .agent = agent, .fn = fn, .ctx = ctx };

	return fd < 0 ? list_all(&listing) : list_object(&listing, fd);
}
