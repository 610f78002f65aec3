# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: the stage of the tests of Slack: its settings, the stand-in, and what that has recorded. Must not own: what all tests of
# the gateway stand on (gateway_stage.bash, loaded before), or any check. For slack.bats and browser/slack.bats; TOOLS names
# tests/tools.

TEAM=T024BE7LD

stage_slack() {
	W="$BATS_TEST_TMPDIR"
	echo xoxb-SECRET >"$W/token"
	echo xapp-SECRET >"$W/app-token"
	chmod 0600 "$W/token" "$W/app-token"
	stage_gateway "$W/token" "$W/app-token"
	mkdir "$W/calls"
}

# start_slack [OPTION...]
# shellcheck disable=SC2120 # some tests give options
start_slack() {
	"$TOOLS/fake-slack" --cert "$CA/host.pem" --key "$CA/host.key" --out "$W/calls" --port-file "$W/port" "$@" \
		>>"$W/slack.log" 2>&1 3>&- &
	PIDS+=($!)
	wait_for test -s "$W/port"
	SLACK="https://127.0.0.1:$(cat "$W/port")"
	config
}

config() {
	printf '%s\n' '[Slack]' "TokenFile=$W/token" "AppTokenFile=$W/app-token" "Team=$TEAM" Channel=C024BE91L \
		"ApiUrl=$SLACK/api" "CAFile=$CA/ca.pem" AllowLoopbackHttp=yes >"$W/gateway.conf"
}

# everything [ID [SECONDS [TIER]]]: the whole stage, with one open request that is posted
everything() {
	# shellcheck disable=SC2119
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

# sockets N: are open
sockets() {
	[ "$(control sockets | jq .sockets)" = "$1" ]
}
