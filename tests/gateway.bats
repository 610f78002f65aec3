#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# gateway.bats: sluice-gateway whole, in its sandbox, between a fake sluiced and a fake Teams over TLS on loopback.
# BUILD names the folder with sluice-gateway and fake-sluiced. Run as root, the gateway gets the user "nobody".

setup_file() {
	export TOOLS="$BATS_TEST_DIRNAME/tools"
	load gateway_stage
	load teams_stage
	stage_ca
	make_ca other
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

@test "an open request becomes a card, its end a second one" {
	start_teams
	start_sluiced
	run_gateway
	wait_for heard '^hello 1 teams$'
	order open r-abc123
	wait_for heard '^delivery r-abc123 teams delivered 1 $'
	card 0001 | grep -qF 'sluice approve r-abc123 3f9a22c1 --scope once --reason "…"'
	card 0001 | grep -qF 'block Approval needed: sending labeled data to the network'
	grep -q '"Content-Type": "application/json"' "$W/posts/0001.json"
	grep -q '/workflows/1/triggers/manual/paths/invoke?sig=SECRET' "$W/posts/0001.json"
	order close r-abc123 approved
	wait_for test -e "$W/posts/0002.json"
	card 0002 | grep -qF 'block Approved'
	card 0002 | grep -qF 'Approved by  erin'
	refute logged SECRET
}

@test "the sandbox is on: no capability, no new privilege, filter, no core" {
	start_teams
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	grep -q '^NoNewPrivs:.*1$' "/proc/$GATEWAY/status"
	grep -q '^Seccomp:.*2$' "/proc/$GATEWAY/status"
	grep -q '^CapEff:.*0000000000000000$' "/proc/$GATEWAY/status"
	grep -q '^CapPrm:.*0000000000000000$' "/proc/$GATEWAY/status"
	[ "$(stat -c %u "/proc/$GATEWAY/maps")" = 0 ]
}

@test "429 with Retry-After is waited for and tried again" {
	start_teams --answer '429 retry-after=2'
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	order open r-1
	wait_for heard '^delivery r-1 teams retrying 1 HTTP 429$'
	local from=$SECONDS
	wait_for heard '^delivery r-1 teams delivered 2'
	((SECONDS - from >= 1))
	[ "$(posts)" = 2 ]
}

@test "a 200 whose body says HTTP error 429 is no success" {
	start_teams --answer '200 body=Microsoft Teams endpoint returned HTTP error 429 with ContextId'
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	order open r-1
	wait_for heard '^delivery r-1 teams retrying 1 HTTP 429$'
	wait_for heard '^delivery r-1 teams delivered 2'
}

@test "500, a dropped connection and a time-out are tried again" {
	start_teams --answer 500 --answer drop --answer hang=20
	config "CAFile=$CA/ca.pem" Timeout=2
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	order open r-1
	wait_for heard '^delivery r-1 teams retrying 1 HTTP 500$'
	wait_for heard '^delivery r-1 teams retrying 2 .'
	wait_for heard '^delivery r-1 teams retrying 3 .*(timed out|time)'
	wait_for heard '^delivery r-1 teams delivered 4'
	[ "$(posts)" = 4 ]
	refute logged SECRET
}

@test "a refusal that another try cannot change is final, with its reason" {
	start_teams --answer '401 body={"error":{"code":"DirectApiAuthorizationRequired","message":"see ?sig=SECRET"}}'
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	order open r-1
	wait_for heard '^delivery r-1 teams failed 1 HTTP 401 DirectApiAuthorizationRequired$'
	[ "$(posts)" = 1 ]
	refute logged SECRET
	refute heard SECRET
}

@test "a redirect is refused" {
	start_teams --answer "302 location=https://127.0.0.1:1/elsewhere"
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	order open r-1
	wait_for heard '^delivery r-1 teams failed 1 HTTP 302: redirects are not followed'
	[ "$(posts)" = 1 ]
}

@test "a certificate of another authority is refused, and nothing is sent" {
	start_teams
	config "CAFile=$CA/other.pem" MaxAttempts=2
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	order open r-1
	wait_for heard '^delivery r-1 teams failed 2 .*certificate.*gave up after 2 attempts'
	[ "$(posts)" = 0 ]
}

@test "without CAFile only the system's authorities count" {
	start_teams
	config MaxAttempts=1
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	order open r-1
	wait_for heard '^delivery r-1 teams failed 1 .*certificate'
	[ "$(posts)" = 0 ]
}

@test "an expired request and one that expires before the next attempt fail" {
	start_teams --answer '503 retry-after=60'
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	order open r-1 0
	wait_for heard '^delivery r-1 teams failed 0 the request had expired'
	order open r-2 30
	wait_for heard '^delivery r-2 teams failed 1 HTTP 503; the request expires before the next attempt'
}

@test "neither a repeated request nor a restart posts twice" {
	start_teams
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	order open r-1
	wait_for heard '^delivery r-1 teams delivered 1'
	order open r-1
	wait_for heard '^delivery r-1 teams delivered 0'
	stop_gateway
	run_gateway
	wait_for bash -c "[ \$(grep -c 'r-1 teams delivered 0' '$W/sluiced.log') = 2 ]"
	order open r-2
	wait_for heard '^delivery r-2 teams delivered 1'
	[ "$(posts)" = 2 ]
}

@test "a torn state file costs nothing" {
	start_teams
	start_sluiced
	printf 'open teams r-1 3f9a22c1d0e1f2a3 99999999999\nopen teams r-2 3f9a22c1d0e1' >"$W/state/delivered"
	chmod 0666 "$W/state/delivered"
	order open r-1
	run_gateway
	wait_for heard '^delivery r-1 teams delivered 0'
	order open r-2
	wait_for heard '^delivery r-2 teams delivered 1'
	[ "$(posts)" = 1 ]
}

@test "a request that was decided before it could be posted is not posted" {
	start_teams --answer '503 retry-after=3'
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	order open r-1
	wait_for heard '^delivery r-1 teams retrying 1'
	order close r-1 denied
	sleep 4
	[ "$(posts)" = 1 ]
}

@test "an answer follows a question that is just being posted" {
	start_teams --answer 'slow=1 202'
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	order open r-1
	wait_for test -e "$W/posts/0001.json"
	order close r-1 denied
	wait_for test -e "$W/posts/0002.json"
	card 0002 | grep -qF 'block Denied'
	heard '^delivery r-1 teams delivered 1'
}

@test "garbage and messages that are not permitted end the connection, and a new one is made" {
	start_teams
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	order garbage
	wait_for logged 'sluiced sent a malformed message'
	wait_for bash -c "[ \$(grep -c ^hello '$W/sluiced.log') = 2 ]"
	order result
	wait_for logged 'it sent IPC_RESULT, which it may not'
	wait_for bash -c "[ \$(grep -c ^hello '$W/sluiced.log') = 3 ]"
	order open r-1
	wait_for heard '^delivery r-1 teams delivered 1'
	kill -0 "$GATEWAY"
}

@test "the gateway waits for a sluiced that is not there yet" {
	start_teams
	run_gateway
	wait_for logged 'cannot reach sluiced'
	start_sluiced
	wait_for heard '^hello'
}

@test "hostile text reaches only monospace runs, and the card stays below 20 kB" {
	start_teams
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	order hostile r-1
	wait_for heard '^delivery r-1 teams delivered 1'
	card 0001 >"$W/card"
	refute grep -q '^block.*evil' "$W/card"
	card 0001 | grep -qF '[Approve](https://evil.example) \u202e\x1b[2J\xff'
	card 0001 | grep -qE 'Text is hidden: [0-9]+ bytes in 10 places'
	python3 -c "import json,sys; r=json.load(open('$W/posts/0001.json')); assert int(r['headers']['Content-Length']) <= 20000"
}

@test "many requests arrive once each" {
	start_teams
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	local i
	for i in $(seq 1 60); do order open "r-$i"; done
	wait_for bash -c "[ \$(grep -c 'teams delivered 1' '$W/sluiced.log') = 60 ]"
	[ "$(posts)" = 60 ]
	[ "$(cat "$W"/posts/*.json | grep -oE 'sluice approve r-[0-9]+' | sort -u | wc -l)" = 60 ]
}

@test "hundreds of open requests come again after a restart, and none is posted twice" {
	start_teams
	start_sluiced
	local i
	for i in $(seq 1 400); do echo "open teams r-$i 3f9a22c1d0e1f2a3 99999999999"; done >"$W/state/delivered"
	chmod 0666 "$W/state/delivered"
	for i in $(seq 1 400); do order open "r-$i"; done
	run_gateway
	wait_for bash -c "[ \$(grep -c 'teams delivered 0' '$W/sluiced.log') = 400 ]"
	[ "$(posts)" = 0 ]
	[ "$(grep -c '^hello' "$W/sluiced.log")" = 1 ]
}

@test "READY and WATCHDOG reach the service manager" {
	start_teams
	start_sluiced
	python3 - "$W/notify" >"$W/notify.log" 3>&- <<-'PY' &
		import os, socket, sys
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.bind(sys.argv[1])
		os.chmod(sys.argv[1], 0o777)
		while True:
		    print(s.recv(4096).decode(), flush=True)
	PY
	PIDS+=($!)
	wait_for test -S "$W/notify"
	NOTIFY_SOCKET="$W/notify" WATCHDOG_USEC=400000 run_gateway
	wait_for grep -q READY=1 "$W/notify.log"
	wait_for bash -c "[ \$(grep -c WATCHDOG=1 '$W/notify.log') -ge 3 ]"
	kill -STOP "$GATEWAY"
	sleep 0.3
	local before
	before=$(grep -c WATCHDOG=1 "$W/notify.log")
	sleep 1
	[ "$(grep -c WATCHDOG=1 "$W/notify.log")" = "$before" ]
	kill -CONT "$GATEWAY"
	stop_gateway
	wait_for grep -q STOPPING=1 "$W/notify.log"
}

@test "--test-card posts a card that says that it is a test" {
	start_teams
	run "${RUN_AS[@]}" "$BUILD/sluice-gateway" --config "$W/gateway.conf" --test-card
	[ "$status" = 0 ]
	[[ $output == *"the channel took the test card"* ]]
	card 0001 | grep -qF 'block TEST: nothing is waiting'
}

@test "--test-card fails with the reason" {
	start_teams --answer 404
	run "${RUN_AS[@]}" "$BUILD/sluice-gateway" --config "$W/gateway.conf" --test-card
	[ "$status" = 1 ]
	[[ $output == *"HTTP 404"* ]]
}

@test "--print-keys says what the policy needs, and makes the keys once, for the service only" {
	local owner
	run "$BUILD/sluice-gateway" --state "$W/state" --print-keys
	[ "$status" = 0 ]
	printf '%s\n' "$output" >"$W/channels"
	[ "${lines[0]}" = '[Channel web]' ]
	grep -qxF 'Accounts=slack' "$W/channels"
	owner=$(stat -c %U "$W/state")
	[ "$(stat -c '%a %U' "$W/state/channel-web.key")" = "600 $owner" ]
	printf '[Label a]\nPath=/srv\n' | cat - "$W/channels" >"$W/policy.conf"
	"$BUILD/sluice" policy check "$W/policy.conf"
	start_sluiced
	start_teams
	run_gateway
	wait_for grep -q '^hello' "$W/sluiced.log"
	"${RUN_AS[@]}" "$BUILD/sluice-gateway" --state "$W/state" --print-keys | cmp - "$W/channels"
}

@test "a channel's key that others can read is not used" {
	start_teams
	"$BUILD/sluice-gateway" --state "$W/state" --print-keys >/dev/null
	chmod 0644 "$W/state/channel-web.key"
	run "${RUN_AS[@]}" "$BUILD/sluice-gateway" --config "$W/gateway.conf" --socket "$W/sock" --state "$W/state"
	[ "$status" = 1 ]
	[[ $output == *"channel-web.key' is open to others than its owner"*'chmod 600'* ]]
}

@test "root is refused" {
	[ "$(id -u)" = 0 ] || skip "needs root to be refused as root"
	start_teams
	run "$BUILD/sluice-gateway" --config "$W/gateway.conf" --socket "$W/sock" --state "$W/state"
	[ "$status" = 1 ]
	[[ $output == *"does not run as root"* ]]
}

refused() {
	run "$BUILD/sluice-gateway" --config "$W/gateway.conf" --check
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"$1"* ]]
	[[ $output != *SECRET* ]]
	[ "${#lines[@]}" = 1 ]
}

