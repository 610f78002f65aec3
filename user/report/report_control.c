// SPDX-License-Identifier: Apache-2.0
/*
 * report_control.c: what each framework asks that the journal can answer, and what it cannot: see
 * report.h. Numbers are those of AICPA TSC 2017 (points of focus 2022), 45 CFR 164 and NIST SP
 * 800-53 revision 5; what they ask is told in our words.
 */
#include "report.h"

#include "base/cleanup.h"

#include <string.h>

static const struct report_framework frameworks[] = {
	{ "soc2", "SOC 2" },
	{ "hipaa", "HIPAA Security Rule" },
	{ "fedramp", "FedRAMP" },
};

/* @where: id of the part of the page that shows it; NULL: it is not shown. */
static const struct control {
	const char *framework, *id, *asks, *shown, *where;
} controls[] = {
	{ "soc2", "CC6.1", "Access to protected data is restricted",
	  "each request for labeled data, and what came of it", "requests" },
	{ "soc2", "CC6.2, CC6.3", "Access is approved by somebody else, and ends",
	  "who approved what for whom; approvals of one's own; how each grant ended", "self" },
	{ "soc2", "CC6.8", "Unauthorized changes of software are prevented or found",
	  "attempts on the agent itself, when its guard was open, and who reviewed that", "glass" },
	{ "soc2", "CC7.1, CC7.2", "Changes and anomalies are watched for",
	  "changes of the policy, lost enforcement, lost events", "gaps" },
	{ "soc2", "CC7.3", "Events are looked at by people",
	  "not by this report: who read it, and when, has to be kept elsewhere", NULL },
	{ "soc2", "CC8.1", "Changes are authorized",
	  "each policy that was put in force, by its digest, and break-glass around it", "policy" },
	{ "soc2", "Population", "The list that samples are drawn from is complete",
	  "how many entries there are, and how that was made sure of", "population" },
	{ "hipaa", "164.308(a)(1)(ii)(D)", "Records of activity are reviewed regularly",
	  "not by this report: who read it, and when, has to be kept elsewhere", NULL },
	{ "hipaa", "164.308(a)(4)", "Access is authorized",
	  "who approved what for whom, and how long it went", "requests" },
	{ "hipaa", "164.312(a)(1)", "Only those with rights get at the data",
	  "requests that were denied or that nobody decided", "requests" },
	{ "hipaa", "164.312(b)", "Activity is recorded and examined",
	  "entries of the period by type", "population" },
	{ "hipaa", "164.312(c)(1), (c)(2)", "Records are not altered, and that can be shown",
	  "hash chain, tree and signature, with a proof of each entry", "integrity" },
	{ "hipaa", "164.312(d)", "Persons are who they say they are",
	  "how each reviewer answered: own key, channel or session, and the tier", "requests" },
	{ "hipaa", "164.316(b)(2)(i)", "Records are kept for six years",
	  "not by this report: keep this folder, and the journal, that long", NULL },
	{ "fedramp", "AC-3, AC-6(9)", "Access is enforced, use of privilege is recorded",
	  "each request for labeled data or a change of credentials", "requests" },
	{ "fedramp", "AC-5", "Duties are separated", "approvals of one's own", "self" },
	{ "fedramp", "AU-2, AU-12", "Events are defined and recorded",
	  "entries of the period by type", "population" },
	{ "fedramp", "AU-3", "What, when, where, source, outcome, who",
	  "each request in full; more in lines.jsonl", "requests" },
	{ "fedramp", "AU-5", "Failure of recording is known", "gaps, torn ends and restarts",
	  "gaps" },
	{ "fedramp", "AU-6", "Records are reviewed",
	  "not by this report: who read it, and when, has to be kept elsewhere", NULL },
	{ "fedramp", "AU-7", "Reduced without change",
	  "lines as they were signed, with their proofs", "integrity" },
	{ "fedramp", "AU-8", "Time stamps", "times by the host's clock; not compared with another",
	  "population" },
	{ "fedramp", "AU-9, AU-9(3)", "Records are protected by cryptography",
	  "hash chain, tree and signature", "integrity" },
	{ "fedramp", "AU-10", "Nobody can deny a decision",
	  "the reviewer's own signature, where one was given", "requests" },
	{ "fedramp", "AU-11", "Retention",
	  "which entries are still on the host, and which were removed as old; keep this folder, and "
	  "the journal, as long as required", "retention" },
	{ "fedramp", "CM-3", "Changes are controlled",
	  "each policy that was put in force, by its digest, and break-glass around it", "policy" },
	{ "fedramp", "SI-4", "The system is watched", "attempts on the agent, lost enforcement",
	  "incidents" },
};

const struct report_framework *report_framework(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(frameworks); i++)
		if (strcmp(frameworks[i].name, name) == 0)
			return &frameworks[i];
	return NULL;
}

json_t *report_controls(const struct report_framework *framework)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < ARRAY_SIZE(controls); i++) {
		const struct control *control = &controls[i];

		if (strcmp(control->framework, framework->name) == 0)
			json_array_append_new(rows,
					      json_pack("{s:s, s:s, s:s, s:s?}", "id", control->id,
							"asks", control->asks, "shown",
							control->shown, "where", control->where));
	}
	return rows;
}
