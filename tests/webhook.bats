#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# webhook.bats: events to another system, signed: sluice-gateway whole, in its sandbox, between a fake sluiced and a
# receiver over TLS on loopback that verifies signatures by itself. BUILD names the folder with sluice-gateway and
# fake-sluiced. Run as root, the gateway gets the user "nobody".

DIGEST=3f9a22c1d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b

setup_file() {
	export TOOLS="$BATS_TEST_DIRNAME/tools"
	load gateway_stage
	stage_ca
	make_certificate host
}

setup() {
	load gateway_stage
	W="$BATS_TEST_TMPDIR"
	SECRET="whsec_$(openssl rand -base64 32)"
	echo "$SECRET" >"$W/secret"
	touch "$W/url"
	chmod 0600 "$W/secret" "$W/url"
	stage_gateway "$W/secret" "$W/url"
	printf '%s\n' '[Webhook pager]' "WebhookFile=$W/url" "SecretFile=$W/secret" "CAFile=$CA/ca.pem" >"$W/gateway.conf"
}

teardown() {
	stage_end
}

# start_hook [--answer STATUS]...
start_hook() {
	"$TOOLS/fake-hook" --secret "${HOOK_SECRET-$SECRET}" --out "$W/events" --cert "$CA/host.pem" --key "$CA/host.key" \
		--port-file "$W/port" "$@" >>"$W/hook.log" 2>&1 3>&- &
	PIDS+=($!)
	wait_for test -s "$W/port"
	echo "https://127.0.0.1:$(cat "$W/port")/in?key=URLSECRET" >"$W/url"
}

# everything [--answer STATUS]...: the whole stage, with one open request
everything() {
	start_hook "$@"
	start_sluiced
	run_gateway
	wait_for heard '^hello 1 webhook-pager'
	order open r-abc123
}

heard() {
	grep -qE -- "$1" "$W/sluiced.log"
}

refute() {
	if "$@"; then return 1; fi
}

# events FILTER: of each post, by jq
events() {
	jq -r "$1" "$W/events"
}

posted() {
	[ "$(wc -l <"$W/events")" -ge "$1" ]
}

@test "what was opened, put to more people and closed is told, each once and signed" {
	everything
	wait_for posted 1
	order escalate r-abc123
	wait_for posted 2
	order close r-abc123 denied
	wait_for posted 3
	[ "$(events '.event.type + " " + .event.data.state')" = $'request.opened pending\nrequest.escalated pending\nrequest.closed denied' ]
	[ "$(events .good | sort -u)" = true ]
	[ "$(events .type | sort -u)" = application/json ]
	[ "$(events '.event.data.id + " " + .event.data.digest' | sort -u)" = "r-abc123 $DIGEST" ]
	[ "$(events .id | sort -u | wc -l)" = 3 ]
	[[ $(events .id | head -n 1) =~ ^msg_[0-9a-f]{32}$ ]]
	[ "$(events '.event.data | .target + ", " + .reason + ", " + .requester' | head -n 1)" = '198.51.100.7 port 443 tcp, monthly report, dana' ]
	wait_for heard '^delivery r-abc123 webhook-pager delivered 1'
	refute grep -q 'URLSECRET\|whsec_' "$W/gateway.log" "$W/sluiced.log"
}

@test "what is posted again has the same id, and a time and signature of its own" {
	everything --answer 503 --answer 500
	wait_for posted 3
	[ "$(events .status)" = $'503\n500\n204' ]
	[ "$(events .id | sort -u | wc -l)" = 1 ]
	[ "$(events .good | sort -u)" = true ]
	[ "$(events '.event | tojson' | sort -u | wc -l)" = 1 ]
	[ "$(events .timestamp | sort -u | wc -l)" -ge 2 ]
	heard '^delivery r-abc123 webhook-pager retrying 1 HTTP 503'
	wait_for heard '^delivery r-abc123 webhook-pager delivered 3'
}

@test "after a restart nothing is told twice, and what was not told has the id that it had" {
	everything --answer 503
	wait_for posted 1
	kill "$GATEWAY"
	wait "$GATEWAY"
	run_gateway
	wait_for hellos 2
	order again
	wait_for posted 2
	[ "$(events .id | sort -u | wc -l)" = 1 ]
	wait_for heard '^delivery r-abc123 webhook-pager delivered'
	kill "$GATEWAY"
	wait "$GATEWAY"
	run_gateway
	wait_for hellos 3
	order again
	wait_for heard '^delivery r-abc123 webhook-pager delivered 0'
	[ "$(wc -l <"$W/events")" = 2 ]
}

