#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# offhost.bats: the journal on its way off the host: sluice-gateway whole, in its sandbox, between a fake sluiced that gives
# it a journal of the real writer and the places that hold copies. BUILD names the folder of the programs. Run as root, the
# gateway gets the user "nobody".

setup_file() {
	export TOOLS="$BATS_TEST_DIRNAME/tools"
	load gateway_stage
	stage_ca
	make_certificate host
}

setup() {
	load gateway_stage
	load offhost_stage
	stage_journal "$BATS_TEST_TMPDIR/copy"
}

teardown() {
	stage_end
}

folder_conf() {
	printf '%s\n' "[Folder evidence]" "Path=$W/copy" 'Interval=1s' >"$W/gateway.conf"
}

@test "folder: the files are the journal, to the byte, and only what is durable" {
	folder_conf
	start_sluiced
	run_gateway
	wait_for heard '^hello 0'
	local first
	first=$(grep -n -m1 '^{"checkpoint"' "$J" | cut -d: -f1)
	first=$(head -n "$first" "$J" | wc -c)
	order journal "$J" "$first"
	wait_for heard "^sink folder-evidence sent $first \$"
	cmp "$W"/copy/*.jsonl <(head -c "$first" "$J")
	write_more later
	order journal "$J"
	wait_for heard "^sink folder-evidence sent $(size) \$"
	cmp <(cat "$W"/copy/*.jsonl) "$J"
	[ "$(find "$W/copy" -type f | wc -l)" = 2 ]
	cat "$W"/copy/*.jsonl | "$BUILD/sluice" journal verify -
}

@test "folder: it goes on where it was, after a kill too" {
	folder_conf
	start_all
	wait_for heard '^sink folder-evidence sent'
	kill -9 "$GATEWAY"
	touch "$W/copy/.00000000000000009999.jsonl.new" "$W/copy/README"
	write_more later
	run_gateway
	wait_for greeted 2
	order journal "$J"
	wait_for heard "^sink folder-evidence sent $(size) \$"
	cmp <(cat "$W"/copy/*.jsonl) "$J"
}

@test "folder: a long journal goes over in pieces" {
	folder_conf
	write_more --entries 60000
	[ "$(size)" -gt 8388608 ]
	start_all
	wait_for heard "^sink folder-evidence sent $(size) \$"
	[ "$(find "$W/copy" -type f | wc -l)" = 2 ]
	cmp <(cat "$W"/copy/*.jsonl) "$J"
}

# A journal of three files, and more than a folder's file holds; those that are full are asked for.
@test "folder: from one file of the journal to the next nothing is lost and nothing comes twice" {
	folder_conf
	write_more --entries 40000
	write_more --next
	write_more --entries 40000
	start_all
	wait_for heard "^sink folder-evidence sent $(all_size) \$"
	heard '^part 0$'
	cmp <(cat "$W"/copy/*.jsonl) <(all_files)
	write_more --next
	write_more later
	order journal "$J"
	wait_for heard "^sink folder-evidence sent $(all_size) \$"
	cmp <(cat "$W"/copy/*.jsonl) <(all_files)
	kill -9 "$GATEWAY"
	write_more --next
	write_more --next
	run_gateway
	wait_for greeted 2
	order journal "$J"
	wait_for heard "^sink folder-evidence sent $(all_size) \$"
	cmp <(cat "$W"/copy/*.jsonl) <(all_files)
	cat "$W"/copy/*.jsonl | "$BUILD/sluice" journal verify -
}

@test "folder: a journal that was cut, changed or begun anew is told of, and the copy stays" {
	folder_conf
	cp "$J" "$W/old"
	write_more later
	start_all
	wait_for heard "^sink folder-evidence sent $(size) \$"
	cat "$W"/copy/*.jsonl >"$W/before"
	cp "$W/old" "$J"
	order journal "$J"
	wait_for heard '^sink folder-evidence diverged [0-9]+ [0-9]+ bytes are there, and the journal has only [0-9]+: it was cut'
	cp "$W/before" "$J"
	order journal "$J"
	wait_for heard_last 'folder-evidence sent'
	rm "$J" "$W/key.pem"
	write_more
	write_more "another one"
	write_more "another one"
	order journal "$J"
	wait_for heard '^sink folder-evidence diverged [0-9]+ 0+\.jsonl there is not what the journal has'
	cmp <(cat "$W"/copy/*.jsonl) "$W/before"
}

@test "folder: a missing file is told of" {
	folder_conf
	start_all
	wait_for heard "^sink folder-evidence sent $(size) \$"
	write_more later
	order journal "$J"
	wait_for heard "^sink folder-evidence sent $(size) \$"
	kill "$GATEWAY"
	rm "$W/copy/00000000000000000000.jsonl"
	run_gateway
	wait_for greeted 2
	order journal "$J"
	wait_for heard '^sink folder-evidence diverged [0-9]+ files are missing there'
}

@test "folder: one that cannot be written is tried again" {
	folder_conf
	chmod 0555 "$W/copy"
	[ "$(id -u)" != 0 ] || chown root "$W/copy"
	start_all
	wait_for heard '^sink folder-evidence retrying 0 cannot write 0+\.jsonl in .*: Permission denied'
	chmod 0777 "$W/copy"
	wait_for heard "^sink folder-evidence sent $(size) \$"
}

# start_collector [--answer ANSWER]...
start_collector() {
	"$TOOLS/fake-collector" --out "$W/held" --cert "$CA/host.pem" --key "$CA/host.key" --port-file "$W/port" "$@" \
		>>"$W/collector.log" 2>&1 3>&- &
	COLLECTOR=$!
	PIDS+=("$COLLECTOR")
	wait_for test -s "$W/port"
	printf '%s\n' "[Collector siem]" "URL=https://127.0.0.1:$(cat "$W/port")/in" "CAFile=$CA/ca.pem" >"$W/gateway.conf"
}

held_all() {
	cmp "$W/held" "$J"
}

@test "collector: what it holds is the journal, to the byte, and each byte goes once" {
	start_collector
	echo "Tok3n" >"$W/token"
	chmod 0600 "$W/token"
	[ "$(id -u)" != 0 ] || chown nobody "$W/token"
	echo "TokenFile=$W/token" >>"$W/gateway.conf"
	start_all
	wait_for heard "^sink collector-siem sent $(size) \$"
	held_all
	write_more later
	order journal "$J"
	wait_for heard "^sink collector-siem sent $(size) \$"
	held_all
	"$BUILD/sluice" journal verify "$W/held"
	[ "$(awk '{ n += $3 } END { print n }' "$W/held.log")" = "$(size)" ]
	[ "$(cut -d' ' -f4- "$W/held.log" | sort -u)" = \
		"$("$BUILD/sluice" journal verify --json "$J" | jq -r .genesis) Bearer Tok3n application/x-ndjson" ]
	refute grep -q Tok3n "$W/gateway.log"
}

@test "collector: after a restart of both it goes on where it was" {
	write_more --entries 3000
	start_collector --answer lose --answer lose
	start_all
	wait_for heard "^sink collector-siem sent $(size) \$"
	held_all
	kill -9 "$GATEWAY"
	write_more later
	run_gateway
	wait_for greeted 2
	order journal "$J"
	wait_for heard "^sink collector-siem sent $(size) \$"
	held_all
	[ "$(awk '$1 == 200 { n += $3 } END { print n }' "$W/held.log")" = "$(size)" ]
}

@test "collector: from one file of the journal to the next each byte goes once" {
	write_more --entries 3000
	write_more --next
	write_more --next
	start_collector
	start_all
	wait_for heard "^sink collector-siem sent $(all_size) \$"
	cmp "$W/held" <(all_files)
	write_more --next
	write_more later
	order journal "$J"
	wait_for heard "^sink collector-siem sent $(all_size) \$"
	kill -9 "$GATEWAY"
	write_more --next
	run_gateway
	wait_for greeted 2
	order journal "$J"
	wait_for heard "^sink collector-siem sent $(all_size) \$"
	cmp "$W/held" <(all_files)
	"$BUILD/sluice" journal verify "$W/held"
	[ "$(awk '$1 == 200 { n += $3 } END { print n }' "$W/held.log")" = "$(all_size)" ]
}

@test "collector: 4xx is shown, 5xx and Retry-After are waited for" {
	start_collector --answer 403 --answer 503 --answer '429 retry-after=3' --answer '200 thanks'
	start_all
	wait_for heard '^sink collector-siem refused 0 HTTP 403$'
	wait_for heard '^sink collector-siem retrying 0 HTTP 503$'
	wait_for heard '^sink collector-siem retrying 0 HTTP 429$'
	local from=$SECONDS
	wait_for heard '^sink collector-siem refused 0 HTTP 200 without'
	((SECONDS - from >= 2))
	wait_for heard "^sink collector-siem sent $(size) \$"
	held_all
}

@test "collector: a journal that was cut is told of" {
	cp "$J" "$W/old"
	write_more later
	start_collector
	start_all
	wait_for heard "^sink collector-siem sent $(size) \$"
	cp "$W/old" "$J"
	order journal "$J"
	wait_for heard '^sink collector-siem diverged [0-9]+ [0-9]+ bytes are there, and the journal has only [0-9]+: it was cut'
	[ "$(stat -c %s "$W/held")" -gt "$(size)" ]
}

@test "sluiced gives nothing where the policy does not say so" {
	folder_conf
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	order refuse
	wait_for grep -q 'JournalToGateway=yes' "$W/gateway.log"
	[ -z "$(ls -A "$W/copy")" ]
}

@test "settings: what is wrong is named with its line" {
	conf() {
		printf '%s\n' "$@" >"$W/gateway.conf"
		"$BUILD/sluice-gateway" --check --config "$W/gateway.conf" 2>&1 | grep -v '^$'
	}
	conf '[Folder]' 'Interval=1s' | grep -q 'gateway.conf:1: section \[Folder\] needs Path='
	conf '[Folder]' 'Path=/nowhere/at/all' | grep -q 'gateway.conf:2: Path=/nowhere/at/all: .*make the folder first'
	conf '[Folder]' 'Path=/etc/passwd' | grep -q 'gateway.conf:2: Path=/etc/passwd is not a folder'
	conf '[Folder a]' "Path=$W/copy" '[Folder a]' | grep -q "gateway.conf:3: a second section for 'folder-a'"
	conf '[Collector]' 'URL=http://h.example/in' | grep -q 'gateway.conf:2: URL=http://h.example/in is not https'
	conf '[Collector]' 'URL=https://u@h.example/in' | grep -q 'gateway.conf:2: URL= has a user name'
	conf '[Folder a]' "Path=$W/copy" | grep -qx 'journal to folder-a'
}
