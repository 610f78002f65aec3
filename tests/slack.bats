#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# slack.bats: sluice-gateway whole, in its sandbox, between a fake sluiced and a fake Slack over TLS on loopback: what is
# posted, what people press, and what comes of it. BUILD names the folder with sluice-gateway and fake-sluiced. Run as
# root, the gateway gets the user "nobody".

DIGEST=3f9a22c1d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b
ERIN=U2147483697

setup_file() {
	export TOOLS="$BATS_TEST_DIRNAME/tools"
	load gateway_stage
	stage_ca
	make_ca other
	make_certificate host
}

setup() {
	load gateway_stage
	load slack_stage
	stage_slack
}

teardown() {
	stage_end
}

# The texts of the last message of METHOD, in one line.
text_of() {
	call "$1" '[.body.blocks[] | if .type == "header" then .text.text elif .type == "rich_text" then [.elements[].elements[].text] | add else [.elements[].text.text // empty] | join("|") end] | join("\n")'
}

# connected N: so often
connected() {
	[ "$(grep -c 'slack: connected' "$W/gateway.log")" = "$1" ]
}

decisions() {
	[ "$(grep -c '^decision' "$W/sluiced.log")" = "$1" ]
}

decided() {
	heard "^decision slack A2 slack $TEAM $ERIN r-abc123 $DIGEST $1 "
}

@test "a question is posted, a press decides it, the message becomes the answer" {
	everything
	[ "$(call chat.postMessage .token)" = xoxb-SECRET ]
	[ "$(call chat.postMessage .body.channel)" = C024BE91L ]
	text_of chat.postMessage | grep -qF 'Approval needed: sending labeled data to the network'
	text_of chat.postMessage | grep -qF 'sluice approve r-abc123 3f9a22c1'
	text_of chat.postMessage | grep -qxF 'Approve|Deny'
	[ "$(control press '{"action":"approve"}' | jq -c '[.ack.payload, .late]')" = '[null,false]' ]
	wait_for decided approve
	grep -qE 'approve 1 300 SHA256:' "$W/sluiced.log"
	[ "$(grep '^evidence' "$W/sluiced.log" | cut -d' ' -f2- | jq -rc '[.kind,.team,.user,.channel,.way.kind]')" = \
		'["slack","T024BE7LD","U2147483697","C024BE91L","socket"]' ]
	refute grep -q 'SECRET' "$W/sluiced.log"
	order close r-abc123 approved
	wait_for called chat.update 1
	[ "$(call chat.update .body.ts)" = "$(call chat.postMessage .answer.ts)" ]
	text_of chat.update | grep -qF 'Approved by  erin'
	refute grep -qF '"actions"' <<<"$(call chat.update)"
	[ "$(calls response)" = 0 ]
	refute logged SECRET
}

# press JSON: and say what it was acknowledged with
press() {
	control press "$1" | jq -c '[.ack.payload, .late]'
}

# What the person was told, and only the person.
told() {
	[ "$(call response .body.response_type)" = ephemeral ] && [ "$(call response .body.replace_original)" = false ] &&
		[ "$(call response '.body.blocks[0].text.type')" = plain_text ] && call response '.body.blocks[0].text.text' | grep -qF "$1"
}

# refused JSON TEXT: a press that decides nothing, of which the person hears
refused() {
	local before
	before=$(calls response)
	[ "$(press "$1")" = '[null,false]' ]
	wait_for called response $((before + 1))
	told "$2"
	refute heard '^decision'
}

@test "how far an approval goes is chosen beside the button, and no further than the rule" {
	everything
	[ "$(call chat.postMessage '[.body.blocks[-1].elements[0].options[].value] | join(",")')" = 'once 300,process 300' ]
	refused '{"action":"approve","choose":"process 300","change":{"state.values.decide.limit.selected_option.value":"executable 300"}}' \
		'not among those to choose from'
	# choosing alone decides nothing, and is not even told of
	[ "$(press '{"action":"limit"}')" = '[null,false]' ]
	[ "$(calls response)" = 1 ]
	press '{"action":"approve","choose":"process 300"}'
	wait_for decided approve
	grep -qE 'approve 2 300 SHA256:' "$W/sluiced.log"
}

