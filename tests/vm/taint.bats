#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# Labels move with data: from a file into who reads it, over everything that a process becomes, into what it writes.
# Nothing is guarded here, so nothing stops. Runs in a guest (lib.bash).

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

setup_file() {
	cp /bin/cp "$ROOT/bin/backup"
	mkdir -p "$ROOT/other"
	secret source
	plain source
	set_policy "[Label other]" "Path=$ROOT/other" "[Trusted backup]" "Subject=exe:$ROOT/bin/backup"
}

setup() {
	FROM=$SECRET/source
	TO=$PLAIN/out.$BATS_SUITE_TEST_NUMBER
	CLEAN=$PLAIN/clean.$BATS_SUITE_TEST_NUMBER
}

# carries FILE [LABELS]: it has exactly these ("secret"), and something is in it.
carries() {
	local labels

	[ -s "$1" ] || { echo "nothing was written to $1"; return 1; }
	labels=$(labels_of "$1")
	[ "$labels" = "${2-secret}" ] || { echo "$1 carries \"$labels\""; return 1; }
}

# moves PROGRAM MODE: labels what it writes when it reads labeled data, and does not when it reads other data.
moves() {
	as paul "$PROGRAMS/$1" "$2" "$FROM" "$TO"
	carries "$TO"
	as paul "$PROGRAMS/$1" "$2" "$PLAIN/source" "$CLEAN"
	carries "$CLEAN" ""
}

@test "cat FILE > OUT labels OUT, though OUT was opened first" {
	as paul sh -c "exec cat '$FROM' >'$TO'"
	carries "$TO"
	as paul sh -c "exec cat '$PLAIN/source' >'$CLEAN'"
	carries "$CLEAN" ""
}

@test "cp labels the copy" {
	as paul cp "$FROM" "$TO"
	carries "$TO"
	as paul cp "$PLAIN/source" "$CLEAN"
	carries "$CLEAN" ""
}

@test "dd labels the copy" {
	as paul dd if="$FROM" of="$TO" status=none
	carries "$TO"
}

@test "python labels what it writes" {
	as paul python3 -c "data = open('$FROM').read(); open('$TO', 'w').write(data.upper())"
	carries "$TO"
}

@test "a pipe carries the label to the next program" {
	as paul bash -c "cat '$FROM' | sort >'$TO'"
	carries "$TO"
	as paul bash -c "cat '$PLAIN/source' | sort >'$CLEAN'"
	carries "$CLEAN" ""
}

@test "a named pipe carries the label" {
	rm -f "$PLAIN/fifo" && mkfifo -m 666 "$PLAIN/fifo"
	as paul bash -c "cat '$FROM' >'$PLAIN/fifo' & cat '$PLAIN/fifo' >'$TO'; wait"
	carries "$TO"
}

@test "a shell that started a reader stays clean" {
	as paul bash -c "cat '$FROM' >/dev/null; echo clean >'$CLEAN'"
	carries "$CLEAN" ""
}

@test "a shell that reads is tainted, and so is what it starts after that" {
	as paul bash -c "read -r line <'$FROM'; cp '$PLAIN/source' '$TO'"
	carries "$TO"
}

@test "exec keeps the label" {
	as paul bash -c "read -r line <'$FROM'; exec cp '$PLAIN/source' '$TO'"
	carries "$TO"
}

@test "a child has the label; one from before the reading has not" {
	as paul "$PROGRAMS/tasks" fork "$FROM" "$TO"
	carries "$TO"
	as paul "$PROGRAMS/tasks" fork-before "$FROM" "$CLEAN"
	carries "$CLEAN" ""
}

@test "vfork and exec keep the label" {
	moves tasks vfork
}

@test "posix_spawn keeps the label" {
	moves tasks spawn
}

@test "threads share the label" {
	moves tasks thread
}

@test "a process that shares memory gives its label to its parent" {
	moves tasks clone-vm
}

@test "a process that shares memory gets the label of its parent" {
	moves tasks clone-vm-up
}

@test "exec by a thread that is not the leader keeps the label" {
	moves tasks exec-thread
}

@test "a shared writable mapping labels the file" {
	moves files mmap-out
}

@test "sendfile labels the copy" {
	moves files sendfile
}

@test "splice labels the copy" {
	moves files splice
}

@test "copy_file_range labels the copy" {
	moves files copy-range
}

@test "io_uring with a thread of the kernel labels who owns the ring" {
	moves uring poll
}

@test "a descriptor that comes over io_uring labels who reads it" {
	moves uring passed
}

@test "a label goes on from copy to copy" {
	as paul cp "$FROM" "$TO"
	as quinn cp "$TO" "$TO.2"
	as paul cp "$TO.2" "$TO.3"
	carries "$TO.3"
}

@test "data appended to a labeled file does not unlabel it, and the writer stays clean" {
	as paul cp "$FROM" "$TO"
	as paul bash -c "echo more >>'$TO'; echo clean >'$CLEAN'"
	carries "$TO"
	carries "$CLEAN" ""
}

@test "two labels come together" {
	echo two >"$ROOT/other/source"
	as paul sh -c "exec cat '$FROM' '$ROOT/other/source' >'$TO'"
	carries "$TO" "other secret"
}

@test "a trusted program reads without carrying on; an equal one does" {
	as paul "$ROOT/bin/backup" "$FROM" "$CLEAN"
	carries "$CLEAN" ""
	cmp "$FROM" "$CLEAN"
	cp "$ROOT/bin/backup" "$ROOT/bin/not-backup"
	as paul "$ROOT/bin/not-backup" "$FROM" "$TO"
	carries "$TO"
}

@test "why tells where the label of a process came from" {
	spawn paul bash -c "read -r line <'$FROM'; echo >'$TO'; while :; do sleep 1; done"
	wait_until "$PATIENCE" test -s "$TO"
	[ "$(taint_of "$PID")" = secret ]
	sluice why "$PID" --json | jq -e --arg from "$FROM" 'any(.[]; .object | contains($from))'
	sluice why "$PID" | grep -F "$FROM"
	kill "$PID"
}

@test "why says of a clean process that nothing is known" {
	spawn paul sleep 1000
	run sluice why "$PID"
	[ "$status" -eq 4 ]
	kill "$PID"
}

@test "lineage of a file leads over the copies to the source" {
	as paul cp "$FROM" "$TO"
	as quinn sh -c "exec cat '$TO' >'$TO.2'"
	sluice lineage "$TO.2" --json | jq -e --arg from "$FROM" --arg via "$TO" \
		'([.[].object] | any(contains($from))) and ([.[].object] | any(contains($via)))'
	as paul cp "$PLAIN/source" "$CLEAN"
	run sluice lineage "$CLEAN"
	[[ $output != *"$FROM"* ]]
}

@test "label list says which label and where from" {
	as paul cp "$FROM" "$TO"
	sluice label list "$TO" --json | jq -e 'length == 1 and .[0].label == "secret"'
	sluice label list "$FROM" --json | jq -e '.[0].label == "secret"'
	[ "$(sluice label list "$PLAIN/source" --json | jq length)" -eq 0 ]
}
