#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# "sluice journal --index": the same entries as a reading of all of the journal, and nothing in the file is believed.
# SLUICE_BUILD: folder with sluice and with tests/make-journal; default build/.

bats_require_minimum_version 1.5.0

load journal_stage

setup() {
	BUILD=${SLUICE_BUILD:-$BATS_TEST_DIRNAME/../build}
	SLUICE=$BUILD/sluice
	INDEX=$BATS_TEST_TMPDIR/index
	KEY=$BATS_TEST_TMPDIR/key.pem
	export TZ=UTC LC_ALL=C
}

indexed() {
	"$SLUICE" journal --file "$JOURNAL" --index "$INDEX" "$@"
}

# more: entries from standard input, as a later run of the writer
more() {
	"$BUILD/tests/make-journal" "$JOURNAL" "$KEY" --stdin
}

# change SQL: in the file of the index, as somebody else would
change() {
	python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
assert db.execute(sys.argv[2]).rowcount > 0
db.commit()' "$INDEX" "$1"
}

@test "each filter finds by the index what it finds in the whole journal, before and after more was written" {
	local filter pass n=0
	journal_stage
	for pass in 1 2; do
		[ "$pass" = 1 ] || journal_entries | more
		while read -r filter; do
			eval "set -- $filter"
			# shellcheck disable=SC2016
			run -0 bash -c 'diff <("$1" journal --file "$2" -o raw "${@:4}" 2>/dev/null) \
				<("$1" journal --file "$2" --index "$3" -o raw "${@:4}" 2>/dev/null)' - "$SLUICE" "$JOURNAL" "$INDEX" "$@"
			n=$((n + $("$SLUICE" journal --file "$JOURNAL" -o raw "$@" 2>/dev/null | wc -l)))
		done <<-'END'
			--type grant
			--type request.opened
			--request r-00000001
			--action egress
			--label pii
			--person bob
			--rule out
			--decision denied
			--process 47
			--user carol
			--executable 'c*'
			--path '/srv/*'
			--destination 203.0.113.0/24
			--destination '*:25'
			--grep 'refused|went on'
			--type decision --person bob --grep approved
			--since -1h --until now
			--since 2030-01-01
			-n 3
			-r --label pii
			--type nothing
		END
	done
	[ "$n" -gt 60 ]
	run -0 indexed --type grant
	[[ ${lines[-1]} == "-- 8 entries, each proven under checkpoint $(grep -vc '^{"checkpoint"' "$JOURNAL"), root "*", by an index" ]]
	[ "$(stat -c %a "$INDEX")" = 600 ]
}

@test "nothing in the index is believed: what does not fit the signed root is made anew, a wrong place is found" {
	local sql other=$BATS_TEST_TMPDIR/other
	journal_stage
	printf '{"type":"agent.note","message":"%d"}\n' {1..1100} | more
	indexed --type grant -o raw >"$BATS_TEST_TMPDIR/right"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/right")" -eq 4 ]
	cp "$INDEX" "$INDEX.good"
	for sql in "UPDATE leaf SET hash=(SELECT hash FROM leaf WHERE seq=1) WHERE seq=1100" "DELETE FROM leaf WHERE seq=1110" \
		"UPDATE chunk SET root=zeroblob(32)" "UPDATE place SET note=replace(note,'1133','1132')" \
		"UPDATE place SET genesis='00'" "UPDATE place SET entries=7" "DELETE FROM place" "DELETE FROM chunk"; do
		cp "$INDEX.good" "$INDEX"
		change "$sql"
		run -0 bash -c '"$@" 2>/dev/null' - "$SLUICE" journal --file "$JOURNAL" --index "$INDEX" --type grant -o raw
		[ "$output" = "$(cat "$BATS_TEST_TMPDIR/right")" ] || { echo "$sql: $output"; return 1; }
	done
	# a piece whose root is right, and its leaves are not
	cp "$INDEX.good" "$INDEX"
	change "UPDATE leaf SET hash=zeroblob(32) WHERE seq=6"
	run ! indexed --type grant -o raw
	[[ $output == *"the index is damaged: remove it"* && $output != *'{"seq":6,'* ]]
	# another line is not shown in the place of one, and not under its number
	cp "$INDEX.good" "$INDEX"
	change "UPDATE entry SET (offset,size)=(SELECT offset,size FROM entry WHERE seq=7) WHERE seq=6"
	run -1 indexed --type grant -o raw
	[[ $output == *"entry 6 is not the one that was signed"* && $output != *'{"seq":7,'* ]]
	# of another journal
	"$BUILD/tests/make-journal" "$other" "$BATS_TEST_TMPDIR/other.pem"
	rm "$INDEX"
	run -0 "$SLUICE" journal --file "$other" --index "$INDEX" --type decision
	run -0 bash -c '"$@" 2>/dev/null' - "$SLUICE" journal --file "$JOURNAL" --index "$INDEX" --type grant -o raw
	[ "$output" = "$(cat "$BATS_TEST_TMPDIR/right")" ]
}

