#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# "sluice report": what is in the folder, what is counted, and that a stranger can check it with other programs.
# SLUICE_BUILD: folder with sluice and with tests/make-journal; default build/.

bats_require_minimum_version 1.5.0

load journal_stage

setup() {
	BUILD=${SLUICE_BUILD:-$BATS_TEST_DIRNAME/../build}
	SLUICE=$BUILD/sluice
	FOLDER=$BATS_TEST_TMPDIR/evidence
	export SLUICE_SOCKET=$BATS_TEST_TMPDIR/none.sock
	export TZ=UTC LC_ALL=C
}

# report ARGUMENTS...: standard error apart in $errors
report() {
	rm -rf "$FOLDER"
	run bash -c '"$@" 2>"$0"' "$BATS_TEST_TMPDIR/errors" "$SLUICE" report --file "$JOURNAL" --framework soc2 \
		--policy "$BATS_TEST_TMPDIR/none.conf" -o "$FOLDER" "$@"
	errors=$(cat "$BATS_TEST_TMPDIR/errors")
}

json() {
	jq -e "$1" "$FOLDER/report.json" >/dev/null || { echo "not so: $1"; jq . "$FOLDER/report.json"; return 1; }
}

@test "the folder: everything is in the manifest, and the manifest's hash is printed" {
	journal_stage
	report
	[ "$status" -eq 0 ]
	[ "$(stat -c %a "$FOLDER")" = 700 ]
	[ "${lines[-1]}" = "$(sha256sum <"$FOLDER/MANIFEST.sha256" | cut -c 1-64)" ]
	[[ $output == *"which nothing signs"* ]]
	cd "$FOLDER"
	sha256sum --quiet -c MANIFEST.sha256
	[ "$(cut -c 67- MANIFEST.sha256 | sort)" = "$(find . -type f ! -name MANIFEST.sha256 | cut -c 3- | sort)" ]
	[ -z "$(find . -type f ! -perm 600)" ]
	# the lines are those of the journal, byte for byte, and no data movement is among them
	[ "$(grep -vcxFf "$JOURNAL" lines.jsonl)" -eq 0 ]
	[ "$(wc -l <lines.jsonl)" -eq "$(grep -v '^{"checkpoint"' "$JOURNAL" | jq -c 'select(.type | test(
		"^event|^future|^journal.(epoch|heartbeat)") | not)' | wc -l)" ]
	[ "$(jq -r .type lines.jsonl | grep -c '^event')" -eq 0 ]
	[ "$(cat keys/allowed_signers)" = "bob ssh-ed25519 AAAAbob" ]
}

@test "what is counted: each number is the one that jq counts" {
	journal_stage
	report
	json '.format == "sluice-report/1" and .integrity.verdict == "ok" and .integrity.size == (env.N | tonumber)'
	json '.totals == {requests: 4, approved: 2, denied: 1, expired: 1, pending: 0, other: 0, decisions: 3, approvals: 2,
		void_decisions: 0, grants: 2, grants_used: 1, grants_unused: 1, grants_revoked: 1, grants_expired: 0}'
	json '.time_to_decision | .requests == 3 and .median_s == 60 and .p95_s == 300 and .longest_s == 300'
	json '.days == [{day: "2026-11-20", approved: 1, denied: 0, expired: 0, pending: 0, other: 0},
		{day: "2026-11-21", approved: 0, denied: 1, expired: 0, pending: 0, other: 0},
		{day: "2026-11-22", approved: 1, denied: 0, expired: 1, pending: 0, other: 0}]'
	json '.self_approvals | .count == 0 and .approvals_checked == 2'
	json '.approvals[0] | .requester == "alice" and .decisions[0].person == "bob" and .decisions[0].by == "own key"
		and .decided_after_s == 42 and .grants[0].used == 1 and .entries == [3, 4, 5, 6, 7]'
	json '.approvals[3].grants[0] | .ended == "revoked" and .person == "bob"'
	json '([.policy_changes[].seq] == [2, 24, 25]) and ([.gaps[].seq] == [22]) and ([.restarts[].seq] == [0, 1, 23, 28])
		and ([.incidents[].seq] == [21, 26])'
	json '.policy.in_force[:4] == "bbbb" and (.policy.problem | length > 0)'
	[[ $errors == *"the policy is not given along"* ]]
	[ "$(jq -c .population.by_type "$FOLDER/report.json" | jq -S -c .)" = "$(grep -v '^{"checkpoint"' "$JOURNAL" |
		jq -s -S -c 'group_by(.type) | map({key: .[0].type, value: length}) | from_entries')" ]
}

