/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernel.h: the BPF side as sluiced sees it: load, attach, pin, adopt; typed access to every map.
 *
 * Owns: the skeleton (only kernel*.c include it), the pins below /sys/fs/bpf/sluice, the control
 * word. Must not own:
 * why a grant or label is written (grant.h, label.h), or what an event means (event.h).
 */
#ifndef SLUICE_KERNEL_H
#define SLUICE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "abi.h"

struct kernel;
struct ruleset;

struct kernel_error {
	char text[1024];
};

/**
 * kernel_open() - adopt the pinned programs of this very build, or load, attach and pin all;
 * nothing in between.
 * @ret_adopted: true when enforcement was found running and was taken over
 * A second daemon is refused: -EWOULDBLOCK.
 * On failure nothing that was not there before stays, and what enforced before goes on.
 */
int kernel_open(struct kernel **ret, bool *ret_adopted, struct kernel_error *error);
struct kernel *kernel_close(struct kernel *kernel); /* enforcement stays: links are pinned */

/*
 * The maps of whatever is pinned, damaged or of another build, and nothing else: for `sluiced
 * --release` only.
 */
int kernel_open_maps(struct kernel **ret, struct kernel_error *error);

/* Programs that are not attached any more, although nobody detached them through us. */
size_t kernel_missing_programs(const struct kernel *kernel);

/* Ends enforcement: unpins and detaches all. For `sluiced --detach` only. */
int kernel_detach(struct kernel_error *error);

/* True when pins of an agent are there. */
bool kernel_pinned(void);

typedef void (*kernel_event_fn)(void *ctx, const struct sluice_event *event);
int kernel_event_fd(const struct kernel *kernel); /* readable when events wait */
/*
 * Hands over no more than @most. What was handed over stays in the kernel until kernel_release():
 * the next daemon is handed it again. As long as some is kept, kernel_event_fd() is readable.
 */
void kernel_consume(struct kernel *kernel, unsigned int most, kernel_event_fn fn, void *ctx);
void kernel_release(struct kernel *kernel);
bool kernel_kept(const struct kernel *kernel);	  /* some was handed over and is kept */
bool kernel_crowded(const struct kernel *kernel); /* with it there is little room for more */
/* Some has come that kernel_event_fd() may not tell of: for after kernel_release(). */
bool kernel_waits(const struct kernel *kernel);

/*
 * Writes the ruleset into its slot and puts it in force with one store; the old slot is emptied
 * afterwards.
 */
int kernel_apply(struct kernel *kernel, const struct ruleset *ruleset, struct kernel_error *error);
unsigned int kernel_idle_slot(const struct kernel *kernel);	 /* for the next ruleset */
/* of the ruleset in force, 0 if none */
unsigned int kernel_generation(const struct kernel *kernel);

/* Which policy is in force: policy::digest, for the daemon after this one. */
void kernel_policy_note(struct kernel *kernel, const char *digest);
bool kernel_policy_is(const struct kernel *kernel, const char *digest);

void kernel_heartbeat(struct kernel *kernel, uint64_t boot_ns);
uint64_t kernel_heartbeat_ns(const struct kernel *kernel); /* the newest one, boot clock */
void kernel_set_stale(struct kernel *kernel, uint64_t ns);
void kernel_set_files(struct kernel *kernel, uint32_t per_user);
int kernel_count(const struct kernel *kernel, uint64_t ret[SLUICE_COUNTERS]); /* summed over CPUs */

/* Calls @fn for each map that can fill up. Reads them whole. Return: 0 or a negative errno. */
typedef void (*kernel_fill_fn)(void *ctx, const char *name, uint32_t used, uint32_t room);
int kernel_fill_each(const struct kernel *kernel, kernel_fill_fn fn, void *ctx);

/* How often the kernel left out each program that it may leave out, since it was loaded. */
typedef void (*kernel_missed_fn)(void *ctx, const char *program, uint64_t count);
int kernel_missed_each(const struct kernel *kernel, kernel_missed_fn fn, void *ctx);

/* This process is the agent from now on: never held, never tainted. */
int kernel_register_agent(struct kernel *kernel);

/*
 * What the kernel calls the file behind @fd (O_PATH will do). @ret_mode: st_mode type bits, may be
 * NULL.
 */
int kernel_identify(struct kernel *kernel, int fd, struct sluice_object_id *ret,
		    uint32_t *ret_mode);

