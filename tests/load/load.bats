#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# load.bats: sluice-gateway with 1,000 requests that wait, and 100 decisions a second on its page. Judged are memory, how long
# 99 of 100 decisions take, and that nothing is lost or doubled; other times are printed. A busy host does not keep up the pace,
# which is printed too. BUILD names the folder with sluice-gateway and fake-sluiced.

DIGEST=3f9a22c1d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b
N=1000
RATE=100
CONNECTIONS=8
# Measured: 13 MB without a request, 28 MB at most.
MEMORY_KB=65536
# From the press to the answer, for 99 of 100. Measured: 293 ms, on a busy host.
P99_MS=2000

setup_file() {
	export TOOLS="$BATS_TEST_DIRNAME/../tools"
	load ../web_stage
	load ../teams_stage
	stage_file
	stage_teams
}

setup() {
	load ../web_stage
	stage
	cp "$W/gateway.conf" "$W/web.conf"
	mkdir "$W/posts"
	load ../teams_stage
}

teardown() {
	stage_end
}

everything() {
	openssl genrsa -out "$W/idp/provider-0.pem" 2048 2>/dev/null
	cp "$W/idp/provider-0.pem" "$W/idp/provider-1.pem"
	"$TOOLS/fake-provider" --port "$IDP" --issuer "$ISSUER" --client sluice --secret 'asecret%2Fword' \
		--redirect "$URL/callback" --cert "$CA/host.pem" --key "$CA/host.key" "$W/idp" >>"$W/provider.log" 2>&1 3>&- &
	PIDS+=($!)
	wait_for curl -s --cacert "$CA/ca.pem" "$ISSUER/keys"
	start_teams
	cat "$W/web.conf" >>"$W/gateway.conf"
	start_sluiced
	start_gateway
	wait_for heard '^hello'
	order always 0 approved
}

delivered_are() {
	[ "$(grep -c 'teams delivered 1' "$W/sluiced.log")" = "$1" ]
}

posts_are() {
	[ "$(posts)" = "$1" ]
}

# wait_long COMMAND...: ten times as long
wait_long() {
	local i
	for ((i = 0; i < 9; i++)); do
		wait_for "$@" >/dev/null && return 0
	done
	wait_for "$@"
}

# most KEY: of /proc/PID/status, in kB
most() {
	awk -v key="$1:" '$1 == key { print $2 }' "/proc/$GATEWAY/status"
}

@test "1,000 requests wait and 100 decisions a second come in: memory is bounded, none lost, none doubled" {
	local i before
	everything
	before=$(most VmRSS)
	for ((i = 1; i <= N; i++)); do order open "r-$i" 3600; done
	wait_long delivered_are "$N"
	echo "# $N requests posted; memory $before kB before, $(most VmRSS) kB after" >&3
	[ "$(curl -s --max-time 20 --cacert "$CA/ca.pem" -b "$W/erin" -c "$W/erin" -L -o "$W/page" -w '%{http_code}' "$URL/")" = 200 ]
	"$BATS_TEST_DIRNAME/decider" "$URL" "$CA/ca.pem" "$W/erin" "$DIGEST" "$W/orders" "$N" "$RATE" "$CONNECTIONS" >"$W/decider.out"
	sed 's/^/# /' "$W/decider.out" >&3
	grep -qx "statuses 303=$N" "$W/decider.out"
	(($(awk '$1 == "p99_ms" { print $2 }' "$W/decider.out") <= P99_MS))
	wait_long posts_are $((2 * N))
	sleep 2
	posts_are $((2 * N))
	# each was decided once, asked once and answered once
	[ "$(grep -oE '^decision .* r-[0-9]+ ' "$W/sluiced.log" | grep -oE 'r-[0-9]+' | sort | uniq -c | awk '$1 == 1' | wc -l)" = "$N" ]
	for heading in 'Approval needed' Approved; do
		[ "$(grep -lF "\"text\": \"$heading" "$W"/posts/*.json | xargs grep -ohE '"text": "r-[0-9]+"' | sort | uniq -c |
			awk '$1 == 1' | wc -l)" = "$N" ]
	done
	echo "# memory at most $(most VmHWM) kB" >&3
	(($(most VmHWM) <= MEMORY_KB))
}
