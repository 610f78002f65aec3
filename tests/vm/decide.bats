#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# decide.bats: from a held process to the press of a button in Teams, and to a client of the API, and back: sluiced and
# sluice-gateway, a fake Bot Connector over TLS on loopback with keys of its own, and curl as Microsoft and as the client.
# The bot and the API alone are tested in tests/bot.bats and tests/api.bats; the page's form in page.bats.

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"
# shellcheck source=tests/vm/gateway_stage.bash
. "$BATS_TEST_DIRNAME/gateway_stage.bash"

JOURNAL=/var/log/sluice/journal.jsonl
W=$STATE/decide
URL=https://127.0.0.1:8446
BASE=https://127.0.0.1:8447
APP=0a0a0a0a-1111-2222-3333-444444444444
TENANT=0b0b0b0b-1111-2222-3333-444444444444
RITA=0c0c0c0c-1111-2222-3333-444444444444
PAUL=0d0d0d0d-1111-2222-3333-444444444444
CHANNEL=19:abc@thread.tacv2

eval "people_of_the_base$(declare -f base_policy | sed 1d | sed '1s/^/() /')"
base_policy()
{
	people_of_the_base | sed -e "/^\\[Person rita\\]/a Entra=$TENANT $RITA\\nClient=tickets" \
		-e "/^\\[Person paul\\]/a Entra=$TENANT $PAUL\\nClient=pauls"
	sluice-gateway --state "$W/state" --print-keys
}

RULES='[Rule secret]
Action=open
Labels=secret
Verdict=ask
Mode=hold
Reviewers=data
Scope=once'