/* The same, with the file system it lies on. */
int kernel_identify_fs(struct kernel *kernel, int fd, struct sluice_identify *ret);

/*
 * Labels the processes that have labeled files mapped, and with @open those that have one open for
 * reading. Each is told of as an event. Return: 0 or a negative errno.
 */
int kernel_find(struct kernel *kernel, bool open);

/* File systems whose labels can be kept across boots, by sluice_object_id::dev. */
int kernel_filesystem_get(struct kernel *kernel, uint32_t number, struct sluice_filesystem *ret);
int kernel_filesystem_put(struct kernel *kernel, uint32_t number,
			  const struct sluice_filesystem *fs);
typedef int (*kernel_filesystem_fn)(void *ctx, uint32_t number, const struct sluice_filesystem *fs);
int kernel_filesystem_each(struct kernel *kernel, kernel_filesystem_fn fn, void *ctx);

/*
 * Objects on such file systems whose acquired labels have changed, also by being gone. Take removes
 * up to @max and returns how many, or a negative errno; what is not used is noted again.
 */
int kernel_changed_note(struct kernel *kernel, const struct sluice_object_id *id);
ssize_t kernel_changed_take(struct kernel *kernel, struct sluice_object_id *ret, size_t max);

/*
 * From now on a file that the policy labels keeps its labels when this attribute of it is changed.
 * -ENAMETOOLONG beyond SLUICE_ATTRIBUTE_NAME.
 */
int kernel_attribute_put(struct kernel *kernel, const char *name);

/* Labels of objects. Epoch: call kernel_forget_caches() after a batch of changes. */
int kernel_object_get(struct kernel *kernel, const struct sluice_object_id *id,
		      struct sluice_object *ret);
int kernel_object_acquire(struct kernel *kernel, const struct sluice_object_id *id, uint64_t add,
			  uint64_t remove);
int kernel_object_policy(struct kernel *kernel, const struct sluice_object_id *id,
			 unsigned int slot, uint64_t labels);
void kernel_object_clear_slot(struct kernel *kernel, unsigned int slot);
typedef int (*kernel_object_fn)(void *ctx, const struct sluice_object_id *id,
				const struct sluice_object *object);
int kernel_object_each(struct kernel *kernel, kernel_object_fn fn, void *ctx);
void kernel_forget_caches(struct kernel *kernel);
/* Whether any folder is labeled: without one, no file's folders are looked at. */
void kernel_set_folders(struct kernel *kernel, bool any);

/* Open questions. */
typedef void (*kernel_ask_fn)(void *ctx, const struct sluice_ask_key *key,
			      const struct sluice_ask *ask);
int kernel_ask_get(struct kernel *kernel, const struct sluice_ask_key *key, struct sluice_ask *ret);
int kernel_ask_end(struct kernel *kernel, const struct sluice_ask_key *key);
int kernel_ask_each(struct kernel *kernel, kernel_ask_fn fn, void *ctx);

/* Denials that the kernel only counts, because it told of an equal one just now. */
typedef void (*kernel_refusal_fn)(void *ctx, const struct sluice_ask_key *key,
				  const struct sluice_refusal *refusal);
int kernel_refusal_each(struct kernel *kernel, kernel_refusal_fn fn, void *ctx);
/* How many were counted under @key; they are the caller's to tell of. */
uint64_t kernel_refusal_take(struct kernel *kernel, const struct sluice_ask_key *key);
/* The caller has told of @count that are not in the map any more. */
void kernel_refusal_lost(struct kernel *kernel, uint64_t count);

/* Answers. Put also makes the grant live; end also ends the flows that it let through. */
typedef void (*kernel_grant_fn)(void *ctx, const struct sluice_ask_key *key,
				const struct sluice_grant *grant);
int kernel_grant_put(struct kernel *kernel, const struct sluice_ask_key *key,
		     const struct sluice_grant *grant);
int kernel_grant_get(struct kernel *kernel, const struct sluice_ask_key *key,
		     struct sluice_grant *ret);
int kernel_grant_end(struct kernel *kernel, const struct sluice_ask_key *key, uint64_t id);
int kernel_grant_each(struct kernel *kernel, kernel_grant_fn fn, void *ctx);

/* Taint of a process (thread group). -ENOENT when there is none or it is gone. */
int kernel_taint_get(struct kernel *kernel, int pidfd, uint64_t *ret_labels);

#endif
