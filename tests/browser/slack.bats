#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# slack.bats: the stand-in of Slack (tools/fake-slack) before the gateway, and before an app on Slack's own framework
# (@slack/bolt, with @slack/socket-mode and @slack/web-api): what the gateway was tested with, Slack's own code takes too, and
# both answer alike. NODE_MODULES is the folder with the packages, BUILD the one with sluice-gateway and fake-sluiced.

DIGEST=3f9a22c1d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b

setup_file() {
	export TOOLS="$BATS_TEST_DIRNAME/../tools"
	load ../gateway_stage
	stage_ca
	make_certificate host
}

setup() {
	load ../gateway_stage
	load ../slack_stage
	stage_slack
	cp "$BATS_TEST_DIRNAME/slack.mjs" "$W"
	ln -s "$NODE_MODULES" "$W/node_modules"
	export NODE_EXTRA_CA_CERTS="$CA/ca.pem"
}

teardown() {
	stage_end
}

start_app() {
	node "$W/slack.mjs" "$@" >"$W/app.log" 2>&1 3>&- &
	APP=$!
	PIDS+=("$APP")
	wait_for grep -qx '"ready"' "$W/app.log"
}

app_heard() {
	grep -qF -- "$1" "$W/app.log"
}

# What a press and a form are acknowledged with, as Slack gets it; the name of the envelope left out.
acknowledged() {
	control press '{"action":"approve"}' | jq -Sc '[.late, (.ack.payload // {})]'
	control submit '{"reason":"checked"}' | jq -Sc '[.late, .ack.payload]'
}

@test "over Socket Mode, Slack's own client is told the same and acknowledges the same as the gateway" {
	everything r-abc123 600 2 1 1
	order always 1 'not a reviewer'
	control press '{"action":"approve"}' >/dev/null
	wait_for called views.open 1
	acknowledged >"$W/ours"
	kill "$GATEWAY"
	wait "$GATEWAY" || true
	wait_for sockets 0
	call chat.postMessage .body >"$W/message.json"
	start_app socket "$SLACK/api" "$W/message.json"
	[ "$(calls chat.postMessage)" = 2 ]
	acknowledged >"$W/theirs"
	cmp "$W/ours" "$W/theirs"
	app_heard "{\"pressed\":\"approve\",\"value\":\"r-abc123 $DIGEST\",\"user\":\"U2147483697\",\"team\":\"T024BE7LD\",\"channel\":\"C024BE91L\",\"ts\":\"1795365000.000002\"}"
	app_heard "{\"form\":\"approve r-abc123 $DIGEST\",\"reason\":\"checked\"}"
	wait_for called response 1
	[ "$(call response .body.response_type)" = ephemeral ]
	control disconnect '{"reason":"refresh_requested","close":true}' >/dev/null
	wait_for sockets 1
	control press '{"action":"deny"}' >/dev/null
	wait_for app_heard '"pressed":"deny"'
}

# by_app [MEMBERS OF THE POST]: the status that the app gives a press
by_app() {
	control press "{\"action\":\"approve\",\"url\":\"http://127.0.0.1:$PORT/slack/actions\"${1:+,$1}}" | jq .status
}

@test "by a signed request URL, Slack's own framework takes and refuses what the gateway does" {
	everything
	PORT=$(python3 -c 'import socket; print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])')
	start_app http "$SLACK/api" "$PORT"
	[ "$(by_app)" = 200 ]
	app_heard "\"value\":\"r-abc123 $DIGEST\""
	[ "$(by_app '"age":290')" = 200 ]
	[ "$(by_app '"age":302')" = 401 ]
	[ "$(by_app '"secret":"other"')" = 401 ]
	[ "$(by_app '"tail":"&x=1"')" = 401 ]
	[ "$(by_app '"signature":"v0=00"')" = 401 ]
	[ "$(grep -c '"pressed"' "$W/app.log")" = 2 ]
}
