#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# slack.bats: sluice-gateway whole, in its sandbox, between a fake sluiced and a fake Slack over TLS on loopback: what is
# posted, what people press, and what comes of it. BUILD names the folder with sluice-gateway and fake-sluiced. Run as
# root, the gateway gets the user "nobody".

DIGEST=3f9a22c1d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b
TEAM=T024BE7LD
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
	W="$BATS_TEST_TMPDIR"
	echo xoxb-SECRET >"$W/token"
	echo xapp-SECRET >"$W/app-token"
	chmod 0600 "$W/token" "$W/app-token"
	stage_gateway "$W/token" "$W/app-token"
	mkdir "$W/calls"
}

teardown() {
	stage_end
}

start_slack() {
	"$TOOLS/fake-slack" --cert "$CA/host.pem" --key "$CA/host.key" --out "$W/calls" --port-file "$W/port" "$@" \
		>>"$W/slack.log" 2>&1 3>&- &
	PIDS+=($!)
	wait_for test -s "$W/port"
	SLACK="https://127.0.0.1:$(cat "$W/port")"
	config
}

# config [LINE...]
config() {
	printf '%s\n' '[Slack]' "TokenFile=$W/token" "AppTokenFile=$W/app-token" "Team=$TEAM" Channel=C024BE91L \
		"ApiUrl=$SLACK/api" "CAFile=$CA/ca.pem" AllowLoopbackHttp=yes "$@" >"$W/gateway.conf"
}

# everything [ID [SECONDS [TIER]]]: the whole stage, with one open request that is posted
everything() {
	start_slack
	start_sluiced
	run_gateway
	wait_for heard '^hello 1 slack$'
	wait_for logged 'slack: connected'
	order always 0 taken
	order open "${1:-r-abc123}" "${@:2}"
	wait_for heard "^delivery ${1:-r-abc123} slack delivered"
}

heard() {
	grep -qE -- "$1" "$W/sluiced.log"
}

logged() {
	grep -qE -- "$1" "$W/gateway.log"
}

# In bats a plain "! command" fails no test.
refute() {
	if "$@"; then return 1; fi
}

# control WHAT [JSON]: an order to the fake Slack, whose answer is printed
control() {
	curl -s --cacert "$CA/ca.pem" -d "${2:-{\}}" "$SLACK/control/$1"
}

# calls METHOD: how many there were
calls() {
	grep -lE "\"method\": \"$1\"" "$W"/calls/*.json 2>/dev/null | wc -l
}

# call METHOD [FILTER]: the last one
call() {
	jq -r "${2:-.}" "$(grep -lE "\"method\": \"$1\"" "$W"/calls/*.json | tail -n 1)"
}

called() {
	[ "$(calls "$1")" -ge "$2" ]
}

# The texts of the last message of METHOD, in one line.
text_of() {
	call "$1" '[.body.blocks[] | if .type == "header" then .text.text elif .type == "rich_text" then [.elements[].elements[].text] | add else [.elements[].text.text] | join("|") end] | join("\n")'
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
