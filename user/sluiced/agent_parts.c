// SPDX-License-Identifier: Apache-2.0
/*
 * agent_parts.c: see agent_parts.h.
 */
#include "agent_parts.h"

#include <errno.h>
#include <event2/event.h>
#include <pwd.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "decision/grant.h"
#include "decision/review.h"
#include "decision/standing.h"
#include "event/event.h"
#include "event/record.h"
#include "guard/guard.h"
#include "label/label_keep.h"
#include "lineage/lineage.h"
#include "lineage/lineage_follow.h"
#include "request/reason.h"
#include "request/request.h"

static uid_t gateway_user(void)
{
	const struct passwd *user = getpwnam("sluice-gateway");

	return user ? user->pw_uid : 0;
}

int agent_parts_new(struct agent *agent)
{
	_cleanup_fclose_ FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!file || !fgets(agent->boot_id, sizeof(agent->boot_id), file))
		return log_error_errno(-EIO, "Cannot read the boot id");
	if (gethostname(agent->host, sizeof(agent->host) - 1))
		return log_error_errno(-errno, "Cannot read the host's name");
	agent->version = SLUICE_VERSION;
	agent->started_ms = agent_time_ms();
	agent->gateway_uid = gateway_user();
	memset(agent->bit_of_label, -1, sizeof(agent->bit_of_label));
	memset(agent->label_of_bit, -1, sizeof(agent->label_of_bit));
	agent->lineage = lineage_new(SLUICE_MAX_NODES, NULL);
	agent->requests = requests_new();
	agent->reasons = reasons_new();
	agent->standings = standings_new();
	agent->reviews = reviews_new();
	agent->grants = grants_new();
	agent->record = record_new();
	agent->base = event_base_new();
	if (!agent->lineage || !agent->requests || !agent->reasons || !agent->standings ||
	    !agent->reviews || !agent->grants || !agent->record || !agent->base)
		return log_error_errno(-ENOMEM, "Cannot start");
	return 0;
}

void agent_parts_free(struct agent *agent)
{
	requests_free(agent->requests);
	reasons_free(agent->reasons);
	standings_free(agent->standings);
	reviews_free(agent->reviews);
	grants_free(agent->grants);
	lineage_free(agent->lineage);
	guard_free(agent->guard);
	events_free(agent->events);
	record_free(agent->record);
	label_keep_free(agent->keep);
	lineage_follow_free(agent->follow);
	label_places_clear(&agent->places[0]);
	label_places_clear(&agent->places[1]);
}
