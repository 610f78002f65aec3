/* SPDX-License-Identifier: Apache-2.0 */
/*
 * work.h: a piece of work beside the loop, for what may wait long and cannot be told not to: files
 * on a network's disk.
 *
 * Owns: the thread, and telling its end in the loop. Must not own: what is done.
 */
#ifndef SLUICE_WORK_H
#define SLUICE_WORK_H

#include <event2/event.h>

struct work;

/**
 * struct work_ops: what is done.
 * @run: in a thread of its own, with all signals blocked: touches nothing but @job, does not log
 * @done: later, in the loop, when @run has returned; the work is gone afterwards
 * @free: of a job that is not wanted any more
 */
struct work_ops {
	void (*run)(void *job);
	void (*done)(void *arg, void *job);
	void (*free)(void *job);
};

/* @job: handed over. Return: 0, or a negative errno, and then the job is still the caller's. */
int work_start(struct event_base *base, const struct work_ops *ops, void *job, void *arg,
	       struct work **ret);

/*
 * Its end is told to nobody. One that hangs stays, with its job, until the program ends. Returns
 * NULL; accepts NULL.
 */
struct work *work_cancel(struct work *work);

#endif
