#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Opening and reading labeled files: who is held, who is refused, who may, and that names do not matter. Runs in a guest
# (lib.bash).
#
#   secret   held and asked        denied   refused        shut   refused, with a question
#   team     refused, but for a user, an executable, a unit, and an executable of one user

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

setup_file() {
	mkdir -p "$ROOT"/{denied,shut,team,attr,single} "$SECRET/deep/er/still"
	cp /bin/cat "$ROOT/bin/reader"
	cp /bin/cat "$ROOT/bin/both"
	mkdir -p /sys/fs/cgroup/system.slice/reader.service/inner
	for folder in denied shut team attr single; do
		echo "in $folder" >"$ROOT/$folder/file"
		chmod 666 "$ROOT/$folder/file"
		chmod 777 "$ROOT/$folder"
	done
	echo neighbour >"$ROOT/single/neighbour"
	python3 -c 'import os; os.setxattr("'"$ROOT"'/attr/file", "user.class", b"top")'
	echo unmarked >"$ROOT/attr/unmarked"
	secret rows
	echo deep >"$SECRET/deep/er/still/file"
	plain note
	set_policy "$(policy)"
}

policy() {
	cat <<-POLICY
	[Label denied]
	Path=$ROOT/denied $ROOT/single/file
	Xattr=user.class=top below $ROOT/attr
	[Label shut]
	Path=$ROOT/shut
	[Label team]
	Path=$ROOT/team
	[Rule read]
	Action=open
	Labels=secret
	Verdict=ask
	Mode=hold
	Reviewers=data
	[Rule deny]
	Action=open
	Labels=denied
	Verdict=deny
	[Rule shut]
	Action=open
	Labels=shut
	Verdict=ask
	Mode=fail
	Reviewers=data
	[Rule team]
	Action=open
	Labels=team
	Clear=user:quinn
	Clear=exe:$ROOT/bin/reader
	Clear=unit:reader.service
	Clear=user:rita exe:$ROOT/bin/both
	Verdict=deny
	POLICY
}

teardown() {
	close_all
}

refused_cat() {
	run as "$@"
	[ "$status" -eq 1 ] || { echo "status $status: $output"; return 1; }
	[[ $output == *"Operation not permitted"* ]] || { echo "$output"; return 1; }
}

@test "cat of a labeled file waits, and goes on after approval with the whole file" {
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	[ ! -s "$OUT" ]
	approve_pid "$PID"
	exit_of "$PID" 0
	cmp "$OUT" "$SECRET/rows"
}

@test "cat of a labeled file gets EPERM after denial" {
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 1
	grep -q "Operation not permitted" "$OUT"
	refute grep -q 4111 "$OUT"
}

@test "an unlabeled neighbour is free" {
	run as paul cat "$PLAIN/note"
	[ "$status" -eq 0 ]
	[ "$output" = nothing ]
}

@test "a file far below a labeled folder is held" {
	spawn paul cat "$SECRET/deep/er/still/file"
	wait_held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 0
	[ "$(cat "$OUT")" = deep ]
}

@test "a deny rule refuses at once and asks nobody" {
	refused_cat paul cat "$ROOT/denied/file"
	[ -z "$(sluice requests --ids)" ]
	journal_has '.action == "open" and (.labels? // [] | index("denied"))'
}

@test "a label on one file does not reach its neighbour" {
	refused_cat paul cat "$ROOT/single/file"
	as paul cat "$ROOT/single/neighbour"
}

# dig FOLDER N: a file below so many folders, deeper than one path can name it. descend_read FOLDER N: print it.
dig() {
	python3 -c 'import os, sys
os.chdir(sys.argv[1])
for _ in range(int(sys.argv[2])):
    os.mkdir("d")
    os.chdir("d")
open("file", "w").write("deep")' "$@"
}

descend_read() {
	as paul python3 -c 'import os, sys
os.chdir(sys.argv[1])
for _ in range(int(sys.argv[2])):
    os.chdir("d")
print(open("file").read())' "$@"
}

@test "a folder's label holds 2,000 folders below it, and for no neighbour" {
	mkdir "$ROOT/denied/far" "$PLAIN/far"
	dig "$ROOT/denied/far" 2000
	dig "$PLAIN/far" 2000
	run descend_read "$ROOT/denied/far" 2000
	[[ $status -eq 1 && $output == *"Operation not permitted"* ]]
	run descend_read "$PLAIN/far" 2000
	[[ $status -eq 0 && $output == deep ]]
}

@test "a file deeper than folders are looked up is refused, wherever it is" {
	mkdir "$PLAIN/deeper"
	dig "$PLAIN/deeper" 2100
	run descend_read "$PLAIN/deeper" 2100
	[[ $status -eq 1 && $output == *"Operation not permitted"* ]]
}

@test "a label by extended attribute holds for that file only" {
	refused_cat paul cat "$ROOT/attr/file"
	as paul cat "$ROOT/attr/unmarked"
}