accepted() {
	run "$BUILD/sluice-gateway" --config "$W/gateway.conf" --check
	echo "$output"
	[ "$status" = 0 ]
}

@test "help and version, short and long; a wrong option is status 2" {
	local option
	for option in -h --help '-?'; do
		run "$BUILD/sluice-gateway" "$option"
		[ "$status" -eq 0 ]
		[[ $output == *--test-card* ]]
	done
	for option in -V --version; do
		run "$BUILD/sluice-gateway" "$option"
		[ "$status" -eq 0 ]
		[[ $output == "sluice-gateway "* ]]
	done
	run "$BUILD/sluice-gateway" --nonsense
	[ "$status" -eq 2 ]
}

@test "--check accepts what is right and names file and line of what is wrong" {
	secret 'https://example.invalid/x?sig=SECRET'
	accepted
	config MaxAttempts=3 Timeout=30s Proxy=http://proxy.invalid:3128
	accepted
	config Timout=3
	refused "gateway.conf:3: unknown key 'Timout'"
	config Timeout=3 Timeout=4
	refused 'gateway.conf:4: Timeout= is set a second time, first in line 3'
	config Timeout=0
	refused 'gateway.conf:3: Timeout=0 must be'
	config MaxAttempts=many
	refused 'gateway.conf:3: MaxAttempts=many must be a number from 1 to 1000'
	config CAFile=ca.pem
	refused 'gateway.conf:3: CAFile=ca.pem must be an absolute path'
	config "CAFile=$W/none.pem"
	refused "gateway.conf:3: CAFile=$W/none.pem cannot be read"
	printf '%s\n' '[Teams]' Timeout=3 "WebhookFile=$W/none.url" >"$W/gateway.conf"
	refused "gateway.conf:3: WebhookFile=$W/none.url cannot be read"
	config AllowLoopbackHttp=maybe
	refused 'must be yes or no'
	config nonsense
	refused 'gateway.conf:3: neither a section, a comment nor Key=value'
	config '  Timeout=3' '   continued'
	refused 'gateway.conf:4:'
	config "Proxy=$(printf 'a%.0s' {1..5000})"
	refused 'gateway.conf:3: longer than'
	config '[Discord]'
	refused 'gateway.conf:3: unknown section [Discord]'
	config '[Teams]' "WebhookFile=$W/teams.url"
	refused "a second section for 'teams'"
	config '[Teams second]'
	refused 'gateway.conf:3: section [Teams] needs WebhookFile='
	config '[Teams second]' "WebhookFile=$W/teams.url"
	accepted
	[[ $output == *teams-second* ]]
	config '[Teams a/b]' "WebhookFile=$W/teams.url"
	refused "name 'a/b' must be"
	echo 'Timeout=3' >"$W/gateway.conf"
	refused 'gateway.conf:1: Timeout= stands before any section'
	echo '# nothing' >"$W/gateway.conf"
	refused 'names no channel'
	rm "$W/gateway.conf"
	refused 'cannot be read'
}