@test "a revocation is an event of its own, each once" {
	everything
	order force r-abc123
	wait_for posted 2
	order revoke r-abc123
	wait_for posted 3
	sleep 0.1
	order revoke r-abc123 # what was left of it
	wait_for posted 4
	[ "$(events .event.type)" = $'request.opened\nrequest.closed\nrequest.revoked\nrequest.revoked' ]
	[ "$(events '.event.data.revoked_by' | xargs)" = 'null null ruth ruth' ]
	[ "$(events 'select(.event.data.revoked and .event.timestamp == .event.data.revoked) | .id' | sort -u | wc -l)" = 2 ]
	order drop
	wait_for hellos 2
	sleep 1
	[ "$(wc -l <"$W/events")" = 4 ]
}

kill_gateway() {
	kill -9 "$GATEWAY"
	wait "$GATEWAY" || true
}

# stay N HELLOS: there are N events, and after another kill and start no other comes.
stay() {
	posted "$1"
	kill_gateway
	run_gateway
	wait_for hellos "$2"
	sleep 1
	[ "$(wc -l <"$W/events")" = "$1" ]
}

@test "killed in any phase: what had not arrived for sure comes again with its id, and nothing else does" {
	everything --answer 503 --answer '20 204' --answer 204 --answer '20 204' --answer 204 --answer 503
	wait_for heard '^delivery r-abc123 webhook-pager retrying 1'
	kill_gateway # before it is taken
	run_gateway
	wait_for posted 2
	kill_gateway # while it is
	run_gateway
	wait_for heard '^delivery r-abc123 webhook-pager delivered'
	stay 3 4
	order force r-abc123
	wait_for posted 4
	kill_gateway # while the outcome is posted
	run_gateway
	wait_for posted 5
	stay 5 6
	order revoke r-abc123
	wait_for posted 6
	kill_gateway # before the revocation is taken
	run_gateway
	wait_for posted 7
	stay 7 8
	[ "$(events .event.type | uniq -c | xargs)" = '3 request.opened 2 request.closed 2 request.revoked' ]
	[ "$(events .id | uniq -c | awk '{ print $1 }' | xargs)" = '3 2 2' ]
}

hellos() {
	[ "$(grep -c '^hello' "$W/sluiced.log")" = "$1" ]
}

@test "a receiver with another secret refuses, and that is final and told" {
	HOOK_SECRET="whsec_$(openssl rand -base64 32)"
	everything
	wait_for heard '^delivery r-abc123 webhook-pager failed 1 HTTP 401'
	[ "$(events .good)" = false ]
}

@test "text from outside is spelled as in a terminal" {
	start_hook
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	order hostile r-evil
	wait_for posted 1
	[ "$(events .good)" = true ]
	[[ $(events .event.data.target) == '[Approve](https://evil.example) \u202e\x1b[2J\xff' ]]
}

@test "a test message arrives, signed" {
	start_hook
	run "${RUN_AS[@]}" "$BUILD/sluice-gateway" --test-card --config "$W/gateway.conf" --state "$W/state"
	[ "$status" = 0 ]
	[ "$(events '.event.type + " " + (.good | tostring)')" = 'test true' ]
}

@test "settings that would not be safe are refused" {
	start_hook
	run "${RUN_AS[@]}" "$BUILD/sluice-gateway" --check --config "$W/gateway.conf"
	[ "$status" = 0 ]
	[[ $output == *webhook-pager* ]]
	echo hunter2 >"$W/secret"
	run "${RUN_AS[@]}" "$BUILD/sluice-gateway" --check --config "$W/gateway.conf"
	[ "$status" = 1 ]
	[[ $output == *gateway.conf:3:*'openssl rand -base64 32'* ]]
	[[ $output != *hunter2* ]]
	echo "$SECRET" >"$W/secret"
	chmod 0644 "$W/secret"
	run "${RUN_AS[@]}" "$BUILD/sluice-gateway" --check --config "$W/gateway.conf"
	[ "$status" = 1 ]
	[[ $output == *'is open to others'* ]]
	sed -i '/SecretFile/d' "$W/gateway.conf"
	run "${RUN_AS[@]}" "$BUILD/sluice-gateway" --check --config "$W/gateway.conf"
	[ "$status" = 1 ]
	[[ $output == *'needs SecretFile='* ]]
}
