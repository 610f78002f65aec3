# SPDX-License-Identifier: Apache-2.0
# modules.mk: which files of user/ each program is made of (names without .c), and its libraries.
# sluiced links no library that speaks to the network; the gateway has no BPF, and no key but its channels'.

COMMON := channel escape log read_whole text

# what a host needs
CHECK := check check_file check_kernel check_mount check_security
# keys of people and what they sign
KEY := base64 sshkey sshwire
SIGNED := sshsig statement
# tokens that providers sign
TOKEN := base64 jwt jwt_key
# the gateway's API for other programs
API := api api_answer api_client api_decide api_done api_feed api_list api_problem api_stream complaint rate view
# the bot in Teams, and what comes in from it
BOT := bot bot_activity bot_answer bot_check bot_credential bot_decide bot_settings bot_token notifier_bot teams_answer web_bot
# the gateway's page, and sign-in to it
WEB := html metrics metrics_settings oidc oidc_provider web web_asset web_attempt web_crowd web_decide web_exchange web_lineage web_metrics \
	web_page web_request web_route \
	web_session web_settings web_sign_in web_similar web_slack

# what people answer in Slack
SLACK := slack slack_api slack_card slack_payload slack_place slack_settings slack_sign slack_socket websocket

# policy.d as checked data, and its form for the kernel
POLICY := array account medium policy policy_channel policy_check policy_endpoint policy_file \
	policy_guard policy_keys policy_load policy_parse policy_person policy_requests policy_rule \
	policy_section policy_test policy_value
RULESET := evaluate rehearse ruleset ruleset_clearance ruleset_destination ruleset_port ruleset_sink

# The signed record: what reads it and what writes it
JOURNAL_READ := journal_anchor journal_check journal_checkpoint journal_filter journal_keys journal_look journal_parallel \
	journal_ocsf journal_print journal_proof journal_read journal_resume journal_scan journal_totals journal_type \
	journal_verify merkle note when
JOURNAL_WRITE := journal journal_batch journal_check journal_checkpoint journal_file journal_keys key_file journal_look \
	journal_open journal_recover journal_scan journal_signer journal_totals journal_type merkle note

REPORT := report report_bundle report_chart report_control report_evidence report_page report_seal report_sum \
	report_table report_verify

PROCESS := process process_reader process_text person
RECORD := record record_parts record_replay wording wording_target
REQUEST := meter reason request request_budget request_describe request_digest request_escalate \
	request_fill request_recover request_replay request_tell request_terms request_told request_wait terminal told_channel
DECISION := brake channel_decision complaint decision decision_channel decision_check decision_proof grant \
	grant_recover hold standing standing_use
# the agent's guard of itself, and who may break its glass
GUARD := glass guard guard_admit guard_host guard_marks guard_places review
EVENT := enforcement event event_gap event_repeat lineage lineage_walk missed packet
# the same for people, in a file
LINEAGE := lineage_follow lineage_index lineage_index_add lineage_index_walk
CONTROL := control control_answer control_gateway control_journal control_metrics control_query control_report report_made
KERNEL := kernel kernel_changed kernel_fill kernel_guard kernel_maps kernel_missed kernel_pin kernel_program
# what the policy's paths and names are on this host
RESOLUTION := database deploy label label_answer label_keep label_mount label_names label_place \
	label_rows label_stay label_table mount mount_watch endpoint endpoint_resolve unit

SLUICED_MODULES := sluiced options loop release renew agent btf $(CHECK) clean notify pulse sandbox $(COMMON) \
	$(POLICY) $(RULESET) $(KEY) $(SIGNED) when \
	$(JOURNAL_WRITE) $(PROCESS) $(RECORD) $(REQUEST) $(DECISION) $(GUARD) $(EVENT) $(LINEAGE) $(CONTROL) \
	$(KERNEL) $(RESOLUTION)
SLUICED_LIBS = -lbpf -levent_core -ljansson -linih -lcrypto -lseccomp -lcap-ng -lsqlite3

# where the journal is sent to
SINK := gateway_journal gateway_sinks sink sink_collector sink_folder sink_segment sink_target sink_witness merkle_growth note witness_scan work

GATEWAY_MODULES := gateway gateway_config gateway_delivered gateway_http gateway_keys gateway_link gateway_options \
	gateway_requests gateway_test_card gateway_token account channel_decision channel_key journal_file key_file merkle when \
	$(KEY) $(SIGNED) notifier notifier_answer notifier_attempt notifier_card notifier_delivery notifier_queue notifier_slack notifier_standby \
	notifier_target notifier_teams notifier_text notifier_webhook notify request_card request_json request_words sandbox secret \
	setting teams_card url webhook_sign $(SINK) $(API) $(BOT) $(SLACK) $(TOKEN) $(WEB) $(COMMON)
GATEWAY_LIBS = -levent_core -lcurl -lmicrohttpd -lwslay -ljansson -linih -lcrypto -lseccomp -lcap-ng

CLI_MODULES := sluice advice btf $(CHECK) client cmd cmd_bugreport cmd_decide cmd_doctor cmd_enroll cmd_glass cmd_grant cmd_journal \
	cmd_journal_file cmd_journal_kept cmd_journal_resume cmd_label cmd_lineage cmd_metrics cmd_policy cmd_policy_explain \
	cmd_policy_file cmd_policy_learn cmd_policy_past cmd_policy_process cmd_policy_replay cmd_prove cmd_reason cmd_report \
	cmd_request cmd_sign cmd_status cmd_teams_app cmd_verify dot explain health html learn merkle_paths metrics past process \
	$(REPORT) table view $(COMMON) $(POLICY) $(RULESET) \
	$(KEY) statement $(JOURNAL_READ)
CLI_LIBS = -ljansson -linih -lcrypto -lzip
