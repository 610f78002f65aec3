#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# The signed journal read by "sluice journal": filters, forms of output, going on from a place. Nothing but the program.
# SLUICE_BUILD: folder with sluice and with tests/make-journal; default build/.

bats_require_minimum_version 1.5.0
load journal_stage

setup() {
	BUILD=${SLUICE_BUILD:-$BATS_TEST_DIRNAME/../build}
	SLUICE=$BUILD/sluice
	export SLUICE_SOCKET=$BATS_TEST_TMPDIR/none.sock
	export TZ=UTC LC_ALL=C
	unset COLUMNS
	journal_stage
}

# numbers ARGUMENTS...: the numbers of the entries that are shown, on one line in $output
numbers() {
	run bash -c 'set -o pipefail; "$@" 2>/dev/null | jq -r .seq | paste -sd " "' _ \
		"$SLUICE" journal --file "$JOURNAL" --json "$@"
	[ "$status" -eq 0 ] || { echo "$output"; return 1; }
}

# shows ARGUMENTS NUMBERS
shows() {
	set -f
	# shellcheck disable=SC2086 # the words are the arguments
	numbers $1
	set +f
	[ "$output" = "$2" ] || { echo "$1: '$output', not '$2'"; return 1; }
}

json() {
	jq -e "$1" <<<"$output" >/dev/null || { echo "not so: $1"; echo "$output"; return 1; }
}

@test "each filter selects, and leaves its neighbour out" {
	shows "--request r-00000001" "3 4 5 6 7"
	shows "--request r-0000000" ""
	shows "--person bob" "4 9 17"
	shows "--person bo" ""
	shows "--process 42" "3 7"
	shows "--process 4" ""
	shows "--process 48" "20"
	shows "--user carol" "8 13 18"
	shows "--user 1001" "8 13 18"
	shows "--user 100" ""
	shows "--executable cat" "8 18"
	shows "--executable /usr/bin/c*" "8 11 18 19 20"
	shows "--executable at" ""
	shows "--path /srv/data/*" "8 18"
	shows "--path /srv/data/?.csv" "8 18"
	shows "--path /srv/data/[b].csv" "18"
	shows "--path /var/log/*" "21"
	shows "--path data" ""
	shows "--destination 203.0.113.0/24" "3 7"
	shows "--destination 203.0.113.8" ""
	shows "--destination 2001:db8::/32" "11"
	shows "--destination *:25" "11"
	shows "--label secret" "8 11 18"
	shows "--label secre" ""
	shows "--rule out" "3 11"
	shows "--rule ou" ""
	shows "--action credential" "13 16"
	shows "--decision approved" "4 5 14 15"
	shows "--decision denied" "9 10"
	shows "--decision expired" "12"
	shows "--decision gone" ""
	shows "--type grant" "6 7 16 17"
	shows "--type grant.revoked" "17"
	shows "--type gran" ""
	shows "--grep lost|gap" "22"
	shows "--grep LOST" ""
	shows "--label pii --user carol" "13"
	shows "--label pii --user mallory" ""
	shows "-n 2 --type agent" "23 28"
	shows "-n 2 -r --label secret" "18 11"
}

@test "times: words, spans and dates" {
	shows "--type agent.stop --since today" 28
	shows "--type agent.stop --since -10min --until now" 28
	shows "--type agent.stop --since recent" 28
	shows "--type agent.stop --since this-week" 28
	shows "--type agent.stop --since this-month" 28
	shows "--type agent.stop --since this-year" 28
	shows "--type agent.stop --until recent" ""
	shows "--type agent.stop --until this-year" ""
	shows "--type agent.stop --until yesterday" ""
	run "$SLUICE" journal --file "$JOURNAL" --since this-decade
	[ "$status" -eq 2 ]
}

