/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mount_watch.h: file systems that come and go while the agent runs.
 *
 * Owns: noticing, and the kernel's knowledge of which file system is mounted where. Must not own:
 * what a path of the policy labels (label.h), or labels that objects acquired: those hang on the
 * file system's UUID and hold from the moment of the mount.
 */
#ifndef SLUICE_MOUNT_WATCH_H
#define SLUICE_MOUNT_WATCH_H

#include "sluiced/agent.h"

struct deploy;
struct mount_watch;

/* Takes note of what is mounted now: call it before the policy's paths are resolved. */
int mount_watch_new(struct agent *agent, struct mount_watch **ret);
struct mount_watch *mount_watch_free(struct mount_watch *watch); /* returns NULL */

/*
 * Looks whenever the list changes, and lets the guard look. @deploy: asked to label anew when a
 * labeled mount has gone
 */
int mount_watch_start(struct mount_watch *watch, struct deploy *deploy);

#endif
