#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# How sure an approval must be, and the keys that people sign with, by the real ssh-keygen. Runs in a guest (lib.bash).
#
#   secret   takes a signed approval (tier A3)     plainly   takes that of a login (A1, as without Tier=)

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

JOURNAL=/var/log/sluice/journal.jsonl
NAMESPACE=sluice-decision@sluice
KEYS=$STATE/keys

# What every policy has, and the keys of rita and paul.
eval "people_of_the_base$(declare -f base_policy | sed 1d | sed '1s/^/() /')"
base_policy()
{
	local name

	people_of_the_base | while read -r name; do
		printf '%s\n' "$name"
		[[ $name == "[Person rita]" || $name == "[Person paul]" ]] || continue
		name=${name#\[Person } name=${name%]}
		[[ ${WITHOUT-} == "$name" ]] || printf 'Key=%s\n' "$(<"$KEYS/$name.pub")"
	done
}

POLICY='[Label plainly]
Path=/srv/t/plainly
[Rule signed]
Action=open
Labels=secret
Verdict=ask
Mode=hold
Reviewers=data
Clear=user:quinn
Tier=A3
Standing=1h
[Rule login]
Action=open
Labels=plainly
Verdict=ask
Mode=hold
Reviewers=data'

setup_file()
{
	local name

	mkdir -p "$KEYS" "$ROOT/plainly"
	echo plainly >"$ROOT/plainly/file"
	secret rows
	for name in rita paul; do
		ssh-keygen -q -t ed25519 -N '' -C "$name@laptop" -f "$KEYS/$name"
		chown "$name" "$KEYS/$name"
	done
	ensure_sluiced "$POLICY"
}

setup()
{
	ensure_sluiced "$POLICY"
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	ID=$(request_for "$PID")
	ANSWER=$KEYS/answer # where everybody can read it
}

teardown()
{
	[[ -z ${PID-} ]] || kill -9 "$PID" 2>/dev/null || true
	close_all
}

# signed_by NAME: the files ANSWER and ANSWER.sig are that person's approval.
signed_by()
{
	rm -f "$ANSWER" "$ANSWER.sig"
	person "$1" sluice approve "$ID" --print --reason 'ticket 4711' >"$ANSWER" 2>/dev/null
	ssh-keygen -q -Y sign -n "$NAMESPACE" -f "$KEYS/$1" "$ANSWER"
	chmod 644 "$ANSWER" "$ANSWER.sig"
}

# evidence ID MEMBER: of the decision on it, from the journal's file, with nothing but jq.
evidence()
{
	jq -j --arg id "$1" "select(.type == \"decision\" and .request == \$id) | .evidence.$2" "$JOURNAL"
}

@test "an approval without a key is refused, with the key it counts, and ssh-keygen verifies what the journal keeps" {
	run approve "$ID"
	[ "$status" -eq 5 ]
	held "$PID"
	run person rita sluice approve "$ID" --yes
	[[ $output == *"tier A3"*"this is A1"*"--key"* ]]
	run person rita sluice show "$ID"
	[[ $output == *"Least tier"*A3*"--key"* ]]

	run person rita sluice approve "$ID" --yes --key "$KEYS/rita" --reason 'ticket 4711'
	[ "$status" -eq 0 ]
	exit_of "$PID" 0
	cmp "$OUT" "$SECRET/rows"

	evidence "$ID" statement >"$ANSWER"
	evidence "$ID" signature >"$ANSWER.sig"
	grep -qx "request $ID" "$ANSWER"
	grep -qx "reason ticket 4711" "$ANSWER"
	grep -qx "boot $(</proc/sys/kernel/random/boot_id)" "$ANSWER"
	printf 'rita %s\n' "$(<"$KEYS/rita.pub")" >"$ANSWER.allowed"
	ssh-keygen -Y verify -f "$ANSWER.allowed" -I rita -n "$NAMESPACE" -s "$ANSWER.sig" <"$ANSWER"
	[ "$(evidence "$ID" key)" = "$(ssh-keygen -lf "$KEYS/rita.pub" | cut -d' ' -f2)" ]
	sed -i 's/4711/4712/' "$ANSWER"
	run ssh-keygen -Y verify -f "$ANSWER.allowed" -I rita -n "$NAMESPACE" -s "$ANSWER.sig" <"$ANSWER"
	[ "$status" -ne 0 ]
	journal_has ".request == \"$ID\" and .type == \"decision\" and .tier == \"A3\" and .person == \"rita\""
	sluice journal verify || lost_a_key
}

@test "a rule that names no tier takes the login, as before" {
	kill -9 "$PID"
	spawn paul cat "$ROOT/plainly/file"
	wait_held "$PID"
	ID=$(request_for "$PID")
	approve "$ID"
	exit_of "$PID" 0
	journal_has ".request == \"$ID\" and .type == \"decision\" and .tier == \"A1\" and .evidence.kind == \"login\""
}

@test "a no takes no key" {
	deny "$ID"
	exit_of "$PID" 1
}

@test "signed elsewhere: it is the answer of who signed, whoever brings it, once" {
	signed_by rita
	run person paul sluice submit "$ANSWER" # who asks is a good courier of another's answer
	[ "$status" -eq 0 ]
	exit_of "$PID" 0
	[ "$(evidence "$ID" sender.uid)" = "$(id -u paul)" ]
	run person rita sluice submit "$ANSWER"
	[ "$status" -ne 0 ]
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	run person rita sluice submit "$ANSWER"
	[ "$status" -ne 0 ]
	held "$PID"
}

@test "nobody signs for themselves" {
	signed_by paul
	run person rita sluice submit "$ANSWER"
	[ "$status" -eq 5 ]
	[[ $output == *"paul stands behind"* ]]
	held "$PID"
}

@test "a courier who has read labeled data is refused" {
	signed_by rita
	run as quinn sh -c "read -r row <$SECRET/rows; exec sluice submit $ANSWER" # quinn is cleared
	[ "$status" -eq 5 ]
	[[ $output == *"read labeled data"* ]]
	held "$PID"
	as quinn sluice submit "$ANSWER"
	exit_of "$PID" 0
}

@test "one changed byte, or a key that the policy does not know any more: refused" {
	signed_by rita
	sed 's/ticket 4711/ticket 4712/' "$ANSWER" >"$ANSWER.other"
	chmod 644 "$ANSWER.other"
	run person rita sluice submit "$ANSWER.other" "$ANSWER.sig"
	[ "$status" -eq 1 ]
	[[ $output == *"did not sign this statement"* ]]
	held "$PID"
	# paul's key keeps the policy one that somebody can answer
	WITHOUT=rita set_policy "$POLICY" "# without the key of rita"
	run person rita sluice submit "$ANSWER"
	[ "$status" -eq 1 ]
	[[ $output == *"belongs to no person"* ]]
	held "$PID"
}

# Reads FILE, as the nightly service does.
nightly()
{
	mkdir -p /sys/fs/cgroup/nightly.service
	UNIT=/sys/fs/cgroup/nightly.service spawn paul cat "$1"
}

@test "an approval that stands: the same again goes unasked, all else is asked about, until it is revoked" {
	local standing

	secret more
	kill -9 "$PID"
	nightly "$SECRET/rows"
	wait_held "$PID"
	ID=$(request_for "$PID")
	run person rita sluice approve "$ID" --yes --standing 2h --key "$KEYS/rita"
	[ "$status" -eq 1 ]
	[[ $output == *"at most 3600 s"* ]]
	held "$PID"
	run person rita sluice approve "$ID" --yes --standing 30min --key "$KEYS/rita"
	[ "$status" -eq 0 ]
	[[ $output == *"goes without asking for 1800 s: s-"* ]]
	exit_of "$PID" 0
	for _ in 1 2; do
		nightly "$SECRET/rows"
		exit_of "$PID" 0
		cmp "$OUT" "$SECRET/rows"
	done
	[ "$(sluice journal --json | jq -s '[.[] | select(.type == "standing.used")] | length')" = 2 ]
	nightly "$SECRET/more" # another file
	wait_held "$PID"
	kill -9 "$PID"
	spawn paul cat "$SECRET/rows" # another unit
	wait_held "$PID"
	kill -9 "$PID"
	stop_sluiced KILL
	run_sluiced
	nightly "$SECRET/rows"
	exit_of "$PID" 0
	standing=$(person rita sluice grants --json | jq -r '.[] | select(.scope == "standing") | .id')
	[[ $standing == s-* ]]
	person rita sluice revoke "$standing" --reason 'the ticket is closed'
	nightly "$SECRET/rows"
	wait_held "$PID"
	sluice journal verify || lost_a_key
}
