#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Private text: nowhere in the journal, shown to who has the vault, checked by a stranger with openssl, and gone when it is
# erased, while the journal verifies by sluice and by the shell of sluice-journal(5). Nothing but the program; entries and
# vault are made by the real writer (tests/tools/make-journal.c). SLUICE_BUILD: folder with sluice, tests/make-journal and
# tests/fake-control; default build/.

bats_require_minimum_version 1.5.0
load journal_stage

setup() {
	BUILD=${SLUICE_BUILD:-$BATS_TEST_DIRNAME/../build}
	SLUICE=$BUILD/sluice
	export SLUICE_SOCKET=$BATS_TEST_TMPDIR/none.sock
	export TZ=UTC LC_ALL=C
	unset COLUMNS
	D=$BATS_TEST_TMPDIR JOURNAL=$D/journal.jsonl VAULT=$D/vault.db
	printf '[Label secret]\n[Journal]\nPrivate=/srv/data/a.csv\n' >"$D/policy.conf"
	private
	FAKE=
}

teardown() {
	[ -z "$FAKE" ] || kill "$FAKE"
}

# The entries of journal_stage with what is private in the vault.
private() {
	journal_entries | "$BUILD/tests/make-journal" "$JOURNAL" "$D/key.pem" --private "$D/policy.conf" "$D"
}

erase() {
	"$BUILD/tests/make-journal" --erase "$D" "$1"
}

journal() {
	run bash -c '"$@" 2>"$0"' "$D/errors" "$SLUICE" journal --file "$JOURNAL" "$@"
	errors=$(cat "$D/errors")
}

verified() {
	"$SLUICE" journal verify "$JOURNAL"
	sed -n '/verify.sh begins/,/verify.sh ends/p' "$BATS_TEST_DIRNAME/../user/man/sluice-journal.5" |
		sed -e '1,2d' -e '/^\.Ed/,$d' -e 's/\\e/\\/g' >"$D/verify.sh"
	sh "$D/verify.sh" "$JOURNAL" | grep ^GOOD
}

@test "nowhere in the journal's bytes; the neighbour is; both verify" {
	run -1 grep -F a.csv "$JOURNAL"
	grep -qF '"text":"/srv/data/b.csv"' "$JOURNAL"
	grep -qF 'refused to read /srv/data/b.csv"' "$JOURNAL"
	grep -qE '"text":"hmac:[0-9a-f]{64}"' "$JOURNAL"
	grep -qE 'asks to read hmac:[0-9a-f]{64}"' "$JOURNAL"
	[ "$(stat -c %a "$VAULT")" = 600 ]
	verified
}

@test "with the vault: shown, and found by its path; without: the commitment" {
	journal --vault "$VAULT" --request r-00000002
	[ "$status" -eq 0 ]
	[[ $output == *"cat[43] asks to read /srv/data/a.csv"* ]]
	journal --vault "$VAULT" --path '/srv/data/a*' --json
	[ "$(jq -r .target.text <<<"$output")" = /srv/data/a.csv ]
	journal --vault "$VAULT" -g 'data/a' -o csv
	[[ $output == *'"/srv/data/a.csv"'* ]]
	journal --sealed --request r-00000002
	[[ $output == *"cat[43] asks to read hmac:"* ]]
	journal --sealed --path '/srv/data/a*' --json
	[ -z "$output" ]
	journal --sealed --path '/srv/data/b*' --json
	[ "$(jq -r .target.text <<<"$output")" = /srv/data/b.csv ]
}

@test "forms for other systems never have it, and filters work on them" {
	local form
	for form in raw ocsf; do
		journal --vault "$VAULT" --path '/srv/data/a*' -o "$form"
		[ "$(wc -l <<<"$output")" -eq 1 ]
		[[ $output != *a.csv* ]]
		[[ $output == *hmac:* ]]
	done
	journal --vault "$VAULT" -o raw
	[[ $output != *a.csv* ]]
}

@test "by an index: found as without it, and the index has commitments only" {
	local filter
	for filter in "--path /srv/data/a*" "--path /srv/data/b*" "-p 43 -g data/a" "--type request -g data/a"; do
		# shellcheck disable=SC2086
		journal --vault "$VAULT" $filter --json
		[ -n "$output" ]
		printf '%s\n' "$output" >"$D/whole"
		# shellcheck disable=SC2086
		journal --vault "$VAULT" --index "$D/index" $filter --json
		[ "$output" = "$(cat "$D/whole")" ]
		[[ $errors == *", by an index" ]]
	done
	journal --vault "$VAULT" --index "$D/index" --path '/srv/data/a*' -o raw
	[ "$(wc -l <<<"$output")" -eq 1 ]
	[[ $output == *hmac:* && $output != *a.csv* ]]
	run -1 grep -F a.csv "$D/index"
	grep -qF b.csv "$D/index"
	journal --sealed --index "$D/index" --path '/srv/data/a*' --json
	[ -z "$output" ]
	[ "$(erase /srv/data)" = 1 ]
	journal --vault "$VAULT" --index "$D/index" --path '/srv/data/a*' --json
	[ -z "$output" ]
	journal --vault "$VAULT" --index "$D/index" --path '*erased*' --json
	[ "$(jq -r .target.text <<<"$output")" = "(erased)" ]
}

