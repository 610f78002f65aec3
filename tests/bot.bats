#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# bot.bats: the bot in Teams, whole, in its sandbox, between a fake sluiced and a fake connector over TLS on loopback, with
# curl as Microsoft. BUILD names the folder with sluice-gateway and fake-sluiced. Run as root, the gateway gets the user
# "nobody".

DIGEST=3f9a22c1d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b
APP=0a0a0a0a-1111-2222-3333-444444444444
TENANT=0b0b0b0b-1111-2222-3333-444444444444
CARLA=0c0c0c0c-1111-2222-3333-444444444444
ERIN=0e0e0e0e-1111-2222-3333-444444444444
CHANNEL=19:abc@thread.tacv2
THREAD="$CHANNEL;messageid=1700000000001"

setup_file() {
	export TOOLS="$BATS_TEST_DIRNAME/tools"
	load gateway_stage
	stage_ca
	make_certificate host
	mkdir "$CA/keys"
	for i in 0 1; do openssl genrsa -out "$CA/keys/connector-$i.pem" 2048 2>/dev/null; done
}

setup() {
	load gateway_stage
	W="$BATS_TEST_TMPDIR"
	mkdir "$W/posts"
	cp "$CA/host.key" "$W/host.key"
	echo 'a~secret/word' >"$W/secret"
	chmod 0600 "$W/secret" "$W/host.key"
	stage_gateway "$W/secret" "$W/host.key"
	read -r PORT CONNECTOR < <(free_ports)
	URL="https://127.0.0.1:$PORT"
	BASE="https://127.0.0.1:$CONNECTOR"
	config
}

teardown() {
	stage_end
}

# No page: only what the bot needs.
config() {
	printf '%s\n' '[Web]' "Listen=127.0.0.1:$PORT" "PublicURL=$URL" "CertificateFile=$CA/host.pem" \
		"KeyFile=$W/host.key" '[TeamsBot]' "AppId=$APP" "Tenant=$TENANT" "SecretFile=$W/secret" \
		"Channel=$CHANNEL" "ServiceURL=$BASE/emea" "Authority=$BASE" \
		"Metadata=$BASE/v1/.well-known/openidconfiguration" "CAFile=$CA/ca.pem" >"$W/gateway.conf"
}

start_connector() {
	"$TOOLS/fake-connector" --port "$CONNECTOR" --app "$APP" --tenant "$TENANT" --secret 'a~secret/word' \
		--service "$BASE/emea/" --cert "$CA/host.pem" --key "$CA/host.key" --keys "$CA/keys" "$W/posts" \
		>>"$W/connector.log" 2>&1 3>&- &
	PIDS+=($!)
	wait_for curl -s --cacert "$CA/ca.pem" "$BASE/sign"
}

# The whole stage, with one request on a card.
everything() {
	start_connector
	start_sluiced
	run_gateway
	wait_for heard '^hello 1 teamsbot'
	wait_for asked 'GET /v1/.well-known/keys'
	order open r-abc123
	wait_for heard '^delivery r-abc123 teamsbot delivered'
	activity >"$W/activity"
}

heard() {
	grep -qE -- "$1" "$W/sluiced.log"
}

heard_twice() {
	[ "$(grep -cE -- "$1" "$W/sluiced.log")" = 2 ]
}

asked() {
	grep -qF -- "$1" "$W/posts/asked"
}

# In bats a plain "! command" fails no test.
refute() {
	if "$@"; then return 1; fi
}

# activity: what Teams sends when Carla presses Approve on the first card
activity() {
	jq -n --arg app "$APP" --arg tenant "$TENANT" --arg who "$CARLA" --arg thread "$THREAD" --arg d "$DIGEST" \
		--arg service "$BASE/emea/" '{
		type: "invoke", name: "adaptiveCard/action", id: "f:1", channelId: "msteams", serviceUrl: $service,
		from: {id: "29:1xyz", name: "Carla", aadObjectId: $who}, recipient: {id: "28:\($app)", name: "Sluice"},
		conversation: {id: $thread, conversationType: "channel", isGroup: true, tenantId: $tenant},
		channelData: {tenant: {id: $tenant}, channel: {id: "19:abc@thread.tacv2"}, team: {id: "19:team"}},
		replyToId: "1700000000001", locale: "en-US",
		value: {action: {type: "Action.Execute", verb: "sluice.approve",
			data: {rid: "r-abc123", d: $d, reason: "known partner"}}, trigger: "manual"}}'
}

