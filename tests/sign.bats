#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Answers that a person signs, with the real ssh-keygen on both sides of the wire: it makes the signature, and it verifies
# what the daemon with canned answers (tests/tools/fake-control.c) was sent. What sluiced itself thinks of the same bytes
# says tests/tools/check-signature.c, which has its code.

DIGEST=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
NAMESPACE=sluice-decision@sluice

setup() {
	BUILD=${SLUICE_BUILD:-$BATS_TEST_DIRNAME/../build}
	SLUICE=$BUILD/sluice
	CHECK=$BUILD/tests/check-signature
	KEY=$BATS_TEST_TMPDIR/key
	LOG=$BATS_TEST_TMPDIR/log
	export SLUICE_SOCKET=$BATS_TEST_TMPDIR/control.sock TZ=UTC LC_ALL=C
	unset COLUMNS SSH_AUTH_SOCK SSH_SK_PROVIDER
	AGENT='' FAKE=''
	ssh-keygen -q -t ed25519 -N '' -C rita -f "$KEY"
	"$BUILD/tests/fake-control" "$SLUICE_SOCKET" "$LOG" keyed 3>&- &
	FAKE=$!
	for _ in $(seq 100); do
		[ ! -S "$SLUICE_SOCKET" ] || return 0
		sleep 0.05
	done
	return 1
}

teardown() {
	kill "$FAKE"
	[ -z "$AGENT" ] || kill "$AGENT"
}

# verified STATEMENT [KEY]: stock ssh-keygen says that the key has signed it for this purpose, and sluiced says so too.
verified() {
	printf 'rita %s\n' "$(cut -d' ' -f1,2 "${2-$KEY}.pub")" >"$BATS_TEST_TMPDIR/allowed"
	ssh-keygen -Y verify -f "$BATS_TEST_TMPDIR/allowed" -I rita -n "$NAMESPACE" -s "$1.sig" <"$1" &&
		[ "$("$CHECK" "$1" "$1.sig")" = "$(ssh-keygen -lf "${2-$KEY}.pub" | cut -d' ' -f2)" ]
}

# line NAME: the value of that line of what was submitted.
line() {
	sed -n "s/^$1 //p" "$LOG.statement"
}

@test "approve --key: what is sent is exactly this answer, signed" {
	run "$SLUICE" approve r-0a1b2c3d 01234567 --key "$KEY" --reason "ticket 7" </dev/null
	[ "$status" -eq 0 ]
	[[ $output == *patients.csv*"approved; grant g-1" ]]
	verified "$LOG.statement"
	[ "$(head -n 1 "$LOG.statement")" = sluice-decision-v1 ]
	[ "$(line host)" = etl1.example.com ]
	[ "$(line boot)" = 11111111-2222-3333-4444-555555555555 ]
	[ "$(line request)" = r-0a1b2c3d ]
	[ "$(line digest)" = "$DIGEST" ]
	[ "$(line verdict)" = approve ]
	[ "$(line scope)" = once ] # the rule's, in words
	[ "$(line duration_s)" = 300 ]
	[ "$(line reason)" = "ticket 7" ]
	[ $(($(date +%s) - $(date -d "$(line time)" +%s))) -lt 60 ]
	[[ $(line nonce) =~ ^[0-9a-f]{32}$ ]]
	run grep decide "$LOG"
	[ "$status" -eq 1 ]
}

@test "approve --key: scope, time and a reason that is not ASCII; no two are the same" {
	"$SLUICE" approve r-0a1b2c3d --yes --key "$KEY" --scope process --for 15min --reason "été"
	verified "$LOG.statement"
	[ "$(line scope) $(line duration_s) $(line reason)" = "process 900 été" ]
	local nonce
	nonce=$(line nonce)
	"$SLUICE" approve r-0a1b2c3d --yes --key "$KEY"
	[ "$(line nonce)" != "$nonce" ]
}

@test "deny --key" {
	run "$SLUICE" deny r-0a1b2c3d --yes --key "$KEY" --reason no
	[ "$status" -eq 0 ]
	verified "$LOG.statement"
	[ "$(line verdict) $(line scope) $(line duration_s)" = "deny none 0" ]
}

@test "a key that an agent holds" {
	eval "$(ssh-agent -s 3>&-)" >/dev/null
	AGENT=$SSH_AGENT_PID
	ssh-add -q "$KEY"
	rm "$KEY"
	run "$SLUICE" approve r-0a1b2c3d --yes --key "$KEY.pub"
	[ "$status" -eq 0 ]
	verified "$LOG.statement"
}

