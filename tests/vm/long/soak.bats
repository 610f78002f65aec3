#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# soak.bats: processes that read, copy, send and fork on all processors, people who approve and deny, and faults at random
# meanwhile. Afterwards each invariant is checked: what went through had a grant, the grant a decision, the decision a
# request; nobody is left stopped; sluiced has not grown; the journal verifies. Runs in a guest (lib.bash).
#
# SLUICE_SOAK_SECONDS: how long the load runs (600). SLUICE_SOAK_SEED: which faults come (from the clock; printed).

bats_require_minimum_version 1.5.0
# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/../lib.bash"

SECONDS_OF_LOAD=${SLUICE_SOAK_SECONDS:-600}
export BATS_TEST_TIMEOUT=$((SECONDS_OF_LOAD * 3 + 600))
export BATS_TEST_RETRIES=0
SMALL=$STATE/soak

RULES="[Label denied]
Path=$ROOT/denied
[Rule read]
Action=open
Labels=secret
Verdict=ask
Mode=hold
Reviewers=data
Scope=process
[Rule send]
Action=egress
Labels=secret
Verdict=ask
Mode=hold
Reviewers=data
[Rule deny]
Action=open
Labels=denied
Verdict=deny"

# people: they answer all that is asked, one denial in four, until the file "end" is there.
people() {
	local id

	while [[ ! -e $SMALL/end ]]; do
		for id in $("$ASKER" open 2>/dev/null); do
			[[ $id == r-* ]] || continue
			if ((RANDOM % 4)); then
				approve "$id" || true
				# Who has ended by now needs two.
				if request_is "$id" pending; then
					REVIEWER=quinn approve "$id" || true
				fi
			else
				deny "$id" || true
			fi
		done 2>/dev/null
		sleep 0.2
	done
}

fault_killed() {
	stop_sluiced KILL
	sleep $((RANDOM % 6))
	run_sluiced
}

fault_stopped() {
	kill -STOP "$(sluiced_pid)"
	sleep $((RANDOM % 6))
	kill -CONT "$(sluiced_pid)"
}

fault_disk_full() {
	dd if=/dev/zero of="$SMALL/disk/fill" bs=4k 2>/dev/null || true
	sleep 3
	rm "$SMALL/disk/fill"
}

fault_clock_set() {
	date -s "+1 hour" >/dev/null
	sleep 1
	date -s "-1 hour" >/dev/null
}

fault_policy_again() {
	kill -HUP "$(sluiced_pid)"
}

fault_memory_dropped() {
	echo 3 >/proc/sys/vm/drop_caches
}

faults() {
	local all=(killed stopped disk_full clock_set policy_again memory_dropped) fault

	while ((SECONDS < $1)); do
		fault=${all[RANDOM % ${#all[@]}]}
		echo "$fault" >>"$SMALL/faults"
		"fault_$fault" 3>&-
		sleep $((1 + RANDOM % 4))
	done
}

rss_kib() {
	sed -n 's/^VmRSS:\s*\([0-9]*\) kB/\1/p' "/proc/$(sluiced_pid)/status"
}

nobody_is_left() {
	[[ ! -s $WORK/cgroup.procs || -z $(<"$WORK/cgroup.procs") ]]
}

setup_file() {
	mkdir -p "$SMALL/disk" "$ROOT/denied" "$ROOT/copies"
	mount -t tmpfs -o size=64m none "$SMALL/disk"
	chmod 777 "$ROOT/copies"
	secret rows 'one,two'
	plain note
	echo denied >"$ROOT/denied/file"
	chmod 666 "$ROOT/denied/file"
	export AGENT="StaleAfter=4s
Journal=$SMALL/disk/journal.jsonl
State=$SMALL/disk"
	stop_sluiced TERM
	sluiced --detach
	write_policy "$RULES"
	run_sluiced
}

@test "mixed load with random faults breaks no invariant" {
	local load people before after seed=${SLUICE_SOAK_SEED:-$(($(date +%s) % 32768))}

	RANDOM=$seed
	echo "seed $seed"
	(become root "$BATS_TEST_DIRNAME/soak.py" load "$SECONDS_OF_LOAD" "$ROOT" "$SMALL/runs" </dev/null 3>&-) &
	load=$!
	people 3>&- &
	people=$!
	faults $((SECONDS + SECONDS_OF_LOAD * 2 / 3))
	before=$(rss_kib)
	wait "$load"
	after=$(rss_kib)
	echo "sluiced: $before KiB, at the end $after KiB; faults: $(sort "$SMALL/faults" | uniq -c | xargs)"
	wait_until "$PATIENCE" nobody_is_left
	touch "$SMALL/end"
	wait "$people"
	((after < before + 4096))
	sluice journal --json --file "$SMALL/disk/journal.jsonl" >"$SMALL/entries"
	"$BATS_TEST_DIRNAME/soak.py" check "$SMALL/runs" "$SMALL/entries"
	sluice journal verify "$SMALL/disk/journal.jsonl" || [ $? -eq 6 ] # a killed daemon has lost a key
}

@test "the check finds a process that went through without a grant" {
	echo '{"pid": 1, "kind": "open", "status": 0}' >>"$SMALL/runs"
	run -1 "$BATS_TEST_DIRNAME/soak.py" check "$SMALL/runs" "$SMALL/entries"
	[[ $output == *'process 1 (open) went through with no grant'* ]]
}
