#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# delivery.bats: what becomes of messages when sluice-gateway is killed in the middle, when a channel fails and another comes
# after it, and where its secrets come from. BUILD names the folder with sluice-gateway and fake-sluiced.

setup_file() {
	export TOOLS="$BATS_TEST_DIRNAME/tools"
	load gateway_stage
	load teams_stage
	stage_ca
	stage_teams
}

setup() {
	load gateway_stage
	load teams_stage
	stage_gateway
	mkdir "$W/posts"
}

teardown() {
	stage_end
}

# start [--answer X]...: all three, and the gateway is connected.
start() {
	start_teams "$@"
	start_sluiced
	run_gateway
	wait_for heard '^hello'
}

kill_gateway() {
	kill -9 "$GATEWAY"
	wait "$GATEWAY" || true
}

restart_gateway() {
	kill_gateway
	run_gateway
}

posts_are() {
	[ "$(posts)" = "$1" ]
}

# stay N: there are N posts, and no other comes.
stay() {
	wait_for posts_are "$1"
	sleep 1
	posts_are "$1"
}

hellos_are() {
	[ "$(grep -c '^hello' "$W/sluiced.log")" = "$1" ]
}

@test "killed before the channel has taken the question: it is posted once" {
	start --answer '503 retry-after=60'
	order open r-1
	wait_for heard '^delivery r-1 teams retrying 1'
	restart_gateway
	wait_for heard '^delivery r-1 teams delivered 1'
	restart_gateway
	wait_for heard '^delivery r-1 teams delivered 0'
	stay 2
}

@test "killed while the question is posted: it is posted again, and answered once" {
	start --answer 'slow=5 202'
	order open r-1
	wait_for posts_are 1
	restart_gateway
	wait_for heard '^delivery r-1 teams delivered 1'
	order close r-1 denied
	wait_for posts_are 3
	card 0003 | grep -qF 'block Denied'
	restart_gateway
	wait_for hellos_are 3
	stay 3
}

@test "killed while the question is posted, and closed before it is back: it is answered once" {
	start --answer 'slow=5 202'
	order open r-1
	wait_for posts_are 1
	kill_gateway
	order close r-1 denied
	run_gateway
	wait_for posts_are 2
	card 0002 | grep -qF 'block Denied'
	restart_gateway
	wait_for hellos_are 3
	stay 2
}

@test "killed after a clear refusal, and closed before it is back: nobody saw it, nobody hears of it" {
	start --answer 503
	order open r-1
	wait_for heard '^delivery r-1 teams retrying 1'
	kill_gateway
	order close r-1 denied
	local before
	before=$(posts)
	run_gateway
	wait_for hellos_are 2
	stay "$before"
}

@test "what was closed while the gateway was away is answered once" {
	start
	order open r-1
	order open r-2
	wait_for heard '^delivery r-2 teams delivered 1'
	wait_for heard '^delivery r-1 teams delivered 1'
	kill_gateway
	order close r-1 approved
	run_gateway
	wait_for posts_are 3
	card 0003 | grep -qF 'block Approved'
	card 0003 | grep -qF 'Approved by  erin'
	restart_gateway
	wait_for hellos_are 3
	stay 3
}

@test "what sluiced does not know any more is answered, too" {
	start
	order open r-1
	wait_for heard '^delivery r-1 teams delivered 1'
	kill_gateway
	order forget r-1
	run_gateway
	wait_for posts_are 2
	card 0002 | grep -qF 'Outcome  it was closed while the gateway was away; see sluice show r-1'
	restart_gateway
	wait_for hellos_are 3
	stay 2
}

@test "what was closed while only the connection was away is answered, told or not" {
	start
	order open r-1
	order open r-2
	wait_for heard '^delivery r-1 teams delivered 1'
	wait_for heard '^delivery r-2 teams delivered 1'
	printf '%s\n' drop 'close r-1 approved' 'forget r-2' >&9
	wait_for posts_are 4
	cat "$W"/posts/000[34].json | grep -qF 'it ended while the gateway was not connected; see sluice show r-2'
	stay 4
}

@test "killed while the answer is tried: it is posted once" {
	start --answer 202 --answer '503 retry-after=60'
	order open r-1
	wait_for heard '^delivery r-1 teams delivered 1'
	order close r-1 denied
	wait_for posts_are 2
	restart_gateway
	wait_for posts_are 3
	card 0003 | grep -qF 'block Denied'
	restart_gateway
	wait_for hellos_are 3
	stay 3
}

@test "revoked: told once, also when it was killed in between" {
	start --answer 202 --answer 202 --answer '503 retry-after=60'
	order open r-1
	wait_for heard '^delivery r-1 teams delivered 1'
	order force r-1
	wait_for posts_are 2
	order revoke r-1
	wait_for posts_are 3
	restart_gateway
	wait_for posts_are 4
	card 0004 | grep -qF 'block Revoked'
	card 0004 | grep -qE 'Revoked by  ruth, .* UTC, reason: wrong partner'
	restart_gateway
	wait_for hellos_are 3
	stay 4
}