# read_shut: paul reads the file; whoever is refused stays there for sluiced to see, else another approval is needed.
read_shut() {
	# shellcheck disable=SC2016
	spawn paul bash -c 'read -r line <"$0" && echo "$line" || { echo refused; exec sleep 1000; }' "$ROOT/shut/file"
	wait_until "$PATIENCE" grep -Eqx "$1" "$OUT"
}

@test "mode fail refuses, asks, and lets the retry pass once" {
	local id first

	read_shut refused
	first=$PID
	wait_until "$PATIENCE" asks paul
	id=$(request_of paul)
	read_shut refused
	[ "$(request_of paul)" = "$id" ]
	kill "$first" "$PID"
	approve "$id"
	read_shut "in shut"
	read_shut refused
	kill "$PID"
}

@test "a cleared user reads, another does not" {
	as quinn cat "$ROOT/team/file"
	refused_cat paul cat "$ROOT/team/file"
}

@test "a cleared executable reads, a copy of it does not" {
	as paul "$ROOT/bin/reader" "$ROOT/team/file"
	cp "$ROOT/bin/reader" "$ROOT/bin/reader.copy"
	refused_cat paul "$ROOT/bin/reader.copy" "$ROOT/team/file"
}

@test "a cleared unit reads, and what runs below it; another unit does not" {
	UNIT=/sys/fs/cgroup/system.slice/reader.service as paul cat "$ROOT/team/file"
	UNIT=/sys/fs/cgroup/system.slice/reader.service/inner as paul cat "$ROOT/team/file"
	mkdir -p /sys/fs/cgroup/system.slice/other.service
	UNIT=/sys/fs/cgroup/system.slice/other.service refused_cat paul cat "$ROOT/team/file"
}

@test "a clearance of two dimensions needs both" {
	as rita "$ROOT/bin/both" "$ROOT/team/file"
	refused_cat rita cat "$ROOT/team/file"
	refused_cat paul "$ROOT/bin/both" "$ROOT/team/file"
}

@test "a file moved out of a labeled folder keeps its label" {
	echo moved >"$ROOT/denied/leaver"
	mv "$ROOT/denied/leaver" "$PLAIN/leaver"
	refused_cat paul cat "$PLAIN/leaver"
	[ "$(labels_of "$PLAIN/leaver")" = denied ]
}

@test "a file moved into a labeled folder gets its label, one moved elsewhere does not" {
	plain arriver
	plain stayer
	as paul cat "$PLAIN/arriver"
	mv "$PLAIN/arriver" "$ROOT/denied/arriver"
	mv "$PLAIN/stayer" "$ROOT/stayer"
	refused_cat paul cat "$ROOT/denied/arriver"
	as paul cat "$ROOT/stayer"
}

@test "a folder moved out of a labeled folder keeps its label for all below" {
	mkdir -p "$ROOT/denied/folder/sub"
	echo below >"$ROOT/denied/folder/sub/file"
	mv "$ROOT/denied/folder" "$PLAIN/folder"
	refused_cat paul cat "$PLAIN/folder/sub/file"
}

@test "a hard link outside does not shed the label" {
	echo linked >"$ROOT/denied/linked"
	ln "$ROOT/denied/linked" "$PLAIN/hardlink"
	refused_cat paul cat "$PLAIN/hardlink"
}

@test "a symbolic link and a bind mount do not shed the label" {
	ln -s "$ROOT/denied/file" "$PLAIN/symlink"
	refused_cat paul cat "$PLAIN/symlink"
	mkdir -p "$ROOT/bound"
	mount --bind "$ROOT/denied" "$ROOT/bound"
	refused_cat paul cat "$ROOT/bound/file"
	umount "$ROOT/bound"
}

@test "a copy made by an approved process carries the label" {
	spawn paul cp "$SECRET/rows" "$PLAIN/copy"
	wait_held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 0
	[ "$(labels_of "$PLAIN/copy")" = secret ]
	spawn paul cat "$PLAIN/copy"
	wait_held "$PID"
	deny_pid "$PID"
	exit_of "$PID" 1
}

@test "labels survive the inode leaving memory" {
	echo evicted >"$ROOT/denied/evicted"
	mv "$ROOT/denied/evicted" "$PLAIN/evicted"
	sync
	echo 3 >/proc/sys/vm/drop_caches
	refused_cat paul cat "$PLAIN/evicted"
	refused_cat paul cat "$ROOT/denied/file"
	as paul cat "$PLAIN/note"
}

@test "a file created with O_EXCL in a labeled folder fails instead of waiting" {
	run as paul "$PROGRAMS/files" create "$SECRET/created.$BATS_TEST_NUMBER"
	[ "$status" -eq 101 ]
	run as paul "$PROGRAMS/files" create "$PLAIN/created.$BATS_TEST_NUMBER"
	[ "$status" -eq 0 ]
}