# glass ID SESSION: one break-glass of ann and bob
glass() {
	cat <<-END
		{"type":"glass.broken","message":"BREAK-GLASS by ann and bob","id":"$1","glass":$2,"reason":"upgrade <b>","asker":"ann","by":"ann and bob","people":["ann","bob"],"uids":[2001,2002],"duration_s":600,"broken_ms":1795168800000}
		{"type":"glass.mended","message":"the glass is whole again","glass":$2}
	END
}

@test "each break-glass is listed, with who reviewed it, or that nobody did" {
	JOURNAL=$BATS_TEST_TMPDIR/journal.jsonl
	{
		glass b-11111111 1
		glass b-22222222 2
		echo '{"type":"glass.reviewed","message":"carla has reviewed it","id":"b-22222222","glass":2,"person":"carla","reason":"as announced"}'
	} | "$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --stdin
	report --from 2026-11-20 --to 2026-11-21
	[ "$status" -eq 0 ]
	json '.break_glass | length == 2 and (.[0] | .id == "b-11111111" and .by == "ann and bob" and .reviewed == false
		and .review == "NOT REVIEWED" and has("reviewed_at") == false)'
	json '.break_glass[1] | .id == "b-22222222" and .reviewed and .review == "carla: as announced" and .reviewed_at != null'
	# the entry of the review, which was written after the period, has its proof
	[ -e "$FOLDER/proofs/$(jq '.break_glass[1].reviewed_seq' "$FOLDER/report.json").tlog-proof" ]
	grep -qF 'NOT REVIEWED' "$FOLDER/report.html"
	grep -qF 'carla: as announced' "$FOLDER/report.html"
	report --from 2026-11-21 --to 2026-11-22
	json '.break_glass == []'
}

# approves PERSON REQUESTER MORE...: one request, and an answer
approves() {
	local n=$1 person=$2 requester=$3 decision=$4
	cat <<-END
		{"type":"request.opened","message":"asks","request":"r-$n","action":"open","requester":"$requester","subject":{"user":"u","loginuid":1000},"opened_ms":1795168800000}
		{"type":"decision","message":"yes","request":"r-$n","person":"$person","approve":true,"time_ms":1795168801000,$decision}
		{"type":"request.decided","message":"so","request":"r-$n","state":"approved","closed_ms":1795168801000}
	END
}

@test "approvals of one's own: by name, by whom one stands in for, by login; neighbours are not" {
	local other='"loginuid":1001,"evidence":{"kind":"login"}'
	JOURNAL=$BATS_TEST_TMPDIR/self.jsonl
	{
		approves 1 alice alice "$other"
		approves 2 bob alice "\"covers\":\"alice\",$other"
		approves 3 bob '' '"loginuid":1000,"evidence":{"kind":"login"}'
		approves 4 bob alice "$other"
		approves 5 bob '' "$other"
		approves 6 bob alice "\"covers\":\"carol\",$other"
		approves 7 bob alice '"loginuid":1000,"evidence":{"kind":"ssh-signature"}' # a courier's login
		approves 8 alice alice "$other"
		echo '{"type":"decision.void","message":"no effect","request":"r-8","person":"alice"}'
		approves 9 alice alice "$other" | sed 's/"approve":true/"approve":false/' # a denial
	} | "$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --stdin
	report
	[ "$status" -eq 0 ]
	json '[.approvals[] | select(.self_approved) | .request] == ["r-1", "r-2", "r-3"]'
	json '.self_approvals | .count == 3 and .approvals_checked == 7 and .requests_of_unknown_requesters == 2'
	json '.totals.void_decisions == 1'
	grep -q 'class="bad">3 of 9 requests' "$FOLDER/report.html"
}

@test "approved in advance: by whose standing approval, and whether it was one's own" {
	JOURNAL=$BATS_TEST_TMPDIR/standing.jsonl
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --stdin <<-'END'
		{"type":"standing.made","message":"made","standing":"s-1","request":"r-0"}
		{"type":"request.opened","message":"asks","request":"r-1","requester":"alice","opened_ms":1795168800000}
		{"type":"standing.used","message":"used","standing":"s-1","request":"r-1","people":["bob","carol"]}
		{"type":"request.decided","message":"so","request":"r-1","state":"approved","closed_ms":1795168800000}
		{"type":"request.opened","message":"asks","request":"r-2","requester":"carol","opened_ms":1795168800000}
		{"type":"standing.used","message":"used","standing":"s-1","request":"r-2","people":["bob","carol"]}
		{"type":"request.opened","message":"asks","request":"r-3","requester":"bob","opened_ms":1795168800000}
		{"type":"standing.used","message":"used","standing":"s-1","request":"r-3","people":["bob"]}
		{"type":"decision.void","message":"no effect","request":"r-3","person":"s-1"}
	END
	report
	[ "$status" -eq 0 ]
	json '[.approvals[0].decisions[] | .person + " " + .by] == ["bob in advance, s-1", "carol in advance, s-1"]'
	json '[.approvals[] | select(.self_approved) | .request] == ["r-2"] and .self_approvals.approvals_checked == 4'
	json '.time_to_decision.requests == 0 and .time_to_decision.median_s == null'
	json '[.standing[].seq] == [1] and .totals.void_decisions == 1'
}