@test "a press denies" {
	everything
	press '{"action":"deny"}'
	wait_for decided deny
	grep -qE 'deny 0 0 SHA256:' "$W/sluiced.log"
	[ "$(calls response)" = 0 ]
}

@test "what was approved and is in force has a button to revoke it, and that is no denial of what waits" {
	everything
	refused '{"action":"deny","change":{"actions.0.action_id":"revoke"}}' 'not approved'
	order force r-abc123
	wait_for called chat.update 1
	text_of chat.update | grep -qxF 'Revoke'
	order always 0 it is revoked
	[ "$(press '{"action":"revoke"}')" = '[null,false]' ]
	wait_for decided revoke
	grep -qE 'revoke 0 0 SHA256:' "$W/sluiced.log"
	[ "$(grep -c '^decision' "$W/sluiced.log")" = 1 ]
}

# anew: the message of the question is gone, so that the next update is refused
anew() {
	control answer '{"method":"chat.update","answer":{"ok":false,"error":"message_not_found"}}'
}

# On the second message.
revoked_by_press() {
	[ "$(press '{"action":"revoke","ts":"1795365000.000002"}')" = '[null,false]' ]
	wait_for decided revoke
}

@test "where the message of the question is gone, the one that is posted anew says how it ended, and its button revokes" {
	everything
	anew
	order force r-abc123
	wait_for called chat.postMessage 2
	text_of chat.postMessage | grep -qxF 'Revoke'
	revoked_by_press
}

@test "where the message of the question is gone, the one that is posted anew says what was revoked, and its button revokes the rest" {
	everything
	kill_gateway
	order revoke r-abc123
	order force r-abc123 # and is in force: it was revoked in part
	anew
	run_gateway
	wait_for called chat.postMessage 2
	text_of chat.postMessage | grep -qF 'Partly revoked by'
	wait_for connected 2
	revoked_by_press
}

@test "when more people are asked, that is a message of its own, whose buttons decide as well" {
	everything
	order escalate r-abc123
	wait_for called chat.postMessage 2
	[ "$(press '{"action":"approve","ts":"1795365000.000002"}')" = '[null,false]' ]
	wait_for decided approve
}

@test "when what was approved is revoked, the message says by whom and when, once, and has no button any more" {
	everything
	order force r-abc123
	wait_for called chat.update 1
	order revoke r-abc123
	wait_for called chat.update 2
	[ "$(call chat.update .body.ts)" = "$(call chat.postMessage .answer.ts)" ]
	[ "$(call chat.update '.body.blocks[0].text.text')" = Revoked ]
	text_of chat.update | paste -sd '' | grep -qE 'Revoked by  ruth, 20[0-9-]{8} [0-9:]{8} UTC, reason: wrong partner'
	refute grep -qF '"actions"' <<<"$(call chat.update)"
	# sluiced tells it again
	order drop
	wait_for hellos_are 2
	sleep 1
	[ "$(calls chat.update)" = 2 ]
}

kill_gateway() {
	kill -9 "$GATEWAY"
	wait "$GATEWAY" || true
}

hellos_are() {
	[ "$(grep -c '^hello' "$W/sluiced.log")" = "$1" ]
}

messages() {
	echo "$(calls chat.postMessage) $(calls chat.update)"
}

messages_are() {
	[ "$(messages)" = "$1" ]
}

# stay POSTS UPDATES HELLOS: there are so many, and after another kill and start no other comes.
stay() {
	wait_for messages_are "$1 $2"
	kill_gateway
	run_gateway
	wait_for hellos_are "$3"
	sleep 1
	messages_are "$1 $2"
}

@test "killed before Slack has taken the message: it is posted once" {
	start_slack
	start_sluiced
	run_gateway
	wait_for heard '^hello 1 slack$'
	control answer '{"method":"chat.postMessage","status":503,"answer":{"ok":false,"error":"service_unavailable"}}'
	order open r-abc123
	wait_for heard '^delivery r-abc123 slack retrying 1'
	kill_gateway
	messages_are '1 0'
	run_gateway
	wait_for heard '^delivery r-abc123 slack delivered 1'
	stay 2 0 3
}

