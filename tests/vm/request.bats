#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What a request says and who hears of it: reasons, the terminal that waits, budgets, more people after a time. Runs in a
# guest (lib.bash).

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

LATE="[Rule read]
Action=open
Labels=secret
Verdict=ask
Mode=hold
Reviewers=duty
EscalateAfter=20s
EscalateTo=data
[Group duty]
Member=rita"

setup_file() {
	secret rows
	secret more
}

setup() {
	ensure_sluiced "$ASK"
	TYPESCRIPT=$STATE/typescript # where paul can write it
	: >"$TYPESCRIPT"
	chmod 666 "$TYPESCRIPT"
}

teardown() {
	[[ -z ${PID-} ]] || kill -9 "$PID" 2>/dev/null || true
	close_all
	rm -rf /run/sluice/reason
}

asked_by() {
	ID=$(newest uid "$1")
	[[ $ID ]]
}

# at_terminal COMMAND: by paul, at a terminal of its own; sets PID and ID.
at_terminal() {
	spawn paul script -qefc "$1" "$TYPESCRIPT"
	wait_until "$PATIENCE" asked_by 2002
}

shows() {
	grep -qF -- "$1" "$TYPESCRIPT"
}

reason_is() {
	[ "$(person rita sluice show "$ID" --json | jq -r '.reason, .reason_from' | tr '\n' ' ')" = "$1 " ]
}

@test "the terminal that waits has a line when people are asked and one at the end" {
	at_terminal "cat $SECRET/rows"
	wait_until "$PATIENCE" shows "is stopped until somebody approves"
	shows "request $ID, asked: data, until 20"
	shows "$SECRET/rows"
	approve "$ID"
	exit_of "$PID" 0
	shows "sluice: request $ID is approved: approved by rita"
	shows "4111 1111"
}

@test "no line where the user wants none, and none where the policy does not" {
	at_terminal "mesg n; cat $SECRET/rows"
	approve "$ID"
	exit_of "$PID" 0
	shows "4111 1111"
	refute shows "sluice:"
	set_policy "$ASK" "[Requests]" "Terminal=no"
	: >"$TYPESCRIPT"
	at_terminal "cat $SECRET/more"
	deny "$ID"
	exit_of "$PID" 1
	refute shows "sluice:"
}

@test "a reason from the session, before and while it waits, from nobody else, and in the journal" {
	at_terminal "sluice reason 'ticket 4711' >/dev/null; cat $SECRET/rows"
	reason_is "ticket 4711 session"
	journal_has ".type == \"request.opened\" and .request == \"$ID\" and .reason == \"ticket 4711\""
	approve "$ID"
	exit_of "$PID" 0

	: >"$TYPESCRIPT"
	at_terminal "(sleep 3; sluice reason 'asked for by mail') >/dev/null & cat $SECRET/more"
	run as paul setsid -w sluice reason 'from elsewhere'
	reason_is "null null" || reason_is "asked for by mail session" # slow today
	wait_until "$PATIENCE" reason_is "asked for by mail session"
	journal_has ".type == \"request.reason\" and .request == \"$ID\""
	approve "$ID"
	exit_of "$PID" 0
}

@test "a reason from root's file of the unit; nobody else's, and the environment goes before" {
	local unit=/sys/fs/cgroup/nightly.service

	mkdir -p "$unit" /run/sluice/reason
	echo 'the nightly load' >/run/sluice/reason/nightly.service
	UNIT=$unit spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	ID=$(request_for "$PID")
	reason_is "the nightly load unit"
	deny "$ID"
	exit_of "$PID" 1
	chown paul /run/sluice/reason/nightly.service
	UNIT=$unit spawn paul cat "$SECRET/more"
	wait_held "$PID"
	ID=$(request_for "$PID")
	reason_is "null null"
	deny "$ID"
	exit_of "$PID" 1
	chown root /run/sluice/reason/nightly.service
	UNIT=$unit spawn paul env SLUICE_REASON='by hand' cat "$SECRET/rows"
	wait_held "$PID"
	ID=$(request_for "$PID")
	reason_is "by hand environment"
	deny "$ID"
	exit_of "$PID" 1
}

@test "beyond a requester's budget it is refused unasked, told once, and others are not held up" {
	local first

	set_policy "$ASK" "[Requests]" "MaxPending=1"
	spawn paul cat "$SECRET/rows"
	first=$PID
	wait_held "$first"
	for _ in 1 2; do
		spawn paul cat "$SECRET/more"
		exit_of "$PID" 1
	done
	held "$first"
	journal_has '.type == "request.decided" and (.outcome | test("MaxPending=.; more of the same"))'
	journal_has '.type == "event.stop" and (.reason // "" | test("MaxPending="))'
	[ "$(person rita sluice requests --all --json | jq '[.[] | select(.outcome // "" | test("MaxPending="))] | length')" = 1 ]
	spawn quinn cat "$SECRET/more"
	wait_held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 0
	PID=$first
	deny_pid "$first"
	exit_of "$first" 1
	spawn paul cat "$SECRET/more"
	wait_held "$PID"
}

@test "more people are asked when nobody has decided, and not before" {
	set_policy "$LATE"
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	ID=$(request_for "$PID")
	REVIEWER=quinn run approve "$ID"
	[ "$status" -eq 5 ]
	held "$PID"
	journal_has ".type == \"request.escalated\" and .request == \"$ID\" and .after_s == 20"
	held "$PID"
	REVIEWER=paul run approve "$ID" # whoever asks stays out of it
	[ "$status" -eq 5 ]
	REVIEWER=quinn approve "$ID"
	exit_of "$PID" 0
}
