#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The command line against a daemon with canned answers (tests/tools/fake-control.c): output, JSON, exit codes.
# SLUICE_BUILD: folder with sluice and with tests/fake-control and tests/make-journal; default build/.

DIGEST=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef

bats_require_minimum_version 1.5.0

setup() {
	BUILD=${SLUICE_BUILD:-$BATS_TEST_DIRNAME/../build}
	SLUICE=$BUILD/sluice
	export SLUICE_SOCKET=$BATS_TEST_TMPDIR/control.sock
	LOG=$BATS_TEST_TMPDIR/log
	export TZ=UTC LC_ALL=C
	unset COLUMNS
	FAKE=
}

teardown() {
	[ -z "$FAKE" ] || stop_daemon
}

# Starts the daemon in a mode of fake-control.c and waits for its socket.
daemon() {
	"$BUILD/tests/fake-control" "$SLUICE_SOCKET" "$LOG" "${1:-enforcing}" 3>&- &
	FAKE=$!
	for _ in $(seq 100); do
		[ -S "$SLUICE_SOCKET" ] && return
		sleep 0.05
	done
	return 1
}

# Returns when nobody listens there any more: a second daemon refuses to start beside one that still answers.
stop_daemon() {
	kill "$FAKE"
	wait "$FAKE" || true
	rm -f "$SLUICE_SOCKET"
	FAKE=
}

# run, standard error kept apart in $errors
run_apart() {
	run bash -c '"$@" 2>"$0"' "$BATS_TEST_TMPDIR/errors" "$@"
	errors=$(cat "$BATS_TEST_TMPDIR/errors")
}

# Runs with a terminal of $1 columns, input from here.
run_terminal() {
	local columns=$1
	shift
	run script -qec "stty cols $columns -echo; $*" /dev/null
	output=${output//$'\r'/}
	output=${output//$'^D\b\b'/} # the echo of the end of input
	mapfile -t lines <<<"$output"
}

json() {
	jq -e "$1" <<<"$output" >/dev/null || { echo "not so: $1"; echo "$output"; return 1; }
}

# Nothing on it moves the cursor, and all of it is valid UTF-8.
safe() {
	python3 -c '
import sys, unicodedata
text = sys.stdin.buffer.read().decode("utf-8", "strict").replace("\n", "")
bad = [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp")]
sys.exit(repr(bad) if bad else 0)' <<<"$1"
}

@test "no command: the list on standard error, exit 2" {
	run_apart "$SLUICE"
	[ "$status" -eq 2 ]
	[ -z "$output" ]
	[[ $errors == *"approve"*"policy"* ]]
}

@test "help, --help, --version: exit 0" {
	run "$SLUICE" help
	[ "$status" -eq 0 ]
	[[ $output == *lineage* ]]
	run "$SLUICE" --help
	[ "$status" -eq 0 ]
	[[ $output == *lineage* ]]
	run "$SLUICE" --version
	[ "$status" -eq 0 ]
	[[ $output == "sluice "* ]]
	run "$SLUICE" help label add
	[ "$status" -eq 0 ]
	[[ $output == *"PATH LABEL"* ]]
	run "$SLUICE" -h
	[ "$status" -eq 0 ]
	[[ $output == *lineage* ]]
	run "$SLUICE" label add -h
	[ "$status" -eq 0 ]
	[[ $output == *"PATH LABEL"* ]]
	run "$SLUICE" label add --help
	[ "$status" -eq 0 ]
	[[ $output == *"PATH LABEL"* ]]
}

# Names that the list of commands has, verbs with the command before them.
commands() {
	"$SLUICE" help | sed -n 's/^  \([a-z][a-z -]*[a-z]\)   *.*/\1/p'
}

# examples PROGRAM TEXT: it says how it is used, and the lines below "Examples:" are all of them that program's.
examples() {
	[[ $2 == *Usage:* ]] && sed '1,/^Examples:$/d' <<<"$2" | grep -v '^$' | {
		read -r line || return 1
		while [[ $line == *"$1"* ]]; do read -r line || return 0; done
		echo "no example of $1: $line"
		return 1
	}
}

@test "each program and each command explains itself, with examples of its own" {
	local command

	[ "$(commands | wc -l)" -gt 25 ]
	while read -r command; do
		# shellcheck disable=SC2086 # a verb is a word of its own
		run "$SLUICE" $command --help
		[ "$status" -eq 0 ]
		[[ $output == *"Usage: sluice $command"* ]]
		examples "sluice $command" "$output"
	done < <(commands)
	for command in sluice sluiced sluice-gateway; do
		run "$BUILD/$command" --help
		[ "$status" -eq 0 ]
		examples "$command" "$output"
	done
	# The check sees what is missing.
	run examples sluice $'Usage: sluice\n\nExamples:'
	[ "$status" -eq 1 ]
	run examples 'sluice why' $'Usage: sluice\n\nExamples:\n  sluice why 1\n  sluice show r-1'
	[ "$status" -eq 1 ]
}

@test "wrong use: exit 2" {
	local line
	for line in "bogus" "show" "show r-1 r-2" "show not-an-id" "show r-0123456789012345" "why 0" "why -- -1" \
		"why x" "approve r-1 --scope world" "approve r-1 --for never" "approve r-1 --for 2d" "deny r-1 --for 5min" \
		"revoke r-1" "label add /tmp" "label bogus" "journal --follow --reverse" "journal -n 0" \
		"journal --since tomorrowish" "journal extra" "journal verify --genesis 12" "status --bogus"; do
		# shellcheck disable=SC2086 # the words are the arguments
		run "$SLUICE" $line
		[ "$status" -eq 2 ] || { echo "$line: $status"; return 1; }
	done
}

@test "no daemon: exit 3 and the remedy, for every command that needs it" {
	local line
	for line in status requests "show r-1" "approve r-1 --yes" "deny r-1 --yes" grants "revoke g-1" "label list" \
		"label add / pii" "why 1" "lineage /"; do
		# shellcheck disable=SC2086
		run_apart "$SLUICE" $line
		[ "$status" -eq 3 ]
		[ -z "$output" ]
		[[ $errors == *"systemctl start sluiced"* ]]
	done
}

@test "a daemon that hangs up or answers something else: exit 3" {
	daemon closes
	run "$SLUICE" status
	[ "$status" -eq 3 ]
	[[ $output == *"without an answer"* ]]
	stop_daemon
	daemon wrong
	run "$SLUICE" status
	[ "$status" -eq 3 ]
	[[ $output == *"same version"* ]]
}

@test "--socket goes before \$SLUICE_SOCKET, before or after the command" {
	daemon
	local socket=$SLUICE_SOCKET
	export SLUICE_SOCKET=/nonexistent
	run "$SLUICE" grants
	[ "$status" -eq 3 ]
	run "$SLUICE" --socket "$socket" grants
	[ "$status" -eq 0 ]
	run "$SLUICE" grants --socket "$socket"
	[ "$status" -eq 0 ]
}

@test "status: enforcing is 0" {
	daemon
	run "$SLUICE" status
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == "Sluice is enforcing." ]]
	[[ $output =~ Policy\ generation:\ +7 ]]
	[[ $output =~ Actions\ stopped:\ +21 ]]
	[[ $output =~ Events\ dropped:\ +22 ]]
	[[ $output =~ Grants\ used:\ +23 ]]
	[[ $output =~ Events\ lost:\ +24 ]]
	[[ $output =~ Journal\ root:\ +$DIGEST ]]
	run "$SLUICE" status --json
	[ "$status" -eq 0 ]
	json '.enforcing == true and .why == [] and .policy.generation == 7 and .counters.stopped == 21'
	json '.gateway.connected and .gateway.problem == null and .journal.entries == 123'
}

@test "status: not enforcing is 1, each reason on a line" {
	daemon not-enforcing
	run "$SLUICE" status
	[ "$status" -eq 1 ]
	[[ ${lines[0]} == "Sluice is NOT enforcing." ]]
	[[ ${lines[1]} == *"the policy is not valid" ]]
	[[ ${lines[2]} == *"kernel.ftrace_enabled is 0" ]]
	[[ $output == *"teams: HTTP 403"* ]]
	run "$SLUICE" --json status
	[ "$status" -eq 1 ]
	json '.enforcing == false and (.why | length) == 2 and .gateway.problem == "teams: HTTP 403"'
}

@test "status: each copy of the journal, how much it holds, and whether it says so itself" {
	daemon copies
	run "$SLUICE" status
	[ "$status" -eq 0 ]
	[[ $output =~ folder-a\ +sent\ +4711\ +yes\ +2026 ]]
	[[ $output =~ syslog-siem\ +retrying\ +42\ +no\ +2026[^$'\n']*\ 'Connection refused' ]]
	run "$SLUICE" status --json
	json '.copies | map([.name, .state, .held, .receipt]) == [["folder-a", "sent", 4711, true], ["syslog-siem", "retrying", 42, false]]'
}

@test "status: how each channel of the gateway does" {
	daemon enforcing
	run "$SLUICE" status
	[[ $output != *'Channels of the gateway'* ]]
	stop_daemon
	daemon channels
	run "$SLUICE" status
	[ "$status" -eq 0 ]
	[[ $output == *'Channels of the gateway:'* ]]
	[[ $output =~ teams\ +failing\ +2026[^$'\n']*\ 41\ +7\ +2\ +1\ +3\ +'HTTP 403' ]]
	[[ $output =~ slack\ +well\ +-\ +0\ +0\ +0\ +0\ +0 ]]
	[[ $output =~ 'not there' ]]
	[[ $output != *$'\e'* ]]
	run "$SLUICE" status --json
	json '.gateway.channels | length == 3 and (.[0] | .channel == "teams" and .state == "failing" and .waiting == 2 and
		.given_up == 1 and .handed_over == 3 and .failures == 7 and .problem == "HTTP 403" and .last_delivery != null)'
	json '.gateway.channels[1] | .state == "well" and .standing_by == 2 and .last_delivery == null and .problem == null'
}

