#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# stranger.bats: a journal of ours before three verifiers that must agree: sluice; the shell of sluice-journal(5), taken
# from the page; and Go's code for transparency logs (stranger/verify.go). None of the latter two is part of Sluice.
# SLUICE_MUTATIONS: how many single bytes are changed for the two strangers (the unit tests change many more).

# shellcheck disable=SC2016 # programs for sed
bats_require_minimum_version 1.5.0

setup_file() {
	export BUILD=${SLUICE_BUILD:-$BATS_TEST_DIRNAME/../build}
	export D=$BATS_FILE_TMPDIR LC_ALL=C
	sed -n '/verify.sh begins/,/verify.sh ends/p' "$BATS_TEST_DIRNAME/../user/man/sluice-journal.5" |
		sed -e '1,2d' -e '/^\.Ed/,$d' -e 's/\\e/\\/g' >"$D/verify.sh"
	GO111MODULE=off GOFLAGS='' GOPATH=/usr/share/gocode GOCACHE=$D/go go build -o "$D/verify-go" \
		"$BATS_TEST_DIRNAME/stranger/verify.go"
	# 13 entries: lines 1 entry 0, 2 signed, 3-7 entries 1-5, 8 signed, 9 end of epoch 0, 10 signed,
	# and twice the beginning of an epoch, an entry, signed, its end, signed
	"$BUILD/tests/make-journal" "$D/good" "$D/key.pem"
	"$BUILD/tests/make-journal" "$D/good" "$D/key.pem" "later"
	"$BUILD/tests/make-journal" "$D/good" "$D/key.pem" "later still"
	"$BUILD/tests/make-journal" "$D/other" "$D/other.pem"
	GENESIS=$("$BUILD/sluice" journal verify --json "$D/good" | jq -r .genesis)
	KEY=$("$BUILD/sluice" journal verify --json "$D/good" | jq -r .vkey)
	export GENESIS KEY
	for more in "a file" --next "another" --next "and the last"; do
		"$BUILD/tests/make-journal" "$D/files" "$D/files.pem" "$more"
	done
	cat "$D"/files.*[0-9] "$D/files" >"$D/whole"
}

# What an exit code of sluice and of the shell says.
verdict() {
	case $1 in
	0) echo GOOD ;;
	6) echo BREAK ;;
	*) echo WRONG ;;
	esac
}

# Sets $ours, $shell and $go to GOOD, BREAK or WRONG for the file $1; $GENESIS may be empty.
ask_all() {
	local status=0

	"$BUILD/sluice" journal verify "$1" ${GENESIS:+--genesis "$GENESIS"} >/dev/null 2>&1 || status=$?
	ours=$(verdict $status) status=0
	sh "$D/verify.sh" "$1" ${GENESIS:+"$GENESIS"} >"$D/said" 2>&1 || status=$?
	shell=$(verdict $status)
	"$D/verify-go" journal "$GENESIS" "$1" >"$D/said.go" || true
	go=$(cut -d: -f1 "$D/said.go")
	[ "$shell" = WRONG ] || grep -q "^$shell" "$D/said"
}

# all_say VERDICT FILE
all_say() {
	ask_all "$2"
	[ "$ours/$shell/$go" = "$1/$1/$1" ] || { echo "$2: ours $ours, shell $shell, go $go"; cat "$D/said" "$D/said.go"; return 1; }
}

# attack NAME VERDICT SED-SCRIPT: what all say of the lines that are left
attack() {
	sed -nE "$3" "$D/good" >"$D/$1"
	run -1 cmp -s "$D/good" "$D/$1"
	all_say "$2" "$D/$1"
}

@test "a journal of three files is good to all, behind each other; one line less in a full one is not" {
	local GENESIS
	GENESIS=$("$BUILD/sluice" journal verify --json "$D/files" | jq -r .genesis)
	[ "$(grep -c '"type":"journal.segment"' "$D/whole")" = 2 ]
	all_say GOOD "$D/whole"
	# the first checkpoint: what it signs the next one signs too
	sed '2d' "$D/whole" >"$D/less"
	ask_all "$D/less"
	[ "$ours/$shell" = WRONG/WRONG ]
	# what the file before is said to be
	sed '/"type":"journal.segment"/s/"sha256":"./"sha256":"x/' "$D/whole" >"$D/less"
	all_say WRONG "$D/less"
}

@test "the journal as it was written is good to all" {
	[ "$(wc -l <"$D/good")" -eq 20 ]
	all_say GOOD "$D/good"
	local root
	root=$("$BUILD/sluice" journal verify --json "$D/good" | jq -r .root)
	grep -q "13 entries, root $root, entry 0 $GENESIS" "$D/said"
}

@test "lines moved, removed and repeated" {
	attack edit WRONG 's/bob approved/bob_approved/; p'
	attack swap WRONG '4 { h; d }; p; 5 { x; p }'
	attack delete WRONG '5d; p'
	attack duplicate WRONG 'p; 5p'
	attack strip WRONG '/^\{"checkpoint"/d; p'
	attack begin WRONG '1,2d; p'
	attack unsigned WRONG '$d; p'
	attack repeated WRONG 'p; 8p'
	attack closing WRONG '10d; p'
	attack beginning WRONG '11d; p'
}

