/* SPDX-License-Identifier: GPL-2.0 */
/*
 * verdict.bpf.h: the question that every hook asks. The answer is made in verdict.bpf.c.
 */
#ifndef SLUICE_BPF_VERDICT_H
#define SLUICE_BPF_VERDICT_H

#include "event.bpf.h"

/* The body of decide(), verified once on its own. */
int decide_attempt(struct attempt *attempt);

/**
 * decide() - may the current process do this?
 * @attempt: with key.action, key.target and labels; the rest is filled
 * Return: 0, -EPERM, or -ERESTARTNOINTR when the process was stopped and will try again.
 */
static __always_inline int decide(struct attempt *attempt)
{
	int err = decide_attempt(attempt);

	/*
	 * The verifier does not look into decide_attempt() here, and wants the range of what a hook
	 * returns.
	 */
	if (err == -ERESTARTNOINTR)
		return -ERESTARTNOINTR;
	return err ? -EPERM : 0;
}

/*
 * Refuses @attempt, whatever rules say: the labels @missing could not be kept. Told of as a denial.
 * Return: -EPERM.
 */
int deny_full(struct attempt *attempt);

static __always_inline int refuse(void)
{
	count(SLUICE_COUNT_FAILED);
	return -EPERM;
}

#endif