@test "doctor: a daemon that does not enforce is a problem with a remedy" {
	daemon not-enforcing
	run "$SLUICE" doctor --json
	[ "$status" -eq 1 ]
	json 'map(select(.name == "enforcing" and .result == "PROBLEM" and .remedy != null)) | length == 2'
	json 'map(select(.name == "gateway" and .result == "warning")) | length == 1'
	json 'map(select(.name == "daemon" and .result == "ok" and .remedy == null)) | length == 1'
}

@test "doctor: no daemon is a problem" {
	run "$SLUICE" doctor --json
	[ "$status" -eq 1 ]
	json 'map(select(.name == "daemon" and .result == "PROBLEM")) | .[0].remedy | test("systemctl start sluiced")'
}

@test "requests: the pending ones; --all has the closed ones; --ids for completion" {
	daemon
	run "$SLUICE" requests
	[ "$status" -eq 0 ]
	[[ $output == *"r-0a1b2c3d"*"secret, pii"*"203.0.113.9:443/tcp"*"alice"*"python3[812]"* ]]
	[[ $output != *r-closed* ]]
	run "$SLUICE" requests --all
	[[ $output == *r-closed* ]]
	run "$SLUICE" requests --ids
	[ "$output" = $'r-0a1b2c3d\nr-evil' ]
	run "$SLUICE" requests --all --ids --json
	json '. == ["r-0a1b2c3d", "r-evil", "r-closed"]'
}

@test "requests: fits the terminal, and loses nothing" {
	daemon
	run_terminal 80 "$SLUICE" requests </dev/null
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == ID*ACTION*LEFT ]]
	for line in "${lines[@]}"; do
		[ "${#line}" -le 80 ]
	done
	run_terminal 40 "$SLUICE" requests </dev/null
	[[ ${lines[0]} =~ ^ID:\ +r-0a1b2c3d$ ]]
	for line in "${lines[@]}"; do
		[ "${#line}" -le 40 ]
	done
}

@test "show: everything that a reviewer needs" {
	daemon
	run "$SLUICE" show r-0a1b2c3d
	[ "$status" -eq 0 ]
	local text
	for text in r-0a1b2c3d pending egress "203.0.113.9:443/tcp" "secret, pii" alice etl etl1.example.com python3 812 \
		/usr/bin/python3.11 "python3 export.py --all" etl.service "monthly export" pii-egress "privacy, oncall" \
		"5 min" "$DIGEST" "2026-11-22 12:15:00" /srv/data/patients.csv /etc/keys/export.pem "ssh[700]"; do
		[[ $output == *"$text"* ]] || { echo "missing: $text"; return 1; }
	done
	[[ $output != *WARNING* ]]
}

@test "show: how far people have been told, by channel" {
	daemon
	run "$SLUICE" show r-0a1b2c3d
	[[ $output == *'Where people are told of it:'*teams*retrying*3*'HTTP 503'*teams-second*standby*'waits for teams'* ]]
	run "$SLUICE" show r-closed
	[ "$status" -eq 0 ]
	[[ $output != *'Where people are told'* ]]
}

@test "show --json: complete" {
	daemon
	run "$SLUICE" show r-0a1b2c3d --json
	[ "$status" -eq 0 ]
	json '.id == "r-0a1b2c3d" and .state == "pending" and .labels == ["secret", "pii"] and .loginuid == null'
	json '.uid == 1000 and .approvals_needed == 1 and .duration_s == 300 and .closed == null'
	json '.opened == "2026-11-22T12:00:00.000Z" and (.sources | length) == 2'
	json '.sources[1] == {path: "/etc/keys/export.pem", labels: ["secret"], reader: "ssh[700]",
		time: "2026-11-22T12:00:00.000Z"}'
	json '.told[0] == {channel: "teams", state: "retrying", attempt: 3, text: "HTTP 503", time: "2026-11-22T12:00:00.000Z"}'
	json '.told[1].state == "standby" and .told[1].text == "waits for teams" and (.told | length) == 2'
	run "$SLUICE" show r-closed --json
	json '.state == "denied" and .decisions[0].person == "bob" and .decisions[0].approve == false'
}

@test "show: what a process chose cannot reach the terminal" {
	daemon
	run "$SLUICE" show r-evil
	[ "$status" -eq 0 ]
	safe "$output"
	[[ $output == *'\x1b[2J\x1b[31mx'* ]]
	[[ $output == *'/srv/\u202efdp.exe'* ]]
	[[ $output == *'a\nApproved by: root\r\x9b1m\xff'* ]]
	[[ $output == *'back\\slash été'* ]]
	[[ $output == *"WARNING: 7 bytes"* ]]
	[[ $output == *"and at least 3 more: sluice why 666"* ]]
	run "$SLUICE" show r-evil --json
	[ "$status" -eq 0 ]
	safe "$output"
	json '.target == "/srv/\u202efdp.exe" and .program == "\u001b[2J\u001b[31mx" and .hidden_bytes == 7 and .more_sources == 3'
	run "$SLUICE" requests
	safe "$output"
}

@test "show: unknown request is 4" {
	daemon
	run "$SLUICE" show r-none
	[ "$status" -eq 4 ]
	run "$SLUICE" approve r-none --yes
	[ "$status" -eq 4 ]
}

@test "approve: without a terminal it needs the digest or --yes" {
	daemon
	run "$SLUICE" approve r-0a1b2c3d </dev/null
	[ "$status" -eq 1 ]
	[[ $output == *"digest"*"--yes"* ]]
	run grep decide "$LOG"
	[ "$status" -eq 1 ]
	run "$SLUICE" approve r-0a1b2c3d 01234567 </dev/null
	[ "$status" -eq 0 ]
	[[ $output == *"patients.csv"*"approved; grant g-1" ]]
	run grep -c "decide id=r-0a1b2c3d digest=$DIGEST approve=1 scope=0 duration=0 reason=$" "$LOG"
	[ "$output" = 1 ]
	run "$SLUICE" deny r-0a1b2c3d --yes --reason "not now" </dev/null
	[ "$status" -eq 0 ]
	grep "decide id=r-0a1b2c3d digest=$DIGEST approve=0 scope=0 duration=0 reason=not now$" "$LOG"
}

@test "approve: a digest that does not match sends nothing" {
	daemon
	local digest
	for digest in 01234568 0123456 0123456x "${DIGEST}0" ""; do
		run "$SLUICE" approve r-0a1b2c3d "$digest" --yes </dev/null
		[ "$status" -eq 1 ] || [ "$status" -eq 2 ]
	done
	run grep decide "$LOG"
	[ "$status" -eq 1 ]
	run "$SLUICE" approve r-0a1b2c3d 0123456789ABCDEF --yes </dev/null
	[[ $output != *"patients.csv"* ]] # it was seen elsewhere
	[ "$status" -eq 0 ]
}

@test "approve: scope and time are sent" {
	daemon
	run "$SLUICE" approve r-0a1b2c3d --yes --scope process --for 15min --reason "été"
	[ "$status" -eq 0 ]
	grep "approve=1 scope=2 duration=900 reason=été$" "$LOG"
}

@test "approve on a terminal: asks; only y and yes approve" {
	daemon
	run_terminal 100 "$SLUICE" approve r-0a1b2c3d <<<"n"
	[ "$status" -eq 1 ]
	[[ $output == *"patients.csv"*"Approve r-0a1b2c3d? [y/N]"*"nothing was decided"* ]]
	run_terminal 100 "$SLUICE" deny r-0a1b2c3d <<<""
	[ "$status" -eq 1 ]
	[[ $output == *"Deny r-0a1b2c3d? [y/N]"* ]]
	run grep decide "$LOG"
	[ "$status" -eq 1 ]
	run_terminal 100 "$SLUICE" approve r-0a1b2c3d <<<"y"
	[ "$status" -eq 0 ]
	grep "decide id=r-0a1b2c3d digest=$DIGEST approve=1" "$LOG"
}

@test "approve: a reason that the rule requires" {
	daemon
	run "$SLUICE" approve r-evil --yes </dev/null
	[ "$status" -eq 1 ]
	[[ $output == *"requires a reason"* ]]
	run grep decide "$LOG"
	[ "$status" -eq 1 ]
	run_terminal 100 "$SLUICE" approve r-evil --yes <<<"because"
	grep "decide id=r-evil .*reason=because$" "$LOG"
}