@test "reveal: text and key, which openssl checks" {
	local commitment text key
	run -0 "$SLUICE" journal reveal 8 --file "$JOURNAL" --vault "$VAULT"
	[[ $output == *"text   /srv/data/a.csv"* ]]
	# the check that it prints is one
	run -0 sh -c "$(sed -n 's/^ *check  //p' <<<"$output")"
	[[ $(grep -o 'hmac:[0-9a-f]*' "$JOURNAL" | sort -u) == *"hmac:${output##* }"* ]]
	run -0 "$SLUICE" journal reveal 8 --file "$JOURNAL" --vault "$VAULT" --json
	commitment=$(jq -r '.[0].commitment' <<<"$output")
	text=$(jq -r '.[0].text' <<<"$output") key=$(jq -r '.[0].key' <<<"$output")
	grep -qF "$commitment" "$JOURNAL"
	[ "hmac:$(printf %s "$text" | openssl dgst -sha256 -mac HMAC -macopt "hexkey:$key" | sed 's/.* //')" = "$commitment" ]
	run -0 "$SLUICE" journal reveal 18 --file "$JOURNAL" --vault "$VAULT"
	[ "$output" = "Nothing in entry 18 is private." ]
	run -4 "$SLUICE" journal reveal 999 --file "$JOURNAL" --vault "$VAULT"
	# another text for the same commitment is not believed
	python3 - "$VAULT" <<-'END'
		import sqlite3, sys
		db = sqlite3.connect(sys.argv[1]); db.execute("UPDATE value SET plain='/srv/data/x'"); db.commit()
	END
	run -1 "$SLUICE" journal reveal 8 --file "$JOURNAL" --vault "$VAULT"
	[[ $output == *"is wrong: what it has for hmac:"* ]]
}

@test "erased: said so, in no byte of the vault, and the journal verifies as before" {
	grep -qF a.csv "$VAULT"
	sha256sum "$JOURNAL" >"$D/sum"
	[ "$(erase /srv/data)" = 1 ]
	sha256sum -c "$D/sum"
	run -1 grep -rF a.csv "$D" --include='vault*'
	verified
	journal --vault "$VAULT" --request r-00000002
	[[ $output == *"cat[43] asks to read (erased)"* ]]
	journal --vault "$VAULT" --path '/srv/data/a*' --json
	[ -z "$output" ]
	run -0 "$SLUICE" journal reveal 8 --file "$JOURNAL" --vault "$VAULT"
	[[ $output == *"erased 2026-"* ]]
	# more is written behind it, under another commitment
	private
	verified
	run -1 grep -F a.csv "$JOURNAL"
	[ "$(grep -o 'hmac:[0-9a-f]*' "$JOURNAL" | sort -u | wc -l)" -eq 2 ]
	journal --vault "$VAULT" --path '/srv/data/a*' --json
	[ "$(jq -s length <<<"$output")" -eq 1 ]
}

@test "erasing leaves what is not meant" {
	[ "$(erase /srv/data/a.cs)" = 0 ]
	journal --vault "$VAULT" --request r-00000002
	[[ $output == *"asks to read /srv/data/a.csv"* ]]
}

@test "a vault that is not there, open to others, damaged, or another journal's" {
	journal --vault "$D/none.db"
	[ "$status" -ne 0 ]
	[[ $errors == *"none.db"*"it is not there"* ]]
	chmod 0644 "$VAULT"
	journal --vault "$VAULT"
	[ "$status" -eq 5 ]
	[[ $errors == *"only its owner may read and write it: chmod 0600"* ]]
	[[ $output != *a.csv* ]]
	run "$BUILD/tests/make-journal" "$JOURNAL" "$D/key.pem" --private "$D/policy.conf" "$D" </dev/null
	[ "$status" -ne 0 ]
	chmod 0600 "$VAULT"
	printf 'no database' | dd of="$VAULT" conv=notrunc status=none
	journal --vault "$VAULT"
	[ "$status" -eq 1 ]
	[[ $errors == *"it is damaged or another program's: put a backup in its place"* ]]
	rm "$VAULT"
	printf '' | "$BUILD/tests/make-journal" "$D/other" "$D/other.pem" --private "$D/policy.conf" "$D"
	journal --vault "$VAULT" --request r-00000002
	[[ $output == *"asks to read hmac:"* ]]
	run -0 "$SLUICE" journal reveal 8 --file "$JOURNAL" --vault "$VAULT"
	[[ $output == *"not in this vault"* ]]
}

