#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Waiting for people: what ends a hold and what does not, who may answer, what an answer covers, and watching only. Runs in
# a guest (lib.bash).
#
#   secret   one approval of any scope      brief   waits 15 s     pair   two approvals
#   silent   approval needs a reason        watched in monitor mode

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

setup_file() {
	local folder
	for folder in brief pair silent watched; do
		mkdir -p "$ROOT/$folder"
		echo "$folder" >"$ROOT/$folder/file"
	done
	secret rows
	secret more
	plain note
	cp /bin/cat "$ROOT/bin/cat"
	printf 'paul ALL=(ALL) NOPASSWD: ALL\n' >/etc/sudoers.d/paul
	chmod 440 /etc/sudoers.d/paul
	set_policy "$(policy)"
}

# rule NAME LINE...: a label on the folder of that name, and the rule that asks before it is read.
rule() {
	printf '[Rule %s]\nAction=open\nLabels=%s\nVerdict=ask\nMode=hold\nReviewers=data\n' "$1" "$1"
	printf '%s\n' "${@:2}"
}

policy() {
	local folder
	for folder in brief pair silent watched; do
		printf '[Label %s]\nPath=%s/%s\n' "$folder" "$ROOT" "$folder"
	done
	rule secret Scope=executable
	rule brief Timeout=15s
	rule pair Approvals=2
	rule silent Reason=required
	rule watched Monitor=yes
}

setup() {
	FROM=$SECRET/rows
}

teardown() {
	[[ -z ${PID-} ]] || kill -9 "$PID" 2>/dev/null || true
	close_all
}

@test "a stray SIGCONT only stops it again" {
	spawn paul cat "$FROM"
	wait_held "$PID"
	local id
	id=$(request_for "$PID")
	for _ in 1 2 3; do
		kill -CONT "$PID"
		wait_held "$PID"
	done
	[ ! -s "$OUT" ]
	[ "$(request_for "$PID")" = "$id" ]
	approve "$id"
	exit_of "$PID" 0
	cmp "$OUT" "$FROM"
}

@test "signal handlers of the held process see no interrupted call" {
	spawn paul "$PROGRAMS/tasks" catch "$FROM"
	wait_held "$PID"
	kill -USR1 "$PID"
	kill -CONT "$PID"
	wait_held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 0
	grep -q opened "$OUT"
}

@test "killing a held process closes its request" {
	spawn paul cat "$FROM"
	wait_held "$PID"
	local id
	id=$(request_for "$PID")
	kill -9 "$PID"
	exit_of "$PID" 137
	wait_until "$PATIENCE" request_is "$id" gone
	run approve "$id"
	[ "$status" -ne 0 ]
}

@test "other processes run on while one is held" {
	spawn paul cat "$FROM"
	wait_held "$PID"
	as paul cat "$PLAIN/note"
	held "$PID"
}

# command_of PID: the command line that its request shows.
command_of() {
	sluice show "$(request_for "$1")" --json | jq -r ".command // \"\""
}

@test "a process that keeps its memory from being read is asked about, and nobody waits with it" {
	local stuck

	modprobe fuse
	: >"$STATE/mountpoint"
	spawn root "$PROGRAMS/stuck" fuse "$FROM" "$STATE/mountpoint"
	stuck=$PID
	wait_held "$stuck"
	[[ $(command_of "$stuck") == '(unknown: '* ]]
	# The proof that it does: who looks by themselves is stuck.
	run timeout -s KILL 2 cat "/proc/$stuck/cmdline"
	[ "$status" -ne 0 ]
	spawn paul cat "$FROM"
	wait_held "$PID"
	[ "$(command_of "$PID")" = "cat $FROM" ]
	approve_pid "$PID"
	exit_of "$PID" 0
	pidof stuck | xargs kill -KILL # the file system first or last: its end frees the memory
	wait_until "$PATIENCE" ended "$stuck"
}

@test "a process whose command line is memory that never comes is asked about" {
	spawn root "$PROGRAMS/stuck" userfault "$FROM"
	wait_held "$PID"
	[ -z "$(command_of "$PID")" ] || [[ $(command_of "$PID") == '(unknown: '* ]] # by the kernel
	approve_pid "$PID"
	# Who may hide whose work it is (SUDO_UID cannot be read, on 6.1) needs a second person.
	REVIEWER=quinn approve_pid "$PID" || true
	exit_of "$PID" 0
}

@test "many threads of one process: all go on after one approval" {
	spawn paul "$PROGRAMS/tasks" many "$FROM" 8
	wait_held "$PID"
	approve_pid "$PID" --scope process
	exit_of "$PID" 0
	grep -qx "opened 8 denied 0 strange 0" "$OUT"
}

denies_all() {
	local id
	for id in $(sluice requests --ids); do
		deny "$id"
	done
	ended "$1"
}

@test "many threads of one process: all get EPERM after denial" {
	spawn paul "$PROGRAMS/tasks" many "$FROM" 8
	wait_held "$PID"
	wait_until "$PATIENCE" denies_all "$PID"
	exit_of "$PID" 0
	grep -qx "opened 0 denied 8 strange 0" "$OUT"
}

@test "without an answer in time it is a denial" {
	spawn paul cat "$ROOT/brief/file"
	wait_held "$PID"
	local id
	id=$(request_for "$PID")
	exit_of "$PID" 1
	grep -q "Operation not permitted" "$OUT"
	request_is "$id" expired
	run approve "$id"
	[ "$status" -ne 0 ]
	journal_has ".request == \"$id\" and .type == \"request.closed\""
}