@test "approve: a reason too long or not UTF-8 is refused, not cut" {
	daemon
	run "$SLUICE" approve r-0a1b2c3d --yes --reason "$(printf '%0512d' 0)"
	[ "$status" -eq 2 ]
	[[ $output == *"at most 511"* ]]
	run "$SLUICE" approve r-0a1b2c3d --yes --reason $'a\xff'
	[ "$status" -eq 2 ]
	run grep decide "$LOG"
	[ "$status" -eq 1 ]
	run "$SLUICE" approve r-0a1b2c3d --yes --reason "$(printf '%0511d' 0)"
	[ "$status" -eq 0 ]
}

@test "approve: not permitted is 5, with the daemon's words" {
	daemon
	run "$SLUICE" approve r-evil --yes --reason x
	[ "$status" -eq 5 ]
	[[ $output == *"ask another reviewer"* ]]
}

@test "approve: a closed request is 1" {
	daemon
	run "$SLUICE" approve r-closed --yes
	[ "$status" -eq 1 ]
	[[ $output == *"denied by bob"* ]]
	run grep decide "$LOG"
	[ "$status" -eq 1 ]
}

@test "approve --json: standard output holds the answer only" {
	daemon
	run_apart "$SLUICE" approve r-0a1b2c3d --yes --json
	[ "$status" -eq 0 ]
	json '. == {ok: true, text: "approved; grant g-1"}'
	[[ $errors == *patients.csv* ]]
}

@test "grants" {
	daemon
	run "$SLUICE" grants
	[ "$status" -eq 0 ]
	[[ $output == *g-1*"203.0.113.9:443/tcp"*"bob, carol"*"2026-11-22 12:05:00"* ]]
	[[ $output == *g-3*"used up"* ]]
	[ "$(grep -c 'used up' <<<"$output")" = 1 ]
	run "$SLUICE" grants --json
	json '.[2].uses_left == 0'
	json 'length == 3 and .[0].uses_left == 1 and .[1].uses_left == null and .[0].approved_by == ["bob", "carol"]'
}

@test "grants: none" {
	daemon empty
	run "$SLUICE" grants
	[ "$status" -eq 0 ]
	[ "$output" = "No grants." ]
	run "$SLUICE" grants --json
	json '. == []'
}

@test "an answer that cannot be written is a failure" {
	daemon
	run bash -c '"$0" grants >/dev/full' "$SLUICE"
	[ "$status" -eq 1 ]
	run bash -c '"$0" status --json >/dev/full' "$SLUICE"
	[ "$status" -eq 1 ]
}

@test "reason: an hour if nothing is said, as long as is said, none; never cut" {
	daemon
	run "$SLUICE" reason "nightly load, ticket 4711"
	[ "$status" -eq 0 ]
	[ "$output" = "noted" ]
	grep -qx "reason duration=3600 text=nightly load, ticket 4711" "$LOG"
	"$SLUICE" reason --for 2h "été"
	grep -qx "reason duration=7200 text=été" "$LOG"
	"$SLUICE" reason --forget
	grep -qx "reason duration=0 text=" "$LOG"
	run "$SLUICE" reason
	[ "$status" -eq 2 ]
	run "$SLUICE" reason --forget "but why"
	[ "$status" -eq 2 ]
	run "$SLUICE" reason --for 2d "too long"
	[ "$status" -eq 2 ]
	run "$SLUICE" reason "$(printf 'x%.0s' {1..512})"
	[ "$status" -eq 2 ]
	[[ $output == *"512 bytes"* ]]
	run "$SLUICE" reason $'\xff'
	[ "$status" -eq 2 ]
}

@test "approve --standing: a statement of its own, signed or not at all, each time once" {
	daemon
	run "$SLUICE" approve r-0a1b2c3d --print --standing 7d --reason "ticket 4711"
	[ "$status" -eq 0 ]
	[[ $output == *$'\nverdict approve-standing\nscope once\nduration_s 604800\nreason ticket 4711\n'* ]]
	run "$SLUICE" approve r-0a1b2c3d --print --reason "ticket 4711"
	[[ $output == *$'\nverdict approve\n'* ]]
	for line in "--yes --standing 7d" "--print --standing 7d --for 1h" "--print --standing 7d --scope process" \
		"--print --standing 31d" "--print --standing 0"; do
		# shellcheck disable=SC2086
		run "$SLUICE" approve r-0a1b2c3d $line --reason x
		[ "$status" -eq 2 ] || { echo "not refused: $line"; false; }
	done
	run "$SLUICE" deny r-0a1b2c3d --print --standing 7d
	[ "$status" -eq 2 ]
	[ "$(grep -c decide "$LOG")" = 0 ]
	run "$SLUICE" revoke s-0a1b2c3d
	[ "$status" -eq 4 ]
	grep -q "revoke id=s-0a1b2c3d" "$LOG"
}

@test "revoke" {
	daemon
	run "$SLUICE" revoke g-1 --reason "over"
	[ "$status" -eq 0 ]
	[ "$output" = "g-1 revoked" ]
	grep "revoke id=g-1 reason=over$" "$LOG"
	run "$SLUICE" revoke g-9
	[ "$status" -eq 4 ]
}

@test "break-glass: each step is sent as it was given, one at a time" {
	daemon
	run "$SLUICE" break-glass --reason "upgrade to 0.2" --for 10min
	[ "$status" -eq 0 ]
	grep "glass verb=0 duration=600 code= reason=upgrade to 0.2$" "$LOG"
	run "$SLUICE" break-glass --code 01234567
	[ "$status" -eq 0 ]
	grep "glass verb=2 duration=0 code=01234567 reason=$" "$LOG"
	run "$SLUICE" break-glass --end
	grep "glass verb=3 " "$LOG"
	run "$SLUICE" break-glass --end --agree
	[ "$status" -eq 2 ]
	run "$SLUICE" break-glass --reason x --for soon
	[ "$status" -eq 2 ]
	run "$SLUICE" break-glass --code 01234567890123456
	[ "$status" -eq 2 ]
	[ "$(grep -c glass "$LOG")" -eq 3 ]
}

@test "break-glass: without a question there is no time that it is for" {
	daemon
	run "$SLUICE" break-glass
	[ "$status" -eq 0 ]
	[[ $output == *Guard:* && $output != *For:* ]]
}

@test "break-glass --agree: to the question that was shown" {
	daemon asked
	run "$SLUICE" break-glass --agree </dev/null
	[ "$status" -ne 0 ]
	[ "$(grep -c glass "$LOG")" -eq 0 ]
	run "$SLUICE" break-glass --agree --yes
	[ "$status" -eq 0 ]
	[[ $output == *alice*upgrade*'10 min'* ]]
	grep "glass verb=1 duration=600 code= reason=upgrade$" "$LOG"
	run_terminal 80 "echo y | $SLUICE break-glass"
	[[ $output == *enforce*alice* ]]
	run "$SLUICE" break-glass --json
	json '.mode == "enforce" and .asker == "alice" and .duration_s == 600 and .broken == false'
	kill "$FAKE"
	FAKE=
	rm "$SLUICE_SOCKET"
	daemon
	run "$SLUICE" break-glass --agree --yes
	[ "$status" -eq 4 ]
}

@test "break-glass review: of which one and what was found is sent; status names those that wait" {
	daemon unreviewed
	run "$SLUICE" break-glass review b-0a1b2c3d --reason "as announced"
	[ "$status" -eq 0 ]
	grep "glass verb=4 duration=0 code= reason=as announced$" "$LOG"
	grep -x "of b-0a1b2c3d" "$LOG"
	run "$SLUICE" break-glass review r-0a1b2c3d --reason x
	[ "$status" -eq 2 ]
	[[ $output == *"sluice status"* ]]
	run "$SLUICE" break-glass review
	[ "$status" -eq 2 ]
	[ "$(grep -c glass "$LOG")" -eq 1 ]
	run "$SLUICE" status
	[ "$status" -eq 0 ]
	[[ $output == *"nobody has reviewed 2 break-glasses"* ]]
	[[ $output == *'Break-glass to be reviewed: '*'b-0a1b2c3d, b-1f0c77d2'* ]]
	run "$SLUICE" status --json
	json '.guard.to_review == ["b-0a1b2c3d", "b-1f0c77d2"]'
	run "$SLUICE" break-glass --json
	json '.to_review == ["b-0a1b2c3d", "b-1f0c77d2"]'
}

@test "break-glass: while it lasts status and doctor are not well" {
	daemon broken
	run "$SLUICE" status
	[ "$status" -eq 1 ]
	[[ ${lines[0]} == *'ITS OWN GUARD IS BROKEN'* ]]
	[[ $output == *'alice and bob'* ]]
	run "$SLUICE" doctor
	[[ $output == *'the glass is BROKEN'* ]]
}

