// SPDX-License-Identifier: Apache-2.0
/*
 * mount_watch.c: see mount_watch.h.
 */
#include "mount_watch.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mount.h"
#include "deploy.h"
#include "guard/guard.h"
#include "kernel/kernel.h"
#include "label.h"

#define MOUNTINFO "/proc/self/mountinfo"

struct mount_watch {
	struct agent *agent;
	struct deploy *deploy;
	struct mounts mounts;
	struct event *event;
	int fd;
};

/* What lies on the mount point may be another file system, mounted over this one: not known then.
 */
static void identify(struct agent *agent, struct mount *mount)
{
	_cleanup_close_ int fd = open(mount->point, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct sluice_identify args = {};

	if (fd < 0 || kernel_identify_fs(agent->kernel, fd, &args) || args.s_dev != mount->dev)
		return;
	mount->known = true;
	mount->number = args.object.dev;
	mount->durable = args.durable;
	memcpy(mount->uuid, args.uuid, sizeof(mount->uuid));
}

static const struct mount *find_known(const struct mounts *mounts, size_t n, uint32_t dev)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (mounts->list[i].known && mounts->list[i].dev == dev)
			return &mounts->list[i];
	return NULL;
}

/* One look a file system; each time, since another may have come to the same device and place. */
static void identify_all(struct agent *agent, struct mounts *mounts)
{
	size_t i;

	for (i = 0; i < mounts->n; i++)
		if (mounts->list[i].local && !find_known(mounts, i, mounts->list[i].dev))
			identify(agent, &mounts->list[i]);
}

struct update {
	struct kernel *kernel;
	const struct mounts *mounts;
};

/* The only device with that UUID, or 0. */
static uint32_t only_device(const struct mounts *mounts, uint32_t number)
{
	uint32_t dev = 0;
	size_t i;

	for (i = 0; i < mounts->n; i++) {
		const struct mount *mount = &mounts->list[i];

		if (!mount->known || mount->number != number || mount->dev == dev)
			continue;
		if (dev)
			return 0;
		dev = mount->dev;
	}
	return dev;
}

static int update_one(void *ctx, uint32_t number, const struct sluice_filesystem *fs)
{
	const struct update *update = ctx;
	struct sluice_filesystem fresh = *fs;

	fresh.dev = only_device(update->mounts, number);
	if (fresh.dev == fs->dev)
		return 0;
	return kernel_filesystem_put(update->kernel, number, &fresh);
}

/* Tells the kernel where the file systems are whose labels are kept. */
static void update_kernel(struct agent *agent, const struct mounts *mounts)
{
	struct update update = { .kernel = agent->kernel, .mounts = mounts };
	struct sluice_filesystem fs;
	int err = 0;
	size_t i;

	for (i = 0; !err && i < mounts->n; i++) {
		const struct mount *mount = &mounts->list[i];

		if (!mount->durable || !kernel_filesystem_get(agent->kernel, mount->number, &fs))
			continue;
		fs = (struct sluice_filesystem){ .uuid = { mount->uuid[0], mount->uuid[1] } };
		err = kernel_filesystem_put(agent->kernel, mount->number, &fs);
	}
	if (!err)
		err = kernel_filesystem_each(agent->kernel, update_one, &update);
	if (err)
		log_warning_errno(err, "Cannot tell the kernel which file systems are mounted; "
				       "labels of removed files stay known");
}

static int look(struct mount_watch *watch)
{
	struct mounts mounts;
	bool gone;
	int err = mounts_read(MOUNTINFO, &mounts);

	if (err)
		return err;
	/* first, since it cannot wait */
	gone = watch->deploy && label_follow_mounts(watch->agent, &watch->mounts, &mounts);
	identify_all(watch->agent, &mounts);
	update_kernel(watch->agent, &mounts);
	mounts_free(&watch->mounts);
	watch->mounts = mounts;
	if (gone)
		deploy_relabel(watch->deploy);
	guard_follow_mounts(watch->agent);
	return 0;
}

static void on_change(evutil_socket_t fd, short what, void *ctx)
{
	int err = look(ctx);

	(void)fd;
	(void)what;
	if (err)
		log_error_errno(err, "Cannot read %s: what is mounted now may lack its labels",
				MOUNTINFO);
}

int mount_watch_new(struct agent *agent, struct mount_watch **ret)
{
	struct mount_watch *watch = calloc(1, sizeof(*watch));
	int err;

	if (!watch)
		return -ENOMEM;
	watch->agent = agent;
	watch->fd = open(MOUNTINFO, O_RDONLY | O_CLOEXEC);
	err = watch->fd < 0 ? -errno : look(watch);
	if (err) {
		mount_watch_free(watch);
		return err;
	}
	*ret = watch;
	return 0;
}

struct mount_watch *mount_watch_free(struct mount_watch *watch)
{
	if (!watch)
		return NULL;
	if (watch->event)
		event_free(watch->event);
	if (watch->fd >= 0)
		close(watch->fd);
	mounts_free(&watch->mounts);
	free(watch);
	return NULL;
}

int mount_watch_start(struct mount_watch *watch, struct deploy *deploy)
{
	watch->deploy = deploy;
	/* The file is readable at all times; only the edge of a change says something. */
	watch->event = event_new(watch->agent->base, watch->fd, EV_READ | EV_ET | EV_PERSIST,
				 on_change, watch);
	if (!watch->event || event_add(watch->event, NULL))
		return -ENOMEM;
	return 0;
}
