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
		"^event|^future|^journal.(epoch|sealed|heartbeat)") | not)' | wc -l)" ]
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
	[ "$(jq -r .request "$FOLDER/lines.jsonl" | sort -u)" = r-00000002 ]
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