# verify_report FOLDER: by all commands of its VERIFY.md
verify_report() {
	sed -n 's/^    //p' "$1/VERIFY.md" >"$D/script"
	[ "$(wc -l <"$D/script")" -gt 8 ]
	run -0 bash -c "set -e; cd '$1'; PATH=$BUILD:\$PATH; . '$D/script'" </dev/null
	[[ $output != *WRONG* ]]
}

@test "a report has it for who has the vault, and not with --sealed; its entries never" {
	run -0 "$SLUICE" report --framework=soc2 -o "$D/with" --file "$JOURNAL" --vault "$VAULT" --from 2026-11-01
	grep -qF a.csv "$D/with/report.html"
	run -1 grep -rF a.csv "$D/with" --include='*.jsonl' --include='*.tlog-proof'
	run -0 "$SLUICE" report --framework=soc2 -o "$D/sealed" --file "$JOURNAL" --sealed --from 2026-11-01
	run -1 grep -rF a.csv "$D/sealed"
	verify_report "$D/with"
	verify_report "$D/sealed"
	"$BUILD/tests/make-journal" "$JOURNAL" "$D/key.pem" --stdin <<-'END'
		{"type":"vault.erased","message":"1 private texts are erased, as bob wanted: ticket 4712","texts":1,"by":"bob","reason":"ticket 4712"}
	END
	run -0 "$SLUICE" report --framework=soc2 -o "$D/erased" --file "$JOURNAL" --sealed --from 2026-11-01
	jq -e '.gaps[] | select(.type == "vault.erased")' "$D/erased/report.json"
	jq -e '.population | .complete and any(.lists[]; .type == "vault.erased" and .matched == 1)' "$D/erased/report.json"
	verify_report "$D/erased"
	[[ $output == *"vault.erased: 1 of the period"* ]]
	grep -qF b.csv "$JOURNAL"
}

# The daemon with canned answers.
daemon() {
	export SLUICE_SOCKET=$D/control.sock
	"$BUILD/tests/fake-control" "$SLUICE_SOCKET" "$D/log" enforcing 3>&- &
	FAKE=$!
	for _ in $(seq 100); do
		[ -S "$SLUICE_SOCKET" ] && return
		sleep 0.05
	done
	return 1
}

@test "erase: what is asked of the daemon, and only after a yes" {
	daemon
	run -0 "$SLUICE" journal erase --path '/home/*/private' --user root --reason 'ticket 1' --yes
	[ "$output" = "3 private texts are erased; entry 17 of the journal says so" ]
	grep -qxF 'erase path=/home/*/private uid=0 request= before=0 count=0 reason=ticket 1' "$D/log"
	run -0 "$SLUICE" journal erase --before 2026-11-22 --request r-00000002 --reason old --yes --json
	[ "$(jq .erased <<<"$output")" -eq 3 ]
	grep -qxF 'erase path= uid=-1 request=r-00000002 before=1795305600000 count=0 reason=old' "$D/log"
	run -4 "$SLUICE" journal erase --request r-ffffffff --reason old --yes
	: >"$D/log"
	run -1 "$SLUICE" journal erase --path /srv --reason old </dev/null
	[[ $output == *"give --yes"* ]]
	run -1 script -qec "echo n | script -qec \"$SLUICE journal erase --path /srv --reason old\" /dev/null" /dev/null
	[[ $output == *"3 private texts of the journal would be erased for good. Do it?"*"nothing was erased"* ]]
	run -1 grep -F count=0 "$D/log"
}

@test "erase: nonsense" {
	run -2 "$SLUICE" journal erase --reason x --yes
	[[ $output == *"say what: --path, --user, --request or --before"* ]]
	run -2 "$SLUICE" journal erase --path /srv --yes
	[[ $output == *"--reason is needed"* ]]
	run -2 "$SLUICE" journal erase --path srv --reason x --yes
	run -2 "$SLUICE" journal erase --user no-such-user --reason x --yes
	run -2 "$SLUICE" journal erase --request g-1 --reason x --yes
	run -2 "$SLUICE" journal erase --before never --reason x --yes
	run -3 "$SLUICE" journal erase --path /srv --reason x --yes
}