@test "journaled: the daemon's entry has the manifest's hash, and VERIFY.md's own commands prove it with other programs" {
	local script=$BATS_TEST_TMPDIR/verify change socket=$BATS_TEST_TMPDIR/control.sock log=$BATS_TEST_TMPDIR/log
	journal_stage
	FAKE_JOURNAL=$JOURNAL FAKE_JOURNAL_KEY=$BATS_TEST_TMPDIR/key.pem "$BUILD/tests/fake-control" "$socket" "$log" 3>&- &
	fake=$!
	for _ in {1..200}; do [ -S "$socket" ] || sleep 0.05; done
	run -0 "$SLUICE" report --socket "$socket" --framework soc2 --policy none -o "$FOLDER" --from 2026-11-01
	kill "$fake"
	grep -q "^report framework=soc2 entries=$N valid=1 manifest=${lines[-1]}$" "$log"
	[[ $output == *"Journaled as entry $((N + 1)); made.tlog-proof proves it."* ]]
	[ "$(tail -n 4 "$JOURNAL" | jq -r 'select(.type == "report.made").report.manifest_sha256')" = "${lines[-1]}" ]
	[ "$(grep -c made.tlog "$FOLDER/MANIFEST.sha256")" -eq 0 ]
	# section 1 alone: neither sluice nor anything else of ours is asked
	{ echo 'set -e'; sed -n '/^## 1/,/^## 2/s/^    //p' "$FOLDER/VERIFY.md"; } >"$script"
	run -1 grep -q sluice "$script"
	cp -r "$FOLDER" "$FOLDER.good"
	(cd "$FOLDER" && sh "$script")
	[ -z "$(diff -r "$FOLDER" "$FOLDER.good")" ]
	for change in "sed -i s/approved/denied/ report.html && find . -type f ! -name MANIFEST.sha256 ! -name made.tlog-proof \
			-exec sha256sum {} + >MANIFEST.sha256" \
		"sed -i 's/^index .*/index 3/' made.tlog-proof" "cp proofs/4.tlog-proof made.tlog-proof" \
		"sed -i '4s/^..../AAAA/' made.tlog-proof" "echo a+00000000+AQAA >keys/host.vkey"; do
		rm -rf "$FOLDER" && cp -r "$FOLDER.good" "$FOLDER"
		run bash -c "cd '$FOLDER' && $change && sh '$script' 2>&1"
		[ "$status" -ne 0 ] || { echo "not found: $change"; return 1; }
	done
}

@test "not journaled: without a daemon, when it refuses, and of a file; that is said" {
	local socket=$BATS_TEST_TMPDIR/control.sock
	journal_stage
	report
	[[ $output == *"NOT JOURNALED: the journal was given with --file."*"which nothing signs"* ]]
	[ ! -e "$FOLDER/made.tlog-proof" ]
	FAKE_JOURNAL=$JOURNAL "$BUILD/tests/fake-control" "$socket" "$BATS_TEST_TMPDIR/log" 3>&- &
	fake=$!
	for _ in {1..200}; do [ -S "$socket" ] || sleep 0.05; done
	run -0 "$SLUICE" report --socket "$socket" --framework soc2 --policy none -o "$FOLDER.2"
	kill "$fake"
	[[ $output == *"NOT JOURNALED: only root may have a report journaled."* ]]
	[ ! -e "$FOLDER.2/made.tlog-proof" ]
	[ "$(grep -c report.made "$JOURNAL")" -eq 0 ]
}

@test "VERIFY.md: its commands run, and each change is found by one of them" {
	journal_stage
	report
	local script=$BATS_TEST_TMPDIR/verify
	{ echo 'set -e'; sed -n 's/^    //p' "$FOLDER/VERIFY.md"; } >"$script"
	[ "$(wc -l <"$script")" -gt 8 ]
	export PATH=$BUILD:$PATH
	cp -r "$FOLDER" "$FOLDER.good"
	(cd "$FOLDER" && bash "$script")
	local change
	for change in "sed -i s/approved/denied/ report.html" "sed -i 's/as planned/as wanted/' lines.jsonl" \
		"rm proofs/4.tlog-proof" "sed -i s/^index.4/index\ 5/ proofs/4.tlog-proof"; do
		rm -rf "$FOLDER" && cp -r "$FOLDER.good" "$FOLDER"
		run bash -c "cd '$FOLDER' && $change && bash '$script'"
		[ "$status" -ne 0 ] || { echo "not found: $change"; return 1; }
		# also by who makes the manifest anew, but for the page, which only the manifest covers
		[[ $change != *report.html* ]] || continue
		run bash -c "cd '$FOLDER' && find . -type f ! -name MANIFEST.sha256 -exec sha256sum {} + >MANIFEST.sha256 && bash '$script'"
		[ "$status" -ne 0 ] || { echo "not found with another manifest: $change"; return 1; }
	done
}

