// SPDX-License-Identifier: Apache-2.0
/*
 * sink_folder.c: a folder as a place for the journal: settings, and a thread that writes, because a
 * network's disk may hang. Must not own: the files (sink_folder.h).
 */
#include "sink_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "gateway/work.h"
#include "sink.h"

#define DEFAULT_INTERVAL_S 60

struct folder_settings {
	char *path;
	uint64_t interval_s;
};

/* @held, @known: as in struct folder_job; @genesis: of the journal that this is about */
struct folder {
	struct sink_run run;
	struct work *work;
	bool known;
	uint64_t held;
	char genesis[MERKLE_HEX];
};

static const struct setting keys[] = {
	{ .name = "Path",
	  .type = SETTING_PATH,
	  .offset = offsetof(struct folder_settings, path),
	  .required = true },
	{ .name = "Interval",
	  .type = SETTING_SECONDS,
	  .offset = offsetof(struct folder_settings, interval_s),
	  .min = 1,
	  .max = 86400 },
};

static void folder_defaults(void *arg)
{
	struct folder_settings *settings = arg;

	settings->interval_s = DEFAULT_INTERVAL_S;
}

/* Whether it can be written shows when it is: it may be a disk that comes later. */
static int folder_check(void *arg, struct setting_error *error)
{
	const struct folder_settings *settings = arg;
	struct stat st;

	if (stat(settings->path, &st) < 0)
		return setting_refuse(error, -errno, "Path=%s: %s; make the folder first",
				      settings->path, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		return setting_refuse(error, -ENOTDIR, "Path=%s is not a folder", settings->path);
	return 0;
}

static void folder_clear(void *arg)
{
	struct folder_settings *settings = arg;

	free(settings->path);
}

static const char *folder_readable(const void *arg)
{
	(void)arg;
	return NULL;
}

static const char *folder_writable(const void *arg)
{
	const struct folder_settings *settings = arg;

	return settings->path;
}

static void run_job(void *job)
{
	folder_do(job);
}

static void free_job(void *arg)
{
	struct folder_job *job = arg;

	gateway_journal_clear(&job->journal);
	free(job);
}

static void on_done(void *arg, void *job_arg)
{
	struct folder_job *job = job_arg;
	struct folder *folder = arg;
	const struct folder_settings *settings = folder->run.sink->settings;

	folder->work = NULL;
	folder->known = job->known && (job->r == 0 || job->r == -EAGAIN);
	folder->held = job->held;
	if (job->r == -EAGAIN)
		sink_wait(&folder->run, job->wanted);
	else if (job->r == 0)
		sink_sent(&folder->run, job->held,
			  job->held < job->journal.bytes ? 0 : settings->interval_s);
	else
		sink_failed(&folder->run,
			    job->r == -EBADMSG ? IPC_SINK_DIVERGED : IPC_SINK_RETRYING, 0, "%s",
			    job->text);
	free_job(job);
}

/* The journal's descriptor may be replaced while the thread reads: it has its own. */
static struct folder_job *new_job(const struct folder *folder)
{
	const struct folder_settings *settings = folder->run.sink->settings;
	struct folder_job *job = calloc(1, sizeof(*job));

	if (!job)
		return NULL;
	if (gateway_journal_copy(folder->run.context->journal, &job->journal) < 0) {
		free(job);
		return NULL;
	}
	job->path = settings->path;
	job->known = folder->known;
	job->held = folder->held;
	return job;
}

static void folder_go(struct sink_run *run)
{
	static const struct work_ops ops = { .run = run_job, .done = on_done, .free = free_job };
	struct folder *folder = (struct folder *)run;
	const struct gateway_journal *journal = run->context->journal;
	struct folder_job *job;

	/* A new journal under the same name is looked at as a stranger. */
	if (strcmp(folder->genesis, journal->genesis) != 0 || journal->bytes < folder->held)
		folder->known = false;
	if (folder->known && folder->held == journal->bytes)
		return;
	memcpy(folder->genesis, journal->genesis, sizeof(folder->genesis));
	job = new_job(folder);
	run->busy = true;
	if (job && work_start(run->context->base, &ops, job, folder, &folder->work) == 0)
		return;
	if (job)
		free_job(job);
	sink_failed(run, IPC_SINK_RETRYING, 0, "out of memory, threads or descriptors");
}

static void folder_close(struct sink_run *run)
{
	struct folder *folder = (struct folder *)run;

	folder->work = work_cancel(folder->work);
}

const struct sink_ops sink_folder = {
	.kind = "Folder",
	.settings_size = sizeof(struct folder_settings),
	.keys = keys,
	.n_keys = ARRAY_SIZE(keys),
	.defaults = folder_defaults,
	.check = folder_check,
	.clear = folder_clear,
	.readable = folder_readable,
	.writable = folder_writable,
	.receipt = true,
	.run_size = sizeof(struct folder),
	.go = folder_go,
	.close = folder_close,
};