@test "ocsf: each event has what its class needs, its numbers fit together, and the line is in it as it was signed" {
	run bash -c '"$1" journal --file "$2" -o ocsf 2>/dev/null' _ "$SLUICE" "$JOURNAL"
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq "$N" ]
	jq -s -e 'all(.[]; .type_uid == .class_uid * 100 + .activity_id
		and .category_uid == (.class_uid / 1000 | floor)
		and (.severity_id | . >= 1 and . <= 5) and (.time | . > 1700000000000)
		and .metadata.version == "1.9.0" and .metadata.product.name == "Sluice" and .device.hostname == "host.example.com"
		and (.actor | .process or .user or .app_name)
		and (if .class_uid == 1001 then .file | .name and has("type_id")
			elif .class_uid == 1007 then .process | .pid or .uid
			elif .class_uid == 4001 then .dst_endpoint | .ip
			elif .class_uid == 3005 then .user.name
			elif .class_uid == 3004 then .entity | .type_id == 5 and .name
			elif .class_uid == 2004 then .finding_info.uid
			elif .class_uid == 6002 then .app.name
			else .class_uid == 1008 or .class_uid == 0 end))' <<<"$output" >/dev/null
	# number: class, activity, action, disposition
	[ "$(jq -s -c '.[:29] | map([.metadata.sequence, .class_uid, .activity_id, .action_id, .disposition_id]) | .[]' <<<"$output" |
		tr -d '[]')" = "$(
		cat <<-'END'
			0,1008,6,null,null
			1,6002,3,null,null
			2,3004,10,null,null
			3,4001,5,2,23
			4,3005,1,1,8
			5,0,99,null,null
			6,3005,1,1,8
			7,4001,6,1,1
			8,1001,14,2,23
			9,3005,2,2,25
			10,0,99,null,null
			11,4001,5,2,23
			12,0,99,null,null
			13,1007,5,2,23
			14,3005,1,1,8
			15,0,99,null,null
			16,3005,1,1,8
			17,3005,2,2,24
			18,1001,14,2,2
			19,1001,2,1,17
			20,1007,1,1,17
			21,2004,1,null,null
			22,1008,99,null,null
			23,6002,3,null,null
			24,3004,10,null,null
			25,3004,10,null,null
			26,2004,1,null,null
			27,0,99,null,null
			28,6002,4,null,null
		END
	)" ]
	jq -s -e '.[3] | .dst_endpoint == {ip: "203.0.113.9", port: 443, name: "tcp 203.0.113.9:443"}
		and .actor.user == {uid: "1000", name: "alice"} and .actor.process.file.name == "python3.11"
		and .policy.name == "out" and .unmapped.labels == ["pii"]' <<<"$output" >/dev/null
	jq -s -e '.[9].actor.user.name == "bob" and .[20].process.pid == 48 and .[2].entity.version[:4] == "aaaa"
		and .[27].unmapped.detail[2].a == "=1+2"' <<<"$output" >/dev/null
	# the line, and its hash by a program that is not ours
	jq -r .raw_data <<<"$output" | cmp - <(grep -v '^{"checkpoint"' "$JOURNAL")
	local event
	for event in 0 11 28; do
		[ "$(jq -s -j ".[$event].raw_data" <<<"$output" | sha256sum | cut -c 1-64)" = \
			"$(jq -s -r ".[$event].raw_data_hash.value" <<<"$output")" ]
	done
	[[ $output != *$'\u202e'* ]]
}

@test "csv: what a spreadsheet could take for a formula is not one; every row has its columns" {
	run bash -c '"$1" journal --file "$2" -o csv 2>/dev/null' _ "$SLUICE" "$JOURNAL"
	python3 -c 'import csv, sys
rows = list(csv.DictReader(sys.stdin, strict=True))
assert len(rows) >= 29 and all(None not in row and None not in row.values() for row in rows), rows
assert rows[3]["request"] == "r-00000001" and rows[3]["subject.exe"] == "/usr/bin/python3.11", rows[3]
assert rows[11]["labels"] == "pii secret" and rows[11]["subject.user"] == "mallory\\u202e", rows[11]' <<<"$output"
}

@test "--checkpoint: everything once, then what is new, then 13" {
	local place=$BATS_TEST_TMPDIR/place
	next() {
		run bash -c '"$@" 2>"$0"' "$BATS_TEST_TMPDIR/errors" "$SLUICE" journal --file "$JOURNAL" --checkpoint "$place" "$@"
	}
	next --json
	[ "$status" -eq 0 ]
	[ "${#lines[@]}" -eq "$N" ]
	[ "$(stat -c %a "$place")" = 600 ]
	jq -e '.entries == (env.N | tonumber) and (.last | length) == 64' "$place"
	next --json
	[ "$status" -eq 13 ]
	[ -z "$output" ]
	# what no signature covers yet waits for the next run
	journal_begin_more <<<'{"type":"agent.note","message":"a later one"}'
	next --json
	[ "$status" -eq 13 ]
	cp "$JOURNAL.whole" "$JOURNAL"
	next --json
	[ "$status" -eq 0 ]
	jq -s -e '.[0].seq == (env.N | tonumber) and any(.message == "a later one")' <<<"$output"
	# a filter does not change where the next run goes on
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" "one more"
	next --json --type request
	[ "$status" -eq 13 ]
	next --json
	[ "$status" -eq 13 ]
}