@test "killed while a message is updated, and before that is taken: it is updated once it is back, in its place" {
	everything
	control slow '{"method":"chat.update","seconds":20}'
	order force r-abc123
	wait_for messages_are '1 1'
	call chat.update .body >"$W/first"
	kill_gateway # it has not heard that the answer was taken
	run_gateway
	wait_for messages_are '1 2'
	call chat.update .body | cmp - "$W/first"
	stay 1 2 3
	control answer '{"method":"chat.update","status":503,"answer":{"ok":false,"error":"service_unavailable"}}'
	order revoke r-abc123
	wait_for messages_are '1 3'
	kill_gateway
	run_gateway
	wait_for messages_are '1 4'
	[ "$(call chat.update .body.ts)" = "$(call chat.postMessage .answer.ts)" ]
	text_of chat.update | paste -sd '' | grep -qF 'Revoked by  ruth'
	stay 1 4 5
}

@test "revoked while the gateway is killed: the message is replaced once, with the last word only" {
	everything
	kill_gateway
	order force r-abc123
	order revoke r-abc123
	run_gateway
	wait_for messages_are '1 1'
	text_of chat.update | paste -sd '' | grep -qF 'Revoked by  ruth'
	stay 1 1 3
}

@test "what sluiced refuses, the person alone is told" {
	everything
	order always 1 'dana asked: <!channel> nobody approves their own request'
	[ "$(press '{"action":"approve"}')" = '[null,false]' ]
	wait_for called response 1
	told 'dana asked: <!channel> nobody approves their own request'
	[ "$(call response .body.text)" = 'About your answer' ]
	[ "$(calls chat.update)" = 0 ]
	logged 'approval of r-abc123 by U2147483697: dana asked'
}

@test "a reason that the rule wants is asked for in a form, and goes along" {
	start_slack
	start_sluiced
	run_gateway
	wait_for logged 'slack: connected'
	order always 0 taken
	order open r-abc123 600 2 1 1
	wait_for heard '^delivery r-abc123 slack delivered'
	[ "$(press '{"action":"approve"}')" = '[null,false]' ]
	wait_for called views.open 1
	[ "$(call views.open '.body.view | [.title.text, .private_metadata] | join("; ")')" = \
		"Approve r-abc123; approve r-abc123 $DIGEST" ]
	refute heard '^decision'
	[ "$(control submit '{"reason":"checked with the owner","choose":"process 300"}' | jq -c '[.ack.payload, .late]')" = \
		'[null,false]' ]
	wait_for decided approve
	heard ' approve 2 300 SHA256:'
	heard 'SHA256:[^ ]+ checked with the owner$'
	[ "$(calls response)" = 0 ]
}