# token [CLAIMS]: one of the Connector's
token() {
	curl -s --cacert "$CA/ca.pem" -G "$BASE/sign" --data-urlencode "${1:-{\}}"
}

# press [JQ [CLAIMS]]: the activity with that changed, and with the seal that this button has on a card, unless that says
# another; the status is printed, the answer goes to $W/answer
press() {
	jq -c "${1:-.}" "$W/activity" | jq -c --argjson seals "$(seals)" \
		'.value.action |= (.data.mac //= ($seals[.verb] // "none"))' >"$W/body"
	post "$(token "${2:-}")"
}

# {VERB: SEAL}: of the buttons of all cards that were posted
seals() {
	jq -sc '[.[] | .body | (.activity? // .) | .attachments[0].content.actions[]? | select(.verb) |
		{(.verb): .data.mac}] | add // {}' "$W"/posts/*.json
}

# post TOKEN: what is in $W/body
post() {
	curl -s --max-time 20 --cacert "$CA/ca.pem" -o "$W/answer" -w '%{http_code}' -H "Authorization: Bearer $1" \
		-H 'Content-Type: application/json' --data-binary "@$W/body" "$URL/api/messages"
}

answer() {
	jq -r "$1" "$W/answer"
}

verbs() {
	answer '[.value.actions[]?.verb // empty] | join(" ")'
}

decided() {
	grep -c '^decision ' "$W/sluiced.log" || true
}

record() {
	jq -r "$2" "$W/posts/$1.json"
}

@test "a card is posted with the bot's token, and the press of a button reaches sluiced with all that it rests on" {
	everything
	[ "$(record 0001 .method)" = POST ]
	[ "$(record 0001 .path)" = /emea/v3/conversations ]
	[ "$(record 0001 .body.channelData.channel.id)" = "$CHANNEL" ]
	[ "$(record 0001 .body.bot.id)" = "28:$APP" ]
	[ "$(record 0001 .body.tenantId)" = "$TENANT" ]
	[ "$(record 0001 '.body.activity | has("text")')" = false ]
	[ "$(record 0001 '.body.activity.attachments[0].content | .version, [.actions[].verb][]' | xargs)" = \
		'1.5 sluice.approve sluice.deny' ]
	[ "$(record 0001 '.body.activity.attachments[0].content.actions[0].data.d')" = "$DIGEST" ]
	order always 0 r-abc123 is approved
	[ "$(press)" = 200 ]
	wait_for heard "^decision teams A2 entra $TENANT $CARLA r-abc123 $DIGEST approve 1 300 SHA256:[^ ]* known partner\$"
	[ "$(answer .statusCode)" = 200 ]
	[ "$(answer .type)" = application/vnd.microsoft.card.adaptive ]
	[ -z "$(verbs)" ]
	grep -qF 'r-abc123 is approved' "$W/answer"
	grep -oP '^evidence \K.*' "$W/sluiced.log" >"$W/evidence"
	[ "$(jq -r .body_sha256 "$W/evidence")" = "$(sha256sum "$W/body" | cut -d' ' -f1)" ]
	[ "$(jq -r '.token | split(".")[1] | gsub("-";"+") | gsub("_";"/") | @base64d | fromjson | .aud' "$W/evidence")" = "$APP" ]
	# the card of all
	order close r-abc123 approved
	wait_for test -e "$W/posts/0002.json"
	[ "$(record 0002 .method)" = PUT ]
	[ "$(record 0002 .path)" = \
		'/emea/v3/conversations/19%3Aabc%40thread.tacv2%3Bmessageid%3D1700000000001/activities/1700000000001' ]
	[ "$(record 0002 '.body.attachments[0].content | (.actions // []) | length')" = 0 ]
	grep -qF 'erin' "$W/posts/0002.json"
	refute grep -rqF -e 'secret/word' -e 'bot-token' "$W/gateway.log"
}

