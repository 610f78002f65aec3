#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# witness.bats: the journal before a witness, whose checks are code of Go's own (stranger/witness.go): sluice-gateway whole,
# in its sandbox, with a journal of the real writer; and what an auditor makes of the signatures. BUILD names the folder of
# the programs. Run as root, the gateway gets the user "nobody".

bats_require_minimum_version 1.5.0

setup_file() {
	export TOOLS="$BATS_TEST_DIRNAME/tools"
	load gateway_stage
	stage_ca
	make_certificate host
	GO111MODULE=off GOFLAGS='' GOPATH=/usr/share/gocode GOCACHE=$BATS_FILE_TMPDIR/go go build \
		-o "$BATS_FILE_TMPDIR/witness" "$BATS_TEST_DIRNAME/stranger/witness.go"
}

setup() {
	load gateway_stage
	load offhost_stage
	stage_journal
}

teardown() {
	stage_end
}

field() {
	"$BUILD/sluice" journal verify --json "${2-$J}" | jq -r ".$1"
}

# start_witness [SIZE ROOT]: it has seen so much
start_witness() {
	"$BATS_FILE_TMPDIR/witness" witness.example/w1 "$(field vkey)" "$CA/host.pem" "$CA/host.key" "$W/port" "$@" \
		>"$W/seen" 2>>"$W/witness.log" 3>&- &
	WITNESS=$!
	PIDS+=("$WITNESS")
	wait_for test -s "$W/port"
	KEY=$(head -n1 "$W/seen")
	printf '%s\n' '[Witness w1]' "URL=https://127.0.0.1:$(cat "$W/port")/w/" "CAFile=$CA/ca.pem" "Key=$KEY" 'Interval=1s' \
		>"$W/gateway.conf"
}

# seen TEXT: the witness's last line
seen() {
	[ "$(tail -n1 "$W/seen")" = "$1" ]
}

# entries: as many as the host key has signed last; make-journal ends with one such
entries() {
	field entries
}

# journal_cosigned: what sluiced does with it
journal_cosigned() {
	jq -cn --rawfile note "$W/sock.cosigned" \
		'{type: "journal.witness", message: "seen", witness: "witness-w1", note: $note}' |
		"$BUILD/tests/make-journal" "$J" "$W/key.pem" --stdin
	chmod 0600 "$J"
}

verify() {
	"$BUILD/sluice" journal verify "$@"
}

@test "each new checkpoint is proven to the witness, and its signature kept" {
	start_witness
	local first
	first=$(entries)
	start_all
	wait_for heard "^sink witness-w1 sent $first \$"
	seen "200 0 -> $first, 0 hashes"
	write_more later
	order journal "$J"
	wait_for heard "^sink witness-w1 sent $(entries) \$"
	[[ "$(tail -n1 "$W/seen")" =~ ^"200 $first -> $(entries), "[1-9]" hashes"$ ]]
	grep -q '^cosigned witness-w1$' "$W/sluiced.log"
	cmp "$W/sock.cosigned" "$W/state/cosigned-witness-w1"
	verify --witness "$KEY" --cosigned "$W/state/cosigned-witness-w1" "$J"
}

@test "many sizes: each proof is right, from a journal of 1 entry more to thousands" {
	start_witness
	start_all
	wait_for heard "^sink witness-w1 sent $(entries) \$"
	local n
	for n in 1 2 3 5 8 13 100 3000; do
		write_more --entries "$n"
		order journal "$J"
		wait_for heard "^sink witness-w1 sent $(entries) \$"
	done
	[ "$(grep -c ^200 "$W/seen")" = 9 ]
	refute grep -qvE '^(200|witness\.example)' "$W/seen"
}

@test "from one file of the journal to the next, and after a restart: each proof is right" {
	start_witness
	write_more --next
	write_more later
	start_all
	wait_for heard "^sink witness-w1 sent $(entries) \$"
	write_more --next
	write_more --entries 100
	order journal "$J"
	wait_for heard "^sink witness-w1 sent $(entries) \$"
	kill -9 "$GATEWAY"
	write_more --next
	write_more later
	write_more --next
	write_more later
	run_gateway
	wait_for greeted 2
	order journal "$J"
	wait_for heard "^sink witness-w1 sent $(entries) \$"
	refute grep -qvE '^(200|witness\.example)' "$W/seen"
	verify --witness "$KEY" --cosigned "$W/state/cosigned-witness-w1" "$J"
}

@test "a restart, and a witness that has seen another size: it says so, and is believed" {
	local size root
	size=$(entries) root=$(field root | xxd -r -p | base64 -w0)
	write_more later
	start_witness "$size" "$root"
	start_all
	wait_for heard "^sink witness-w1 sent $(entries) \$"
	sed -n 2p "$W/seen" | grep -qF "409 0 -> $(entries)"
	sed -n 3p "$W/seen" | grep -qF "200 $size -> $(entries)"
	kill -9 "$GATEWAY"
	write_more "after the restart"
	run_gateway
	wait_for greeted 2
	order journal "$J"
	wait_for heard "^sink witness-w1 sent $(entries) \$"
	[ "$(grep -c ^409 "$W/seen")" = 1 ]
}

