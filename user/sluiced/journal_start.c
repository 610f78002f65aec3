// SPDX-License-Identifier: Apache-2.0
/*
 * journal_start.c: see journal_start.h.
 */
#include "journal_start.h"

#include <jansson.h>

#include "base/log.h"
#include "event/record.h"
#include "event/record_vault.h"
#include "folder.h"
#include "key/host_key.h"
#include "label/label.h"
#include "label/label_keep.h"
#include "lineage/lineage_follow.h"

int journal_start_open(struct agent *agent, const struct policy *policy,
		       struct journal_recovery *ret_recovery)
{
	char key[SLUICE_PATH_TEXT], origin[128], text[1024] = "";
	const struct journal_memory memory = record_memory(agent);
	struct policy_error error = { 0 };
	int err;

	snprintf(origin, sizeof(origin), "%s/journal", agent->host);
	snprintf(key, sizeof(key), "%s/" HOST_KEY_FILE, policy->settings.state);
	err = folder_make_of(key, 0700);
	if (!err)
		err = folder_make_of(policy->settings.journal, 0750);
	if (err)
		return err;
	err = host_key_path(policy->settings.state, key, sizeof(key), text, sizeof(text));
	if (err) {
		log_error("%s", text);
		return err;
	}
	snprintf(agent->journal_path, sizeof(agent->journal_path), "%s", policy->settings.journal);
	err = label_names_load(policy->settings.state, &agent->names, &error);
	if (err) {
		log_error("%s", error.text);
		return err;
	}
	err = label_keep_new(policy->settings.state, &agent->keep, text, sizeof(text));
	if (err) {
		log_error("%s", text);
		return err;
	}
	err = record_vault_open(agent, policy, text, sizeof(text));
	if (err) {
		log_error("%s", text);
		return err;
	}
	agent->privacy = policy;
	err = journal_open(policy->settings.journal, key, origin, &memory, &agent->journal,
			   ret_recovery, text, sizeof(text));
	if (err) {
		log_error("%s", text);
		return err;
	}
	err = lineage_follow_new(agent, policy->settings.state, &agent->follow);
	return err ? log_error_errno(err, "Cannot index the lineage") : 0;
}

int journal_start_tell(struct agent *agent, const struct journal_recovery *recovery, bool adopted)
{
	int err = 0;

	if (recovery->torn_bytes || recovery->adopted)
		err = record_add(agent, NULL,
				 json_pack("{s:I,s:I,s:s}", "adopted",
					   (json_int_t)recovery->adopted, "torn_bytes",
					   (json_int_t)recovery->torn_bytes, "torn_sha256",
					   recovery->torn_sha256),
				 "journal.recovered",
				 "journal recovered after an unclean end: %llu entries signed "
				 "again, %llu torn bytes kept aside",
				 (unsigned long long)recovery->adopted,
				 (unsigned long long)recovery->torn_bytes);
	if (!err)
		err = record_add(agent, NULL,
				 json_pack("{s:{s:s,s:b,s:b},s:s}", "agent", "version",
					   agent->version, "adopted", adopted, "clean",
					   recovery->clean, "boot", agent->boot_id),
				 "agent.start", "agent started%s",
				 adopted ? ", enforcement was in force" : "");
	if (!err) {
		record_vault_attach(agent);
		err = record_commit(agent);
	}
	if (err)
		log_error_errno(err, "The journal cannot be written");
	return err;
}
