/* SPDX-License-Identifier: Apache-2.0 */
/*
 * deploy.h: puts a policy in force, whole or not at all, and again when the host's names mean
 * something else.
 *
 * Owns: the policy in force and the order: check, number, label, compile, one store in the kernel.
 * Must not own: any of those steps (policy.h, label.h, ruleset.h, kernel.h).
 */
#ifndef SLUICE_DEPLOY_H
#define SLUICE_DEPLOY_H

#include "policy/policy.h"
#include "sluiced/agent.h"

struct deploy;
struct endpoints;

/* @conf: path of sluice.conf; policy.d lies beside it. */
int deploy_new(struct agent *agent, const char *conf, struct endpoints *endpoints,
	       struct deploy **ret);
struct deploy *deploy_free(struct deploy *deploy); /* returns NULL; what is in force stays */

/**
 * deploy_policy() - put @policy in force and take it over; on failure it stays the caller's and the
 * old one in force.
 * Journals what it did before it takes effect.
 */
int deploy_policy(struct deploy *deploy, struct policy *policy, struct policy_error *error);

/*
 * After a policy or its labels took effect: who has labeled files mapped carries the labels, and
 * with @open who has one open for reading. Return: 0 or a negative errno, which was logged.
 */
int deploy_find(struct deploy *deploy, bool open);

/*
 * SIGHUP: reads the files and puts them in force; a bad policy is logged, journaled and changes
 * nothing.
 */
int deploy_reload(struct deploy *deploy);

/*
 * The same policy with its paths looked up again: what is mounted has changed. On failure the
 * labels stay as they were.
 */
void deploy_relabel(struct deploy *deploy);

/* Timer and callbacks: same policy, new addresses or units. */
int deploy_start(struct deploy *deploy);

#endif