# check_folder CHANGE [SECTION]: what this section of VERIFY.md (default: 5; all) says of a copy of FOLDER after that change
check_folder() {
	local script=$BATS_TEST_TMPDIR/script
	rm -rf "$FOLDER.changed"
	cp -r "$FOLDER" "$FOLDER.changed"
	{
		echo 'set -e'
		if [ "${2-}" = all ]; then
			sed -n 's/^    //p' "$FOLDER/VERIFY.md"
		else
			sed -n "/^## ${2-5}/,/^## [^${2-5}]/s/^    //p" "$FOLDER/VERIFY.md"
		fi
	} >"$script"
	[ "$(wc -l <"$script")" -gt 5 ]
	run bash -c "cd '$FOLDER.changed' && $1 && PATH=$BUILD:\$PATH bash '$script' 2>&1"
}

# without NUMBER: a change that takes this entry out of the folder, with its proof
without() {
	echo "rm proofs/$1.tlog-proof && sed -i '/^{\"seq\":$1,/d' lines.jsonl"
}

@test "complete by signed totals: what is left out of the lines or of a list is found by VERIFY.md" {
	journal_stage
	report
	json '.population | .complete and .problem == "" and .from == null and .to.type == "journal.sealed"
		and .rest.to == (env.N | tonumber) and .totals_delta["request.opened"] == 4
		and all(.lists[]; .complete and .outside == 0 and .matched == .totals_delta + .behind_totals)'
	grep -q 'class="good">Each list of this report is complete' "$FOLDER/report.html"
	check_folder true
	[ "$status" -eq 0 ]
	# the auditor's commands know each type that the report says it lists in full, and no other
	[ "$(sed -nE 's/^(.*): [0-9]+ of the period$/\1/p' <<<"$output" | sort)" = "$(jq -r '.population.lists[] |
		select(.type | IN("journal.opened") | not).type' "$FOLDER/report.json" | cat - <(echo journal.opened) | sort)" ]
	local change n
	for n in 3 17 25; do
		check_folder "$(without "$n")"
		[[ $status -eq 1 && $output == *"WRONG: $(jq -r "select(.seq == $n).type" "$FOLDER/lines.jsonl"): "*" by the totals"* ]]
	done
	check_folder "$(without 29)" # the entry that counts
	[[ $status -eq 1 && $output == *"WRONG: two entries that count are here"* ]]
	# one entry twice in place of another
	check_folder "$(without 8) && cp proofs/3.tlog-proof proofs/8.tlog-proof && grep '^{.seq.:3,' lines.jsonl >>lines.jsonl.more;
		cat lines.jsonl.more >>lines.jsonl; rm lines.jsonl.more"
	[[ $status -eq 1 && $output == *"WRONG: request.opened: 4 by the totals, 3 here"* ]]
	# the line is there, and the report does not list it
	for change in 'del(.approvals[2])' 'del(.approvals[0].decisions[0])' 'del(.approvals[3].grants[0])' 'del(.revocations[0])' \
		'del(.policy_changes[1])' 'del(.break_glass[0])'; do
		check_folder "jq '$change' report.json >r && mv r report.json"
		[[ $status -eq 1 && $output == *"WRONG: "*" is in no list"* ]] || { echo "not found: $change"; return 1; }
	done
	# the report is changed so that all seems right
	check_folder "$(without 17) && jq 'del(.revocations[0]) | del(.population.lists[] | select(.type == \"grant.revoked\"))' \
		report.json >r && mv r report.json"
	[[ $status -eq 1 && $output == *"WRONG: grant.revoked: 1 by the totals, 0 here"* ]]
}

@test "complete by signed totals: what was begun before the period and what stands around it is accounted for" {
	local from to now
	journal_stage
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --stdin \
		<<<'{"type":"request.opened","message":"asks","request":"r-5","requester":"alice","opened_ms":1795345200000}'
	sleep 1.1
	from=$(date -u '+%F %T') now=$(date +%s%3N)
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --stdin <<-END
		{"type":"request.closed","message":"gone","request":"r-5","state":"gone","closed_ms":$now}
		{"type":"request.opened","message":"asks","request":"r-6","requester":"alice","opened_ms":$now}
		{"type":"policy.loaded","message":"loaded","policy":{"digest":"cc"}}
	END
	sleep 1.1
	to=$(date -u '+%F %T')
	sleep 1.1
	now=$(date +%s%3N)
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --stdin <<-END
		{"type":"request.opened","message":"asks","request":"r-7","requester":"alice","opened_ms":$now}
		{"type":"policy.loaded","message":"loaded","policy":{"digest":"dd"}}
	END
	report --from "$from" --to "$to"
	json '[.approvals[].request] == ["r-5", "r-6"] and (.policy_changes | length) == 1'
	json '.population | .complete and .from.seq < .to.seq and .rest.from == .rest.to and .open_before == {by_totals: 1,
		listed: 1, complete: true} and .from.type == "journal.sealed" and .to.type == "journal.sealed"'
	json '.population.lists | map(select(.type == ("request.opened", "policy.loaded")) | [.matched, .outside, .totals_delta])
		== [[1, 1, 2], [1, 1, 2]]'
	check_folder true
	[[ $status -eq 0 && $output == *$'\nrequest.opened: 2 by the totals, 2 here\nrequest.opened: 1 of the period'* ]]
	[[ $output == *$'\n1 requests were open when the period began'* ]]
	# the one behind the period is needed, too; and one that was open before is missed
	check_folder "$(without "$(jq 'select(.request == "r-7").seq' "$FOLDER/lines.jsonl")")"
	[[ $status -eq 1 && $output == *"WRONG: request.opened: 2 by the totals, 1 here"* ]]
	check_folder "jq 'del(.approvals[0])' report.json >r && mv r report.json"
	[[ $status -eq 1 && $output == *"WRONG: 0 requests were open when the period began"* ]]
	# another period than the places enclose
	check_folder "jq '.population.from_ms = 1' report.json >r && mv r report.json"
	[[ $status -eq 1 && $output == *"WRONG: the first one is before the period"* ]]
	check_folder "jq '.population.to_ms = 9999999999999' report.json >r && mv r report.json"
	[[ $status -eq 1 && $output == *"WRONG: the second one is behind the period"* ]]
	# of a journal that goes on, nothing is left out of what the last totals do not count yet
	report --from "$from"
	json '.population | .complete and .rest.to - .rest.from == 1'
	check_folder "$(without "$(jq '.population.rest.to - 1' "$FOLDER/report.json")")"
	[[ $status -eq 1 && $output == *"WRONG: of the rest each entry is here"* ]]
}

