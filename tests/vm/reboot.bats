#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# reboot.bats: what objects acquired in one boot holds in the next. The script "reboot" runs this file twice, with
# SLUICE_BOOT 1 and 2, state and journal on a disk that stays. Between the two the numbers of the labels change.

bats_require_minimum_version 1.5.0
load lib

DISK=/srv/disk
FILES=$DISK/out
POLICY="[Label other]
[Rule read]
Action=open
Labels=secret
Verdict=ask
Mode=hold
Reviewers=data
Clear=user:quinn"

setup() {
	set_policy "$POLICY"
	secret rows 'one,two'
}

teardown() {
	close_all
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$STATE/sluiced.log"
}

boot() {
	[ "${SLUICE_BOOT-}" = "$1" ] || skip "in boot $1"
}

@test "boot 1: data brings labels to a file, an operator to a folder" {
	boot 1
	mkdir -p "$FILES/folder/deep"
	chmod 777 "$FILES"
	echo inside >"$FILES/folder/deep/file"
	as quinn bash -c "cat $SECRET/rows >$FILES/copy; cat $SECRET/rows >$FILES/removed"
	as paul bash -c "echo free >$FILES/neighbour"
	sluice label add "$FILES/folder" other
	sluice label add "$FILES/copy" other
	[ "$(labels_of "$FILES/copy")" = 'other secret' ]
	rm "$FILES/removed"
	sleep 3 # the table follows within a second
	sync
}

@test "boot 2: the labeled file is asked about, its neighbour is not" {
	boot 2
	spawn paul cat "$FILES/copy"
	wait_held "$PID"
	[ "$(as paul cat "$FILES/neighbour")" = free ]
	approve_pid "$PID"
	exit_of "$PID" 0
	[ "$(cat "$OUT")" = one,two ]
	[ -z "$(labels_of "$FILES/neighbour")" ]
}

@test "boot 2: labels go by name" {
	boot 2
	[ "$(labels_of "$FILES/copy")" = 'other secret' ]
	[ "$(labels_of "$FILES/folder/deep/file")" = other ]
	grep -qx '5 secret' "$DISK/state/labels"
}

@test "boot 2: the journal says how many objects have their labels again" {
	boot 2
	journal_has '.type == "labels.loaded" and .objects == 2'
	sluice journal verify || lost_a_key
}