@test "how far an approval goes is chosen on the card, and no further than the rule" {
	everything
	[ "$(record 0001 '[.body.activity.attachments[0].content.body[] | select(.id == "limit") | .choices[].value] | join(",")')" = \
		'once 300,process 300' ]
	[ "$(press '.value.action.data.limit = "executable 300"')" = 200 ]
	grep -qF 'not among those to choose from' "$W/answer"
	[ "$(decided)" = 0 ]
	order always 0 r-abc123 is approved
	[ "$(press '.value.action.data.limit = "process 300"')" = 200 ]
	wait_for heard "^decision teams A2 entra $TENANT $CARLA r-abc123 $DIGEST approve 2 300 SHA256:"
}

@test "after the decision nothing decides any more: not the same message, not a second click" {
	everything
	order always 0 r-abc123 is approved
	jq -c --argjson seals "$(seals)" '.value.action.data.mac = $seals["sluice.approve"]' "$W/activity" >"$W/body"
	TOKEN=$(token)
	[ "$(post "$TOKEN")" = 200 ]
	order close r-abc123 approved
	wait_for test -e "$W/posts/0002.json"
	[ "$(post "$TOKEN")" = 200 ]
	[ -z "$(verbs)" ]
	[ "$(press '.value.action.verb = "sluice.deny"')" = 200 ]
	[ -z "$(verbs)" ]
	[ "$(decided)" = 1 ]
}

@test "what was approved and is in force has a button to revoke it, and that is no denial of what waits" {
	everything
	order always 0 it is revoked
	[ "$(press '.value.action.verb = "sluice.revoke"')" = 200 ]
	[ "$(decided)" = 0 ]
	order force r-abc123
	wait_for test -e "$W/posts/0002.json"
	[ "$(record 0002 '.body.attachments[0].content.actions | map(.verb) | join(" ")')" = sluice.revoke ]
	[ "$(press '.value.action.verb = "sluice.deny"')" = 200 ]
	[ "$(decided)" = 0 ]
	[ "$(press '.value.action.verb = "sluice.revoke" | .value.trigger = "automatic"')" = 200 ]
	[ "$(decided)" = 0 ]
	[ "$(press '.value.action.verb = "sluice.revoke"')" = 200 ]
	wait_for heard "^decision teams A2 entra $TENANT $CARLA r-abc123 $DIGEST revoke 0 0 SHA256:[^ ]* known partner\$"
	grep -qF 'it is revoked' "$W/answer"
}

# on_card RECORD: for press(): what makes it one on the card of that post
on_card() {
	record "$1" '@json ".conversation.id = \(.answer.id) | .replyToId = \(.answer.activityId)"'
}

revoked_on() {
	[ "$(press "$(on_card "$1") | .value.action.verb = \"sluice.revoke\"")" = 200 ]
	wait_for heard "^decision teams A2 entra $TENANT $CARLA r-abc123 $DIGEST revoke 0 0 SHA256:"
}

@test "where the card of the question is gone, the one that is posted anew says how it ended, and its button revokes" {
	everything
	order always 0 it is revoked
	mode status=404
	order force r-abc123
	wait_for records_are 2
	[ "$(record 0002 .method)" = POST ]
	revoked_on 0002
}

@test "where the card of the question is gone, the one that is posted anew says what was revoked, and its button revokes the rest" {
	everything
	order always 0 it is revoked
	kill_gateway
	order revoke r-abc123
	order force r-abc123 # and is in force: it was revoked in part
	mode status=404
	run_gateway
	wait_for records_are 2
	[ "$(record 0002 .method)" = POST ]
	text_of 0002 | grep -qF 'Partly revoked by'
	wait_for asked_twice 'GET /v1/.well-known/keys'
	revoked_on 0002
}

asked_twice() {
	[ "$(grep -cF -- "$1" "$W/posts/asked")" = 2 ]
}

@test "when more people are asked, that is a card of its own, whose buttons decide as well" {
	everything
	order always 0 taken
	order escalate r-abc123
	wait_for records_are 2
	[ "$(record 0002 .method)" = POST ]
	[ "$(press "$(on_card 0002)")" = 200 ]
	wait_for heard "^decision teams A2 entra $TENANT $CARLA r-abc123 $DIGEST approve 1 300 SHA256:"
}

