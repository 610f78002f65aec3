// SPDX-License-Identifier: Apache-2.0
/*
 * label.c: see label.h. Owns the resolution of the policy's paths, mounts and attributes to
 * identities.
 */
#include "label.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <mntent.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/cleanup.h"
#include "kernel/kernel.h"

static int fail(struct policy_error *error, const struct policy_origin *origin, int err,
		const char *path)
{
	snprintf(error->text, sizeof(error->text),
		 "%s:%u: cannot label '%s': %s; create it or take the line out of the policy",
		 origin->file, origin->line, path, strerror(-err));
	return err;
}

int label_below(struct kernel *kernel, const char *path, const struct label_bits *bits,
		struct sluice_identify *ret_found)
{
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = kernel_identify_fs(kernel, fd, ret_found);
	return err ? err
		   : kernel_object_policy(kernel, &ret_found->object, bits->slot, bits->labels);
}

int label_path(struct agent *agent, const char *path, const struct label_bits *bits,
	       bool *ret_folder)
{
	struct sluice_identify found = {};
	int err = label_below(agent->kernel, path, bits, &found);

	if (err)
		return err;
	if (S_ISDIR(found.mode))
		*ret_folder = true;
	return label_places_add(&agent->places[bits->slot], &found, bits->labels);
}

static void endmntentp(FILE **file)
{
	if (*file)
		endmntent(*file);
}

/*
 * The kernel walks up within one file system: what is mounted below a labeled folder gets its
 * labels here.
 */
static int label_mounts(struct kernel *kernel, const char *folder, const struct label_bits *bits)
{
	_cleanup_(endmntentp) FILE *mounts = setmntent("/proc/self/mounts", "re");
	_cleanup_free_ char *real = realpath(folder, NULL);
	size_t length = real ? strlen(real) : 0;
	const struct mntent *mount;
	struct sluice_identify unused = {};

	if (!mounts || !real)
		return -errno;
	while ((mount = getmntent(mounts))) {
		int err;

		if (strncmp(mount->mnt_dir, real, length) ||
		    (length > 1 && mount->mnt_dir[length] != '/'))
			continue;
		err = label_below(kernel, mount->mnt_dir, bits, &unused);
		if (err && err != -ENOENT && err != -EACCES)
			return err;
	}
	return 0;
}

/* nftw() has no context argument, and its own errors look like small ones of the callback. */
static struct {
	struct agent *agent;
	const struct policy_xattr *xattr;
	const struct label_bits *bits;
	bool *folder;
	int err;
} walk;

/* Return: 1, 0, or -EACCES, -EIO and such when that cannot be known. */
static int has_attribute(const char *path, const struct policy_xattr *xattr)
{
	/* One more than can be meant, so that a longer value does not look like it. */
	char value[SLUICE_POLICY_LINE + 1];
	ssize_t size = lgetxattr(path, xattr->name, value, sizeof(value));

	if (size >= 0)
		return (size_t)size == strlen(xattr->value) &&
		       !memcmp(value, xattr->value, (size_t)size);
	/*
	 * No such attribute, none on this file system, longer than any in a policy, gone meanwhile.
	 */
	return errno == ENODATA || errno == ENOTSUP || errno == ERANGE || errno == ENOENT ? 0
											  : -errno;
}

/* What cannot be looked at may carry the attribute: an error, like a path that cannot be opened. */
static int walk_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (type == FTW_SL || type == FTW_SLN)
		return 0;
	walk.err = type == FTW_DNR ? -EACCES : has_attribute(path, walk.xattr);
	if (walk.err == 1)
		walk.err = label_path(walk.agent, path, walk.bits, walk.folder);
	return walk.err != 0;
}

int label_xattr(struct agent *agent, const struct policy_xattr *xattr, const char *below,
		const struct label_bits *bits, bool *ret_folder)
{
	int r;

	walk.agent = agent;
	walk.xattr = xattr;
	walk.bits = bits;
	walk.folder = ret_folder;
	walk.err = 0;
	r = nftw(below, walk_one, 64, FTW_PHYS);
	walk.folder = NULL;
	walk.bits = NULL;
	return r < 0 ? -errno : walk.err;
}

static int label_one(struct agent *agent, const struct policy_label *label,
		     const struct label_bits *bits, bool *folders, struct policy_error *error)
{
	size_t i;
	int err;

	for (i = 0; i < label->n_paths; i++) {
		const char *path = label->paths[i].path;
		bool folder = false;

		err = label_path(agent, path, bits, &folder);
		if (!err && folder)
			err = label_mounts(agent->kernel, path, bits);
		if (err)
			return fail(error, &label->paths[i].origin, err, path);
		*folders |= folder;
	}
	for (i = 0; i < label->n_xattrs; i++) {
		err = kernel_attribute_put(agent->kernel, label->xattrs[i].name);
		if (!err)
			err = label_xattr(agent, &label->xattrs[i], label->xattrs[i].below, bits,
					  folders);
		if (err)
			return fail(error, &label->xattrs[i].origin, err, label->xattrs[i].below);
	}
	return 0;
}

int label_apply(struct agent *agent, const struct policy *policy, const unsigned int *numbers,
		unsigned int slot, struct policy_error *error)
{
	bool folders = false;
	size_t i;

	kernel_object_clear_slot(agent->kernel, slot);
	label_places_clear(&agent->places[slot & 1]);
	for (i = 0; i < policy->n_labels; i++) {
		const struct label_bits bits = { slot & 1, 1ULL << numbers[i] };
		int err = label_one(agent, &policy->labels[i], &bits, &folders, error);

		if (err) {
			kernel_object_clear_slot(agent->kernel, slot);
			return err;
		}
	}
	if (folders)
		kernel_set_folders(agent->kernel, true);
	return 0;
}

struct copy {
	struct kernel *kernel;
	unsigned int from, to;
};

static int copy_one(void *ctx, const struct sluice_object_id *id,
		    const struct sluice_object *object)
{
	const struct copy *copy = ctx;

	if (!object->policy[copy->from])
		return 0;
	return kernel_object_policy(copy->kernel, id, copy->to, object->policy[copy->from]);
}

int label_copy(struct agent *agent, unsigned int from, unsigned int to)
{
	struct copy copy = { .kernel = agent->kernel, .from = from & 1, .to = to & 1 };

	int err;

	kernel_object_clear_slot(agent->kernel, to);
	err = label_places_copy(&agent->places[copy.to], &agent->places[copy.from]);
	return err ? err : kernel_object_each(agent->kernel, copy_one, &copy);
}