@test "label: the file itself goes to the daemon, by its real path" {
	daemon
	echo data >"$BATS_TEST_TMPDIR/file"
	ln -s file "$BATS_TEST_TMPDIR/link"
	local inode real
	inode=$(stat -c %i "$BATS_TEST_TMPDIR/file")
	real=$(realpath "$BATS_TEST_TMPDIR/file")
	run "$SLUICE" label add "$BATS_TEST_TMPDIR/link" pii
	[ "$status" -eq 0 ]
	grep "label verb=1 label=pii inode=$inode path=$real$" "$LOG"
	run "$SLUICE" label remove "$BATS_TEST_TMPDIR/file" pii
	[ "$status" -eq 0 ]
	grep "label verb=2 label=pii inode=$inode path=$real$" "$LOG"
	run "$SLUICE" label list "$BATS_TEST_TMPDIR/file" --json
	json ".[0] == {label: \"pii\", sensitivity: 80, path: \"$real\", origin: \"/etc/sluice/sluice.conf:12\"}"
	run "$SLUICE" label list
	[[ $output == *pii*/srv/data*sluice.conf:12* ]]
	run "$SLUICE" label add "$BATS_TEST_TMPDIR/file" nope
	[ "$status" -eq 1 ]
	run "$SLUICE" label add "$BATS_TEST_TMPDIR/missing" pii
	[ "$status" -eq 4 ]
	run "$SLUICE" label add "$BATS_TEST_TMPDIR/file" "$(printf '%064d' 0)"
	[ "$status" -eq 2 ]
}

@test "label: opening takes no right to the content, and does not wait for it" {
	daemon
	mkfifo -m 000 "$BATS_TEST_TMPDIR/pipe"
	run timeout 10 "$SLUICE" label add "$BATS_TEST_TMPDIR/pipe" pii
	[ "$status" -eq 0 ]
}

@test "why and lineage" {
	daemon
	run "$SLUICE" why 42
	[ "$status" -eq 0 ]
	[[ $output == *"cat[41]"*read*patients.csv*pii*5*started*"python3[42]"* ]]
	grep "IPC_WHY pid=42 inode=0" "$LOG"
	run "$SLUICE" why 42 --json
	json 'length == 2 and .[0].journal_seq == 5 and .[1].journal_seq == null and .[1].peer == 42'
	run "$SLUICE" why 43
	[ "$status" -eq 4 ]
	run "$SLUICE" lineage "$BATS_TEST_FILENAME"
	[ "$status" -eq 0 ]
	grep "IPC_LINEAGE pid=0 inode=$(stat -c %i "$BATS_TEST_FILENAME")" "$LOG"
}

@test "lineage: who, by which program, by which request, and what is former" {
	daemon
	run "$SLUICE" lineage "$BATS_TEST_FILENAME"
	[[ $output == *USER*REQUEST* ]]
	[[ $output == *ann*/usr/bin/cat*"read (former)"*r-7* ]]
	run "$SLUICE" lineage "$BATS_TEST_FILENAME" --json
	json '.[0] | .executable == "/usr/bin/cat" and .user == "ann" and .request == "r-7" and .grant == "g-3" and .former'
	json '.[1] | .request == null and (.former | not) and .source == 2 and .target == 3'
}

@test "lineage: bounds are asked for, and what is left out is said" {
	daemon
	run "$SLUICE" lineage "$BATS_TEST_FILENAME" --steps 2 --depth=9
	[ "$status" -eq 0 ]
	[[ $output == *"note: 7 more steps"* ]]
	grep "steps=2 depth=9" "$LOG"
	"$SLUICE" why 42 --steps 2 --json 2>/dev/null | jq -e 'length == 2'
	run "$SLUICE" why 42 --steps 0
	[ "$status" -eq 2 ]
	run "$SLUICE" why 42 --depth x
	[ "$status" -eq 2 ]
}

@test "lineage: as a graph" {
	daemon
	run "$SLUICE" lineage "$BATS_TEST_FILENAME" --dot
	[ "$status" -eq 0 ]
	[ "${lines[0]}" = "digraph lineage {" ]
	[[ $output == *'n1 -> n2 [style=dashed, label="read'*'n2 -> n3 [label="started'* ]]
	run "$SLUICE" why 42 --dot
	[[ $output == *"digraph lineage"* ]]
	run "$SLUICE" why 42 --dot --json
	[ "$status" -eq 2 ]
}

@test "lineage: the index is built again" {
	daemon
	run "$SLUICE" lineage --rebuild
	[ "$status" -eq 0 ]
	[[ $output == *"built again"* ]]
	grep IPC_REINDEX "$LOG"
	run "$SLUICE" lineage
	[ "$status" -eq 2 ]
	run "$SLUICE" why --rebuild 42
	[ "$status" -eq 2 ]
}

journal() {
	JOURNAL=$BATS_TEST_TMPDIR/journal.jsonl
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem"
}