setup_file()
{
	add_gateway_user
	mkdir -p "$W/state" "$W/posts" "$W/keys"
	cd "$W" || return 1
	make_certificate host
	echo word >secret
	for client in tickets pauls; do
		sluice-gateway --new-token "$client" >"$client.hash" 2>said
		grep -o 'sluice_[A-Za-z0-9_-]*' said >"$client.token"
	done
	chmod 600 secret host.key
	chmod 640 ./*.hash
	cp host.key connector.key
	chown sluice-gateway state secret host.key ./*.hash
	printf '%s\n' '[Web]' "PublicURL=$URL" Listen=127.0.0.1:8446 "CertificateFile=$W/host.pem" "KeyFile=$W/host.key" \
		'[TeamsBot]' "AppId=$APP" "Tenant=$TENANT" "SecretFile=$W/secret" "Channel=$CHANNEL" "ServiceURL=$BASE/emea" \
		"Authority=$BASE" "Metadata=$BASE/v1/.well-known/openidconfiguration" "CAFile=$W/ca.pem" \
		'[Client tickets]' "TokenHashFile=$W/tickets.hash" 'Scopes=read decide' \
		'[Client pauls]' "TokenHashFile=$W/pauls.hash" 'Scopes=read decide' >gateway.conf
	secret rows 'one,two'
	restart_sluiced "$RULES"
	"$BATS_TEST_DIRNAME/../tools/fake-connector" --port 8447 --app "$APP" --tenant "$TENANT" --secret word \
		--service "$BASE/emea/" --cert host.pem --key connector.key --keys keys posts </dev/null >connector.log 2>&1 3>&- &
	echo $! >connector.pid
	wait_until 300 curl -s --cacert ca.pem "$BASE/sign" # it makes an RSA key first
	run_gateway
	wait_until "$PATIENCE" connected true
	wait_until "$PATIENCE" grep -qF 'GET /v1/.well-known/keys' posts/asked
}

teardown_file()
{
	local pid

	for pid in "$W"/*.pid; do # not all are there when setup_file failed, and bats waits for who is left
		kill "$(<"$pid")"
	done
	wait_until "$PATIENCE" connected false
}

setup()
{
	ensure_sluiced "$RULES"
	hold_one
}

teardown()
{
	end_held "$W/gateway.log" "$W/connector.log"
}

# A process of paul's that is held, and its card: PID, ID, CARD (the post), DIGEST.
hold_one()
{
	hold_request
	wait_until "$PATIENCE" delivered
	CARD=$(grep -lF "\"rid\": \"$ID\"" "$W"/posts/*.json | head -n 1)
	DIGEST=$(jq -r '.body.activity.attachments[0].content.actions[0].data.d' "$CARD")
}

delivered()
{
	[ "$(sluice show "$ID" --json | jq -r '.told[] | select(.channel == "teamsbot").state')" = delivered ]
}

# activity OBJECT VERB [LIMIT]: what Teams sends when that person presses a button of the card, and chose LIMIT there
activity()
{
	jq -c --arg app "$APP" --arg tenant "$TENANT" --arg who "$1" --arg verb "sluice.$2" --arg id "$ID" --arg d "$DIGEST" \
		--arg limit "${3:-}" --arg service "$BASE/emea/" --arg channel "$CHANNEL" '
		(.body.activity.attachments[0].content.actions | map(select(.verb == $verb))[0].data.mac) as $mac | .answer | {
		type: "invoke", name: "adaptiveCard/action", id: "f:1", channelId: "msteams", serviceUrl: $service,
		from: {id: "29:1xyz", name: "Somebody", aadObjectId: $who}, recipient: {id: "28:\($app)", name: "Sluice"},
		conversation: {id: .id, conversationType: "channel", isGroup: true, tenantId: $tenant},
		channelData: {tenant: {id: $tenant}, channel: {id: $channel}, team: {id: "19:team"}},
		replyToId: .activityId, locale: "en-US",
		value: {action: {type: "Action.Execute", verb: $verb, data: {rid: $id, d: $d, mac: $mac, reason: "ticket 4711", limit: $limit}},
			trigger: "manual"}}' "$CARD" >"$W/body"
}

# token [CLAIMS]: one of the Connector's
token()
{
	curl -s --cacert "$W/ca.pem" -G "$BASE/sign" --data-urlencode "${1:-{\}}"
}

# invoke TOKEN: what is in $W/body; the status is printed, the answer goes to $W/answer
invoke()
{
	curl -s --max-time 60 --cacert "$W/ca.pem" -o "$W/answer" -w '%{http_code}' -H "Authorization: Bearer $1" \
		-H 'Content-Type: application/json' --data-binary "@$W/body" "$URL/api/messages"
}

# decide CLIENT VERDICT: by the API
decide()
{
	jq -nc --arg d "$DIGEST" --arg verdict "$2" --arg nonce "$(openssl rand -hex 16)" \
		'{verdict: $verdict, digest: $d, nonce: $nonce, reason: "ticket 4711"}' |
		curl -s --max-time 60 --cacert "$W/ca.pem" -o "$W/answer" -w '%{http_code}' -H 'Content-Type: application/json' \
			-H "Authorization: Bearer $(<"$W/$1.token")" --data-binary @- "$URL/api/v1/requests/$ID/decision"
}

# by: who decided on the request, how sure, and by which channel
by()
{
	jq -r --arg id "$ID" 'select(.type == "decision" and .request == $id) | .person, .tier, .evidence.channel' "$JOURNAL" |
		xargs
}

@test "a held process goes on when a reviewer presses Approve in Teams; sent again, the press approves nothing" {
	local bearer first
	activity "$RITA" approve
	bearer=$(token)
	[ "$(invoke "$bearer")" = 200 ]
	exit_of "$PID" 0
	cmp "$OUT" "$SECRET/rows"
	[ "$(by)" = 'rita A2 teams' ]
	# the next one, for which the same message comes once more, with a token that is still good
	first=$ID
	hold_one
	[ "$ID" != "$first" ]
	[ "$(invoke "$bearer")" = 200 ]
	held "$PID"
	[ -z "$(by)" ]
	sluice journal verify || lost_a_key
	# what the file holds is nowhere
	refute grep -rqF 'one,two' "$W/posts" "$W/gateway.log" "$JOURNAL"
}

@test "a press by who asks, or with a token for another bot, leaves it held; the reviewer's ends it" {
	activity "$PAUL" approve
	[ "$(invoke "$(token)")" = 200 ]
	grep -q 'stands\? behind this request' "$W/answer"
	held "$PID"
	activity "$RITA" approve
	[ "$(invoke "$(token '{"aud":"0e0e0e0e-1111-2222-3333-444444444444"}')")" = 401 ]
	held "$PID"
	[ "$(invoke "$(token '{"key":"other"}')")" = 401 ]
	held "$PID"
	[ -z "$(by)" ]
	activity "$RITA" deny
	[ "$(invoke "$(token)")" = 200 ]
	exit_of "$PID" 1
	[ "$(by)" = 'rita A2 teams' ]
}

@test "a held process goes on when a client of the API answers for a reviewer, and not for who asks" {
	[ "$(decide pauls approve)" = 403 ]
	held "$PID"
	[ -z "$(by)" ]
	[ "$(decide tickets approve)" = 200 ]
	exit_of "$PID" 0
	cmp "$OUT" "$SECRET/rows"
	[ "$(by)" = 'rita A1 api' ]
}

# card_now: the texts of this request's card as it was edited last, in one line
card_now()
{
	local address last

	address=$(jq -r '.answer | "/" + (.id | @uri) + "/activities/" + .activityId' "$CARD")
	last=$(grep -lF "$address\"" "$W"/posts/*.json | tail -n 1)
	jq -r '[.body | .. | .text? // empty] | join("")' "$last"
}

card_says()
{
	card_now | grep -qF -- "$1"
}

# edits: how many there were, of all cards
edits()
{
	grep -lF '"method": "PUT"' "$W"/posts/*.json | wc -l
}

@test "what a reviewer revokes by the API ends at once, its card in Teams says so, and kill -9 forgets nothing of it" {
	local revoked before
	local script="read -r a <$SECRET/rows; echo first; read -r go <$ROOT/go; read -r b <$SECRET/rows; echo second
		read -r go <$ROOT/go2; read -r c <$SECRET/rows && echo third"
	deny "$ID"
	exit_of "$PID" 1
	set_policy "${RULES/Scope=once/Scope=process}" Duration=1h
	new_gate
	spawn paul bash -c "$script"
	wait_held "$PID"
	ID=$(request_for "$PID")
	wait_until "$PATIENCE" delivered
	CARD=$(grep -lF "\"rid\": \"$ID\"" "$W"/posts/*.json | head -n 1)
	DIGEST=$(jq -r '.body.activity.attachments[0].content.actions[0].data.d' "$CARD")
	activity "$RITA" approve 'process 3600'
	[ "$(invoke "$(token)")" = 200 ]
	wait_until "$PATIENCE" grep -q first "$OUT"
	wait_until "$PATIENCE" card_says Approved
	# within the time nobody is asked again
	open_gate
	wait_until "$PATIENCE" grep -q second "$OUT"
	journal_has ".type == \"grant.used\" and .request == \"$ID\""
	# by another channel than the one that approved it
	[ "$(sluice grants --json | jq length)" = 1 ]
	[ "$(decide tickets revoke)" = 200 ]
	[ "$(sluice grants --json | jq length)" = 0 ]
	journal_has ".type == \"grant.revoked\" and .request == \"$ID\" and .person == \"rita\" and .evidence.channel == \"api\""
	wait_until "$PATIENCE" card_says 'Revoked by  rita'
	card_says 'reason: ticket 4711'
	# the same process is asked about anew
	open_gate 2
	wait_held "$PID"
	refute grep -q third "$OUT"
	[ "$(request_for "$PID")" != "$ID" ]
	revoked=$(sluice show "$ID" --json | jq -r '.outcome, .revoked_by, .revoked, .revoked_reason')
	[[ $revoked == *'; revoked by rita'*rita*'ticket 4711' ]]
	before=$(edits)
	stop_sluiced
	run_sluiced
	wait_until "$PATIENCE" connected true
	[ "$(sluice show "$ID" --json | jq -r '.outcome, .revoked_by, .revoked, .revoked_reason')" = "$revoked" ]
	[ "$(sluice show "$ID" --json | jq .in_force)" = false ]
	held "$PID"
	# the gateway, which was told all of it again, has nothing new to say
	sleep 3
	[ "$(edits)" = "$before" ]
	deny_pid "$PID"
	exit_of "$PID" 1
	sluice journal verify || lost_a_key
}