@test "events --checkpoint: each once, as sluice journal does" {
	local events=(bash -c '"$@" 2>/dev/null' _ "$SLUICE" events --file "$JOURNAL" --checkpoint "$BATS_TEST_TMPDIR/place" --json)
	run -0 "${events[@]}"
	jq -s -e 'length > 0 and all(.type | startswith("event."))' <<<"$output"
	run -13 "${events[@]}"
	[ -z "$output" ]
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --stdin <<<'{"type":"event.read","message":"a later one"}'
	run -0 "${events[@]}"
	[ "$(jq -r .message <<<"$output")" = 'a later one' ]
}

@test "--checkpoint: 10 damaged, 11 another journal, 12 cut back or made anew; the file stays as it was" {
	local place=$BATS_TEST_TMPDIR/place wrong kept
	"$SLUICE" journal --file "$JOURNAL" --checkpoint "$place" >"$BATS_TEST_TMPDIR/all" 2>&1
	kept=$(cat "$place")
	for wrong in '' '{}' 'nonsense' "${kept/$N/-1}" "${kept/place\/1/place/2}" "${kept/\"last\": \"/\"last\": \"x}" \
		"${kept%?}, \"more\": 1}"; do
		printf '%s' "$wrong" >"$place"
		run "$SLUICE" journal --file "$JOURNAL" --checkpoint "$place"
		[ "$status" -eq 10 ] || { echo "$wrong: $status"; return 1; }
		[ "$(cat "$place")" = "$wrong" ]
	done
	echo "$kept" >"$place"
	journal_entries | "$BUILD/tests/make-journal" "$JOURNAL.other" "$BATS_TEST_TMPDIR/other.pem" --stdin
	run bash -c '"$@" 2>/dev/null' _ "$SLUICE" journal --file "$JOURNAL.other" --checkpoint "$place" --json
	[ "$status" -eq 11 ]
	[ -z "$output" ]
	cp "$JOURNAL" "$JOURNAL.long"
	"$BUILD/tests/make-journal" "$JOURNAL.long" "$BATS_TEST_TMPDIR/key.pem" "the truth"
	"$SLUICE" journal --file "$JOURNAL.long" --checkpoint "$place" >"$BATS_TEST_TMPDIR/all" 2>&1
	kept=$(cat "$place")
	run bash -c '"$@" 2>/dev/null' _ "$SLUICE" journal --file "$JOURNAL" --checkpoint "$place" --json
	[ "$status" -eq 12 ] # cut back to where it was signed before
	[ -z "$output" ]
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" "the lie"
	run "$SLUICE" journal verify "$JOURNAL"
	[ "$status" -eq 0 ] # whole, and yet not what was read
	run bash -c '"$@" 2>/dev/null' _ "$SLUICE" journal --file "$JOURNAL" --checkpoint "$place" --json
	[ "$status" -eq 12 ]
	[ -z "$output" ]
	sed -i 's/the lie/the tie/' "$JOURNAL"
	run "$SLUICE" journal --file "$JOURNAL" --checkpoint "$place"
	[ "$status" -ne 0 ]
	[ "$(cat "$place")" = "$kept" ]
}

@test "--checkpoint: a place that cannot be written is said, and nothing is lost" {
	run "$SLUICE" journal --file "$JOURNAL" --checkpoint "$BATS_TEST_TMPDIR/none/place"
	[ "$status" -eq 4 ]
	[[ $output == *"prints these entries again"* ]]
	local excluded
	for excluded in -f "-n 3" -r -b; do
		# shellcheck disable=SC2086
		run "$SLUICE" journal --file "$JOURNAL" --checkpoint "$BATS_TEST_TMPDIR/place" $excluded
		[ "$status" -eq 2 ]
	done
	[ ! -e "$BATS_TEST_TMPDIR/place" ]
}

# next_file MESSAGE: the journal goes on in another file
next_file() {
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --next
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" "$1"
}

