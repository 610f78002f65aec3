#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# journal.bats: the whole story is in the journal, in order; what is changed or cut is found; what a crash tears is
# recovered. A second check is made with common tools only.

# shellcheck disable=SC2030,SC2031 # how bats gives $output
bats_require_minimum_version 1.5.0
load lib

JOURNAL=/var/log/sluice/journal.jsonl
ASK=$ASK_ONCE

setup() {
	ensure_sluiced "$ASK"
	secret rows 'one,two'
}

teardown() {
	if [ -e "$STATE/good.jsonl" ]; then
		cat "$STATE/good.jsonl" >"$JOURNAL"
		rm "$STATE/good.jsonl"
	fi
	is_running >/dev/null 2>&1 || run_sluiced || true
	close_all
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$STATE/sluiced.log"
}

# Somebody reads, is held, and rita decides with $1.
story() {
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	ID=$(request_for "$PID")
	person rita sluice "$1" "$ID" --yes --reason 'ticket 4711'
	wait_until "$PATIENCE" ended "$PID"
}

# Types of the entries that name the request $1, in order.
types_of() {
	sluice journal --json --request "$1" | jq -r .type | xargs
}

@test "an approval: each step is an entry, in order" {
	story approve
	wait_until "$PATIENCE" journal_has ".type == \"grant.used\""
	[[ $(types_of "$ID") == 'request.opened decision grant.issued request.decided'* ]]
	sluice journal --json | jq -es --arg id "$ID" --argjson pid "$PID" '
		(map(.type == "request.opened" and .request == $id) | index(true)) as $asked |
		(map(.type == "grant.used" and .subject.pid == $pid) | index(true)) as $used |
		(map(.type == "event.read" and .subject.pid == $pid) | index(true)) as $read |
		(map(.type == "policy.loaded") | index(true)) as $policy |
		$policy < $asked and $asked < $used and $used < $read'
	sluice journal --json --request "$ID" --type decision |
		jq -e '.person == "rita" and .approve and .reason == "ticket 4711" and (.digest | length) == 64'
}

@test "a denial: each step is an entry, in order" {
	story deny
	[ "$(types_of "$ID")" = 'request.opened decision request.decided' ]
	sluice journal --json --request "$ID" --type request.decided | jq -e '.state == "denied"'
}

@test "filters show what fits and nothing else" {
	local id

	story deny
	id=$ID
	story approve
	[ "$(sluice journal --json --request "$id" | jq -r .request | sort -u)" = "$id" ]
	[ "$(sluice journal --json --action open | jq -r .action | sort -u)" = open ]
	[ "$(sluice journal --json --action egress --request "$id" | wc -l)" = 0 ]
	sluice journal --json --label secret | jq -es 'length > 0 and all(.[]; .labels | index("secret"))'
	[ "$(sluice journal --json --label nothing | wc -l)" = 0 ]
	sluice journal --json --person rita --type decision | jq -es 'length > 1 and all(.[]; .person == "rita")'
	[ "$(sluice journal --json --person quinn --type decision --request "$id" | wc -l)" = 0 ]
	sluice journal --json --since -1h | jq -es 'length > 2'
	[ "$(sluice journal --json --since '2199-01-01' | wc -l)" = 0 ]
	[ "$(sluice journal --json -n 2 | wc -l)" = 2 ]
}

# first_file JOURNAL: the one that begins with the genesis entry; another file may have been begun since, by its age.
first_file() {
	local full=("$1".*[0-9])

	if [ -f "${full[0]}" ]; then
		echo "${full[0]}"
	else
		echo "$1"
	fi
}

# The chain by sha256sum, the last checkpoint by openssl, as a stranger would who has only the manual page.
independent_check() {
	local line hash prev

	while IFS= read -r line; do
		[[ $line != '{"checkpoint":'* ]] || continue
		prev=$(jq -r '.prev // empty' <<<"$line")
		[[ -z $hash || $prev == "$hash" ]] || { echo "broken at $(jq .seq <<<"$line")"; return 1; }
		hash=$({ printf '\0'; printf %s "$line"; } | sha256sum | cut -d' ' -f1)
	done < <(tail -n "$2" "$1")
	grep '^{"checkpoint":' "$1" | tail -n 1 | jq -j .checkpoint >"$BATS_TEST_TMPDIR/note"
	cd "$BATS_TEST_TMPDIR" || return 1
	sed '/^$/,$d' note >text
	sed -n 5p note | cut -d' ' -f3 | base64 -d | tail -c 64 >signature
	head -n 1 "$(first_file "$1")" | jq -r .journal.host_vkey | sed 's/^[^+]*+[^+]*+//' | base64 -d | tail -c 32 >raw
	{ printf '\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00'; cat raw; } | openssl pkey -pubin -inform DER -out host.pem
	openssl pkeyutl -verify -pubin -inkey host.pem -rawin -in text -sigfile signature
}

@test "verify agrees with a check by common tools" {
	local copy

	story approve
	stop_sluiced TERM
	sluice journal verify || lost_a_key
	run -0 independent_check "$JOURNAL" 40
	cp -r "$(dirname "$JOURNAL")" "$BATS_TEST_TMPDIR/log"
	copy=$BATS_TEST_TMPDIR/log/$(basename "$JOURNAL")
	sluice journal verify "$copy" || lost_a_key "$copy"
	python3 - "$copy" <<-'PYTHON'
	import sys
	lines = open(sys.argv[1], "rb").read().split(b"\n")
	at = max(i for i, line in enumerate(lines) if b'"type":"decision"' in line)
	lines[at] = lines[at].replace(b"4711", b"4712")
	open(sys.argv[1], "wb").write(b"\n".join(lines))
	PYTHON
	run -1 sluice journal verify "$copy"
	run -1 independent_check "$copy" 40
}

