#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# reload.bats: a new policy, new addresses, new units and new names come in force while everything runs; a bad policy is
# refused whole.

bats_require_minimum_version 1.5.0
load lib

DENY="[Rule read]
Action=open
Labels=secret
Verdict=deny"

setup() {
	ensure_sluiced "$ASK"
	secret rows 'one,two'
	new_gate
}

teardown() {
	ip addr del 10.9.0.77/32 dev inside 2>/dev/null || true
	close_all
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$STATE/sluiced.log"
}

reload() {
	kill -HUP "$(sluiced_pid)"
}

logged() {
	grep -qF -- "$1" "$STATE/sluiced.log"
}

@test "a good policy comes in force and is journaled" {
	local before

	before=$(generation)
	set_policy "$DENY"
	[ "$(generation)" -gt "$before" ]
	run -1 as paul cat "$SECRET/rows"
	[[ $output == *'Operation not permitted'* ]]
	journal_has ".type == \"policy.loaded\" and .policy.digest == $(sluice status --json | jq .policy.digest)"
}

@test "a bad policy is refused whole, with file and line; the old one stays in force" {
	local before digest

	before=$(generation)
	digest=$(sluice status --json | jq .policy.digest)
	: >"$STATE/sluiced.log"
	printf '%s\n' '[Rule read]' 'Action=open' 'Labels=secret' 'Verdict=allow' '[Rule bad]' 'Action=fly' \
		>/etc/sluice/policy.d/50-test.conf
	reload
	wait_until "$PATIENCE" logged '50-test.conf:6'
	logged 'the old one stays in force'
	journal_has '.type == "policy.refused" and (.error | contains("50-test.conf:6"))'
	[ "$(sluice status --json | jq .policy.digest)" = "$digest" ]
	[ "$(generation)" = "$before" ]
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 1
}

@test "a path that cannot be labeled refuses the policy whole: none of its labels is in force" {
	mkdir -p "$ROOT/fine" && echo fine >"$ROOT/fine/file" && chmod -R a+rX "$ROOT/fine"
	: >"$STATE/sluiced.log"
	write_policy "$DENY" "[Label fine]
Path=$ROOT/fine
[Label gone]
Path=$ROOT/gone
[Rule fine]
Action=open
Labels=fine
Verdict=deny"
	reload
	wait_until "$PATIENCE" logged "cannot label '$ROOT/gone'"
	[ "$(as paul cat "$ROOT/fine/file")" = fine ]
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
}

@test "labels come and go with the policy, those that data brought stay" {
	mkdir -p "$ROOT/fine" && echo fine >"$ROOT/fine/file" && chmod -R a+rX "$ROOT/fine"
	set_policy "$DENY
Clear=user:paul" "[Label fine]
Path=$ROOT/fine
[Rule fine]
Action=open
Labels=fine
Verdict=deny"
	run -1 as paul cat "$ROOT/fine/file"
	[ "$(labels_of "$ROOT/fine/file")" = fine ]
	as paul bash -c "cat $SECRET/rows >$PLAIN/brought"
	set_policy "$DENY"
	[ "$(as paul cat "$ROOT/fine/file")" = fine ]
	[ -z "$(labels_of "$ROOT/fine/file")" ]
	[ "$(labels_of "$PLAIN/brought")" = secret ]
	run -1 as paul cat "$PLAIN/brought"
}

# A tainted process sends one datagram to $1. Return: whether it could.
sends_to() {
	as paul bash -c "read -r a <$SECRET/rows; echo tainted >/dev/udp/$1/9000"
}

@test "an address that becomes the host's own is no egress any more, and is again when it goes" {
	set_policy "$SEND"
	refute sends_to 10.9.0.77
	ip addr add 10.9.0.77/32 dev inside
	wait_until "$PATIENCE" sends_to 10.9.0.77
	refute sends_to 10.9.0.2
	ip addr del 10.9.0.77/32 dev inside
	wait_until "$PATIENCE" refute sends_to 10.9.0.77
}

reads_in() {
	UNIT=$1 as paul timeout -s KILL 10 cat "$SECRET/rows"
}

@test "a unit that starts after the policy is cleared soon, its neighbour is not" {
	set_policy "$DENY
Clear=unit:etl.service"
	mkdir -p /sys/fs/cgroup/late.slice/etl.service/sub /sys/fs/cgroup/late.slice/other.service
	wait_until "$PATIENCE" reads_in /sys/fs/cgroup/late.slice/etl.service
	reads_in /sys/fs/cgroup/late.slice/etl.service/sub
	refute reads_in /sys/fs/cgroup/late.slice/other.service
	rmdir /sys/fs/cgroup/late.slice/etl.service/sub /sys/fs/cgroup/late.slice/etl.service
	mkdir /sys/fs/cgroup/late.slice/etl.service # restarted: another cgroup of the same name
	wait_until "$PATIENCE" reads_in /sys/fs/cgroup/late.slice/etl.service
}

@test "a host name of the policy is asked for again" {
	set_policy "$SEND
To=moving.test:9000"
	refute sends_to 10.9.0.2
	echo '10.9.0.2 moving.test' >>/etc/hosts
	reload
	wait_until "$PATIENCE" sends_to 10.9.0.2
	refute sends_to 10.9.0.3
	sed -i 's/.* moving.test/10.9.0.3 moving.test/' /etc/hosts
	reload
	wait_until "$PATIENCE" sends_to 10.9.0.3
	refute sends_to 10.9.0.2
	sed -i '/moving.test/d' /etc/hosts # gone: the last addresses stay in force
	: >"$STATE/sluiced.log"
	reload
	wait_until "$PATIENCE" logged "Cannot resolve 'moving.test'"
	sends_to 10.9.0.3
}

@test "who is held stays held under a policy that still asks" {
	local id

	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	id=$(request_for "$PID")
	set_policy "$ASK
Timeout=2h"
	held "$PID"
	[ "$(request_for "$PID")" = "$id" ]
	approve "$id"
	exit_of "$PID" 0
}

@test "who is held is refused by a policy that denies" {
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	set_policy "$DENY"
	exit_of "$PID" 1
	grep -q 'Operation not permitted' "$OUT"
	journal_has '.type == "request.decided" and .state == "denied" and (.outcome | contains("new policy"))'
}

@test "who is held goes on under a policy that does not guard it any more" {
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	set_policy "$SEND"
	exit_of "$PID" 0
	[ "$(cat "$OUT")" = one,two ]
}

@test "a grant goes on under a policy that asks, and ends with one that denies" {
	spawn paul bash -c "read -r a <$SECRET/rows; echo first; read -r go <$ROOT/go; read -r b <$SECRET/rows && echo second
		read -r go <$ROOT/go2; read -r c <$SECRET/rows && echo third"
	wait_held "$PID"
	approve_pid "$PID"
	wait_until "$PATIENCE" grep -q first "$OUT"
	set_policy "$ASK
Timeout=2h"
	open_gate
	wait_until "$PATIENCE" grep -q second "$OUT"
	set_policy "$DENY"
	[ "$(sluice grants --json | jq length)" = 0 ]
	open_gate 2
	exit_of "$PID" 1
	refute grep third "$OUT"
}
