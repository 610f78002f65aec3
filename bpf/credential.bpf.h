/* SPDX-License-Identifier: GPL-2.0 */
/*
 * credential.bpf.h: one change of identity or rights as an attempt.
 *
 * Owns: how it is described. Must not own: which changes there are (the hooks).
 */
#ifndef SLUICE_BPF_CREDENTIAL_H
#define SLUICE_BPF_CREDENTIAL_H

#include "verdict.bpf.h"

/* @kind: enum sluice_credential; @id: see struct sluice_target; @file: the target, or NULL */
static __noinline int credential_check(u32 kind, u64 id, u32 old_id, struct file *file)
{
	struct attempt attempt = { .key.action = SLUICE_CREDENTIAL, .old_id = old_id };

	attempt.labels = subject_taint(subject_state(subject_leader()));
	if (!attempt.labels)
		return 0;
	attempt.key.target.kind = SLUICE_TARGET_CREDENTIAL;
	attempt.key.target.arg = kind;
	attempt.key.target.id[0] = id;
	if (file) {
		attempt.key.target.object = object_id(file->f_inode);
		attempt.path = &file->f_path;
	}
	/* The kernel makes a mere "may not" of what capable() says. */
	if (kind == SLUICE_SETNS)
		attempt.unholdable = SLUICE_FALLBACK_SYSCALL;
	return decide(&attempt);
}

#endif