# tally HEADING: how many posts have it, and of how many requests.
tally() {
	grep -lF "\"text\": \"$1" "$W"/posts/*.json | xargs grep -ohE '"text": "r-[0-9]+"' | sort | uniq -c |
		awk '{ posts += $1; requests++ } END { print posts + 0, requests + 0 }'
}

tally_of() {
	[[ $(tally "$1") == *" $2" ]]
}

# What is on its way in that moment may come twice, four messages each time, and nothing else.
@test "killed ten times among 60 requests: none is lost, and only what was under way comes twice" {
	local i heading
	start
	for i in $(seq 1 60); do
		order open "r-$i"
		((i % 12 != 0)) || { sleep 0.$((i % 7)); restart_gateway; }
	done
	wait_for tally_of 'Approval needed' 60
	for i in $(seq 1 60); do
		order close "r-$i" denied
		((i % 12 != 0)) || { sleep 0.$((i % 7)); restart_gateway; }
	done
	wait_for tally_of Denied 60
	sleep 1
	for heading in 'Approval needed' Denied; do
		tally "$heading"
		(($(tally "$heading" | cut -d' ' -f1) <= 60 + 5 * 4))
	done
}

# two LINE...: a second channel, with these lines.
two() {
	echo "https://127.0.0.1:$(cat "$W/port")/second?sig=SECRET" >"$W/second.url"
	chmod --reference="$W/teams.url" "$W/second.url"
	chown --reference="$W/teams.url" "$W/second.url"
	printf '%s\n' '[Teams second]' "WebhookFile=$W/second.url" "CAFile=$CA/ca.pem" "$@" >>"$W/gateway.conf"
}

start_two() {
	start_sluiced
	run_gateway
	wait_for heard '^hello 2 teams, teams-second$'
}

posted_to() {
	grep -qF "\"path\": \"/$2" "$W/posts/$1.json"
}

@test "a channel that refuses hands over at once, one that delivers does not" {
	start_teams --answer 401
	two After=teams
	start_two
	order open r-1
	wait_for heard '^delivery r-1 teams-second standby 0 waits for teams$'
	wait_for heard '^delivery r-1 teams failed 1 HTTP 401$'
	wait_for heard '^delivery r-1 teams-second delivered 1'
	posted_to 0001 workflows
	posted_to 0002 second
	order open r-2
	wait_for heard '^delivery r-2 teams delivered 1'
	wait_for heard '^delivery r-2 teams-second standby 0 not needed, posted by teams$'
	order close r-1 denied
	order close r-2 denied
	stay 5 # two questions, and each answered where it was seen
}

@test "a channel that takes too long is not waited for, after a restart either" {
	start_teams --answer '503 retry-after=60' --answer '503 retry-after=60'
	two After=teams HandOverAfter=2s
	start_two
	order open r-1
	wait_for heard '^delivery r-1 teams retrying 1'
	restart_gateway
	wait_for heard '^delivery r-1 teams-second delivered 1'
	posted_to 0003 second
	restart_gateway
	wait_for heard '^delivery r-1 teams-second delivered 0'
	wait_for heard '^delivery r-1 teams delivered 1'
	stay 4
}

@test "a secret comes as a credential of the service" {
	start_teams
	mkdir "$W/credentials"
	mv "$W/teams.url" "$W/credentials/webhook"
	printf '%s\n' '[Teams]' WebhookFile=webhook "CAFile=$CA/ca.pem" >"$W/gateway.conf"
	start_sluiced
	CREDENTIALS_DIRECTORY=$W/credentials run_gateway
	wait_for heard '^hello'
	order open r-1
	wait_for heard '^delivery r-1 teams delivered 1'
	refute logged SECRET
	refute grep -qF SECRET "/proc/$GATEWAY/cmdline"
	refute heard SECRET
}

@test "a credential that is not there is refused, with the remedy" {
	start_teams
	sed -i 's/^WebhookFile=.*/WebhookFile=webhook/' "$W/gateway.conf"
	run "$BUILD/sluice-gateway" --config "$W/gateway.conf" --check
	[ "$status" = 1 ]
	[[ $output == *'gateway.conf:2: WebhookFile=webhook names a credential'*'LoadCredential=webhook:PATH'* ]]
	CREDENTIALS_DIRECTORY=$W run "$BUILD/sluice-gateway" --config "$W/gateway.conf" --check
	[ "$status" = 1 ]
	[[ $output == *"gateway.conf:2: WebhookFile=$W/webhook cannot be read"* ]]
	sed -i 's/^WebhookFile=.*/WebhookFile=..\/webhook/' "$W/gateway.conf"
	CREDENTIALS_DIRECTORY=$W run "$BUILD/sluice-gateway" --config "$W/gateway.conf" --check
	[ "$status" = 1 ]
	[[ $output == *'must be an absolute path or the name of a credential'* ]]
	sed -i 's/^WebhookFile=.*/WebhookFile=teams.url/' "$W/gateway.conf"
	CREDENTIALS_DIRECTORY=$W run "$BUILD/sluice-gateway" --config "$W/gateway.conf" --check
	[ "$status" = 0 ]
}

check_refuses() {
	run "$BUILD/sluice-gateway" --config "$W/gateway.conf" --check
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"$1"* ]]
}

@test "--check names the line of an order of channels that cannot be" {
	start_teams
	two After=teams HandOverAfter=5min
	run "$BUILD/sluice-gateway" --config "$W/gateway.conf" --check
	[ "$status" = 0 ]
	config After=teams-second
	two
	check_refuses 'gateway.conf:3: After=teams-second is no channel above this one'
	config After=teams
	check_refuses 'gateway.conf:3: After=teams is no channel above this one'
	config
	two HandOverAfter=5min
	check_refuses 'gateway.conf:6: HandOverAfter= needs After='
	config
	two After=teams HandOverAfter=0
	check_refuses 'gateway.conf:7: HandOverAfter=0 must be'
}
