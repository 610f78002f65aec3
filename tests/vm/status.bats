#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# status.bats: status and doctor say what is, with the reason and the remedy; every --json is JSON.

bats_require_minimum_version 1.5.0
load lib

setup() {
	ensure_sluiced "$ASK"
	secret rows 'one,two'
}

teardown() {
	sysctl -qw kernel.ftrace_enabled=1 || true
	close_all
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$STATE/sluiced.log"
}

enforcing_is() {
	[ "$(sluice status --json | jq .enforcing)" = "$1" ]
}

@test "all is well: status is green and says what is in force" {
	run -0 sluice status
	[[ $output == 'Sluice is enforcing.'* ]]
	[ "$(sluice status --json | jq -r '.policy.labels, .policy.rules, .policy.people' | xargs)" = '1 1 3' ]
	run -0 as paul sluice status # everybody may see that
}

# may NUMBER: whether the daemon has this capability, or could take it again.
may() {
	local set

	for set in CapEff CapPrm CapInh; do
		set=$(sed -n "s/^$set:\\t//p" "/proc/$(sluiced_pid)/status")
		((0x$set >> $1 & 1)) && return 0
	done
	return 1
}

@test "the daemon has given up what it needs to attach programs for packets, and not what it goes on to need" {
	refute may 12 # CAP_NET_ADMIN
	may 5 # CAP_KILL
	may 19 # CAP_SYS_PTRACE
}

@test "kernel.ftrace_enabled=0 is seen and told, or refused by the kernel" {
	if ! sysctl -qw kernel.ftrace_enabled=0; then
		run -0 sluice status
		return
	fi
	wait_until "$PATIENCE" enforcing_is false
	run -1 sluice status
	[[ $output == *'NOT enforcing'*'ftrace_enabled'*'sysctl kernel.ftrace_enabled=1'* ]]
	run -1 sluice doctor
	[[ $output == *PROBLEM*ftrace* ]]
	sysctl -qw kernel.ftrace_enabled=1
	wait_until "$PATIENCE" enforcing_is true
	journal_has '.type == "enforcement.lost" and (.reason | contains("ftrace"))'
	journal_has '.type == "enforcement.back"'
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
}

@test "a pin that is taken away is seen and told" {
	rm /sys/fs/bpf/sluice/*/link_sluice_socket_connect
	wait_until "$PATIENCE" enforcing_is false
	run -1 sluice status
	[[ $output == *'1 BPF programs are not attached'* ]]
	stop_sluiced TERM
	sluiced --detach
	run_sluiced
	enforcing_is true
}

@test "sluiced does not run: status and doctor say so and name the remedy" {
	stop_sluiced TERM
	run -3 sluice status
	[[ $output == *sluiced* ]]
	run -1 sluice doctor
	[[ $output == *daemon*'does not answer'* ]]
	run -3 sluice requests
	run_sluiced
	run -0 sluice doctor
}

@test "monitor mode is no enforcement and says so" {
	AGENT=Monitor=yes set_policy "$ASK"
	run sluice status
	[[ $output == *'watches only'* ]]
	[ "$(as paul cat "$SECRET/rows")" = one,two ]
	journal_has '.type == "event.stop" and .verdict == "audit"'
}

# preempt [MODE]: print how the kernel preempts itself, or make it do so.
preempt() {
	local modes=/sys/kernel/debug/sched/preempt

	mountpoint -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
	if (($#)); then
		echo "$1" >"$modes"
	else
		grep -o '[(].*[)]' "$modes" | tr -d '()'
	fi
}

some_missed() {
	(($(sluice status --json | jq .counters.missed) > 0))
}

@test "a program that the kernel left out is counted, journaled, and doctor says why" {
	local before i

	before=$(preempt)
	preempt full
	run sluice doctor
	[[ $output == *warning*preemption*full*preempt=lazy* ]]
	for ((i = 0; i < 4; i++)); do
		# shellcheck disable=SC2016
		spawn paul timeout 120 bash -c 'while echo; do :; done | while read -r; do :; done'
	done
	wait_until 100 some_missed || { preempt "$before"; return 1; }
	preempt "$before"
	pkill -KILL -u paul || true
	journal_has '.type == "enforcement.missed" and .count > 0 and (.programs | length) > 0'
	run sluice doctor
	[[ $output == *warning*"programs left out"* ]]
	refute grep -q 'preempt=lazy' <<<"$output"
}

# metric NAME: its value.
metric() {
	sluice metrics | awk -v name="$1" '$1 == name { print $2 }'
}

@test "metrics: a hold and its answer are counted, maps have what is in them, and only root may ask" {
	local closed waits

	closed=$(metric 'sluice_requests_closed_total{outcome="denied"}')
	waits=$(metric sluice_hold_seconds_count)
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	[ "$(metric 'sluice_map_entries{map="asks"}')" = 1 ]
	deny_pid "$PID"
	exit_of "$PID" 1
	[ "$(metric 'sluice_requests_closed_total{outcome="denied"}')" = $((closed + 1)) ]
	[ "$(metric sluice_hold_seconds_count)" = $((waits + 1)) ]
	(($(metric 'sluice_map_entries{map="objects"}') > 0))
	[ "$(metric 'sluice_map_capacity{map="objects"}')" = 1048576 ]
	[ "$(sluice metrics | grep -c '^sluice_map_entries')" -gt 20 ]
	sluice metrics | awk '$1 == "sluice_heartbeat_age_seconds" { exit !($2 < 5) }'
	run -5 as paul sluice metrics
	[[ $output == *'only root'* ]]
}

@test "counts follow what happens" {
	local before

	before=$(sluice status --json | jq '.counters.held, .counters.failed' | xargs)
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	[ "$(sluice status --json | jq '.requests.pending, .requests.held' | xargs)" = '1 1' ]
	deny_pid "$PID"
	exit_of "$PID" 1
	[ "$(sluice status --json | jq '.requests.pending, .requests.held' | xargs)" = '0 0' ]
	[ "$(sluice status --json | jq '.counters.held, .counters.failed' | xargs)" != "$before" ]
	[ "$(sluice status --json | jq .gateway.connected)" = false ]
}

@test "--json is JSON everywhere" {
	local id

	spawn paul bash -c "read -r a <$SECRET/rows; sleep 1000"
	wait_held "$PID"
	id=$(request_for "$PID")
	sluice requests --json | jq -e '.[0].id'
	sluice show "$id" --json | jq -e .digest
	person rita sluice approve "$id" --yes --json | jq -e . || person rita sluice approve "$id" --yes
	sluice grants --json | jq -e '.[0].id'
	wait_until "$PATIENCE" test -n "$(taint_of "$PID")"
	sluice why "$PID" --json | jq -e '.[0].verb'
	sluice status --json | jq -e .version
	sluice doctor --json | jq -e '.[0].name'
	sluice label list --json | jq -e '.[0].label'
	sluice label list "$SECRET/rows" --json | jq -e '.[0].origin'
	sluice journal --json | jq -es 'length > 1'
	sluice journal verify --json | jq -e .
	sluice policy check --json /etc/sluice/policy.d/10-base.conf | jq -e . || true
	kill -KILL "$PID"
	run sluice show r-00000000 --json
	[ "$status" -ne 0 ]
}