@test "not complete: an entry that no list has, and one that nothing proves yet; it is said, and VERIFY.md fails" {
	journal_stage
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --stdin \
		<<<'{"type":"decision","message":"of nothing","request":"r-nothing","person":"bob","approve":true}'
	report
	[ "$status" -eq 0 ]
	json '.population | .complete == false and .problem == "1 of 4 entries decision of the period are in no list"'
	json '[.population.lists[] | select(.complete | not) | .type] == ["decision"]'
	[[ $errors == *"not shown to be complete: 1 of 4 entries decision"* ]]
	grep -q 'class="bad">Not shown to be complete: 1 of 4 entries decision' "$FOLDER/report.html"
	check_folder true
	[[ $status -eq 1 && $output == *"WRONG: decision: entry "*" is in no list"* ]]
	# the last checkpoint is by the epoch's key alone
	rm "$JOURNAL"
	journal_stage
	printf '{"type":"agent.note","message":"%s"}\n' one two three |
		"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --each
	sed -i '$d' "$JOURNAL"
	sed -i '$d' "$JOURNAL"
	report
	json '.population | .complete == false and (.problem | test("^the host.s key has signed 32 of 34 entries"))'
	# more than can be listed stand behind the last totals
	rm "$JOURNAL"
	journal_stage
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --entries 2001
	sed -i '$d' "$JOURNAL"
	sed -i '$d' "$JOURNAL"
	report
	json '.population | .complete == false and (.problem | test("^no totals are signed behind the period yet, and 2003 entries"))'
}

# next_file: the journal goes on in another file
next_file() {
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --next
}