# The texts of card $1, in one line.
text_of() {
	record "$1" '[.. | .text? // empty] | join("")'
}

@test "when what was approved is revoked, the card says by whom and when, once, and has no button any more" {
	everything
	order force r-abc123
	wait_for test -e "$W/posts/0002.json"
	order revoke r-abc123
	wait_for test -e "$W/posts/0003.json"
	[ "$(record 0003 .method)" = PUT ]
	[ "$(record 0003 .path)" = "$(record 0002 .path)" ]
	[ "$(record 0003 '.body.attachments[0].content | has("actions") or has("refresh")')" = false ]
	[ "$(record 0003 '.body.attachments[0].content.body[0].text')" = Revoked ]
	text_of 0003 | grep -qE 'Revoked by  ruth, 20[0-9-]{8} [0-9:]{8} UTC, reason: wrong partner'
	# the button of the card that somebody still sees
	[ "$(press '.value.action.verb = "sluice.revoke"')" = 200 ]
	[ -z "$(verbs)" ]
	# sluiced tells it again
	order drop
	wait_for heard_twice '^hello'
	sleep 1
	[ ! -e "$W/posts/0004.json" ]
}

kill_gateway() {
	kill -9 "$GATEWAY"
	wait "$GATEWAY" || true
}

hellos_are() {
	[ "$(grep -c '^hello' "$W/sluiced.log")" = "$1" ]
}

records_are() {
	[ "$(find "$W/posts" -name '*.json' | wc -l)" = "$1" ]
}

# stay N HELLOS: there are N posts and edits, and after another kill and start no other comes.
stay() {
	wait_for records_are "$1"
	kill_gateway
	run_gateway
	wait_for hellos_are "$2"
	sleep 1
	records_are "$1"
}

mode() {
	echo "$1" >"$W/posts/mode.new"
	mv "$W/posts/mode.new" "$W/posts/mode"
}

@test "killed before the connector has taken the card: it is posted once" {
	start_connector
	start_sluiced
	mode status=503
	run_gateway
	wait_for heard '^hello 1 teamsbot'
	order open r-abc123
	wait_for heard '^delivery r-abc123 teamsbot retrying 1'
	kill_gateway
	records_are 0
	run_gateway
	wait_for heard '^delivery r-abc123 teamsbot delivered 1'
	stay 1 3
	[ "$(record 0001 .method)" = POST ]
}

@test "killed while the card is edited, and before the edit is taken: it is edited once it is back, in its place" {
	everything
	mode slow=20
	order force r-abc123
	wait_for records_are 2
	kill_gateway # it has not heard that the answer was taken
	run_gateway
	wait_for records_are 3
	[ "$(record 0003 '.method, .path')" = "$(record 0002 '.method, .path')" ]
	[ "$(record 0003 .body)" = "$(record 0002 .body)" ]
	stay 3 3
	mode status=503
	order revoke r-abc123
	wait_for test ! -e "$W/posts/mode"
	kill_gateway
	records_are 3
	run_gateway
	wait_for records_are 4
	[ "$(record 0004 .path)" = "$(record 0002 .path)" ]
	text_of 0004 | grep -qF 'Revoked by  ruth'
	stay 4 5
}

@test "revoked while the gateway is killed: the card is replaced once, with the last word only" {
	everything
	kill_gateway
	order force r-abc123
	order revoke r-abc123
	run_gateway
	wait_for records_are 2
	[ "$(record 0002 .method)" = PUT ]
	text_of 0002 | grep -qF 'Approved by  erin'
	text_of 0002 | grep -qF 'Revoked by  ruth'
	stay 2 3
}

# refused STATUS [JQ [CLAIMS]]: it decides nothing
refused() {
	[ "$(press "${2:-.}" "${3:-}")" = "$1" ]
	[ "$(decided)" = 0 ]
}