@test "what only tells of witnesses is not shown to them: no end of it" {
	start_witness
	start_all
	wait_for heard "^sink witness-w1 sent $(entries) \$"
	local first
	first=$(entries)
	journal_cosigned
	order journal "$J"
	sleep 3
	seen "200 0 -> $first, 0 hashes"
	write_more later
	order journal "$J"
	wait_for heard "^sink witness-w1 sent $(entries) \$"
}

@test "a journal that was cut is told of, by the gateway and to an auditor" {
	cp "$J" "$W/old"
	write_more later
	start_witness
	start_all
	wait_for heard "^sink witness-w1 sent $(entries) \$"
	cp "$W/old" "$J"
	order journal "$J"
	wait_for heard '^sink witness-w1 diverged [0-9]+ it has seen more entries than the journal has: the journal was cut'
	verify "$J" # which the file itself cannot show
	run -1 verify --witness "$KEY" --cosigned "$W/state/cosigned-witness-w1" "$J"
	grep -qE 'ROLLBACK: others have seen [0-9]+ entries at .*, and here are only [0-9]+' <<<"$output"
	run -1 verify --json --witness "$KEY" --cosigned "$W/state/cosigned-witness-w1" "$J"
	[ "$(jq -r .verdict <<<"$output")" = tampered ]
}

@test "a journal that was begun anew is none that the witness has seen" {
	write_more one
	start_witness
	start_all
	wait_for heard "^sink witness-w1 sent $(entries) \$"
	rm "$J" "$W"/key.pem*
	write_more
	write_more two
	write_more three
	order journal "$J"
	wait_for heard '^sink witness-w1 diverged [0-9]+ what it has seen is not the beginning of this journal'
	run -1 verify --witness "$KEY" --cosigned "$W/state/cosigned-witness-w1" "$J"
	grep -q 'another root' <<<"$output"
}

@test "what the witness refuses is shown: 404, 403 and 422" {
	local size
	size=$(entries)
	write_more later
	start_witness "$size" "$(head -c 32 /dev/zero | base64)"
	start_all
	wait_for heard '^sink witness-w1 diverged 0 what it has seen is not the beginning of this journal: HTTP 422'
	kill "$WITNESS" "$GATEWAY"
	rm "$W/port"
	"$BUILD/tests/make-journal" "$W/other" "$W/other.pem"
	mv "$J" "$W/this"
	mv "$W/other" "$J"
	start_witness
	sed -i 's,/w/$,/x,' "$W/gateway.conf"
	mv "$W/this" "$J"
	run_gateway
	wait_for greeted 2
	order journal "$J"
	wait_for heard '^sink witness-w1 refused 0 HTTP 404'
	kill "$GATEWAY"
	sed -i 's,/x$,/w,' "$W/gateway.conf"
	run_gateway
	wait_for greeted 3
	order journal "$J"
	wait_for heard '^sink witness-w1 refused 0 HTTP 403$'
}

@test "the signatures in the journal are checked, and missed" {
	start_witness
	start_all
	wait_for heard "^sink witness-w1 sent $(entries) \$"
	run -1 verify --witness "$KEY" "$J"
	grep -q 'nothing in it is signed by the witness witness.example/w1' <<<"$output"
	local first
	first=$(entries)
	journal_cosigned
	verify --witness "$KEY" "$J"
	[ "$("$BUILD/sluice" journal verify --json --witness "$KEY" "$J" | jq -r .witnessed)" = "$first" ]
	# one that the witness did not sign, and one about another tree
	sed -i '$s/.\{8\}\(.\{8\}\)$/AAAAAAAA\1/' "$W/sock.cosigned"
	journal_cosigned
	[ "$("$BUILD/sluice" journal verify --json --witness "$KEY" "$J" | jq -r .witnessed_wrong)" = 1 ]
	cp "$W/state/cosigned-witness-w1" "$W/sock.cosigned"
	"$BUILD/tests/make-journal" "$W/x" "$W/x.pem"
	"$BUILD/tests/make-journal" "$W/x" "$W/x.pem" later
	J="$W/x"
	cp "$W/x.pem" "$W/key.pem"
	journal_cosigned
	run -1 verify --witness "$KEY" "$J"
	grep -q 'the witness has signed a journal whose first' <<<"$output"
}

@test "hashes that people hold" {
	local size root
	size=$(entries) root=$(field root)
	write_more later
	verify --noted "$size:${root:0:16}" "$J"
	verify --noted "$size:${root:0:4} ${root:4:4} ${root:8:4} ${root:12:4}" --noted "$(entries):$(field root)" "$J"
	run -1 verify --noted "$size:0123456789abcdef" "$J"
	grep -q 'another root' <<<"$output"
	run -1 verify --noted "$((size + 100)):${root:0:16}" "$J"
	grep -q ROLLBACK <<<"$output"
	run -2 verify --noted "$size:12" "$J"
}

@test "settings: a key that is none of a witness" {
	printf '%s\n' '[Witness]' 'URL=https://w.example' "Key=$(field vkey)" >"$W/gateway.conf"
	run -1 "$BUILD/sluice-gateway" --check --config "$W/gateway.conf"
	grep -q 'gateway.conf:3: Key=.* is not the key of a witness' <<<"$output"
}