@test "files that follow each other are read as one; a missing one is named" {
	local all first second from
	next_file "in the second file"
	next_file "in the third file"
	first=$JOURNAL.00000000000000000000
	second=$(find "$BATS_TEST_TMPDIR" -name 'journal.jsonl.*[1-9]*[0-9]' | sort | head -n 1)
	[ -f "$first" ]
	run -0 --separate-stderr "$SLUICE" journal verify --json "$JOURNAL"
	[ "$(jq -r '.verdict, .files' <<<"$output" | paste -sd ' ')" = "ok 3" ]
	all=$(cat "$first" "$second" "$JOURNAL" | grep -vc '^{"checkpoint"')
	[ "$(jq .entries <<<"$output")" = "$all" ]
	run -0 --separate-stderr "$SLUICE" journal -o raw --file "$JOURNAL"
	[ "$(wc -l <<<"$output")" = "$all" ]
	run -0 "$SLUICE" journal prove 1 --file "$JOURNAL"
	# one between, and the first
	mv "$second" "$BATS_TEST_TMPDIR/elsewhere"
	run -1 "$SLUICE" journal verify "$JOURNAL"
	[[ "$output" == *incomplete* && "$output" == *"$(basename "$second")"* ]]
	run -1 "$SLUICE" journal --file "$JOURNAL"
	run -0 --separate-stderr "$SLUICE" journal verify --json --older-elsewhere "$JOURNAL"
	from=$(head -n 1 "$JOURNAL" | jq .seq)
	[ "$(jq .from <<<"$output")" = "$from" ]
	mv "$BATS_TEST_TMPDIR/elsewhere" "$second"
	mv "$first" "$BATS_TEST_TMPDIR/elsewhere"
	run -1 "$SLUICE" journal verify "$JOURNAL"
	[[ "$output" == *"$(basename "$first")"* ]]
	run -0 "$SLUICE" journal verify --older-elsewhere "$JOURNAL"
	run -0 "$SLUICE" journal --file "$JOURNAL"
	[[ "$output" == *"are in files that are not here"* ]]
	run -4 "$SLUICE" journal prove 1 --file "$JOURNAL"
	[[ "$output" == *"is in a file that is not here"* ]]
	run -1 "$SLUICE" report --framework soc2 -o "$BATS_TEST_TMPDIR/evidence" --file "$JOURNAL"
	[[ "$output" == *"$(basename "$first")"* ]]
}

# files_of_journal: three files, of which the first begin with the entries 0, SECOND and THIRD
files_of_journal() {
	next_file "in the second file"
	SECOND=$(head -n 1 "$JOURNAL" | jq .seq)
	next_file "in the third file"
	THIRD=$(head -n 1 "$JOURNAL" | jq .seq)
	FIRST_FILE=$JOURNAL.00000000000000000000
	SECOND_FILE=$(printf '%s.%020d' "$JOURNAL" "$SECOND")
	[ -f "$FIRST_FILE" ] && [ -f "$SECOND_FILE" ]
}

@test "a file that retention removed is told from one that somebody took" {
	local key=$BATS_TEST_TMPDIR/key.pem by
	files_of_journal
	cp "$SECOND_FILE" "$BATS_TEST_TMPDIR/second"
	"$BUILD/tests/make-journal" "$JOURNAL" "$key" --remove 0
	[ ! -e "$FIRST_FILE" ]
	run -0 --separate-stderr "$SLUICE" journal verify --json "$JOURNAL"
	by=$(jq -s '.[] | select(.type == "journal.removed").seq' "$JOURNAL")
	[ "$(jq -c '[.verdict, .from, .removed_first, .removed_last, .removed_by]' <<<"$output")" = \
		"[\"ok\",$SECOND,0,$((SECOND - 1)),$by]" ]
	run -0 "$SLUICE" journal verify "$JOURNAL"
	[[ $output == *"entries 0 to $((SECOND - 1)) were removed by retention"*"entry $by"* ]]
	run -0 "$SLUICE" journal --file "$JOURNAL"
	[[ $output == *"entries 0 to $((SECOND - 1)) were removed by retention"*"as entry $by says"* ]]
	[[ $output != *"are in files that are not here"* ]]
	run -0 "$SLUICE" journal verify - <<<"$(cat "$SECOND_FILE" "$JOURNAL")"
	# the next one nobody has announced
	mv "$SECOND_FILE" "$BATS_TEST_TMPDIR/elsewhere"
	run -1 "$SLUICE" journal verify "$JOURNAL"
	[[ $output == *incomplete* && $output == *"$(basename "$SECOND_FILE")' is missing"* ]]
	[[ $output != *"removed by retention"* ]]
	run -1 "$SLUICE" journal verify - <"$JOURNAL"
	[[ $output == *incomplete* ]]
	run -0 --separate-stderr "$SLUICE" journal verify --older-elsewhere --json "$JOURNAL"
	[ "$(jq -c '[.from, .removed_first, .removed_by]' <<<"$output")" = "[$THIRD,null,null]" ]
	run -0 "$SLUICE" journal verify --older-elsewhere "$JOURNAL"
	[[ $output == *"Nothing in the journal says who took the files before entry $THIRD away"* ]]
	run -0 "$SLUICE" journal --file "$JOURNAL"
	[[ $output == *"entries before $THIRD are in files that are not here"* ]]
	# retention goes on behind a gap that somebody else has made: that one is still not its own
	mv "$BATS_TEST_TMPDIR/elsewhere" "$SECOND_FILE"
	"$BUILD/tests/make-journal" "$JOURNAL" "$key" --remove "$SECOND"
	[ ! -e "$SECOND_FILE" ]
	run -1 "$SLUICE" journal verify "$JOURNAL"
	[[ $output == *"the files before entry $SECOND are missing, and are not among those that sluiced has removed"* ]]
	run -0 "$SLUICE" journal verify --older-elsewhere "$JOURNAL"
	[[ $output == *"entries $SECOND to $((THIRD - 1)) were removed by retention"* ]]
	[[ $output == *"who took the files before entry $SECOND away"* ]]
}