@test "what is not Microsoft's, not for this bot, or no button of this card decides nothing" {
	local other=0d0d0d0d-1111-2222-3333-444444444444
	everything
	order always 0 taken
	refused 401 . '{"key":"other"}'
	refused 401 . '{"header":{"kid":"k9"}}'
	refused 401 . '{"header":{"alg":"none"}}'
	refused 401 . "{\"aud\":\"$other\"}"
	refused 401 . '{"iss":"https://login.evil.example"}'
	refused 401 . '{"exp":1700000000}'
	refused 401 . '{"exp":null}'
	refused 401 . '{"serviceurl":null}'
	refused 403 . '{"serviceurl":"https://smba.trafficmanager.net/emea/"}'
	refused 403 '.channelId = "webchat"'
	refused 403 ".recipient.id = \"28:$other\""
	refused 403 ".conversation.tenantId = \"$other\""
	refused 403 ".channelData.tenant.id = \"$other\""
	refused 403 '.serviceUrl = "https://evil.example/"'
	refused 403 '.serviceUrl = "https://evil.example/"' '{"serviceurl":"https://evil.example/"}'
	refused 200 '.type = "message"'
	[ ! -s "$W/answer" ]
	refused 200 '.value.trigger = "automatic"'
	[ "$(answer '"\(.statusCode) \(.type)"')" = '400 application/vnd.microsoft.error' ]
	refused 200 '.value.action.data.mac = "00"'
	[ "$(answer .statusCode)" = 400 ]
	refused 200 ".value.action.data.mac = \"$(seals | jq -r '."sluice.deny"')\""
	[ "$(answer .statusCode)" = 400 ]
	refused 200 '.conversation.id = "19:xyz@thread.tacv2;messageid=1700000000001"'
	[ "$(answer .statusCode)" = 400 ]
	refused 200 '.replyToId = "1700000000002"'
	[ "$(answer .statusCode)" = 400 ]
	refused 200 'del(.from.aadObjectId)'
	[ "$(answer .type)" = application/vnd.microsoft.activity.message ]
	refused 200 '.value.action.data.d = "0000"'
	[ "$(answer .type)" = application/vnd.microsoft.activity.message ]
	refused 200 '.value.action.data.rid = "r-other1"'
	printf '{' >"$W/body"
	[ "$(post "$(token)")" = 400 ]
	head -c 140000 /dev/zero | tr '\0' ' ' >"$W/body"
	[ "$(post "$(token)")" = 413 ]
	[ "$(curl -s --cacert "$CA/ca.pem" -o /dev/null -w '%{http_code}' -d '{}' "$URL/api/messages")" = 401 ]
	[ "$(curl -s --cacert "$CA/ca.pem" -o /dev/null -w '%{http_code}' "$URL/api/messages")" = 405 ]
	[ "$(curl -s --cacert "$CA/ca.pem" -o /dev/null -w '%{http_code}' "$URL/")" = 404 ]
	[ "$(decided)" = 0 ]
	# and the neighbour of all these
	[ "$(press)" = 200 ]
	[ "$(decided)" = 1 ]
	refute grep -qE 'eyJ|Bearer' "$W/gateway.log"
}

# keys_asked N: the Connector's keys were asked for so many times
keys_asked() {
	[ "$(grep -c 'GET /v1/.well-known/keys' "$W/posts/asked")" = "$1" ]
}

rolled_over() {
	[ "$(press . '{"key":"other","header":{"kid":"k2"}}')" = 200 ]
}

@test "made-up keys cause few questions, and do not keep a new one out" {
	everything
	order always 0 taken
	sleep 11 # keys are not asked for again sooner
	# who does not know for whom a token should be causes nothing
	for _ in 1 2 3; do refused 401 . '{"header":{"kid":"k9"},"aud":"0d0d0d0d-1111-2222-3333-444444444444"}'; done
	sleep 0.5
	keys_asked 1
	for _ in {1..8}; do refused 401 . '{"header":{"kid":"k9"}}'; done
	wait_for keys_asked 2
	# the keys roll over in the moment in which a stranger has used up what may be asked
	echo roll >"$W/posts/mode"
	refute rolled_over
	keys_asked 2
	for _ in {1..8}; do refused 401 . '{"header":{"kid":"k9"}}'; done
	wait_for rolled_over || wait_for rolled_over
	keys_asked 3
	[ "$(decided)" = 1 ]
}

