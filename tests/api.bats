#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# api.bats: the gateway's API, whole, in its sandbox, between a fake sluiced and curl as the client. BUILD names the folder
# with sluice-gateway and fake-sluiced. Run as root, the gateway gets the user "nobody".

setup_file() {
	export TOOLS="$BATS_TEST_DIRNAME/tools"
	load api_stage
	stage_ca
	make_certificate host
}

setup() {
	load api_stage
	stage
}

teardown() {
	stage_end
}

@test "a client lists what waits, and sees one request whole" {
	everything
	order open r-def456
	wait_for knows r-def456
	[ "$(call all /requests)" = 200 ]
	[ "$(body '.requests | map(.id) | join(" ")')" = 'r-abc123 r-def456' ]
	[ "$(body .next)" = null ]
	[ "$(body .agent_connected)" = true ]
	[ "$(call all /requests/r-abc123)" = 200 ]
	[ "$(body .digest)" = "$DIGEST" ]
	[ "$(body .target)" = '198.51.100.7 port 443 tcp' ]
	[ "$(body .sources[0].path)" = /data/customers.csv ]
	[ "$(body .boot)" = 11111111-2222-3333-4444-555555555555 ]
	grep -qi '^content-type: application/json' "$W/headers"
	grep -qi '^cache-control: no-store' "$W/headers"
	refute grep -qi '^access-control\|^set-cookie' "$W/headers"
}

@test "events come as they happen" {
	everything
	curl -sN --cacert "$CA/ca.pem" -H "Authorization: Bearer ${TOKENS[all]}" "$URL/api/v1/events" >"$W/stream" 3>&- 9>&- &
	PIDS+=($!)
	wait_for grep -q '^id: ' "$W/stream"
	order open r-2
	wait_for grep -q '^event: request.opened' "$W/stream"
	order close r-2 approved
	wait_for grep -q '^event: request.closed' "$W/stream"
	cat "$W/stream"
}

@test "decide" {
	everything
	[ "$(decide all)" = 200 ]
	cat "$W/body"
	heard "^decision api A1 client sluice-gateway all r-abc123 $DIGEST approve 1 300 SHA256:[^ ]* known partner\$"
}