@test "complete by signed totals, over several files: the first entry of a file counts what is before, and a changed host key is in one" {
	local from to now first
	journal_stage
	first=$("$SLUICE" enroll "$JOURNAL" --json | jq -r .vkey)
	next_file
	openssl genpkey -algorithm ed25519 -out "$BATS_TEST_TMPDIR/key.pem.next"
	chmod 600 "$BATS_TEST_TMPDIR/key.pem.next"
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" changed
	sleep 1.1
	from=$(date -u '+%F %T') now=$(date +%s%3N)
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --stdin <<-END
		{"type":"request.opened","message":"asks","request":"r-6","requester":"alice","opened_ms":$now}
		{"type":"policy.loaded","message":"loaded","policy":{"digest":"cc"}}
	END
	sleep 1.1
	to=$(date -u '+%F %T')
	sleep 1.1
	next_file
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --stdin \
		<<<'{"type":"policy.loaded","message":"loaded","policy":{"digest":"dd"}}'
	[ "$("$SLUICE" journal verify --json "$JOURNAL" | jq .files)" -eq 3 ]
	report --from "$from" --to "$to"
	[ "$status" -eq 0 ]
	json '[.approvals[].request] == ["r-6"] and (.policy_changes | length) == 1'
	json '.population | .complete and .from.seq < .to.seq and .to.type == "journal.segment" and .rest.from == .rest.to'
	[ "$(wc -l <"$FOLDER/keys/hosts")" -eq 2 ]
	[ "$(sed -n '1s/^0 //p' "$FOLDER/keys/hosts")" = "$first" ]
	check_folder true all
	[[ $status -eq 0 && $output == *$'\nrequest.opened: 1 by the totals, 1 here\nrequest.opened: 1 of the period'* ]]
	check_folder "$(without "$(jq 'select(.request == "r-6").seq' "$FOLDER/lines.jsonl")")"
	[[ $status -eq 1 && $output == *"WRONG: request.opened: 1 by the totals, 0 here"* ]]
	# of all the time: what is in the older files is in it
	report
	json '(.totals.requests == 5) and .population.complete and .population.from == null'
	check_folder true all
	[ "$status" -eq 0 ]
}

@test "a changed host key: VERIFY.md goes from the first key to the one that signs, and finds what is not so" {
	local change first last
	journal_stage
	first=$("$SLUICE" enroll "$JOURNAL" --json | jq -r .vkey)
	openssl genpkey -algorithm ed25519 -out "$BATS_TEST_TMPDIR/key.pem.next"
	chmod 600 "$BATS_TEST_TMPDIR/key.pem.next"
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" changed
	openssl genpkey -algorithm ed25519 -out "$BATS_TEST_TMPDIR/key.pem.next"
	chmod 600 "$BATS_TEST_TMPDIR/key.pem.next"
	"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" again
	last=$("$SLUICE" enroll "$JOURNAL" --json | jq -r .signer)
	[ "$first" != "$last" ]
	report
	[ "$status" -eq 0 ]
	[ "$(cat "$FOLDER/keys/host.vkey")" = "$last" ]
	[ "$(wc -l <"$FOLDER/keys/hosts")" -eq 3 ]
	[ "$(sed -n '1s/^0 //p' "$FOLDER/keys/hosts")" = "$first" ]
	[ "$(sed -nE '2,$s/ .*//p' "$FOLDER/keys/hosts")" = "$(grep -v '^{"checkpoint"' "$JOURNAL" |
		jq 'select(.type == "journal.host").seq')" ]
	check_folder true all
	[ "$status" -eq 0 ]
	# also section 1's own program, which is not sluice
	(cd "$FOLDER" && sed -n '/^## 1/,/^## 2/s/^    //p' VERIFY.md | grep -v '^rm -r' >"$BATS_TEST_TMPDIR/one" &&
		echo 'prove proofs/3.tlog-proof' >>"$BATS_TEST_TMPDIR/one" && sh -e "$BATS_TEST_TMPDIR/one")
	for change in "cp keys/$(sed -n '2s/ .*//p' "$FOLDER/keys/hosts").tlog-proof keys/$(sed -n '3s/ .*//p' "$FOLDER/keys/hosts").tlog-proof" \
		"sed -i 2d keys/hosts" "sed -i 3d keys/hosts" "sed -i '2s/...=*$/AAA/' keys/hosts" "echo '$first' >keys/host.vkey" \
		"sed -i '1s|.*|0 $last|' keys/hosts"; do
		check_folder "$change" 2
		[ "$status" -ne 0 ] || { echo "not found: $change"; return 1; }
	done
	# whoever says that the first key is still the one finds that it has not signed the proofs
	check_folder "echo '$first' >keys/host.vkey" 3
	[[ $status -ne 0 && $output == *"WRONG: proofs/0.tlog-proof"* ]]
	# the first key, as it was noted, is the pin of the whole journal
	run "$SLUICE" journal verify "$JOURNAL" --key "$(sed -n '1s/^0 //p' "$FOLDER/keys/hosts")"
	[ "$status" -eq 0 ]
}