@test "opening a labeled file for writing is free where only reading is guarded" {
	run as paul bash -c "echo more >>'$SECRET/rows'"
	[ "$status" -eq 0 ]
	run as paul "$PROGRAMS/files" two-ways "$ROOT/denied/file"
	[ "$status" -eq 101 ]
}

@test "a descriptor opened before the label is held at the read" {
	plain late
	spawn paul "$PROGRAMS/files" late "$PLAIN/late" "$PLAIN/late.ready" "$PLAIN/late.go"
	wait_until "$PATIENCE" test -e "$PLAIN/late.ready"
	sluice label add "$PLAIN/late" secret
	touch "$PLAIN/late.go"
	wait_held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 0
	grep -q "read 8" "$OUT"
}

@test "a descriptor opened before the label is refused at the read and at mmap" {
	local how
	for how in late late-map; do
		plain "$how.d"
		spawn paul "$PROGRAMS/files" "$how" "$PLAIN/$how.d" "$PLAIN/$how.d.ready" "$PLAIN/$how.d.go"
		wait_until "$PATIENCE" test -e "$PLAIN/$how.d.ready"
		sluice label add "$PLAIN/$how.d" denied
		touch "$PLAIN/$how.d.go"
		exit_of "$PID" 101
	done
}

@test "a descriptor that another process opened is held at the read" {
	spawn_from "$SECRET/rows" paul cat
	wait_held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 0
	cmp "$OUT" "$SECRET/rows"
	run become_with "$ROOT/denied/file" paul cat
	[ "$status" -eq 1 ]
	run become_with "$PLAIN/note" paul cat
	[ "$status" -eq 0 ]
}

become_with() {
	(become "${@:2}" <"$1" 3>&-)
}

@test "reading through a mapping is held; of a neighbour it is free" {
	spawn paul "$PROGRAMS/files" mmap "$SECRET/rows"
	wait_held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 0
	as paul "$PROGRAMS/files" mmap "$PLAIN/note"
	run as paul "$PROGRAMS/files" mmap "$ROOT/denied/file"
	[ "$status" -eq 101 ]
}

@test "executing a labeled file is held, goes on after approval, fails after denial" {
	cp /bin/echo "$SECRET/program"
	spawn paul "$SECRET/program" it ran
	wait_held "$PID"
	approve_pid "$PID"
	exit_of "$PID" 0
	grep -q "it ran" "$OUT"
	spawn paul "$SECRET/program" it ran
	wait_held "$PID"
	deny_pid "$PID"
	[ "$(exit_of "$PID")" -ne 0 ]
	refute grep -q "it ran" "$OUT"
}

@test "a system call of 32-bit programs fails with EPERM where others are held, and labels its process" {
	run as paul "$PROGRAMS/files" call32 "$SECRET/rows" "$PLAIN/call32"
	[ "$status" -eq 101 ]
	journal_has '.type == "request.opened" and .fallback == "the system call cannot be made again"'
	as paul "$PROGRAMS/files" call32 "$PLAIN/note" "$PLAIN/call32"
	[ -z "$(labels_of "$PLAIN/call32")" ]
	rm "$PLAIN/call32"
	as quinn "$PROGRAMS/files" call32 "$ROOT/team/file" "$PLAIN/call32"
	[ "$(labels_of "$PLAIN/call32")" = team ]
	rm "$PLAIN/call32"
}

@test "io_uring opens fail with EPERM and never hang" {
	local how
	for how in open open-async; do
		run as paul "$PROGRAMS/uring" "$how" "$SECRET/rows"
		[ "$status" -eq 101 ] || { echo "$how: $status $output"; return 1; }
		run as paul "$PROGRAMS/uring" "$how" "$PLAIN/note"
		[ "$status" -eq 0 ] || { echo "$how: $status $output"; return 1; }
	done
}

@test "an io_uring read of a file labeled meanwhile fails with EPERM" {
	plain ring
	spawn paul "$PROGRAMS/uring" read "$PLAIN/ring" "$PLAIN/ring.ready" "$PLAIN/ring.go"
	wait_until "$PATIENCE" test -e "$PLAIN/ring.ready"
	sluice label add "$PLAIN/ring" secret
	touch "$PLAIN/ring.go"
	exit_of "$PID" 101
}

@test "python, dd and cp are held like cat" {
	local how
	for how in dd cp python; do
		case $how in
		dd) spawn paul dd if="$SECRET/rows" of="$PLAIN/dd" status=none ;;
		cp) spawn paul cp "$SECRET/rows" "$PLAIN/cp" ;;
		python) spawn paul python3 -c "open('$SECRET/rows').read()" ;;
		esac
		wait_held "$PID"
		deny_pid "$PID"
		[ "$(exit_of "$PID")" -ne 0 ]
		grep -q "Operation not permitted" "$OUT"
	done
}

@test "a label taken off again frees the file" {
	plain brief
	sluice label add "$PLAIN/brief" denied
	refused_cat paul cat "$PLAIN/brief"
	sluice label remove "$PLAIN/brief" denied
	as paul cat "$PLAIN/brief"
}
