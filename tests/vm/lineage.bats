#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Who read what, started whom and wrote where: over several files and processes, after a restart, from an index that was
# damaged, of files that were written anew. And who takes labels off: declassifying programs and sinks.
# Runs in a guest (lib.bash).

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

setup_file() {
	cp /bin/cat "$ROOT/bin/anonymise"
	cp /bin/cat "$ROOT/bin/anonymise-copy"
	mkdir -p "$ROOT/asked" "$ROOT/sink"
	chmod 777 "$ROOT/sink"
	echo asked >"$ROOT/asked/source"
	secret source
	secret other
	set_policy "[Label asked]" "Path=$ROOT/asked" \
		"[Rule ask]" Action=open Labels=asked Verdict=ask Mode=hold Reviewers=data \
		"[Declassify numbers]" Labels=secret "Subject=exe:$ROOT/bin/anonymise user:paul" \
		"[Sink logs]" "Path=$ROOT/sink"
}

setup() {
	FROM=$SECRET/source
	TO=$PLAIN/out.$BATS_SUITE_TEST_NUMBER
}

# steps FILE: who did what to what, a line a step.
steps() {
	sluice lineage "$1" --json | jq -r '.[] | "\(.subject | sub("\\[.*"; "")) \(.verb) \(.object)\(if .former then " former" else "" end)"'
}

@test "a chain over files and processes, with user, program, time and entry" {
	as paul sh -c "cat '$FROM' >'$TO'"
	as quinn sh -c "cp '$TO' '$TO.2'"
	as quinn sh -c "cat '$TO.2' >'$TO.3'"
	run steps "$TO.3"
	[[ $output == *"cat read $FROM"*"cat wrote $TO"*"cp read $TO"*"cp wrote $TO.2"*"cat read $TO.2"*"cat wrote $TO.3" ]]
	sluice lineage "$TO.3" --json >"$BATS_TEST_TMPDIR/json"
	jq -e '(map(.journal_seq) | sort) == map(.journal_seq) and all(.[]; .time and (.former | not))' "$BATS_TEST_TMPDIR/json"
	jq -e 'map(select(.verb == "read")) | (.[0].user == "paul" and .[1].user == "quinn" and (.[1].executable | endswith("/cp")))' \
		"$BATS_TEST_TMPDIR/json"
	sluice lineage "$TO.3" --dot | grep -F "label=\"$FROM\""
	[ "$(sluice lineage "$TO.3" --steps 2 --json 2>"$BATS_TEST_TMPDIR/note" | jq length)" -eq 2 ]
	grep "more steps" "$BATS_TEST_TMPDIR/note"
}

@test "the request that let a read through is part of the step" {
	local id

	spawn paul cat "$ROOT/asked/source"
	wait_held "$PID"
	id=$(request_for "$PID")
	approve "$id"
	exit_of "$PID" 0
	sluice why "$PID" --json | jq -e --arg id "$id" 'any(.[]; .verb == "read" and .request == $id and .grant)'
	sluice why "$PID" | grep -F "$id"
}

@test "who writes labeled data into a file that has the labels already is a step" {
	as paul sh -c "cat '$FROM' >'$TO'"
	as paul sh -c "cat '$SECRET/other' >>'$TO'"
	run steps "$TO"
	[[ $output == *"cat wrote $TO"*"cat read $SECRET/other"*"cat wrote $TO" ]]
	[[ $output != *former* ]]
}

@test "what was in a file before it was written anew is former" {
	as paul sh -c "cat '$FROM' >'$TO'"
	as paul sh -c "cat '$SECRET/other' >'$TO'"
	run steps "$TO"
	[[ $output == *"cat read $FROM former"*"cat wrote $TO former"* ]]
	[[ $output == *"cat read $SECRET/other"$'\n'*"cat wrote $TO" ]]
	[ "$(labels_of "$TO")" = secret ]
}