@test "who has the bot's secret and its token decides nothing" {
	everything
	order always 0 taken
	jq -c . "$W/activity" >"$W/body"
	# what Entra gives for the secret, and what it signs for the bot
	[ "$(post bot-token-1)" = 401 ]
	refused 401 . "{\"iss\":\"https://sts.windows.net/$TENANT/\",\"aud\":\"https://api.botframework.com\",\"appid\":\"$APP\"}"
	refused 401 . "{\"iss\":\"https://login.microsoftonline.com/$TENANT/v2.0\"}"
	refute grep -rqF -e 'secret/word' -e 'bot-token' "$W/gateway.log"
	[ "$(press)" = 200 ]
	[ "$(decided)" = 1 ]
}

@test "who asks is shown no buttons, others are; a refresh decides nothing" {
	start_connector
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	wait_for asked 'GET /v1/.well-known/keys'
	order behind "$TENANT" "$CARLA"
	order open r-abc123
	wait_for heard '^delivery r-abc123 teamsbot delivered'
	activity >"$W/activity"
	[ "$(press '.value.action.verb = "sluice.view" | .value.trigger = "automatic"')" = 200 ]
	[ -z "$(verbs)" ]
	grep -qF 'you stand behind this request' "$W/answer"
	[ "$(press ".from.aadObjectId = \"$ERIN\" | .value.action.verb = \"sluice.view\" | .value.trigger = \"automatic\"")" = 200 ]
	[ "$(verbs)" = 'sluice.approve sluice.deny' ]
	[ "$(answer .value.refresh.action.verb)" = sluice.view ]
	[ "$(decided)" = 0 ]
}

@test "when sluiced is slow the answer is there in two seconds, and says so" {
	local begin
	everything
	begin=$(date +%s%N)
	[ "$(press)" = 200 ]
	[ $((($(date +%s%N) - begin) / 1000000)) -lt 8000 ]
	grep -qF 'is being decided' "$W/answer"
	[ -z "$(verbs)" ]
	# Teams may send it again, or the person press again
	[ "$(press)" = 200 ]
	grep -qF 'is being decided' "$W/answer"
	[ "$(decided)" = 1 ]
	order answer 0 r-abc123 is approved
	order close r-abc123 approved
	wait_for test -e "$W/posts/0002.json"
}

@test "what sluiced refuses is told, and so is that it is not there" {
	everything
	order always 13 'carla is not among the reviewers of this request'
	[ "$(press)" = 200 ]
	grep -qF 'carla is not among the reviewers' "$W/answer"
	[ -z "$(verbs)" ]
	order always 126 'the rule wants a reason; state one'
	[ "$(press 'del(.value.action.data.reason)')" = 200 ]
	[ "$(answer '"\(.type) \(.value)"')" = \
		'application/vnd.microsoft.activity.message the rule wants a reason; state one' ]
	kill "$SLUICED"
	wait_for grep -q 'connection to sluiced ended' "$W/gateway.log"
	[ "$(press)" = 200 ]
	[[ "$(answer .value)" == *'the agent does not answer'* ]]
}

@test "a card is replaced when the request expires, and buttons hold over a restart of the gateway" {
	everything
	kill "$GATEWAY"
	wait "$GATEWAY" || true
	: >"$W/posts/asked"
	run_gateway
	wait_for asked 'GET /v1/.well-known/keys'
	wait_for heard_twice '^hello'
	wait_for heard '^delivery r-abc123 teamsbot delivered 0' # told again after the hello
	order always 0 1 of 2 approvals
	[ "$(press)" = 200 ]
	[ "$(decided)" = 1 ]
	order close r-abc123 expired
	wait_for test -e "$W/posts/0002.json"
	[ "$(record 0002 .method)" = PUT ]
	[ "$(press ".from.aadObjectId = \"$ERIN\"")" = 200 ]
	[ -z "$(verbs)" ]
	[ "$(decided)" = 1 ]
}