@test "what no file can show by itself, and what is harmless, is good to all" {
	attack prefix GOOD '1,8p'
	attack dropped GOOD '8d; p'
}

@test "totals that the keys have signed, and that are not those of the entries above" {
	local right wrong GENESIS=
	right='{"type":"journal.heartbeat","journal":{"totals":{"journal.opened":1}}}'
	wrong=$(jq -c '.journal.totals.decision = 1' <<<"$right")
	"$BUILD/tests/make-journal" "$D/right" "$D/right.pem" --stdin <<<"$right"
	all_say GOOD "$D/right"
	"$BUILD/tests/make-journal" "$D/wrong" "$D/wrong.pem" --stdin <<<"$wrong"
	ask_all "$D/wrong"
	[ "$ours $shell" = "WRONG WRONG" ]
	grep -q "totals: .*error.*: 1" "$D/said"
	run "$BUILD/sluice" journal verify "$D/wrong"
	[ "$status" -eq 1 ]
	[[ $output == *"its totals are not those of the entries above: of type decision it counts 1, and there are 0"* ]]
}

@test "a torn end, zero bytes, bytes that are no line" {
	head -c -30 "$D/good" >"$D/torn"
	all_say WRONG "$D/torn"
	head -c -1 "$D/good" >"$D/open"
	all_say WRONG "$D/open"
	{ cat "$D/good"; printf '\0'; } >"$D/zero"
	all_say WRONG "$D/zero"
	: >"$D/empty"
	all_say WRONG "$D/empty"
}

# The host's signature of the last checkpoint, by the key file $1 under the host's name and id $2 (hex), in line 20 of $3.
sign_again() {
	sed -n 20p "$D/good" | jq -j .checkpoint >"$D/note"
	sed '/^$/,$d' "$D/note" >"$D/text"
	openssl pkeyutl -sign -inkey "$1" -rawin -in "$D/text" -out "$D/signature"
	{ xxd -r -p <<<"$2"; cat "$D/signature"; } | base64 -w 0 >"$D/blob"
	sed -n 1,19p "$D/good" >"$3"
	jq -cn --rawfile text "$D/text" --rawfile blob "$D/blob" --arg name "$(head -n 1 "$D/text")" \
		--arg epoch "$(tail -n 1 "$D/note")" \
		'{checkpoint: "\($text)\n— \($name) \($blob)\n\($epoch)\n"}' >>"$3"
}