@test "the answer is the same after a restart, from a damaged index, and from one built again" {
	local way

	as paul sh -c "cat '$FROM' >'$TO'"
	as quinn sh -c "cp '$TO' '$TO.2'"
	sluice lineage "$TO.2" --json | jq 'map(del(.source, .target))' >"$BATS_TEST_TMPDIR/before"
	[ "$(jq length "$BATS_TEST_TMPDIR/before")" -ge 4 ]
	for way in restart damage; do
		stop_sluiced TERM
		[ "$way" = restart ] || dd if=/dev/urandom of=/var/lib/sluice/lineage.db bs=4k count=4 conv=notrunc status=none
		run_sluiced
		wait_until "$PATIENCE" same_answer
	done
	grep "is built again from the journal" "$STATE/sluiced.log"
	sluice lineage --rebuild
	wait_until "$PATIENCE" same_answer
}

same_answer() {
	sluice lineage "$TO.2" --json 2>/dev/null | jq 'map(del(.source, .target))' | cmp - "$BATS_TEST_TMPDIR/before"
}

@test "many reads cost few events" {
	local before after

	before=$(sluice journal --type event --json | jq -s length)
	as paul python3 -c "
import os
fd = [os.open(p, os.O_RDONLY) for p in ('$FROM', '$SECRET/other')]
for i in range(20000):
    os.pread(fd[i % 2], 1, 0)
for i in range(200):
    os.close(os.open('$FROM', os.O_RDONLY))
"
	after=$(sluice journal --type event --json | jq -s length)
	[ $((after - before)) -ge 2 ]
	[ $((after - before)) -le 20 ]
}

# declassified: how many entries of the journal tell of it.
declassified() {
	sluice journal --type event.declassify --json | jq -s 'map(select(.target.text == $at and .subject.user == "paul")) | length' \
		--arg at "$1"
}

@test "a declassifying program reads labeled data, writes it unlabeled, and the journal has what it read" {
	secret numbers
	as paul sh -c "exec '$ROOT/bin/anonymise' '$SECRET/numbers' >'$TO'"
	[ -s "$TO" ]
	[ -z "$(labels_of "$TO")" ]
	[ "$(declassified "$SECRET/numbers")" -eq 1 ]
	as paul sh -c "exec '$ROOT/bin/anonymise' '$SECRET/numbers' '$SECRET/numbers' >'$TO'"
	[ "$(declassified "$SECRET/numbers")" -eq 2 ] # once a process and file
	[ -z "$(labels_of "$TO")" ]
	as quinn sh -c "exec '$ROOT/bin/anonymise' '$SECRET/numbers' >'$TO.2'"
	[ "$(labels_of "$TO.2")" = secret ] # another user
	as paul sh -c "exec '$ROOT/bin/anonymise-copy' '$SECRET/numbers' >'$TO.3'"
	[ "$(labels_of "$TO.3")" = secret ] # another program
}

@test "a sink takes no labels, what is beside it does" {
	as paul sh -c "cat '$FROM' >'$ROOT/sink/log'"
	[ -s "$ROOT/sink/log" ]
	[ -z "$(labels_of "$ROOT/sink/log")" ]
	as quinn sh -c "cat '$ROOT/sink/log' >'$TO'"
	[ -z "$(labels_of "$TO")" ]
	as paul sh -c "cat '$FROM' >'$TO.2'"
	[ "$(labels_of "$TO.2")" = secret ]
	journal_has '.type == "event.sink" and .target.text == "'"$ROOT/sink/log"'" and .labels == ["secret"]'
	[[ $(steps "$ROOT/sink/log") == *"cat logged $ROOT/sink/log" ]]
}

@test "a socket in a sink takes no labels" {
	ln -s "$TO" "$ROOT/sink/relay"
	as paul "$PROGRAMS/unix" stream "$FROM" "$ROOT/sink/relay"
	[ -s "$TO" ]
	[ -z "$(labels_of "$TO")" ]
	as paul "$PROGRAMS/unix" stream "$FROM" "$TO.2"
	[ "$(labels_of "$TO.2")" = secret ]
}

@test "rules about writing hold for sinks" {
	ensure_sluiced "[Sink logs]" "Path=$ROOT/sink" "[Rule write]" Action=write Labels=secret Verdict=deny
	as paul sh -c "echo before >'$ROOT/sink/denied'"
	run as paul sh -c "cat '$FROM' >>'$ROOT/sink/denied'"
	[ "$status" -ne 0 ]
	[ "$(cat "$ROOT/sink/denied")" = before ]
	set_policy "[Sink logs]" "Path=$ROOT/sink" # files after this one write labeled data
}