@test "the secret URL must be https, secret and alone" {
	secret 'https://example.invalid/x?sig=SECRET'
	chmod 0604 "$W/teams.url"
	refused 'is open to others (mode 0604)'
	chmod 0660 "$W/teams.url"
	refused 'is open to others (mode 0660)'
	chmod 0640 "$W/teams.url"
	accepted
	secret 'http://example.invalid/SECRET'
	refused 'is not https'
	secret 'ftp://127.0.0.1/SECRET'
	refused 'is not https'
	secret 'http://127.0.0.1:8080/SECRET'
	refused 'set AllowLoopbackHttp=yes'
	config AllowLoopbackHttp=yes
	accepted
	config AllowLoopbackHttp=yes Proxy=http://proxy.invalid
	refused 'Proxy='
	secret 'http://[::1]:8080/SECRET'
	refused 'set AllowLoopbackHttp=yes'
	config AllowLoopbackHttp=yes
	accepted
	secret 'http://127.0.0.1.example.invalid/SECRET'
	config AllowLoopbackHttp=yes
	refused 'is not https'
	secret 'http://localhost/SECRET'
	config AllowLoopbackHttp=yes
	refused 'is not https'
	secret 'https://user:SECRET@example.invalid/'
	refused 'user name'
	secret $'https://example.invalid/SECRET\nhttps://example.invalid/second'
	refused 'must hold one line'
	secret ''
	refused 'must hold one line'
	secret 'not a url SECRET'
	refused 'must hold one line'
	secret 'nonsense:SECRET'
	refused 'teams.url'
	rm "$W/teams.url"
	refused 'cannot be read'
	mkdir "$W/teams.url"
	refused 'not a regular file'
}

@test "plain HTTP on loopback works when it is allowed" {
	"$TOOLS/fake-teams" --out "$W/posts" --port-file "$W/port" --print >"$W/teams.log" 2>&1 3>&- &
	PIDS+=($!)
	wait_for test -s "$W/port"
	secret "http://127.0.0.1:$(cat "$W/port")/x"
	config AllowLoopbackHttp=yes
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	order open r-1
	wait_for heard '^delivery r-1 teams delivered 1'
	wait_for grep -qF 'sluice deny r-1 3f9a22c1' "$W/teams.log"
}