@test "the page: no script, nothing from elsewhere, nothing untrusted is markup; charts are XML" {
	journal_stage
	report
	python3 - "$FOLDER/report.html" <<-'END'
		import html.parser, re, sys, xml.etree.ElementTree
		text = open(sys.argv[1], encoding="utf-8").read()
		class Page(html.parser.HTMLParser):
		    def __init__(self):
		        super().__init__()
		        self.open, self.tags, self.links = [], set(), []
		    def handle_starttag(self, tag, attributes):
		        self.tags.add(tag)
		        for name, value in attributes:
		            assert not name.startswith("on"), (tag, name)
		            if name in ("href", "src"): self.links.append(value)
		        if tag not in ("meta", "br", "line", "rect"): self.open.append(tag)
		    def handle_startendtag(self, tag, attributes):
		        self.tags.add(tag)
		    def handle_endtag(self, tag):
		        assert self.open.pop() == tag, tag
		page = Page()
		page.feed(text)
		page.close()
		assert not page.open, page.open
		assert not page.tags & {"script", "img", "link", "iframe", "object", "form", "base"}, page.tags
		assert page.links and all(re.fullmatch(r"#[a-z]+|proofs/[0-9]+\.tlog-proof", l) for l in page.links), page.links
		ids = set(re.findall(r' id="([a-z]+)"', text))
		assert all(l[1:] in ids for l in page.links if l[0] == "#"), page.links
		assert "&lt;img src=x onerror=alert(1)&gt;" in text and "\u202e" not in text
		assert "default-src 'none'" in text
		charts = re.findall(r"<svg.*?</svg>", text, re.S)
		assert len(charts) == 2
		bars = [xml.etree.ElementTree.fromstring(c).findall(".//rect") for c in charts]
		assert [len(b) for b in bars] == [4, 3], bars
	END
	local link
	while read -r link; do
		[ -f "$FOLDER/$link" ]
	done < <(grep -o 'proofs/[0-9]*.tlog-proof' "$FOLDER/report.html")
}

@test "the period: what was open in it, a day up to its end; neighbours are left out" {
	journal_stage
	report --from 2026-11-21 --to 2026-11-21
	json '[.approvals[].request] == ["r-00000002"] and .totals.requests == 1 and .population.entries == 0'
	json '.restarts == [] and .gaps == [] and .incidents == [] and .policy.in_force == null'
	json '[.population.lists[] | select(.type == "request.opened") | .matched, .outside] == [1, 3] and .population.complete'
	report --from '2026-11-20 10:00:30' --to '2026-11-20 10:00:31' # open, and neither opened nor closed
	json '[.approvals[].request] == ["r-00000001"]'
	report --from '2026-11-20 10:00:43' --to '2026-11-21 09:59:59'
	json '.approvals == []'
	grep -q "Nobody asked for anything" "$FOLDER/report.html"
	report --from this-year
	json '.totals.requests == 4 and .population.entries == (env.N | tonumber)'
	run "$SLUICE" report --file "$JOURNAL" --framework soc2 -o "$FOLDER.x" --from 2026-11-22 --to 2026-11-21
	[ "$status" -eq 2 ]
	[ ! -e "$FOLDER.x" ]
}

@test "each framework has its controls, and says what the report does not show" {
	local name
	journal_stage
	for name in soc2 hipaa fedramp; do
		report --framework "$name"
		[ "$status" -eq 0 ]
		json '.controls | length > 5 and any(.where == null) and all(.id and .asks and .shown)'
		jq -r '.controls[].id' "$FOLDER/report.json" >"$BATS_TEST_TMPDIR/$name"
	done
	grep -q '^CC8.1$' "$BATS_TEST_TMPDIR/soc2"
	grep -q '^164.312(b)$' "$BATS_TEST_TMPDIR/hipaa"
	grep -q '^AU-10$' "$BATS_TEST_TMPDIR/fedramp"
	report --framework iso27001
	[ "$status" -eq 2 ]
}

@test "the policy goes along, and it is said whether it is the one in force" {
	local conf=$BATS_TEST_TMPDIR/etc/sluice.conf digest
	mkdir -p "$BATS_TEST_TMPDIR/etc/policy.d"
	printf '[Agent]\n' >"$conf"
	printf '[Label pii]\nPath=%s\n' "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/etc/policy.d/10.conf"
	journal_stage
	report --policy "$conf"
	[ "$status" -eq 0 ]
	json '.policy.same == false'
	grep -q "are another policy" "$FOLDER/report.html"
	cmp "$conf" "$FOLDER/policy/sluice.conf"
	cmp "$BATS_TEST_TMPDIR/etc/policy.d/10.conf" "$FOLDER/policy/policy.d/10.conf"
	(cd "$FOLDER" && sha256sum --quiet -c MANIFEST.sha256 && grep -q '  policy/policy.d/10.conf$' MANIFEST.sha256)
	digest=$(jq -r .policy.files "$FOLDER/report.json")
	echo "{\"type\":\"policy.loaded\",\"message\":\"loaded\",\"policy\":{\"digest\":\"$digest\"}}" |
		"$BUILD/tests/make-journal" "$JOURNAL" "$BATS_TEST_TMPDIR/key.pem" --stdin
	report --policy "$conf"
	json '.policy.same == true'
	grep -q "are this policy" "$FOLDER/report.html"
}