# shown ARGUMENTS...: run sluice journal; $lines without the last one, which says how far the journal is verified, and the
# one before it that says whether all of a type is there
shown() {
	run "$SLUICE" journal --file "$JOURNAL" "$@"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
	verified=${lines[-1]}
	[[ $verified =~ ^--\ [0-9]+\ entr(y|ies),\ verified\ through\ checkpoint\ [0-9]+,\ root\ [0-9a-f]{64}$ ]]
	unset 'lines[-1]'
	[[ ${#lines[@]} -eq 0 || ${lines[-1]} != "-- complete: by the totals signed in entr"* ]] || unset 'lines[-1]'
}

@test "journal: entries, filters, order; no daemon needed" {
	journal
	shown
	[ "${#lines[@]}" -eq 7 ] # the first and the last are the journal's own
	[[ ${lines[3]} == *decision*r-1*"bob approved"* ]]
	safe "$output"
	[[ $verified == "-- 7 entries, verified through checkpoint 7, root $(
		"$SLUICE" journal verify --json "$JOURNAL" | jq -r .root)" ]]
	shown --request r-2
	[ "${#lines[@]}" -eq 1 ]
	[[ $verified == "-- 1 entry, verified through checkpoint 7,"* ]]
	shown --label pii --action egress
	[ "${#lines[@]}" -eq 3 ]
	run "$SLUICE" journal --file "$JOURNAL" --action egres
	[ "$status" -eq 2 ]
	[[ ${lines[0]} == *"'egres' is no action; write open, write, egress or credential" ]]
	shown --person bob
	[ "${#lines[@]}" -eq 1 ]
	shown --type request
	[ "${#lines[@]}" -eq 2 ]
	shown --until yesterday
	[ "${#lines[@]}" -eq 0 ]
	shown --since -10min --until now
	[ "${#lines[@]}" -eq 7 ]
	shown -g 'APPROVED|used'
	[ "${#lines[@]}" -eq 1 ]
	shown -g 'approved|used'
	[ "${#lines[@]}" -eq 2 ]
	shown -n 3
	[ "${#lines[@]}" -eq 3 ]
	[[ ${lines[0]} == *"grant.used"* ]]
	shown -n 3 --reverse
	[[ ${lines[2]} == *"grant.used"* ]]
	local wrong
	for wrong in "-g (" "-o xml" "-b x" "--decision maybe" "--destination 10.0.0.0/40" "-f -b-1"; do
		# shellcheck disable=SC2086
		run "$SLUICE" journal --file "$JOURNAL" $wrong
		[ "$status" -eq 2 ] || { echo "$wrong: $output"; return 1; }
	done
}

@test "journal: columns stay in line when the numbers get longer" {
	local i
	journal
	for i in 1 2; do
		"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" "entry $i"
	done
	shown -a -n 5
	[[ ${lines[0]} == *'#8 '* && ${lines[2]} == *'#10 '* ]]
	[ "$(cut -d'#' -f2 <<<"${lines[0]}" | sed 's/\(^[0-9]* *\).*/\1/' | wc -c)" -eq \
		"$(cut -d'#' -f2 <<<"${lines[2]}" | sed 's/\(^[0-9]* *\).*/\1/' | wc -c)" ]
}

@test "journal -b: entries of one boot of the host" {
	journal
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --boot second
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" "in the second"
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --boot third
	shown -a -b
	[ "${#lines[@]}" -eq 2 ] # and the end of the writer
	[[ ${lines[0]} == *"#14 "* ]]
	shown -a --boot=-1
	[ "${#lines[@]}" -eq 6 ] # two, and what writers begin and end with
	[[ ${lines[3]} == *"in the second"* ]]
	shown -b-1 -n 1 -g second
	[ "${#lines[@]}" -eq 1 ]
	shown -a -b-2 -r
	[[ ${#lines[@]} -eq 8 && ${lines[2]} == *"#5 "* ]]
	shown -b-3
	[ "${#lines[@]}" -eq 0 ]
	shown -a -b -g second
	[ "${#lines[@]}" -eq 0 ]
}

@test "journal -o: raw as signed, json in ASCII, csv for spreadsheets; how far it is verified apart" {
	journal
	run_apart "$SLUICE" journal --file "$JOURNAL" -o raw
	[ "$output" = "$(grep -v '^{"checkpoint"' "$JOURNAL")" ]
	[[ $errors == "-- 7 entries, verified through checkpoint 7, root "* ]]
	run_apart "$SLUICE" journal --file "$JOURNAL" -o json
	[ "$(jq -c . <<<"$output")" = "$(grep -v '^{"checkpoint"' "$JOURNAL" | jq -c .)" ]
	safe "$output"
	run_apart "$SLUICE" journal --file "$JOURNAL" -o csv --request r-1
	[ "${#lines[@]}" -eq 4 ]
	[[ ${lines[0]} == seq,time,type,request,* ]]
	python3 -c 'import csv, sys; rows = list(csv.DictReader(sys.stdin))
assert [row["type"] for row in rows] == ["request.opened", "decision", "grant.used"], rows
assert rows[1]["message"] == "bob approved" and rows[1]["signed"] == "yes", rows' <<<"$output"
}

@test "journal: the file that the daemon writes, whatever its configuration is" {
	journal
	export FAKE_JOURNAL=$JOURNAL
	daemon
	run "$SLUICE" journal
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq 8 ]
	run "$SLUICE" journal verify --json
	json '.ok and .file == env.FAKE_JOURNAL'
	run "$SLUICE" status --json
	json '.journal.file == env.FAKE_JOURNAL'
	unset FAKE_JOURNAL
}

@test "journal --json: one entry a line" {
	journal
	run_apart "$SLUICE" journal --file "$JOURNAL" --json --type decision
	[ "$status" -eq 0 ]
	json '.person == "bob"'
	[ "${#lines[@]}" -eq 1 ]
}

@test "journal: what it writes for its keys alone is shown with -a, by its type, and to programs" {
	journal
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" "a new epoch before this"
	shown
	local few=${#lines[@]} epochs
	[[ $output == *'a new epoch before this'* ]]
	epochs=$("$SLUICE" journal --json --file "$JOURNAL" | jq -r .type | grep -cx journal.epoch)
	[ "$epochs" -gt 0 ]
	shown -a
	[ "${#lines[@]}" -eq "$((few + epochs))" ]
	shown --type journal.epoch
	[ "${#lines[@]}" -eq "$epochs" ]
}

@test "journal -f: what comes later, after the last n" {
	journal
	"$SLUICE" journal --file "$JOURNAL" -f -a -n 2 >"$BATS_TEST_TMPDIR/out" 3>&- &
	local reader=$!
	sleep 0.6
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" "later"
	for _ in $(seq 50); do
		grep -q later "$BATS_TEST_TMPDIR/out" && break
		sleep 0.1
	done
	kill "$reader"
	head -1 "$BATS_TEST_TMPDIR/out" | grep -q r-2
	sed -n 3,4p "$BATS_TEST_TMPDIR/out" | tail -1 | grep -q later
}

@test "events: those of the kernel alone; --follow: the last ten, then what comes" {
	journal
	for i in $(seq 12); do
		"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --event "read $i."
	done
	run "$SLUICE" events --file "$JOURNAL"
	[ "$(grep -c 'read ' <<<"$output")" = 12 ]
	[[ $output != *'asks to send'* && $output != *'agent started'* ]]
	"$SLUICE" events --file "$JOURNAL" --follow >"$BATS_TEST_TMPDIR/out" 3>&- &
	local reader=$!
	for _ in $(seq 50); do
		grep -q 'read 12\.' "$BATS_TEST_TMPDIR/out" && break
		sleep 0.1
	done
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" 'a note'
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --event 'read 13.'
	for _ in $(seq 50); do
		grep -q 'read 13\.' "$BATS_TEST_TMPDIR/out" && break
		sleep 0.1
	done
	kill "$reader"
	[ "$(grep -o 'read [0-9]*\.' "$BATS_TEST_TMPDIR/out" | xargs)" = "$(printf 'read %d. ' {3..13} | sed 's/ $//')" ]
	run grep note "$BATS_TEST_TMPDIR/out"
	[ "$status" = 1 ]
}

@test "bugreport: versions, status and the keys of the settings, and nothing that names anybody or anything" {
	local folder=$BATS_TEST_TMPDIR/conf

	mkdir -p "$folder/policy.d"
	head -c 9000 /dev/zero | tr '\0' z >"$folder/policy.d/20-long.conf"
	printf '\nVerdict=ask\n' >>"$folder/policy.d/20-long.conf"
	cat >"$folder/policy.d/10-zebra.conf" <<-'END'
	# zebra
	[Label zebra]
	Sensitivity=restricted
	Path=/srv/zebra
	[Rule zebra]
	 Verdict=ask
	Mode = hold
	Timeout=15min
	To=zebra.example:443
	Reviewers=zebra
	Description=zebra zebra
	[Person zebra]
	Key=ssh-ed25519 zebra
	https://zebra:zebra@example/?sig=zebra
	[https://zebra@example]
	END
	printf '[Teams]\nWebhookFile=/etc/zebra\nMaxAttempts=7\n[Web zebra]\nProxy=http://zebra:zebra@zebra\n' >"$folder/gateway.conf"
	daemon broken
	run "$SLUICE" bugreport "$folder"
	[ "$status" = 0 ]
	for line in Sensitivity=restricted 'Verdict=ask' 'Mode = hold' 'Timeout=15min' MaxAttempts=7 'Path=...' 'Key=...' \
		'[Label ...]' '[Teams]' 'WebhookFile=...' 'Proxy=...'; do
		grep -qxF -e "$line" <<<"$output" || { echo "missing: $line"; echo "$output"; false; }
	done
	[[ $output == *"$("$SLUICE" --version)"*'kernel: '*'"enforcing": true'* ]]
	# alice and bob broke the glass of this daemon
	[ "$(grep -c '^Verdict=ask$' <<<"$output")" = 2 ]
	run grep -iE 'zebra|alice|bob|zzz' <<<"$output"
	[ "$status" = 1 ] || { echo "$output"; false; }
}

@test "bugreport: how channels do, and not what they are called or what others answered" {
	daemon channels
	run "$SLUICE" bugreport
	[[ $output == *'"handed_over": 3'* ]]
	[[ $output != *teams* && $output != *webhook* && $output != *'HTTP 403'* ]]
}

@test "journal verify: 0, 1 when tampered, 2 when torn or unsigned, 4 when missing, 6 after a crash" {
	journal
	run "$SLUICE" journal verify "$JOURNAL" --json
	[ "$status" -eq 0 ]
	json '.ok and .verdict == "ok" and .entries == 7 and .epochs == 1 and .breaks == 0 and .problem == null and (.genesis | length) == 64'
	local genesis key
	genesis=$(jq -r .genesis <<<"$output")
	key=$(jq -r .vkey <<<"$output")
	run "$SLUICE" journal verify "$JOURNAL" --genesis "${genesis^^}" --key "$key" --json
	[ "$status" -eq 0 ]
	json '.pinned'
	run "$SLUICE" journal verify "$JOURNAL" --genesis "$DIGEST"
	[ "$status" -eq 1 ]
	run "$SLUICE" journal verify - <"$JOURNAL"
	[ "$status" -eq 0 ]
	sed 's/bob approved/eve approved/' "$JOURNAL" >"$JOURNAL.edited"
	run "$SLUICE" journal verify "$JOURNAL.edited" --json
	[ "$status" -eq 1 ]
	json '.verdict == "tampered" and .ok == false and .problem != null'
	run "$SLUICE" journal --file "$JOURNAL.edited"
	[ "$status" -eq 1 ]
	[[ $output == *TAMPERED* ]]
	[[ $output != *"eve approved"* ]]
	head -c -20 "$JOURNAL" >"$JOURNAL.torn"
	run "$SLUICE" journal verify "$JOURNAL.torn"
	[ "$status" -eq 2 ]
	head -n -1 "$JOURNAL" >"$JOURNAL.unsigned"
	run "$SLUICE" journal verify "$JOURNAL.unsigned"
	[ "$status" -eq 2 ]
	run "$SLUICE" journal verify "$JOURNAL.missing"
	[ "$status" -eq 4 ]
	# a writer that did not end by itself: the next one says so, and it stays
	head -n -2 "$JOURNAL" >"$JOURNAL.cut"
	"$BUILD/tests/make-journal" "$JOURNAL.cut" "$BATS_TEST_TMPDIR/key.pem" "later"
	run "$SLUICE" journal verify "$JOURNAL.cut" --json
	[ "$status" -eq 6 ]
	json '.ok == false and .verdict == "break" and .breaks == 1 and .entry == 6 and .line == null'
	run "$SLUICE" journal --file "$JOURNAL.cut" -g later
	[ "$status" -eq 0 ]
	[[ $output == *"later"* && $output == *"note: entry 6: the key of the epoch"* ]]
}

@test "journal verify: progress on a terminal, and nowhere else" {
	"$BUILD/tests/make-journal" "$BATS_TEST_TMPDIR/long" "$BATS_TEST_TMPDIR/key.pem" --entries 20000
	mkfifo "$BATS_TEST_TMPDIR/slow"
	{ head -c 2000000 "$BATS_TEST_TMPDIR/long"; sleep 0.5; tail -c +2000001 "$BATS_TEST_TMPDIR/long"; } \
		>"$BATS_TEST_TMPDIR/slow" &
	run_terminal 80 "$SLUICE journal verify $BATS_TEST_TMPDIR/slow"
	[ "$status" -eq 0 ]
	[[ $output == *" entries"$'\033[K'*Verdict:*ok* ]]
	run_apart "$SLUICE" journal verify "$BATS_TEST_TMPDIR/long"
	[ "$status" -eq 0 ]
	[ -z "$errors" ]
}

@test "journal --type: what the signed totals say of it, and nothing with another filter" {
	local file=$BATS_TEST_TMPDIR/counted until
	"$BUILD/tests/make-journal" "$file" "$BATS_TEST_TMPDIR/counted.pem" --stdin <<-'END'
		{"type":"grant.issued","message":"one"}
		{"type":"grant.used","message":"two"}
		{"type":"grants","message":"another kind"}
	END
	run "$SLUICE" journal --file "$file" --type grant
	[ "${lines[-2]}" = "-- complete: by the totals signed in entry 4, 2 of type grant: 2 above" ]
	[[ ${lines[-1]} == "-- 2 entries, verified through checkpoint 5, "* ]]
	run_apart "$SLUICE" journal --file "$file" --type grant.used -o raw
	[ "${#lines[@]}" -eq 1 ]
	[[ $errors == "-- complete: by the totals signed in entry 4, 1 of type grant.used: 1 above"* ]]
	for other in --person=bob --grep=one --lines=1 --reverse --boot; do
		run "$SLUICE" journal --file "$file" --type grant "$other"
		[[ $output != *complete* ]] || { echo "said with $other: $output"; return 1; }
	done
	# of another time, and behind the last totals
	sleep 1.1
	until=$(date -u '+%F %T')
	sleep 1.1
	"$BUILD/tests/make-journal" "$file" "$BATS_TEST_TMPDIR/counted.pem" --stdin <<<'{"type":"grant.used","message":"three"}'
	run "$SLUICE" journal --file "$file" --type grant --until "$until"
	[ "${lines[-2]}" = "-- complete: by the totals signed in entry 7, 3 of type grant: 2 above, 1 of another time" ]
	run "$SLUICE" journal --file "$file" --type grant --since "$until"
	[ "${lines[-2]}" = "-- complete: by the totals signed in entries 4 and 7, 1 of type grant: 1 above" ]
	run "$SLUICE" journal --file "$file" --type journal.sealed
	[ "${lines[-2]}" = "-- complete: by the totals signed in entry 7, 1 of type journal.sealed: 1 above; 1 more behind entry 7, where none count yet" ]
	# one line less is no other count: the journal is wrong, and nothing is said to be complete
	sed -i '/"two"/d' "$file"
	run "$SLUICE" journal --file "$file" --type grant
	[ "$status" -eq 1 ]
	[[ $output == *TAMPERED* && $output != *complete* ]]
}

@test "journal --type, enroll: over several files, and where the oldest were moved away" {
	local file=$BATS_TEST_TMPDIR/counted key=$BATS_TEST_TMPDIR/counted.pem pins first
	"$BUILD/tests/make-journal" "$file" "$key" --stdin <<<'{"type":"grant.issued","message":"one"}'
	pins=$("$SLUICE" enroll "$file" --json)
	"$BUILD/tests/make-journal" "$file" "$key" --next
	"$BUILD/tests/make-journal" "$file" "$key" --stdin <<<'{"type":"grant.used","message":"two"}'
	"$BUILD/tests/make-journal" "$file" "$key" --next
	"$BUILD/tests/make-journal" "$file" "$key" --stdin <<<'{"type":"grant.used","message":"three"}'
	run -0 "$SLUICE" journal --file "$file" --type grant
	[[ ${lines[-2]} == "-- complete: by the totals signed in entry "*", 3 of type grant: 3 above" ]]
	run -0 --separate-stderr "$SLUICE" enroll "$file" --json
	[ "$output" = "$pins" ]
	# what is gone is not held against what is here, and is said
	first=$(find "$BATS_TEST_TMPDIR" -name 'counted.*[0-9]' | sort | sed -n 2p)
	mv "$file.00000000000000000000" "$BATS_TEST_TMPDIR/elsewhere"
	run -0 "$SLUICE" journal --file "$file" --type grant
	[[ ${lines[-3]} == "-- complete: by the totals signed in entries $((10#${first##*.})) and "*", 2 of type grant: 2 above" ]]
	[[ ${lines[-1]} == "-- entries before $((10#${first##*.})) are in files that are not here" ]]
	run -0 --separate-stderr "$SLUICE" enroll "$file" --json
	[ "$output" = "$pins" ]
	# one between: nothing is counted, and nothing told
	mv "$BATS_TEST_TMPDIR/elsewhere" "$file.00000000000000000000"
	mv "$first" "$BATS_TEST_TMPDIR/elsewhere"
	run -1 "$SLUICE" journal --file "$file" --type grant
	[[ $output == *"is not whole"* && $output != *complete:* && $output != *COMPLETE* ]]
	run -1 "$SLUICE" enroll "$file"
	[[ $output == *"is not whole"* && $output != *Genesis* ]]
}

@test "enroll: what pins a journal; nothing of one that was tampered with" {
	journal
	run "$SLUICE" enroll "$JOURNAL" --json
	[ "$status" -eq 0 ]
	local genesis key
	genesis=$(jq -r .genesis <<<"$output")
	key=$(jq -r .vkey <<<"$output")
	[ "$genesis" = "$({ printf '\0'; head -n 1 "$JOURNAL" | tr -d '\n'; } | sha256sum | cut -c 1-64)" ]
	[ "$key" = "$(head -n 1 "$JOURNAL" | jq -r .journal.host_vkey)" ]
	run "$SLUICE" journal verify "$JOURNAL" --genesis "$genesis" --key "$key"
	[ "$status" -eq 0 ]
	run "$SLUICE" enroll "$JOURNAL"
	[[ $output == *"Genesis:"*"$genesis"*"sluice journal verify COPY --genesis $genesis"* ]]
	sed 's/bob approved/eve approved/' "$JOURNAL" >"$JOURNAL.edited"
	run "$SLUICE" enroll "$JOURNAL.edited"
	[ "$status" -eq 1 ]
	[[ $output == *TAMPERED* && $output != *"$genesis"* ]]
	run "$SLUICE" enroll "$JOURNAL.missing"
	[ "$status" -eq 4 ]
}

@test "enroll: the keys of the channels that the policy names, and only when it is this host's or named" {
	local key conf=$BATS_TEST_TMPDIR/etc/sluice.conf
	journal
	mkdir "$BATS_TEST_TMPDIR/etc"
	ssh-keygen -q -t ed25519 -N '' -C '' -f "$BATS_TEST_TMPDIR/channel"
	key=$(cut -d ' ' -f 1,2 "$BATS_TEST_TMPDIR/channel.pub")
	printf '[Channel web]\nTier=A3\nAccounts=oidc\nKey=%s\n' "$key" >"$conf"
	run "$SLUICE" enroll "$JOURNAL" --policy "$conf" --json
	[ "$status" -eq 0 ]
	[ "$(jq -r '.channels[] | .channel + " " + .key' <<<"$output")" = "web $key" ]
	run "$SLUICE" enroll "$JOURNAL" --policy "$conf"
	[[ $output == *"$key"*"with the key of each witness"* ]]
	run "$SLUICE" enroll "$JOURNAL" --json
	[ "$(jq 'has("channels")' <<<"$output")" = false ]
	run_apart "$SLUICE" enroll "$JOURNAL" --policy "$conf.none" --json
	[ "$status" -eq 0 ]
	[[ $errors == *"without the keys of channels"*"sluice.conf.none"* ]]
	[ "$(jq 'has("channels")' <<<"$output")" = false ]
}

@test "journal prove: a file that verify --proof takes, and nothing else" {
	journal
	local key proof=$BATS_TEST_TMPDIR/decision.tlog-proof
	key=$("$SLUICE" journal verify --json "$JOURNAL" | jq -r .vkey)
	"$SLUICE" journal prove 3 --file "$JOURNAL" >"$proof"
	[ "$(head -n 1 "$proof")" = "c2sp.org/tlog-proof@v1" ]
	run "$SLUICE" journal verify --proof "$proof" --key "$key"
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == *"bob approved"* && $output == *"number 3 of the 7"* ]]
	run "$SLUICE" journal verify --proof - --key "$key" --json <"$proof"
	json '.ok and .entry.seq == 3 and .entry.person == "bob" and .size == 7'
	sed 's/^index 3/index 2/' "$proof" >"$proof.wrong"
	run "$SLUICE" journal verify --proof "$proof.wrong" --key "$key"
	[ "$status" -eq 1 ]
	[[ $output == *"PROOF IS WRONG"* ]]
	run "$SLUICE" journal verify --proof "$proof"
	[ "$status" -eq 2 ]
	run "$SLUICE" journal verify --proof "$proof" --key nonsense
	[ "$status" -eq 2 ]
	run "$SLUICE" journal verify --proof "$proof.missing" --key "$key"
	[ "$status" -eq 4 ]
	run "$SLUICE" journal prove 7 --file "$JOURNAL"
	[ "$status" -eq 4 ]
	[[ $output == *"has 7"* ]]
	run "$SLUICE" journal prove x --file "$JOURNAL"
	[ "$status" -eq 2 ]
	sed 's/bob approved/eve approved/' "$JOURNAL" >"$JOURNAL.edited"
	run "$SLUICE" journal prove 1 --file "$JOURNAL.edited"
	[ "$status" -eq 1 ]
	[[ $output == *TAMPERED* ]]
}

policy() {
	mkdir -p "$BATS_TEST_TMPDIR/etc/policy.d"
	printf '[Agent]\n' >"$BATS_TEST_TMPDIR/etc/sluice.conf"
	touch "$BATS_TEST_TMPDIR/data"
	cat >"$BATS_TEST_TMPDIR/etc/policy.d/10.conf" <<-END
		[Label pii]
		Path=$BATS_TEST_TMPDIR/data
		[Rule out]
		Action=egress
		Labels=pii
		Verdict=ask
		Reviewers=leads
		[Person ann]
		Uid=1001
		[Person bob]
		Uid=1002
		[Group leads]
		Member=ann bob
	END
}

@test "policy check: a good policy, without root or daemon" {
	policy
	run "$SLUICE" policy check "$BATS_TEST_TMPDIR/etc"
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == "2 files, 1 label, 1 rule, 2 people, 1 group" ]]
	[[ $output != *warning* ]]
	run "$SLUICE" policy check --strict "$BATS_TEST_TMPDIR/etc/policy.d/10.conf" --json
	[ "$status" -eq 0 ]
	json '.valid and .rules[0].groups == ["leads"] and .labels[0].paths == 1 and .warnings == []'
}

@test "policy check: an error names file and line" {
	policy
	echo "Bogus=1" >>"$BATS_TEST_TMPDIR/etc/policy.d/10.conf"
	run_apart "$SLUICE" policy check "$BATS_TEST_TMPDIR/etc"
	[ "$status" -eq 1 ]
	[[ $errors == *"policy.d/10.conf:14"* ]]
	run_apart "$SLUICE" policy check "$BATS_TEST_TMPDIR/etc" --json
	[ "$status" -eq 1 ]
	json '.valid == false and (.error | test("10.conf:14"))'
	run "$SLUICE" policy check "$BATS_TEST_TMPDIR/missing.conf"
	[ "$status" -eq 4 ]
}

@test "policy check: a folder without sluice.conf" {
	policy
	run "$SLUICE" policy check "$BATS_TEST_TMPDIR/etc/policy.d"
	[ "$status" -eq 4 ]
	[[ $output == *"/policy.d: holds no sluice.conf; name a folder that does, or the policy files themselves" ]]
}

@test "policy check --in-force: what the daemon did not take over is a failure, what it did is none" {
	policy
	FAKE_DIGEST=$("$SLUICE" policy check --json "$BATS_TEST_TMPDIR/etc" | jq -r .digest)
	export FAKE_DIGEST
	run "$SLUICE" policy check --in-force "$BATS_TEST_TMPDIR/etc"
	[ "$status" -eq 3 ] # no daemon
	daemon
	run_apart "$SLUICE" policy check --in-force "$BATS_TEST_TMPDIR/etc"
	[ "$status" -eq 0 ]
	[ -z "$errors" ]
	echo '# another' >>"$BATS_TEST_TMPDIR/etc/policy.d/10.conf"
	run_apart "$SLUICE" policy check --in-force "$BATS_TEST_TMPDIR/etc"
	[ "$status" -eq 1 ]
	[[ $errors == *"another policy in force, ${FAKE_DIGEST:0:12}…"*'journalctl -u sluiced'* ]]
	run "$SLUICE" policy check "$BATS_TEST_TMPDIR/etc"
	[ "$status" -eq 0 ]
}

@test "policy check --in-force: a labeled path that is missing is the error that the daemon gives" {
	policy
	printf '[Label gone]\nPath=/nonexistent/here\n' >>"$BATS_TEST_TMPDIR/etc/policy.d/10.conf"
	run_apart "$SLUICE" policy check --in-force "$BATS_TEST_TMPDIR/etc"
	[ "$status" -eq 1 ]
	[[ $errors == *"10.conf:15: cannot label '/nonexistent/here': No such file or directory; create it or take the line out of the policy" ]]
	run "$SLUICE" policy check "$BATS_TEST_TMPDIR/etc"
	[ "$status" -eq 0 ]
}

@test "policy check: each warning" {
	policy
	cat >>"$BATS_TEST_TMPDIR/etc/policy.d/10.conf" <<-END
		[Label bare]
		[Label unguarded]
		Path=/nonexistent/here
		[Rule in]
		Action=open
		Labels=bare
		Clear=exe:/nonexistent/program
		Verdict=ask
		Reviewers=one
		[Rule idle]
		Action=write
		Labels=bare
		Verdict=deny
		Reviewers=one
		[Person carl]
		Teams=01234567-89ab-cdef-0123-456789abcdef
		[Group one]
		Member=ann
		[Group idle]
		Member=ann bob
	END
	run "$SLUICE" policy check "$BATS_TEST_TMPDIR/etc"
	[ "$status" -eq 0 ]
	local text
	for text in "label 'bare', but no path" "no rule guards the label 'unguarded'" "'/nonexistent/here'" \
		"'/nonexistent/program' does not exist" "needs 1 of 1 person:" \
		"'idle' names reviewers but asks nobody: its verdict is deny" "group 'one' has one person" \
		"no rule asks the group 'idle'" "nothing tells who the person 'carl' is"; do
		[[ $output == *"$text"* ]] || { echo "missing: $text"; echo "$output"; return 1; }
	done
	[ "$(grep -c warning: <<<"$output")" -eq 9 ]
	run "$SLUICE" policy check --strict "$BATS_TEST_TMPDIR/etc"
	[ "$status" -eq 1 ]
}

@test "policy check: a rule that takes keys and has one person with a key to spare, or none" {
	local key
	key=$(ssh-keygen -q -t ed25519 -N '' -f "$BATS_TEST_TMPDIR/id" && cat "$BATS_TEST_TMPDIR/id.pub")
	policy
	sed -i -e "s|^Uid=1001|&\nKey=$key|" -e 's|^Verdict=ask|&\nTier=A3|' "$BATS_TEST_TMPDIR/etc/policy.d/10.conf"
	run "$SLUICE" policy check "$BATS_TEST_TMPDIR/etc"
	[ "$status" -eq 0 ]
	[[ $output == *"is of tier A3, which 1 of 2 reviewers can answer: when one of them asks or is away"* ]]
	[[ $output == *"asks the person 'bob', who has no way to answer what is of tier A3; give the person Key="* ]]
	rm "$BATS_TEST_TMPDIR/id"*
	key=$(ssh-keygen -q -t ed25519 -N '' -f "$BATS_TEST_TMPDIR/id" && cat "$BATS_TEST_TMPDIR/id.pub")
	sed -i "s|^Uid=1002|&\nKey=$key|" "$BATS_TEST_TMPDIR/etc/policy.d/10.conf"
	run "$SLUICE" policy check "$BATS_TEST_TMPDIR/etc"
	[[ $output != *warning* ]]
}

# warned TEXT REMEDY: the policy of the test's folder is checked with one warning, and doctor says the same, with the remedy.
warned() {
	run "$SLUICE" policy check "$BATS_TEST_TMPDIR/etc"
	[ "$status" -eq 0 ]
	if [ "$(grep -c warning: <<<"$output")" -ne 1 ] || [[ $output != *"$1"*"; $2"* ]]; then
		echo "$output"
		return 1
	fi
	run "$SLUICE" doctor --json "$BATS_TEST_TMPDIR/etc"
	jq -e --arg text "$1" --arg remedy "$2" '[.[] | select(.name == "policy")] | length == 1 and .[0].result == "warning" and
		(.[0].found | contains($text)) and (.[0].remedy | startswith($remedy))' <<<"$output"
}

@test "doctor and policy check: what in a policy can never have an effect, or nobody can answer" {
	local rules=$BATS_TEST_TMPDIR/etc/policy.d/10.conf before

	policy
	sed -i 's/^Action=egress/Action=open/' "$rules"
	before=$(cat "$rules")
	run "$SLUICE" doctor --json "$BATS_TEST_TMPDIR/etc"
	json '[.[] | select(.name == "policy")] == [{result: "ok", name: "policy", found: "1 rules for 1 labels and 2 people", remedy: null}]'

	# A subject of another line, and one that is narrower than another.
	sed -i 's|^Verdict=ask|Clear=user:0 exe:/bin/sh\nClear=user:0\n&|' "$rules"
	warned 'this line changes nothing: line' 'take the line out'
	echo "$before" >"$rules"
	sed -i 's|^Verdict=ask|Clear=user:0 exe:/bin/sh\nClear=user:0 exe:/bin/ls\n&|' "$rules"
	run "$SLUICE" policy check --strict "$BATS_TEST_TMPDIR/etc"
	[ "$status" -eq 0 ]

	# Destinations: held by a wider one, every one, neighbours.
	echo "$before" >"$rules"
	cat >>"$rules" <<-END
		[Rule net]
		Action=egress
		Labels=*
		Verdict=deny
		To=10.0.0.0/8:443/tcp
	END
	before=$(cat "$rules")
	echo 'To=10.20.0.0/16:443/tcp' >>"$rules"
	warned 'a destination of this line changes nothing: one of line' 'take this destination out'
	printf '%s\n' "$before" 'To=10.20.0.0/16:443/udp' 'To=10.20.0.0/16:80/tcp' 'To=11.0.0.0/8:443/tcp' 'To=[::]/0' >"$rules"
	run "$SLUICE" policy check --strict "$BATS_TEST_TMPDIR/etc"
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	sed -i '/^To=/d' "$rules"
	printf '%s\n' 'To=0.0.0.0/0' 'To=[::]/0' >>"$rules"
	warned 'stops nothing on the network: its To= lines allow every destination' 'take out the line To='

	# People that nothing tells apart, and one who is asked and has no way to answer.
	sed -i '/^\[Rule net\]/,$d' "$rules"
	before=$(cat "$rules")
	printf '%s\n' '[Person ghost]' >>"$rules"
	warned "nothing tells who the person 'ghost' is" 'give the person Uid=, Key='
	printf '%s\n' "$before" '[Person ghost]' 'Uid=4242' >"$rules"
	run "$SLUICE" policy check --strict "$BATS_TEST_TMPDIR/etc"
	[ "$status" -eq 0 ]
	sed -i 's|^Uid=4242|Unit=ghost.service|; s|^Member=.*|& ghost|' "$rules"
	run "$SLUICE" policy check "$BATS_TEST_TMPDIR/etc"
	[[ $output == *"asks the person 'ghost', who has no way to answer what is of tier A1; give the person Key="* ]]
}

@test "doctor: a policy that is not valid is a problem; where none is, the folder is named" {
	policy
	echo 'Labels=nonesuch' >>"$BATS_TEST_TMPDIR/etc/policy.d/10.conf"
	run "$SLUICE" doctor --json "$BATS_TEST_TMPDIR/etc"
	json 'map(select(.name == "policy"))[0] | .result == "PROBLEM" and (.found | contains("10.conf:")) and (.remedy | contains("sluice policy check"))'
	run "$SLUICE" doctor --json "$BATS_TEST_TMPDIR/nowhere"
	json 'map(select(.name == "policy"))[0] | .result == "warning" and (.remedy | contains("sluice doctor FOLDER"))'
}

@test "doctor: keys and the journal's disk are those of the policy" {
	local state=$BATS_TEST_TMPDIR/state

	policy
	mkdir "$state"
	printf '[Agent]\nState=%s\nJournal=%s/journal.jsonl\n' "$state" "$state" >"$BATS_TEST_TMPDIR/etc/sluice.conf"
	run "$SLUICE" doctor --json "$BATS_TEST_TMPDIR/etc"
	json 'map(select(.name == "host key"))[0].result == "ok"'
	json 'map(select(.name == "journal disk"))[0].found | endswith("state")'
	json 'map(select(.name == "clock" or .name == "kernel gaps")) | length == 2'
	touch "$state/journal.key"
	chmod 0644 "$state/journal.key"
	run "$SLUICE" doctor --json "$BATS_TEST_TMPDIR/etc"
	json 'map(select(.name == "host key"))[0].result == "PROBLEM"'
}

@test "doctor: files of the journal, and the vault" {
	local dir=$BATS_TEST_TMPDIR/state journal=$BATS_TEST_TMPDIR/state/journal.jsonl key=$BATS_TEST_TMPDIR/state/journal.key

	policy
	mkdir -m 700 "$dir"
	printf '[Agent]\nState=%s\nJournal=%s\n' "$dir" "$journal" >"$BATS_TEST_TMPDIR/etc/sluice.conf"
	run "$SLUICE" doctor --json "$BATS_TEST_TMPDIR/etc"
	json 'map(select(.name == "journal files"))[0] | .result == "ok" and .found == "none yet"'
	json 'map(select(.name == "vault"))[0] | .result == "ok" and (.found | startswith("none"))'
	for _ in 1 2; do
		"$BUILD/tests/make-journal" "$journal" "$key" --next
	done
	run "$SLUICE" doctor --json "$BATS_TEST_TMPDIR/etc"
	json 'map(select(.name == "journal files"))[0] | .result == "ok" and .found == "3, without a gap"'
	chmod 0644 "$journal.00000000000000000000"
	run "$SLUICE" doctor --json "$BATS_TEST_TMPDIR/etc"
	json 'map(select(.name == "journal files"))[0] | .result == "PROBLEM" and (.found | contains("mode 0644"))'
	chmod 0600 "$journal.00000000000000000000"
	mv "$(find "$dir" -name 'journal.jsonl.*[1-9]')" "$BATS_TEST_TMPDIR/away"
	run "$SLUICE" doctor --json "$BATS_TEST_TMPDIR/etc"
	json 'map(select(.name == "journal files"))[0] | .result == "PROBLEM" and (.found | contains("is missing between"))'
	rm "$journal.00000000000000000000"
	run "$SLUICE" doctor --json "$BATS_TEST_TMPDIR/etc"
	json 'map(select(.name == "journal files"))[0] | .result == "ok" and (.found | contains("JournalKeep="))'
	printf '[Journal]\nPrivate=/srv/data\n[Label pii]\nPath=/srv\n' >"$BATS_TEST_TMPDIR/private.conf"
	"$BUILD/tests/make-journal" "$journal" "$key" --private "$BATS_TEST_TMPDIR/private.conf" "$dir" <<-'END'
		{"type":"agent.note","message":"m","target":{"kind":"file","text":"/srv/data/a"}}
	END
	run "$SLUICE" doctor --json "$BATS_TEST_TMPDIR/etc"
	json 'map(select(.name == "vault"))[0] | .result == "ok" and .found == "private texts: 1, for root only"'
	python3 -c 'import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute("UPDATE place SET pending=1"); d.commit()' \
		"$dir/vault.db"
	run "$SLUICE" doctor --json "$BATS_TEST_TMPDIR/etc"
	json 'map(select(.name == "vault"))[0] | .result == "warning" and (.found | contains("still being overwritten"))'
	chmod 0640 "$dir/vault.db"
	run "$SLUICE" doctor --json "$BATS_TEST_TMPDIR/etc"
	json 'map(select(.name == "vault"))[0] | .result == "PROBLEM" and (.found | contains("mode 0640"))'
	chmod 0600 "$dir/vault.db"
	head -c 4096 /dev/urandom >"$dir/vault.db"
	run "$SLUICE" doctor --json "$BATS_TEST_TMPDIR/etc"
	json 'map(select(.name == "vault"))[0] | .result == "PROBLEM" and (.remedy | contains("backup"))'
}

@test "policy check: channels, and people who are known by them" {
	local key='ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJz3YswSfGhbTNMUCIR2jBIoejtFnkgIke9V+j6JJza8'
	policy
	cat >>"$BATS_TEST_TMPDIR/etc/policy.d/10.conf" <<-END
		[Person carl]
		OIDC=https://idp.example carl
		[Person dora]
		Uid=4321
		Slack=T024BE7LD U2147483697
	END
	run "$SLUICE" policy check "$BATS_TEST_TMPDIR/etc"
	[[ $output == *"'carl' has no local account: cannot decide here, and is not known"* ]]
	[[ $output == *"'carl' has an account that no channel takes"*"'dora' has an account that no channel takes"* ]]
	printf '[Channel web]\nKey=%s\nTier=A3\nAccounts=oidc\n' "$key" >>"$BATS_TEST_TMPDIR/etc/policy.d/10.conf"
	run "$SLUICE" policy check "$BATS_TEST_TMPDIR/etc"
	[[ $output == *"'carl' has no local account: is not known as requester"* ]]
	[[ $output != *"'carl' has an account that"* ]]
	[[ $output == *"'dora' has an account that no channel takes"* ]]
	[[ $output != *"can name nobody"* ]]
	sed -i '/^Accounts=/s/oidc/entra/' "$BATS_TEST_TMPDIR/etc/policy.d/10.conf"
	run "$SLUICE" policy check "$BATS_TEST_TMPDIR/etc"
	[[ $output == *"the channel 'web' can name nobody: no person has such an account"* ]]
}
@test "teams-app: a package that Teams takes, once, and only for a bot" {
	local zip="$BATS_TEST_TMPDIR/app.zip" id=0A0A0A0A-1111-2222-3333-444444444444
	run "$BUILD/sluice" teams-app --app-id "$id" --url https://approvals.example "$zip"
	[ "$status" = 0 ]
	[ "$(python3 -m zipfile -l "$zip" | awk 'NR > 1 {print $1}' | xargs)" = 'manifest.json color.png outline.png' ]
	python3 -m zipfile -t "$zip"
	python3 -m zipfile -e "$zip" "$BATS_TEST_TMPDIR/app"
	[ "$(jq -r '"\(.manifestVersion) \(.id) \(.bots[0].botId) \(.bots[0].scopes[0]) \(.developer.websiteUrl)"' \
		"$BATS_TEST_TMPDIR/app/manifest.json")" = "1.22 ${id,,} ${id,,} team https://approvals.example" ]
	# width and height of a PNG
	[ "$(od -An -tx1 -j16 -N8 "$BATS_TEST_TMPDIR/app/color.png" | tr -d ' ')" = 000000c0000000c0 ]
	[ "$(od -An -tx1 -j16 -N8 "$BATS_TEST_TMPDIR/app/outline.png" | tr -d ' ')" = 0000002000000020 ]
	run "$BUILD/sluice" teams-app --app-id "$id" --url https://approvals.example "$zip"
	[ "$status" = 1 ]
	[[ $output == *'already exists'* ]]
	run "$BUILD/sluice" teams-app --app-id "$id" --url https://approvals.example "$BATS_TEST_TMPDIR/none/app.zip"
	[ "$status" = 1 ]
	[[ $output == *'cannot write'* ]]
	not_an_app --app-id "$id"
	not_an_app --url https://a.example
	not_an_app --app-id sluice --url https://a.example
	not_an_app --app-id "$id" --url http://a.example
	not_an_app --app-id "$id" --url https://
	not_an_app --app-id "$id" --url 'https://a"b'
}

not_an_app() {
	run "$BUILD/sluice" teams-app "$@" "$BATS_TEST_TMPDIR/other.zip"
	[ "$status" = 2 ]
	[ ! -e "$BATS_TEST_TMPDIR/other.zip" ]
}