@test "the bot's token is got anew when it is refused, and a post is tried again" {
	start_connector
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	echo status=401 >"$W/posts/mode"
	order open r-abc123
	wait_for heard '^delivery r-abc123 teamsbot delivered'
	[ "$(grep -c 'oauth2/v2.0/token' "$W/posts/asked")" = 2 ]
	echo status=412 >"$W/posts/mode"
	order open r-def456
	wait_for heard '^delivery r-def456 teamsbot retrying 1 HTTP 412 Told'
	wait_for heard '^delivery r-def456 teamsbot delivered'
	[ "$(grep -c 'oauth2/v2.0/token' "$W/posts/asked")" = 2 ]
}

@test "without a token nothing is posted, and why is told" {
	start_connector
	echo refuse >"$W/posts/mode"
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	order open r-abc123
	wait_for heard '^delivery r-abc123 teamsbot retrying 1 Microsoft gives the bot no token: HTTP 401, invalid_client'
	[ ! -e "$W/posts/0001.json" ]
	rm "$W/posts/mode"
	wait_for heard '^delivery r-abc123 teamsbot delivered'
}

@test "--test-card posts a card without buttons" {
	start_connector
	run "${RUN_AS[@]}" "$BUILD/sluice-gateway" --config "$W/gateway.conf" --test-card
	echo "$output"
	[ "$status" = 0 ]
	[ "$(record 0001 '.body.activity.attachments[0].content | has("actions"), has("refresh")' | xargs)" = 'false false' ]
}

# not_taken TEXT SED: the settings with that changed
not_taken() {
	config
	sed -i "$2" "$W/gateway.conf"
	run "${RUN_AS[@]}" "$BUILD/sluice-gateway" --config "$W/gateway.conf" --check
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"$1"* ]]
	[[ $output != *secret/word* ]]
}

@test "settings that would not be safe are refused" {
	run "${RUN_AS[@]}" "$BUILD/sluice-gateway" --config "$W/gateway.conf" --check
	[ "$status" = 0 ]
	[[ $output == *"bot at $URL/api/messages"* ]]
	[[ $output != *'page at'* ]]
	not_taken 'needs AppId=' '/^AppId=/d'
	not_taken 'is not the id of the bot' 's/^AppId=.*/AppId=sluice/'
	not_taken 'is no directory id' 's/^Tenant=.*/Tenant=contoso.example/'
	not_taken "is no channel's id" 's/^Channel=.*/Channel=General/'
	not_taken "is no channel's id" 's/^Channel=.*/Channel=19:a";x/'
	not_taken "at no host of Microsoft's" 's|^ServiceURL=.*|ServiceURL=https://smba.trafficmanager.net.evil.example/|'
	not_taken 'must be https' 's|^ServiceURL=.*|ServiceURL=http://smba.trafficmanager.net/emea/|'
	not_taken 'AllowLoopbackHttp=yes' 's|^ServiceURL=.*|ServiceURL=http://127.0.0.1:1/|'
	not_taken 'must be https' 's|^Authority=.*|Authority=http://login.microsoftonline.com|'
	not_taken 'must be https' 's|^Metadata=.*|Metadata=http://login.botframework.com/x|'
	not_taken 'needs a section [Web]' '/^\[Web\]/,/^KeyFile/d'
	not_taken 'belong together' 's|^PublicURL=|Issuer=https://id.example\nPublicURL=|'
	# shellcheck disable=SC2016 # the end of the file
	not_taken 'serves nobody' '/^\[TeamsBot\]/,$d'
	not_taken 'the section [TeamsBot] has no name' 's/^\[TeamsBot\]/[TeamsBot two]/'
	config
	sed -n '/TeamsBot/,$p' "$W/gateway.conf" >"$W/second"
	cat "$W/second" >>"$W/gateway.conf"
	run "${RUN_AS[@]}" "$BUILD/sluice-gateway" --config "$W/gateway.conf" --check
	[[ $output == *'a second section [TeamsBot]'* ]]
	config
	sed -i 's|^ServiceURL=.*|ServiceURL=https://smba.trafficmanager.net/emea|' "$W/gateway.conf"
	run "${RUN_AS[@]}" "$BUILD/sluice-gateway" --config "$W/gateway.conf" --check
	[ "$status" = 0 ]
	chmod 0644 "$W/secret"
	not_taken 'is open to others' ''
}