@test "of a journal that was tampered with no report is made; of one without its end, what is signed" {
	journal_stage
	cp "$JOURNAL" "$JOURNAL.good"
	sed -i 's/bob approved/eve approved/' "$JOURNAL"
	report
	[ "$status" -eq 1 ]
	[[ $errors == *"TAMPERED"* ]]
	[ ! -e "$FOLDER" ]
	cp "$JOURNAL.good" "$JOURNAL"
	journal_begin_more <<<'{"type":"request.opened","message":"asks","request":"r-9","opened_ms":1795168800000}'
	report
	[ "$status" -eq 0 ]
	[[ $errors == *"nothing signs the last 1 of $((N + 1))"* ]]
	json '.totals.requests == 4 and .integrity.size == (env.N | tonumber) and .integrity.unsigned_entries == 1'
	cp "$JOURNAL.whole" "$JOURNAL"
	report
	json '.totals.requests == 5 and .totals.pending == 1'
}

@test "nothing is overwritten, and what is missing is said" {
	journal_stage
	mkdir "$FOLDER"
	run "$SLUICE" report --file "$JOURNAL" --framework soc2 -o "$FOLDER" --policy none
	[ "$status" -eq 0 ]
	run "$SLUICE" report --file "$JOURNAL" --framework soc2 -o "$FOLDER" --policy none
	[ "$status" -eq 1 ]
	[[ $output == *"name a folder that is new or empty"* ]]
	run "$SLUICE" report --file "$JOURNAL" --framework soc2
	[ "$status" -eq 2 ]
	run "$SLUICE" report --file - --framework soc2 -o "$FOLDER.x"
	[ "$status" -eq 2 ]
	run "$SLUICE" report --file "$JOURNAL.none" --framework soc2 -o "$FOLDER.x"
	[ "$status" -eq 4 ]
	[ ! -e "$FOLDER.x" ]
}

@test "retention: what it removed is said, and a period behind it is complete; VERIFY.md goes by the key of then" {
	local key=$BATS_TEST_TMPDIR/key.pem first began now
	journal_stage
	report
	json '.retention == {first_seq: 0, oldest: .retention.oldest, files: 1, removed: null}'
	grep -q 'Nothing was removed' "$FOLDER/report.html"
	first=$("$SLUICE" enroll "$JOURNAL" --json | jq -r .vkey)
	openssl genpkey -algorithm ed25519 -out "$key.next"
	chmod 600 "$key.next"
	"$BUILD/tests/make-journal" "$JOURNAL" "$key" changed
	"$BUILD/tests/make-journal" "$JOURNAL" "$key" --next
	began=$(head -n 1 "$JOURNAL" | jq .seq)
	sleep 1.2
	now=$(date -u '+%Y-%m-%d %H:%M:%S')
	jq -nc '{type: "request.opened", message: "asks", request: "r-0000000a", opened_ms: (now * 1000 | floor + 60000)}' |
		"$BUILD/tests/make-journal" "$JOURNAL" "$key" --stdin
	"$BUILD/tests/make-journal" "$JOURNAL" "$key" --remove 0
	# the begin of the journal is not there any more
	report
	[ "$status" -eq 1 ]
	[[ $errors == *"the entries before $began were removed by retention"* && $errors == *"as --from"* ]]
	report --from "$now" --to '2100-01-01'
	[ "$status" -eq 0 ]
	json ".retention | .first_seq == $began and .files == 1 and .removed.first == 0 and .removed.last == $((began - 1))"
	json ".population.from.seq >= $began and ([.population.lists[] | select(.complete | not)] == [])"
	json '[.approvals[].request] == ["r-0000000a"]'
	grep -q 'Removed as old' "$FOLDER/report.html"
	[ "$(wc -l <"$FOLDER/keys/hosts")" -eq 1 ]
	[ "$(cat "$FOLDER/keys/hosts")" = "$began $(cat "$FOLDER/keys/host.vkey")" ]
	[ "$(cat "$FOLDER/keys/host.vkey")" != "$first" ]
	check_folder true all
	[ "$status" -eq 0 ] || { echo "$output"; false; }
	check_folder "sed -i s/^index.*/index\ 5/ proofs/*.tlog-proof" 3
	[ "$status" -ne 0 ]
	# a file that somebody took is none that retention removed
	"$BUILD/tests/make-journal" "$JOURNAL" "$key" --next
	rm "$(find "$BATS_TEST_TMPDIR" -name 'journal.jsonl.*[0-9]')"
	report --from "$now" --to '2100-01-01'
	[ "$status" -eq 1 ]
	[[ $errors == *"a report rests on the whole journal"* ]]
}