@test "two approvals need two persons" {
	spawn paul cat "$ROOT/pair/file"
	wait_held "$PID"
	local id
	id=$(request_for "$PID")
	approve "$id"
	held "$PID"
	run approve "$id"
	[ "$status" -ne 0 ]
	held "$PID"
	[ ! -s "$OUT" ]
	REVIEWER=quinn approve "$id"
	exit_of "$PID" 0
	[ "$(cat "$OUT")" = pair ]
}

@test "one denial is enough where two approvals are needed" {
	spawn paul cat "$ROOT/pair/file"
	wait_held "$PID"
	approve_pid "$PID"
	REVIEWER=quinn deny_pid "$PID"
	exit_of "$PID" 1
}

@test "nobody approves their own request" {
	spawn paul cat "$FROM"
	wait_held "$PID"
	local id
	id=$(request_for "$PID")
	REVIEWER=paul run approve "$id"
	[ "$status" -eq 5 ]
	run as paul sudo -n "$BUILD/sluice" approve "$id" --yes
	[ "$status" -eq 5 ]
	run as paul sudo -n -u rita "$BUILD/sluice" approve "$id" --yes
	[ "$status" -eq 5 ]
	run sluice approve "$id" --yes
	[ "$status" -eq 5 ]
	held "$PID"
	approve "$id"
	exit_of "$PID" 0
}

@test "a reviewer whose session has read labeled data cannot approve" {
	spawn paul cat "$FROM"
	wait_held "$PID"
	local id
	id=$(request_for "$PID")
	run as rita bash -c "read -r line <'$ROOT/watched/file'; '$BUILD/sluice' approve $id --yes"
	[ "$status" -eq 5 ]
	held "$PID"
	as rita "$BUILD/sluice" approve "$id" --yes
	exit_of "$PID" 0
}

@test "a reason is required where the rule says so" {
	spawn paul cat "$ROOT/silent/file"
	wait_held "$PID"
	run approve_pid "$PID"
	[ "$status" -ne 0 ]
	held "$PID"
	approve_pid "$PID" --reason "ticket 4711"
	exit_of "$PID" 0
	journal_has '.type == "decision" and (tostring | test("ticket 4711"))'
}

@test "a decision with another digest, on an unknown and on a decided request is refused" {
	spawn paul cat "$FROM"
	wait_held "$PID"
	local id
	id=$(request_for "$PID")
	run person rita sluice approve "$id" 0123456789abcdef --yes
	[ "$status" -ne 0 ]
	run person rita sluice approve r-00000000 --yes
	[ "$status" -eq 4 ]
	held "$PID"
	person rita sluice approve "$id" "$(requests_digest "$id")"
	exit_of "$PID" 0
	run deny "$id"
	[ "$status" -ne 0 ]
	request_is "$id" approved
}

requests_digest() {
	sluice requests --all --json | jq -r ".[] | select(.id == \"$1\") | .digest[:12]"
}

@test "scope once: the same process is asked again for the same file" {
	spawn paul cat "$FROM" "$FROM"
	wait_held "$PID"
	local first
	first=$(request_for "$PID")
	approve "$first" --scope once
	wait_until "$PATIENCE" another_request "$PID" "$first"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 1
}

@test "scope process covers this file for this process, no other file and no other process" {
	spawn paul cat "$FROM" "$FROM" "$SECRET/more"
	wait_held "$PID"
	local first
	first=$(request_for "$PID")
	approve "$first" --scope process
	wait_until "$PATIENCE" another_request "$PID" "$first"
	sluice show "$(request_for "$PID")" | grep -F "$SECRET/more"
	deny_pid "$PID"
	exit_of "$PID" 1
	cat "$FROM" "$FROM" | cmp - <(head -n 2 "$OUT")
	spawn paul cat "$FROM"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 1
}

@test "scope executable covers this executable of this user, no other executable and no other user" {
	spawn paul cat "$FROM"
	wait_held "$PID"
	approve_pid "$PID" --scope executable
	exit_of "$PID" 0
	as paul cat "$FROM"
	spawn paul "$ROOT/bin/cat" "$FROM"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 1
	spawn quinn cat "$FROM"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 1
}

@test "a grant that was revoked covers nothing any more" {
	spawn paul cat "$FROM"
	wait_held "$PID"
	approve_pid "$PID" --scope executable
	exit_of "$PID" 0
	as paul cat "$FROM"
	person rita sluice revoke "$(sluice grants --json | jq -r '.[0].id')" --reason enough
	spawn paul cat "$FROM"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 1
}

@test "a rule in monitor mode lets it happen and journals it" {
	as paul cat "$ROOT/watched/file"
	[ -z "$(sluice requests --ids)" ]
	journal_has '.action? == "open" and (.labels? // [] | index("watched"))'
	spawn paul cat "$FROM"
	wait_held "$PID"
}

@test "the policy in monitor mode lets everything happen and journals it" {
	AGENT=Monitor=yes set_policy "$(policy)"
	local before
	before=$(sluice status --json | jq .counters.audited)
	as paul cat "$FROM"
	as paul cat "$ROOT/pair/file"
	[ -z "$(sluice requests --ids)" ]
	sluice status --json | jq -e ".monitor and .counters.audited > $before"
	journal_has '.action? == "open" and (.labels? // [] | index("pair"))'
	set_policy "$(policy)"
	spawn paul cat "$FROM"
	wait_held "$PID"
}

@test "a policy with a mistake is refused whole, the old one stays" {
	local before
	before=$(sluice status --json | jq -r .policy.digest)
	write_policy "$(policy)" "[Rule broken]" "Action=fly"
	kill -HUP "$(<"$STATE/sluiced.pid")"
	wait_until "$PATIENCE" grep -q "50-test.conf:.*fly" "$STATE/sluiced.log"
	[ "$(sluice status --json | jq -r .policy.digest)" = "$before" ]
	spawn paul cat "$FROM"
	wait_held "$PID"
}
