#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What people answer in a channel of the gateway, signed with the gateway's own keys, and what these keys cannot do in
# the hands of somebody else (programs/vouch.c). Runs in a guest (lib.bash).
#
#   secret   takes an approval of tier A3     plainly   takes A2

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"
# shellcheck source=tests/vm/gateway_stage.bash
. "$BATS_TEST_DIRNAME/gateway_stage.bash"

JOURNAL=/var/log/sluice/journal.jsonl
W=$STATE/vouch
IDP=https://idp.example

# What every policy has, an account of each person: sub-rita, sub-paul, sub-quinn; and a key, without which rules above
# CAP could not be answered.
eval "people_of_the_base$(declare -f base_policy | sed 1d | sed '1s/^/() /')"
base_policy()
{
	people_of_the_base | sed -E "s#^\\[Person (.*)\\]#&\\nOIDC=$IDP sub-\\1#" |
		sed "/^\\[Person quinn\\]/a Key=$(<"$W/quinn.pub")"
	channel_web | sed "s/^Tier=.*/Tier=${CAP:-A3}/"
}

# Of the gateway's channels the one of this test.
channel_web()
{
	sluice-gateway --state "$W" --print-keys | awk '/^\[/ { ours = /^\[Channel web\]/ } ours'
}

RULES='[Label plainly]
Path=/srv/t/plainly
[Rule secret]
Action=open
Labels=secret
Verdict=ask
Mode=hold
Reviewers=data
Tier=A2
[Rule plainly]
Action=open
Labels=plainly
Verdict=ask
Mode=hold
Reviewers=data
Tier=A2'
SURE=${RULES/Tier=A2/Tier=A3}

setup_file()
{
	add_gateway_user
	mkdir -p "$W" "$ROOT/plainly"
	chown sluice-gateway "$W"
	chmod 700 "$W"
	ssh-keygen -q -t ed25519 -N '' -C quinn@laptop -f "$W/quinn"
	echo plainly >"$ROOT/plainly/file"
	secret rows
	restart_sluiced "$SURE"
}

setup()
{
	ensure_sluiced "$SURE"
	hold_request
}

teardown()
{
	[[ -z ${PID-} ]] || kill -9 "$PID" 2>/dev/null || true
	close_all
	[[ ${BATS_TEST_COMPLETED-} ]] || rm -f "$STATE/in-force" # whatever CAP was
}

# vouch WORD=VALUE...: one decision on ID by the gateway's user.
vouch()
{
	setpriv --reuid sluice-gateway --regid sluice-gateway --clear-groups "$PROGRAMS/vouch" "$W" "id=$ID" "$@"
}

# refused ERRNO TEXT WORD=VALUE...: the decision is refused so, and the process goes on waiting.
refused()
{
	run vouch "${@:3}"
	echo "$output"
	[ "$status" -eq $((100 + $1)) ]
	[[ $output == *"$2"* ]]
	held "$PID"
}

EPERM=1 EACCES=13 ERANGE=34 ESTALE=116 EBUSY=16

@test "a held process goes on when a reviewer answers in a channel, and ssh-keygen verifies what the journal keeps" {
	run vouch subject=sub-rita reason='ticket 4711'
	echo "$output"
	[ "$status" -eq 0 ]
	exit_of "$PID" 0
	cmp "$OUT" "$SECRET/rows"
	jq -c --arg id "$ID" 'select(.type == "decision" and .request == $id)' "$JOURNAL" >"$W/entry"
	[ "$(jq -r '.person, .tier, .evidence.kind, .evidence.account.subject' "$W/entry" | xargs)" = \
		'rita A3 channel-signature sub-rita' ]
	jq -j .evidence.statement "$W/entry" >"$W/statement"
	jq -j .evidence.signature "$W/entry" >"$W/statement.sig"
	grep -qx "request $ID" "$W/statement"
	grep -qx "evidence $(jq -j .evidence.evidence "$W/entry" | sha256sum | cut -d' ' -f1)" "$W/statement"
	echo "gateway $(channel_web | sed -n 's/^Key=//p')" >"$W/signers"
	ssh-keygen -Y verify -f "$W/signers" -I gateway -n sluice-channel@sluice -s "$W/statement.sig" <"$W/statement"
	sed -i 's/sub-rita/sub-paul/' "$W/statement"
	run ssh-keygen -Y verify -f "$W/signers" -I gateway -n sluice-channel@sluice -s "$W/statement.sig" <"$W/statement"
	[ "$status" -ne 0 ]
	sluice journal verify || lost_a_key
}

@test "a no in a channel ends it, whatever the channel reaches" {
	run vouch subject=sub-quinn verdict=deny tier=1
	[ "$status" -eq 0 ]
	exit_of "$PID" 1
}

@test "taken over, the gateway's keys answer for nobody else, for nothing else, and not above the cap" {
	refused "$EPERM" 'belongs to no person' subject=sub-mallory
	refused "$EPERM" 'belongs to no person' subject=sub-rita issuer=https://evil.example
	refused "$EPERM" 'stands behind' subject=sub-paul
	refused "$EACCES" 'may not name people' account=slack issuer=T024BE7LD subject=U2147483697
	refused "$EACCES" 'this is A2' subject=sub-rita tier=2
	refused "$ESTALE" 'its digest is another' subject=sub-rita digest="$(printf 'f%.0s' {1..64})"
	refused "$ERANGE" 'scope is wider' subject=sub-rita scope=executable
	refused "$ERANGE" 'duration is longer' subject=sub-rita duration=80000
	journal_has ".type == \"decision.refused\" and .request == \"$ID\" and (.why | test(\"stands behind\"))"
	run vouch subject=sub-rita
	[ "$status" -eq 0 ]
	exit_of "$PID" 0
	run vouch subject=sub-quinn
	[ "$status" -ne 0 ] # once only: it is not even told of it any more
}

@test "a channel reaches what its Tier= says, whatever the gateway says" {
	CAP=A2 set_policy "$SURE"
	refused "$EACCES" 'this is A2' subject=sub-rita tier=3
	kill -9 "$PID"
	spawn paul cat "$ROOT/plainly/file"
	wait_held "$PID"
	ID=$(request_for "$PID")
	run vouch subject=sub-rita tier=3
	[ "$status" -eq 0 ]
	exit_of "$PID" 0
	journal_has ".request == \"$ID\" and .type == \"decision\" and .tier == \"A2\""
	set_policy "$SURE"
}

@test "who asks too often for what is refused is not looked at; others are" {
	for _ in {1..10}; do # a test before may have made some of them
		run vouch subject=sub-paul
		((status == 100 + EPERM)) || break
	done
	refused "$EBUSY" 'too many' subject=sub-paul
	run vouch subject=sub-rita
	[ "$status" -eq 0 ]
	exit_of "$PID" 0
}