@test "an announcement of another file, and one that nothing signs, let none be missing" {
	local key=$BATS_TEST_TMPDIR/key.pem
	files_of_journal
	# the right numbers and another hash
	jq -c --argjson last "$((SECOND - 1))" '{type: "journal.removed", message: "m",
		removed: (.journal.previous + {since: 0} | .sha256 |= ascii_downcase[0:63] + "x")}' \
		<<<"$(head -n 1 "$SECOND_FILE")" >"$BATS_TEST_TMPDIR/entry"
	"$BUILD/tests/make-journal" "$JOURNAL" "$key" --stdin <"$BATS_TEST_TMPDIR/entry"
	mv "$FIRST_FILE" "$BATS_TEST_TMPDIR/elsewhere"
	run -1 "$SLUICE" journal verify "$JOURNAL"
	[[ $output == *incomplete* ]]
	# the right one, up to its signature
	mv "$BATS_TEST_TMPDIR/elsewhere" "$FIRST_FILE"
	jq -c '{type: "journal.removed", message: "m", removed: (.journal.previous + {since: 0})}' \
		<<<"$(head -n 1 "$SECOND_FILE")" >"$BATS_TEST_TMPDIR/entry"
	"$BUILD/tests/make-journal" "$JOURNAL" "$key" --stdin <"$BATS_TEST_TMPDIR/entry"
	mv "$FIRST_FILE" "$BATS_TEST_TMPDIR/elsewhere"
	run -0 "$SLUICE" journal verify "$JOURNAL"
	sed -i "$(grep -n '"type":"journal.removed"' "$JOURNAL" | tail -n 1 | cut -d : -f 1)q" "$JOURNAL"
	run -1 "$SLUICE" journal verify "$JOURNAL"
	[[ $output == *incomplete* ]]
	run -0 "$SLUICE" journal verify "$BATS_TEST_TMPDIR/elsewhere"
}

@test "--checkpoint goes on from file to file; what was moved away unread is said" {
	local place=$BATS_TEST_TMPDIR/place
	run -0 --separate-stderr "$SLUICE" journal -o raw --checkpoint "$place" --file "$JOURNAL"
	next_file "in the second file"
	run -0 --separate-stderr "$SLUICE" journal -o raw --checkpoint "$place" --file "$JOURNAL"
	[ "$(grep -c 'in the second file' <<<"$output")" = 1 ]
	[ "$(grep -c '"seq":0,' <<<"$output")" = 0 ]
	mv "$JOURNAL.00000000000000000000" "$BATS_TEST_TMPDIR/elsewhere"
	run -13 "$SLUICE" journal -o raw --checkpoint "$place" --file "$JOURNAL"
	next_file "in the third file"
	cp "$place" "$place.old"
	run -0 --separate-stderr "$SLUICE" journal -o raw --checkpoint "$place" --file "$JOURNAL"
	[ "$(grep -c 'in the third file' <<<"$output")" = 1 ]
	next_file "in the fourth file"
	find "$BATS_TEST_TMPDIR" -name 'journal.jsonl.*[0-9]' -delete
	run -1 "$SLUICE" journal -o raw --checkpoint "$place.old" --file "$JOURNAL"
	[[ "$output" == *"are not here any more"* ]]
}
