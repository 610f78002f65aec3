// SPDX-License-Identifier: Apache-2.0
/*
 * work.c: see work.h. The thread closes its end of a pipe when it is through, which the loop sees.
 */
#include "work.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>

#include "base/cleanup.h"

struct work {
	const struct work_ops *ops;
	void *job;
	void *arg;
	pthread_t thread;
	struct event *event;
	int ends[2];
};

static void *run(void *arg)
{
	struct work *work = arg;

	work->ops->run(work->job);
	close(work->ends[1]);
	return NULL;
}

/* Of one whose thread is gone. */
static void free_work(struct work *work)
{
	event_free(work->event);
	close(work->ends[0]);
	free(work);
}

static void on_end(evutil_socket_t fd, short what, void *arg)
{
	struct work *work = arg;
	void (*done)(void *arg, void *job) = work->ops->done;
	void *done_arg = work->arg, *job = work->job;

	(void)fd;
	(void)what;
	pthread_join(work->thread, NULL);
	free_work(work);
	done(done_arg, job);
}

static int start_thread(struct work *work)
{
	sigset_t all, before;
	int r;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = -pthread_create(&work->thread, NULL, run, work);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return r;
}

int work_start(struct event_base *base, const struct work_ops *ops, void *job, void *arg,
	       struct work **ret)
{
	struct work *work = calloc(1, sizeof(*work));
	int r = -ENOMEM;

	if (!work)
		return -ENOMEM;
	*work = (struct work){ .ops = ops, .job = job, .arg = arg };
	if (pipe2(work->ends, O_CLOEXEC) < 0) {
		r = -errno;
		free(work);
		return r;
	}
	work->event = event_new(base, work->ends[0], EV_READ, on_end, work);
	if (work->event && event_add(work->event, NULL) == 0)
		r = start_thread(work);
	if (r == 0) {
		*ret = work;
		return 0;
	}
	if (work->event)
		event_free(work->event);
	close(work->ends[0]);
	close(work->ends[1]);
	free(work);
	return r;
}

struct work *work_cancel(struct work *work)
{
	if (!work)
		return NULL;
	event_del(work->event);
	if (pthread_tryjoin_np(work->thread, NULL) != 0) {
		pthread_detach(work->thread);
		return NULL; /* lint: the thread still has it */
	}
	work->ops->free(work->job);
	free_work(work);
	return NULL;
}