@test "a security key: touched it counts, untouched it does not" {
	local provider
	provider=$(realpath "$BUILD/tests/security-key.so")
	ssh-keygen -q -t ed25519-sk -w "$provider" -N '' -f "$KEY.sk"
	SSH_SK_PROVIDER=$provider run "$SLUICE" approve r-0a1b2c3d --yes --key "$KEY.sk"
	[ "$status" -eq 0 ]
	verified "$LOG.statement" "$KEY.sk"
	ssh-keygen -q -t ed25519-sk -w "$provider" -O no-touch-required -N '' -f "$KEY.lazy"
	SSH_SK_PROVIDER=$provider run "$SLUICE" approve r-0a1b2c3d --yes --key "$KEY.lazy"
	[ "$status" -eq 0 ]
	run "$CHECK" "$LOG.statement" "$LOG.statement.sig"
	[ "$status" -eq 1 ]
	[[ $output == *"without a touch"* ]]
}

@test "a key of another kind is refused by its name" {
	ssh-keygen -q -t rsa -b 4096 -N '' -f "$KEY.rsa"
	"$SLUICE" approve r-0a1b2c3d --yes --key "$KEY.rsa"
	run "$CHECK" "$LOG.statement" "$LOG.statement.sig"
	[ "$status" -eq 1 ]
	[[ $output == *"kind of key"*"ed25519"* ]]
}

@test "no key there, no ssh-keygen there: nothing is sent, and the remedy is said" {
	run "$SLUICE" approve r-0a1b2c3d --yes --key "$KEY.none"
	[ "$status" -eq 1 ]
	[[ $output == *"did not sign with"*"nothing was decided"* ]]
	mkdir "$BATS_TEST_TMPDIR/empty"
	PATH=$BATS_TEST_TMPDIR/empty run "$SLUICE" approve r-0a1b2c3d --yes --key "$KEY"
	[ "$status" -eq 1 ]
	[[ $output == *openssh-client* ]]
	run grep submit "$LOG"
	[ "$status" -eq 1 ]
}

@test "what cannot be stated in one line is not signed" {
	run "$SLUICE" approve r-0a1b2c3d --yes --key "$KEY" --reason $'good\nverdict deny'
	[ "$status" -eq 1 ]
	[[ $output == *"one line"* ]]
	run grep submit "$LOG"
	[ "$status" -eq 1 ]
}

@test "--print, signed elsewhere, and submitted" {
	local file=$BATS_TEST_TMPDIR/answer
	"$SLUICE" approve r-0a1b2c3d 01234567 --print --reason "ticket 7" >"$file" 2>"$file.shown" </dev/null
	[ "$(head -n 1 "$file")" = sluice-decision-v1 ]
	grep -q patients.csv "$file.shown"
	run grep -E "decide|submit" "$LOG"
	[ "$status" -eq 1 ]
	ssh-keygen -q -Y sign -n "$NAMESPACE" -f "$KEY" "$file"
	run "$SLUICE" submit "$file"
	[ "$status" -eq 0 ]
	[[ $output == "approved; grant g-1" ]]
	cmp "$file" "$LOG.statement"
	cmp "$file.sig" "$LOG.statement.sig"
	verified "$LOG.statement"
	mv "$file.sig" "$file.elsewhere"
	run "$SLUICE" submit "$file" "$file.elsewhere"
	[ "$status" -eq 0 ]
}

@test "submit: what is no statement or not there is refused here" {
	run "$SLUICE" submit "$BATS_TEST_TMPDIR/none"
	[ "$status" -eq 4 ]
	echo statement >"$BATS_TEST_TMPDIR/unsigned"
	run "$SLUICE" submit "$BATS_TEST_TMPDIR/unsigned"
	[ "$status" -eq 4 ]
	[[ $output == *"unsigned.sig' is not there: "*"'ssh-keygen -Y sign -n sluice-decision@sluice -f KEY "*"/unsigned'"* ]]
	head -c 4096 /dev/zero | tr '\0' a >"$BATS_TEST_TMPDIR/long"
	run "$SLUICE" submit "$BATS_TEST_TMPDIR/long" "$KEY.pub"
	[ "$status" -eq 1 ]
	[[ $output == *"too long"* ]]
	printf 'a\0b' >"$BATS_TEST_TMPDIR/binary"
	run "$SLUICE" submit "$BATS_TEST_TMPDIR/binary" "$KEY.pub"
	[ "$status" -eq 1 ]
	run grep submit "$LOG"
	[ "$status" -eq 1 ]
}

@test "--key and --print do not go together" {
	run "$SLUICE" approve r-0a1b2c3d --key "$KEY" --print
	[ "$status" -eq 2 ]
	[[ $output == *"one of them"* ]]
}

@test "show says which tier an approval takes, and how" {
	run "$SLUICE" show r-0a1b2c3d
	[[ $output =~ Least\ tier:\ +A3 ]]
	[[ $output == *"sluice approve r-0a1b2c3d 01234567 --scope once --key "* ]]
	run "$SLUICE" show r-0a1b2c3d --json
	[ "$(jq -r .tier <<<"$output")" = A3 ]
	run "$SLUICE" show r-closed
	[[ $output != *"To approve"* ]]
}