@test "a journal that was changed, cut or goes on wrongly is found, and nothing of it is shown" {
	journal_stage
	indexed --type grant >"$BATS_TEST_TMPDIR/right"
	cp "$JOURNAL" "$JOURNAL.good"
	cp "$INDEX" "$INDEX.good"
	sed -i 's/bob revoked/eve revoked/' "$JOURNAL"
	run -1 indexed --type grant.revoked
	[[ $output == *"entry 17 is not the one that was signed; run 'sluice journal verify'"* && $output != *"eve"* ]]
	cp "$JOURNAL.good" "$JOURNAL"
	more <<<'{"type":"grant.used","message":"later"}'
	cp "$JOURNAL" "$JOURNAL.more"
	sed -i 's/"later"/"lateR"/' "$JOURNAL"
	run -1 indexed --type grant
	[[ $output == *"the journal is wrong at byte "*": "* && $output != *lateR* ]]
	cp "$JOURNAL.more" "$JOURNAL"
	run -0 indexed --type grant
	[[ $output == *later* ]]
	# cut back to where it was right before: only the index knows
	cp "$JOURNAL.good" "$JOURNAL"
	run -0 "$SLUICE" journal verify "$JOURNAL"
	run -1 indexed --type grant
	[[ $output == *"the journal was cut: the host has signed 33 entries of it"* ]]
	# entries that no signature of the host's key covers are not shown yet
	cp "$INDEX.good" "$INDEX"
	head -n -1 "$JOURNAL.more" >"$JOURNAL"
	run -0 indexed --type grant.used
	[[ $output == *later*"checkpoint 32,"* ]]
	run -0 indexed --type journal.sealed
	[[ ${lines[-1]} == "-- 1 entry,"*"checkpoint 32,"* ]]
}

@test "another program's file, one that others may write, and a changed host key" {
	journal_stage
	echo "no index" >"$INDEX"
	run ! indexed --type grant
	[[ $output == *"is no whole index: remove it"* && $(cat "$INDEX") = "no index" ]]
	rm "$INDEX"
	indexed --type grant >/dev/null
	chmod 666 "$INDEX"
	run ! indexed --type grant
	[[ $output == *"may be written by others than you"* ]]
	chmod 600 "$INDEX"
	run -0 indexed --type grant
	openssl genpkey -algorithm ed25519 -out "$KEY.next"
	chmod 600 "$KEY.next"
	more <<<'{"type":"grant.used","message":"by another key"}'
	run -0 indexed --type grant
	[[ $output == *"all of the journal is read: the host key was changed in entry "* ]]
	[[ $output == *"by another key"*"verified through checkpoint"* ]]
	rm "$INDEX"
	run -0 indexed --grep 'by another key'
	[[ $output == *"all of the journal is read: messages are in no index"*"by another key"* && ! -e $INDEX ]]
	run -2 indexed --follow
	run -2 indexed --boot
}

@test "a journal of several files is one: each filter finds the same, as files become full and when the oldest are gone" {
	local filter pass n=0 before second
	journal_stage
	indexed --type grant >/dev/null
	for pass in 1 2 3; do
		"$BUILD/tests/make-journal" "$JOURNAL" "$KEY" --next
		journal_entries | more
		while read -r filter; do
			eval "set -- $filter"
			# shellcheck disable=SC2016
			run -0 --separate-stderr bash -c 'diff <("$1" journal --file "$2" -o raw "${@:4}" 2>/dev/null) \
				<("$1" journal --file "$2" --index "$3" -o raw "${@:4}")' - "$SLUICE" "$JOURNAL" "$INDEX" "$@"
			# shellcheck disable=SC2154
			[[ $stderr == *"by an index"* && $stderr != *"all of the journal is read"* ]]
			n=$((n + $("$SLUICE" journal --file "$JOURNAL" -o raw "$@" 2>/dev/null | wc -l)))
		done <<-'END'
			--type grant
			--type journal.segment
			--request r-00000001
			--label pii
			-n 40
		END
	done
	[ "$n" -gt 200 ]
	run -0 indexed --type journal.segment
	[[ ${lines[-1]} == "-- 3 entries, each proven under checkpoint "* ]]
	# made anew it is the same, and reads the older files
	indexed --type grant -o raw >"$BATS_TEST_TMPDIR/right" 2>/dev/null
	rm "$INDEX"
	run -0 --separate-stderr indexed --type grant -o raw
	[ "$output" = "$(cat "$BATS_TEST_TMPDIR/right")" ]
	# a full file that was changed
	second=$(find "$BATS_TEST_TMPDIR" -name 'journal.jsonl.*[1-9]*[0-9]' | sort | head -n 1)
	cp "$second" "$BATS_TEST_TMPDIR/second"
	sed -i 's/bob revoked/eve revoked/' "$second"
	run -1 indexed --type grant.revoked
	[[ $output == *"is not the one that was signed; run 'sluice journal verify'"* && $output != *"eve"* ]]
	cp "$BATS_TEST_TMPDIR/second" "$second"
	# where the oldest are gone, what is there is read as without an index, and that is said
	mv "$JOURNAL.00000000000000000000" "$BATS_TEST_TMPDIR/elsewhere"
	before=$(sha256sum <"$INDEX")
	run -0 indexed --type grant
	[[ $output == *"all of the journal is read: older files of the journal are not here"* ]]
	[[ $output == *"are in files that are not here"* && $(grep -c revoked <<<"$output") -eq 3 ]]
	[ "$(sha256sum <"$INDEX")" = "$before" ]
	# a gap is told as without an index; put back, it serves again
	mv "$second" "$BATS_TEST_TMPDIR/second"
	mv "$BATS_TEST_TMPDIR/elsewhere" "$JOURNAL.00000000000000000000"
	run -1 indexed --type grant
	[[ $output == *"is not whole: "* ]]
	mv "$BATS_TEST_TMPDIR/second" "$second"
	run -0 --separate-stderr indexed --type grant -o raw
	[ "$output" = "$(cat "$BATS_TEST_TMPDIR/right")" ]
}