@test "a checkpoint signed by another key, and by the right one" {
	local id=${KEY#*+}
	sign_again "$D/key.pem" "${id%%+*}" "$D/again"
	cmp "$D/good" "$D/again" # Ed25519 is deterministic: so the forgery below is well made
	sign_again "$D/other.pem" "${id%%+*}" "$D/forged"
	all_say WRONG "$D/forged"
	id=$("$BUILD/sluice" journal verify --json "$D/other" | jq -r '.vkey | split("+")[1]')
	sign_again "$D/other.pem" "$id" "$D/forged-id"
	all_say WRONG "$D/forged-id"
}

@test "a journal remade under another key: the pin tells" {
	all_say WRONG "$D/other"
	GENESIS='' run -0 "$D/verify-go" journal '' "$D/other"
	run -0 sh "$D/verify.sh" "$D/other"
	run -0 "$BUILD/sluice" journal verify "$D/other"
	# the attacker's entries behind the host's entry 0
	{ sed -n 1,2p "$D/good"; sed 1,2d "$D/other"; } >"$D/grafted"
	all_say WRONG "$D/grafted"
}

@test "every order of keys, right and wrong: all say the same" {
	local file n=0

	mkdir "$D/orders"
	(cd "$BATS_TEST_DIRNAME/.." && SLUICE_ORDERS=$D/orders "$BUILD/tests/test_journal_epoch" >/dev/null 2>&1)
	for file in "$D"/orders/*; do
		case $file in
		*.ok) GENESIS='' all_say GOOD "$file" ;;
		*.break) GENESIS='' all_say BREAK "$file" ;;
		*) GENESIS='' all_say WRONG "$file" ;;
		esac
		n=$((n + 1))
	done
	[ "$n" -gt 50 ]
}

@test "another host key, by sluiced --new-key: good to all under the same pin, and proofs go by the new one" {
	local old new

	cp "$D/good" "$D/renewed"
	cp "$D/key.pem" "$D/journal.key"
	printf '[Agent]\nState=%s\nJournal=%s\n' "$D" "$D/renewed" >"$D/sluice.conf"
	run -0 "$BUILD/sluiced" -c "$D/sluice.conf" --new-key
	old=$("$BUILD/sluice" enroll "$D/renewed" --json | jq -r .vkey)
	new=$("$BUILD/sluice" enroll "$D/renewed" --json | jq -r .signer)
	[[ $old = "$KEY" && $new != "$KEY" && $output == *"$new"* ]]
	run -1 cmp -s "$D/key.pem" "$D/journal.key"
	[ ! -e "$D/journal.key.next" ]
	all_say GOOD "$D/renewed"
	"$BUILD/sluice" journal prove 3 --file "$D/renewed" >"$D/renewed.proof"
	run -0 "$D/verify-go" proof "$new" "$D/renewed.proof"
	run -1 "$D/verify-go" proof "$old" "$D/renewed.proof"
	# a run that is refused leaves no key behind that the next start would take
	run -1 flock "$D/renewed" "$BUILD/sluiced" -c "$D/sluice.conf" --new-key
	[ ! -e "$D/journal.key.next" ]
	cp "$D/renewed" "$D/renewed.whole"
	sed -i '3s/started/stopped/' "$D/renewed"
	run -1 "$BUILD/sluiced" -c "$D/sluice.conf" --new-key
	[ ! -e "$D/journal.key.next" ]
	head -c -20 "$D/renewed.whole" >"$D/renewed"
	run -1 "$BUILD/sluiced" -c "$D/sluice.conf" --new-key
	[[ $output == *"the journal's end is torn"* && ! -e $D/journal.key.next ]]
	# one that waits, as a crash leaves it, is taken
	cp "$D/renewed.whole" "$D/renewed"
	openssl genpkey -algorithm ed25519 -out "$D/journal.key.next"
	chmod 600 "$D/journal.key.next"
	run -0 "$BUILD/sluiced" -c "$D/sluice.conf" --new-key
	[[ ! -e $D/journal.key.next && $output != *"$new"* ]]
	GENESIS='' all_say GOOD "$D/renewed"
	# no journal, no key to replace
	printf '[Agent]\nState=%s\nJournal=%s\n' "$D/none" "$D/none/journal" >"$D/sluice.conf"
	run -1 "$BUILD/sluiced" -c "$D/sluice.conf" --new-key
	[ ! -e "$D/none" ]
}

# One byte at offset $2 of $1 becomes the one with the number $3.
mutate() {
	cp "$D/good" "$1"
	printf "%b" "\\0$(printf %o "$3")" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

@test "single bytes changed: none goes unseen by anybody" {
	local n=${SLUICE_MUTATIONS:-6} size i at byte
	size=$(stat -c %s "$D/good")
	RANDOM=20261122
	for ((i = 0; i < n * 20; i++)); do
		at=$(((RANDOM * 32768 + RANDOM) % size)) byte=$((RANDOM % 256))
		mutate "$D/mutated.$i" "$at" "$byte"
		if cmp -s "$D/good" "$D/mutated.$i"; then
			rm "$D/mutated.$i"
		fi
	done
	# Go takes all, the shell every twentieth
	run -1 "$D/verify-go" journal "$GENESIS" "$D"/mutated.*
	[[ $output != *GOOD:* ]]
	[ "$(grep -c WRONG <<<"$output")" -gt $((n * 19)) ]
	for ((i = 0; i < n * 20; i += 20)); do
		[ ! -e "$D/mutated.$i" ] || all_say WRONG "$D/mutated.$i"
	done
}

@test "a proof of each entry, and none that was changed" {
	local seq proofs=() wrong
	for seq in {0..12}; do
		"$BUILD/sluice" journal prove "$seq" --file "$D/good" >"$D/proof.$seq"
		proofs+=("$D/proof.$seq")
		"$BUILD/sluice" journal verify --proof "$D/proof.$seq" --key "$KEY" >/dev/null
	done
	run -0 "$D/verify-go" proof "$KEY" "${proofs[@]}"
	[ "$(grep -c GOOD <<<"$output")" -eq 13 ]
	sed 's/^index 4/index 5/' "$D/proof.4" >"$D/proof.index"
	sed '5s/^./-/' "$D/proof.4" >"$D/proof.hash"
	sed '2s/$/AAAA/' "$D/proof.4" >"$D/proof.extra"
	for wrong in index hash extra; do
		run -1 "$D/verify-go" proof "$KEY" "$D/proof.$wrong"
		run "$BUILD/sluice" journal verify --proof "$D/proof.$wrong" --key "$KEY"
		[ "$status" -eq 1 ] || { echo "$wrong: $status $output"; cat "$D/proof.$wrong"; return 1; }
	done
}

@test "a report's folder: each of its proofs, by somebody else's code" {
	"$BUILD/sluice" report --framework soc2 --file "$D/good" --policy "$D/none" -o "$D/report" >/dev/null 2>&1
	[ "$(find "$D/report/proofs" -type f | wc -l)" -eq "$(wc -l <"$D/report/lines.jsonl")" ]
	[ "$(wc -l <"$D/report/lines.jsonl")" -gt 3 ]
	run -0 "$D/verify-go" proof "$(cat "$D/report/keys/host.vkey")" "$D"/report/proofs/*
	[ "$(grep -c GOOD <<<"$output")" -eq "$(wc -l <"$D/report/lines.jsonl")" ]
	run "$D/verify-go" proof "$("$BUILD/sluice" journal verify --json "$D/other" | jq -r .vkey)" "$D"/report/proofs/*
	[ "$status" -ne 0 ]
}