# spoil PYTHON: changes the list `lines` of the journal of a stopped daemon.
spoil() {
	stop_sluiced TERM
	cp "$JOURNAL" "$STATE/good.jsonl"
	python3 - "$JOURNAL" "$1" <<-'PYTHON'
	import sys
	data = open(sys.argv[1], "rb").read()
	lines = data.split(b"\n")
	entries = [i for i, line in enumerate(lines) if line and not line.startswith(b'{"checkpoint"')]
	middle = entries[len(entries) // 2]
	exec(sys.argv[2])
	with open(sys.argv[1], "r+b") as out:
	    out.write(b"\n".join(lines))
	    out.truncate()
	print(lines[middle][:20])
	PYTHON
}

refuses_to_start() {
	run -1 sluice journal verify
	[[ $output == *entry* || $output == *line* ]]
	run -1 sluiced
	[[ $output == *journal* && ( $output == *entry* || $output == *line* ) ]]
}

@test "one changed byte: verify names the entry, sluiced does not start" {
	local number

	story deny
	spoil 'lines[middle] = lines[middle].replace(b"boottime_us", b"boottime_ux")'
	number=$(sed -n 's/^{"seq":\([0-9]*\),.*"boottime_ux".*/\1/p' "$JOURNAL")
	refuses_to_start
	run -1 sluice journal verify
	[[ $output =~ entry\ ($number|$((number + 1))): ]] # that one, or the next by its hash of it
}

@test "a removed entry, a repeated one, two that changed places" {
	story deny
	spoil 'del lines[middle]'
	refuses_to_start
	cat "$STATE/good.jsonl" >"$JOURNAL"
	run_sluiced
	spoil 'lines.insert(middle, lines[middle])'
	refuses_to_start
	cat "$STATE/good.jsonl" >"$JOURNAL"
	run_sluiced
	spoil 'k = entries[len(entries) // 2 + 1]; lines[middle], lines[k] = lines[k], lines[middle]'
	refuses_to_start
}

@test "a torn last line after a kill is set aside and told" {
	local before

	story approve
	stop_sluiced
	before=$(wc -l <"$JOURNAL")
	rm -f "$JOURNAL.torn"
	printf '{"seq":99999,"time":17' >>"$JOURNAL"
	run_sluiced
	journal_has '.type == "journal.recovered" and .torn_bytes == 22'
	[ "$(cat "$JOURNAL.torn")" = '{"seq":99999,"time":17' ]
	[ "$(wc -l <"$JOURNAL")" -gt "$before" ]
	sluice journal verify || lost_a_key
}

@test "a kill in the middle of a group: complete entries are signed again and told" {
	story approve
	stop_sluiced
	python3 - "$JOURNAL" <<-'PYTHON'
	import sys
	data = open(sys.argv[1], "rb").read()
	lines = data.split(b"\n")[:-1]
	while lines[-1].startswith(b'{"checkpoint"'):
	    lines.pop()
	last = lines.pop()
	with open(sys.argv[1], "r+b") as out:
	    out.write(b"\n".join(lines) + b"\n" + last[: len(last) // 2])
	    out.truncate()
	PYTHON
	run_sluiced
	journal_has '.type == "journal.recovered" and .torn_bytes > 0'
	sluice journal verify || lost_a_key
}

@test "the journal goes on in another file: who is held then, and a daemon that is killed, lose nothing by it" {
	local id

	stop_sluiced TERM
	AGENT=JournalFileAge=1min write_policy "$ASK"
	run_sluiced
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	id=$(request_for "$PID")
	a_minute_goes_by "$JOURNAL"
	head -n 1 "$JOURNAL" | jq -e '.type == "journal.segment"'
	run ! grep -q "\"type\":\"request.opened\".*$id" "$JOURNAL" # it is in the full one, and in the state
	[ "$(sluice journal --json --request "$id" | jq -r .type)" = request.opened ]
	stop_sluiced KILL
	run_sluiced
	[ "$(state_of "$PID")" = T ]
	approve "$id"
	exit_of "$PID" 0
	[[ $(types_of "$id") == 'request.opened decision grant.issued request.decided'* ]]
	sluice journal verify || lost_a_key
	stop_sluiced TERM
	write_policy "$ASK"
	run_sluiced
}

# kept_private FILE: what the journal must not have, and what stands in its place.
kept_private() {
	run ! grep -q "$SECRET/diary" "$1"
	grep -q 'hmac:' "$1"
}

@test "private text: people see it, the journal has a commitment, a killed daemon knows it, and it can be erased" {
	local id

	stop_sluiced TERM
	write_policy "$ASK" "[Journal]
Private=$SECRET/diary"
	run_sluiced
	secret diary 'dear me'
	spawn paul cat "$SECRET/diary"
	wait_held "$PID"
	id=$(request_for "$PID")
	sluice show "$id" | grep -q "$SECRET/diary"
	kept_private "$JOURNAL"
	stop_sluiced KILL
	run_sluiced
	sluice show "$id" | grep -q "$SECRET/diary"
	approve "$id"
	exit_of "$PID" 0
	spawn paul cat "$SECRET/rows" # its neighbour is in plain text
	wait_held "$PID"
	deny "$(request_for "$PID")"
	wait_until "$PATIENCE" grep -q "$SECRET/rows" "$JOURNAL"
	kept_private "$JOURNAL"
	sluice journal --request "$id" | grep -q "$SECRET/diary"
	sluice journal erase --path "$SECRET/diary" --reason 'asked to' --yes
	run ! grep -q "$SECRET/diary" <(sluice journal --request "$id")
	sluice journal verify || lost_a_key
	stop_sluiced TERM
	write_policy "$ASK"
	run_sluiced
}