@test "a refusal is shown in the form; a form that waits too long says so in time" {
	start_slack
	start_sluiced
	run_gateway
	wait_for logged 'slack: connected'
	order open r-abc123 600 2 1 1
	wait_for heard '^delivery r-abc123 slack delivered'
	press '{"action":"deny"}'
	wait_for called views.open 1
	[ "$(control submit '{"reason":"x"}' | jq -r '.ack.payload.errors.reason')" = \
		"It was sent, and the agent has not answered yet. The message will show whether it was decided." ]
	order answer 114 too late to be told
	order always 1 'not a reviewer'
	[ "$(control submit '{"reason":"x"}' | jq -c '.ack.payload')" = \
		'{"response_action":"errors","errors":{"reason":"not a reviewer"}}' ]
	[ "$(control submit "{\"reason\":\"$(printf 'ä%.0s' {1..400})\"}" | jq -r '.ack.payload.errors.reason')" = \
		'The reason is too long; shorten it.' ]
	control submit '{"reason":"two\nlines"}' | jq -r '.ack.payload.errors.reason' | grep -qF 'one line'
	[ "$(grep -c '^decision' "$W/sluiced.log")" = 2 ]
	[ "$(calls response)" = 0 ]
}

@test "whoever is of another team, of an enterprise, or no user is not heard" {
	everything
	[ "$(press '{"action":"approve","change":{"user.team_id":"T9"}}')" = '[null,false]' ]
	[ "$(press '{"action":"approve","change":{"team.id":"T9"}}')" = '[null,false]' ]
	[ "$(press '{"action":"approve","change":{"team":null,"enterprise":{"id":"E1"}}}')" = '[null,false]' ]
	[ "$(press '{"action":"approve","change":{"is_enterprise_install":true}}')" = '[null,false]' ]
	[ "$(press '{"action":"approve","user":"B024BE7LD"}')" = '[null,false]' ]
	[ "$(grep -c 'refused what somebody did' "$W/gateway.log")" = 5 ]
	press '{"action":"approve"}'
	wait_for decided approve
	[ "$(grep -c '^decision' "$W/sluiced.log")" = 1 ]
}

@test "only the message that was posted, and the request as it was seen, can be decided on" {
	everything
	local wrong=${DIGEST/3f9a/3f9b}
	refused '{"action":"approve","change":{"container.message_ts":"1795365000.999999"}}' 'not the message'
	refused '{"action":"approve","change":{"container.channel_id":"C9AAA","channel.id":"C9AAA"}}' 'not the message'
	refused "{\"action\":\"approve\",\"change\":{\"actions.0.value\":\"r-abc123 $wrong\"}}" 'not the request that is open now'
	refused "{\"action\":\"approve\",\"change\":{\"actions.0.value\":\"r-other $DIGEST\"}}" 'not known here'
	order open r-two
	wait_for heard '^delivery r-two slack delivered'
	refused "{\"action\":\"approve\",\"change\":{\"actions.0.value\":\"r-abc123 $DIGEST\"}}" 'not the message'
	press '{"action":"approve","ts":"1795365000.000001"}'
	wait_for decided approve
}

@test "a closed request is not decided on again" {
	everything
	order close r-abc123 denied
	wait_for called chat.update 1
	order open r-two
	wait_for heard '^delivery r-two slack delivered'
	refused "{\"action\":\"approve\",\"change\":{\"actions.0.value\":\"r-abc123 $DIGEST\",\"container.message_ts\":\"1795365000.000001\"}}" \
		'closed, or not known here'
}

@test "what takes more than a button has none to approve, and a made-up press is refused" {
	everything r-abc123 600 3
	text_of chat.postMessage | grep -qxF Deny
	refused "{\"action\":\"deny\",\"change\":{\"actions.0.action_id\":\"approve\"}}" 'more than a button'
	order hostile r-hostile
	wait_for heard '^delivery r-hostile slack delivered'
	text_of chat.postMessage | grep -qxF Deny
	refused "{\"action\":\"deny\",\"change\":{\"actions.0.action_id\":\"approve\"}}" 'more than a button'
	press '{"action":"deny","ts":"1795365000.000001"}'
	wait_for decided deny
}

@test "a press that comes twice is taken once" {
	everything
	local change='"change":{"actions.0.action_ts":"1795365001.1"}'
	press "{\"action\":\"approve\",$change}"
	wait_for decided approve
	[ "$(press "{\"action\":\"approve\",$change}")" = '[null,false]' ]
	press '{"action":"approve"}' # a second one of the same person is for sluiced to refuse
	wait_for decisions 2
}

@test "Slack ends a connection: the next one is there before, and nothing is lost" {
	everything
	control disconnect '{"reason":"refresh_requested"}'
	wait_for called apps.connections.open 2
	wait_for connected 2
	wait_for sockets 1
	[ "$(control sockets | jq .peak)" = 2 ]
	press '{"action":"approve"}'
	wait_for decided approve
}

@test "a connection that breaks is made again, and Slack's refusals are not run against" {
	everything
	control answer '{"method":"apps.connections.open","answer":{"ok":false,"error":"internal_error"}}'
	control hang-up
	wait_for logged 'trying on: Slack says internal_error|trying on: the other end closed it'
	wait_for called apps.connections.open 3
	wait_for connected 2
	press '{"action":"approve"}'
	wait_for decided approve
	[ "$(calls apps.connections.open)" = 3 ]
}

@test "messages that are no envelope, and envelopes of other kinds, are survived" {
	everything
	control envelope '{"type":"hello"}'
	control envelope '{"type":"interactive"}'
	control envelope '{"type":"interactive","envelope_id":7,"payload":[]}'
	control envelope '{"type":"slash_commands","envelope_id":"e-x","payload":{"command":"/x"}}'
	[ "$(control payload '{"payload":[]}' | jq -c '.late')" = false ]
	[ "$(control payload '{"payload":{"type":"message_action"}}' | jq -c '.late')" = false ]
	press '{"action":"approve"}'
	wait_for decided approve
}

@test "a ping is answered; a message that is too long ends the connection, and the next one is good" {
	everything
	[ "$(control ping | jq .pong)" = true ]
	printf '{"type":"interactive","envelope_id":"e-x","payload":"%s"}' "$(head -c 250000 /dev/zero | tr '\0' x)" >"$W/long"
	control envelope "@$W/long"
	press '{"action":"deny"}'
	wait_for decided deny
	printf '{"type":"interactive","envelope_id":"e-x","payload":"%s"}' "$(head -c 270000 /dev/zero | tr '\0' x)" >"$W/long"
	control envelope "@$W/long" || true # the gateway hangs up while it still comes
	wait_for logged 'trying on: a message was too long'
	wait_for connected 2
	press '{"action":"approve"}'
	wait_for decided approve
}

@test "a WebSocket with a false answer to our key is none" {
	start_slack --accept AAAA
	start_sluiced
	run_gateway
	wait_for logged 'Sec-WebSocket-Accept does not fit'
	refute logged 'slack: connected'
}

@test "an address that is not Slack's is not gone to" {
	start_slack
	control answer '{"method":"apps.connections.open","answer":{"ok":true,"url":"wss://127.0.0.1:1/link/?ticket=SECRET-TICKET"}}'
	start_sluiced
	run_gateway
	wait_for logged 'the address that Slack named is none of its own'
	wait_for logged 'slack: connected'
	order open r-abc123
	wait_for heard '^delivery r-abc123 slack delivered'
	order always 1 'not a reviewer'
	press '{"action":"approve","change":{"response_url":"https://127.0.0.1:1/actions/SECRET"}}'
	wait_for logged 'a person could not be told'
	refute logged SECRET
}

@test "certificates of other authorities are refused, for calls and for the WebSocket" {
	start_slack
	sed -i "s,^CAFile=.*,CAFile=$CA/other.pem," "$W/gateway.conf"
	start_sluiced
	run_gateway
	wait_for logged 'trying on: SSL'
	order open r-abc123
	wait_for heard '^delivery r-abc123 slack retrying 1 SSL'
	[ "$(find "$W/calls" -name '*.json' | wc -l)" = 0 ]
}

@test "Slack's errors: what passes is tried again, what stays is told" {
	start_slack
	control answer '{"method":"chat.postMessage","status":429,"headers":{"Retry-After":"2"},"answer":{"ok":false,"error":"ratelimited"}}'
	control answer '{"method":"chat.postMessage","answer":{"ok":false,"error":"internal_error"}}'
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	order open r-1
	wait_for heard '^delivery r-1 slack retrying 1 Slack says ratelimited'
	wait_for heard '^delivery r-1 slack retrying 2 Slack says internal_error'
	wait_for heard '^delivery r-1 slack delivered 3'
	control answer '{"method":"chat.postMessage","answer":{"ok":false,"error":"channel_not_found"}}'
	order open r-2
	wait_for heard '^delivery r-2 slack failed 1 Slack says channel_not_found'
}

@test "after a restart the message is still the one, and becomes the answer" {
	everything
	kill "$GATEWAY"
	wait "$GATEWAY" || true
	: >"$W/sluiced.log"
	run_gateway
	wait_for heard '^hello'
	wait_for heard '^delivery r-abc123 slack delivered 0'
	wait_for connected 2
	press '{"action":"approve"}'
	wait_for decided approve
	[ "$(calls chat.postMessage)" = 1 ]
}

@test "the sandbox is on while the WebSocket is open" {
	everything
	grep -q '^NoNewPrivs:.*1$' "/proc/$GATEWAY/status"
	grep -q '^Seccomp:.*2$' "/proc/$GATEWAY/status"
	grep -q '^CapEff:.*0000000000000000$' "/proc/$GATEWAY/status"
	[ "$(control sockets | jq .sockets)" = 1 ]
}

@test "a test card is posted, with no button" {
	start_slack
	run "${RUN_AS[@]}" "$BUILD/sluice-gateway" --config "$W/gateway.conf" --test-card
	[ "$status" = 0 ]
	text_of chat.postMessage | grep -qF 'TEST: nothing is waiting'
	refute grep -qF '"actions"' <<<"$(call chat.postMessage)"
}

# check LINE...: what is said to a section of these lines
check() {
	printf '%s\n' '[Slack]' "$@" >"$W/gateway.conf"
	run "${RUN_AS[@]}" "$BUILD/sluice-gateway" --config "$W/gateway.conf" --check
}

@test "settings that do not fit are refused with the remedy" {
	local good=("TokenFile=$W/token" "AppTokenFile=$W/app-token" "Team=$TEAM" Channel=C024BE91L)
	check "${good[@]}"
	[ "$status" = 0 ]
	check "${good[@]:1}"
	[[ $output == *'needs TokenFile='* ]]
	check "${good[@]:0:1}" "${good[@]:2}"
	[[ $output == *'needs AppTokenFile='* ]]
	check "TokenFile=$W/app-token" "${good[@]:1}"
	[[ $output == *'must hold the bot token'* && $output != *SECRET* ]]
	check "${good[@]:0:2}" Team=example Channel=C024BE91L
	[[ $output == *'Team=example must be the id'* ]]
	check "${good[@]:0:3}" 'Channel=#approvals'
	[[ $output == *'Channel=#approvals must be the id'* ]]
	check "${good[@]}" ApiUrl=https://evil.example/api
	[[ $output == *'is for tests'* ]]
	check "${good[@]}" ApiUrl=http://127.0.0.1:1/api
	[[ $output == *'AllowLoopbackHttp=yes'* ]]
	check "${good[@]}" ApiUrl=http://127.0.0.1:1/api AllowLoopbackHttp=yes
	[ "$status" = 0 ]
	check "${good[@]}" "SigningSecretFile=$W/token"
	[[ $output == *'needs [Web]'* ]]
	check "${good[@]}" '[Slack]' "${good[@]}"
	[[ $output == *'a second section [Slack]'* ]]
	check "${good[@]}" '[Slack two]' "${good[@]}"
	[[ $output == *'has no name'* ]]
	chmod 0644 "$W/token"
	check "${good[@]}"
	[[ $output == *'is open to others'* ]]
}

# ---- the other way: Slack posts to the page ----

# over_url: settings with the page, and without Socket Mode
over_url() {
	echo 8f742231b10e8888abcd99yyyzzz85a5 >"$W/signing"
	echo aword >"$W/secret"
	cp "$CA/host.key" "$W/host.key"
	chmod 0600 "$W/signing" "$W/secret" "$W/host.key"
	[ "$(id -u)" != 0 ] || chown nobody "$W/signing" "$W/secret" "$W/host.key"
	PORT=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
	URL="https://127.0.0.1:$PORT"
	sed -i "s,^AppTokenFile=.*,SigningSecretFile=$W/signing," "$W/gateway.conf"
	printf '%s\n' '[Web]' "Listen=127.0.0.1:$PORT" "PublicURL=$URL" "CertificateFile=$CA/host.pem" \
		"KeyFile=$W/host.key" Issuer=https://127.0.0.1:1 ClientId=sluice "ClientSecretFile=$W/secret" \
		>>"$W/gateway.conf"
}

everything_over_url() {
	start_slack
	over_url
	start_sluiced
	run_gateway
	wait_for heard '^hello 1 slack$'
	order always 0 taken
	order open r-abc123 "$@"
	wait_for heard '^delivery r-abc123 slack delivered'
	wait_for curl -s --cacert "$CA/ca.pem" "$URL/style.css"
}

# by_url WHAT [MEMBERS [MEMBERS OF "url"]]: with the status and the body of the answer
by_url() {
	control "$1" "{${2:-\"action\":\"approve\"},\"url\":\"$URL/slack/actions\",\"ca\":\"$CA/ca.pem\"${3:+,$3}}" |
		jq -rc '[.status, .body]'
}

@test "by a signed request URL: a press decides, and links to the page" {
	everything_over_url
	text_of chat.postMessage | grep -qxF 'Approve|Deny|Look closer'
	[ "$(by_url press)" = '[200,""]' ]
	wait_for decided approve
	grep '^evidence' "$W/sluiced.log" | grep -qE '"kind":"request-url","timestamp":"[0-9]+","signature":"v0=[0-9a-f]{64}","body_sha256":"[0-9a-f]{64}"'
	[ "$(by_url press '"action":"look"')" = '[200,""]' ]
	[ "$(calls apps.connections.open)" = 0 ]
	decisions 1
	refute logged SECRET
}

@test "by a signed request URL: a form, and its refusal" {
	everything_over_url 600 2 1 1
	[ "$(by_url press)" = '[200,""]' ]
	wait_for called views.open 1
	order always 1 'not a reviewer'
	[ "$(by_url submit '"reason":"x"')" = \
		'[200,"{\"response_action\":\"errors\",\"errors\":{\"reason\":\"not a reviewer\"}}"]' ]
	order always 0 taken
	[ "$(by_url submit '"reason":"checked"')" = '[200,""]' ]
	decisions 2
}

@test "what is not signed, or not now, or not by Slack's secret, is not looked into" {
	everything_over_url
	local refused='[401,"Not signed by Slack, or not now.\n"]'
	[ "$(by_url press '"action":"approve"' '"secret":"other"')" = "$refused" ]
	[ "$(by_url press '"action":"approve"' '"signature":"v0=00"')" = "$refused" ]
	[ "$(by_url press '"action":"approve"' '"signature":""')" = "$refused" ]
	[ "$(by_url press '"action":"approve"' '"tail":"&x=1"')" = "$refused" ]
	[ "$(by_url press '"action":"approve"' '"age":301')" = "$refused" ]
	[ "$(by_url press '"action":"approve"' '"age":-303')" = "$refused" ]
	refute heard '^decision'
	[ "$(by_url press '"action":"approve"' '"age":290')" = '[200,""]' ]
	wait_for decided approve
	decisions 1
}

@test "the request URL takes posts of forms with a payload, once" {
	everything_over_url
	[ "$(curl -s --cacert "$CA/ca.pem" -o /dev/null -w '%{http_code}' "$URL/slack/actions")" = 405 ]
	[ "$(curl -s --cacert "$CA/ca.pem" -o /dev/null -w '%{http_code}' -d x=1 "$URL/slack/actions")" = 401 ]
	[ "$(curl -s --cacert "$CA/ca.pem" -o /dev/null -w '%{http_code}' -d x=1 -H 'Host: other.example' "$URL/slack/actions")" = 421 ]
	local body stamp sign
	for body in 'x=1' 'payload=' 'payload=%7B' 'payload=%7B%7D&payload=%7B%7D' 'payload=%7B%7D&x=1'; do
		stamp=$(date +%s)
		sign=v0=$(printf 'v0:%s:%s' "$stamp" "$body" | openssl dgst -sha256 -hmac "$(cat "$W/signing")" | sed 's/.* //')
		[ "$(curl -s --cacert "$CA/ca.pem" -o /dev/null -w '%{http_code}' -d "$body" -H "X-Slack-Signature: $sign" \
			-H "X-Slack-Request-Timestamp: $stamp" "$URL/slack/actions")" = 400 ]
	done
	body='payload=%7B%7D'
	sign=v0=$(printf 'v0:%s:%s' "$stamp" "$body" | openssl dgst -sha256 -hmac "$(cat "$W/signing")" | sed 's/.* //')
	[ "$(curl -s --cacert "$CA/ca.pem" -o /dev/null -w '%{http_code}' -d "$body" -H "X-Slack-Signature: $sign" \
		-H "X-Slack-Request-Timestamp: $stamp" "$URL/slack/actions")" = 200 ]
	[ "$(curl -s --cacert "$CA/ca.pem" -o /dev/null -w '%{http_code}' -d "$body" -H 'Content-Type: text/plain' \
		-H "X-Slack-Signature: $sign" -H "X-Slack-Request-Timestamp: $stamp" "$URL/slack/actions")" = 400 ]
	head -c 200000 /dev/zero | tr '\0' x >"$W/long"
	[ "$(curl -s --cacert "$CA/ca.pem" -o /dev/null -w '%{http_code}' --data-binary "@$W/long" -H "X-Slack-Signature: $sign" \
		-H "X-Slack-Request-Timestamp: $stamp" "$URL/slack/actions")" = 401 ]
}

@test "without a signing secret there is no such path" {
	start_slack
	over_url
	sed -i "s,^SigningSecretFile=.*,AppTokenFile=$W/app-token," "$W/gateway.conf"
	start_sluiced
	run_gateway
	wait_for curl -s --cacert "$CA/ca.pem" "$URL/style.css"
	[ "$(curl -s --cacert "$CA/ca.pem" -o /dev/null -w '%{http_code}' -d x=1 -H "X-Slack-Signature: x" "$URL/slack/actions")" = 404 ]
}
