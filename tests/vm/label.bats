#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# label.bats: labels stay with the objects that acquired them, and with nothing else: removed files, used inode numbers,
# file systems that come and go, the table on disk. Two boots: tests/vm/reboot.
#
# quinn is cleared to read what is secret: what quinn writes after that carries the label.

bats_require_minimum_version 1.5.0
load lib

DISKS=$STATE/disks
A=$ROOT/a
B=$ROOT/b
TABLE=/var/lib/sluice/objects.db
POLICY="[Rule read]
Action=open
Labels=secret
Verdict=deny
Clear=user:quinn"

setup() {
	mkdir -p "$DISKS" "$A" "$B" "$SECRET/mnt"
	ensure_sluiced "$POLICY"
	secret rows 'one,two'
}

teardown() {
	local point

	for point in "$SECRET/mnt" "$A" "$B" "$STATE/small"; do
		while mountpoint -q "$point"; do
			umount "$point" || umount -l "$point"
		done
	done
	[ -n "${BATS_TEST_COMPLETED:-}" ] || tail -n 20 "$STATE/sluiced.log"
}

# disk NAME [OPTION...]: a file system in a file, with a folder that all may write to and a file in it.
disk() {
	local image=$DISKS/$1
	shift

	rm -f "$image" && truncate -s 8M "$image" && mkfs.ext4 -q -F "$@" "$image" || return 1
	mount -o loop "$image" "$A" && mkdir "$A/out" && echo free >"$A/out/neighbour" || return 1
	chmod 777 "$A/out" && chmod 644 "$A/out/neighbour" && umount "$A"
}

# carry FILE: data of the labeled folder goes there.
carry() {
	as quinn bash -c "cat $SECRET/rows >$1"
}

is_refused() {
	run as paul cat "$1"
	echo "$output"
	[ "$status" -eq 1 ] && [[ $output == *'Operation not permitted'* ]]
}

labels_are() {
	[ "$(labels_of "$1")" = "$2" ]
}

# rows: how many objects the table has. It is the daemon's alone, so a copy is read.
rows() {
	rm -f "$STATE"/copy.db*
	cp "${1:-$TABLE}" "$STATE/copy.db" && cp "${1:-$TABLE}-wal" "$STATE/copy.db-wal" 2>/dev/null
	python3 -c 'import sqlite3, sys
print(sqlite3.connect(sys.argv[1]).execute("SELECT count(*) FROM object").fetchone()[0])' "$STATE/copy.db"
}

rows_are() {
	[ "$(rows "${@:2}")" = "$1" ]
}

@test "an inode number that is used again carries nothing" {
	local inode n

	disk few -N 24
	mount -o loop "$DISKS/few" "$A"
	carry "$A/out/old"
	is_refused "$A/out/old"
	inode=$(stat -c %i "$A/out/old")
	rm "$A/out/old"
	for ((n = 0; n < 16; n++)); do
		echo new >"$A/out/new.$n" || break
		chmod 644 "$A/out/new.$n"
		[ "$(stat -c %i "$A/out/new.$n")" != "$inode" ] || break
	done
	[ "$(stat -c %i "$A/out/new.$n")" = "$inode" ]
	[ -z "$(labels_of "$A/out/new.$n")" ]
	[ "$(as paul cat "$A/out/new.$n")" = new ]
}

@test "a file that is removed while it is open keeps its label for who has it open" {
	local name

	for name in labeled neighbour; do
		plain "$name"
		spawn paul "$PROGRAMS/files" late "$PLAIN/$name" "$PLAIN/$name.ready" "$PLAIN/$name.go"
		wait_until "$PATIENCE" test -e "$PLAIN/$name.ready"
		[ "$name" = neighbour ] || carry "$PLAIN/$name"
		rm "$PLAIN/$name"
		touch "$PLAIN/$name.go"
		[ "$name" = neighbour ] || exit_of "$PID" 101
		[ "$name" = labeled ] || exit_of "$PID" 0
		rm "$PLAIN/$name".*
	done
}

@test "a removed file leaves the table, a labeled one enters it" {
	local before

	wait_until "$PATIENCE" rows
	before=$(rows)
	carry "$PLAIN/enters"
	wait_until "$PATIENCE" rows_are $((before + 1))
	rm "$PLAIN/enters"
	wait_until "$PATIENCE" rows_are "$before"
}

@test "a file that is moved into a labeled folder is labeled at once, and makes nobody else look again" {
	local before i

	rm -rf "$PLAIN"/moved* "$SECRET"/moved*
	for i in 1 2 3; do
		plain "moved.$i"
		chown paul "$PLAIN/moved.$i"
		as paul cat "$PLAIN/moved.$i"
	done
	before=$(epoch)
	[ "$before" ]
	# who has it open reads no more of it
	run as paul sh -c "exec 3<$PLAIN/moved.1; mv $PLAIN/moved.1 $PLAIN/moved.2 $PLAIN/moved.3 $SECRET/ && cat <&3"
	[ "$status" -eq 1 ] && [[ $output == *'Operation not permitted'* ]]
	for i in 1 2 3; do
		[ -e "$SECRET/moved.$i" ]
		is_refused "$SECRET/moved.$i"
	done
	[ "$(epoch)" = "$before" ]
	# What lies below a folder is found by nothing else.
	mkdir -m 777 "$PLAIN/moved"
	plain moved/below
	as paul cat "$PLAIN/moved/below"
	chown paul "$PLAIN/moved"
	as paul mv "$PLAIN/moved" "$SECRET/"
	is_refused "$SECRET/moved/below"
	[ "$(epoch)" != "$before" ]
}

@test "truncating a file takes no label off" {
	plain cut
	carry "$PLAIN/cut"
	truncate -s 0 "$PLAIN/cut"
	[ "$(labels_of "$PLAIN/cut")" = secret ]
	is_refused "$PLAIN/cut"
}

# set_generation FILE: as the owner may, where the file system lets anybody.
set_generation() {
	as paul python3 -c 'import fcntl, os, struct, sys
try:
    fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x40086604, struct.pack("l", 4711))
except PermissionError:
    sys.exit(101)' "$1"
}

@test "the generation of a labeled file cannot be set" {
	disk old -O ^metadata_csum
	mount -o loop "$DISKS/old" "$A"
	as paul bash -c "echo mine >$A/out/mine; echo mine >$A/out/labeled"
	sluice label add "$A/out/labeled" secret
	set_generation "$A/out/mine"
	sluice label remove "$A/out/labeled" secret
	chmod 644 "$A/out/labeled"
	exec 5<"$A/out/labeled"
	sluice label add "$A/out/labeled" secret
	run as root python3 -c 'import fcntl, struct, sys
try:
    fcntl.ioctl(5, 0x40086604, struct.pack("l", 4711))
except PermissionError:
    sys.exit(101)' 5<&5
	exec 5<&-
	[ "$status" -eq 101 ]
	[ "$(labels_of "$A/out/labeled")" = secret ]
	[ -z "$(labels_of "$A/out/mine")" ]
}

# swap USER FILE OTHER: exchange the blocks of two files.
swap() {
	as "$1" python3 -c 'import fcntl, os, struct, sys
one, other = [os.open(path, os.O_RDWR) for path in sys.argv[1:3]]
if len(sys.argv) > 3:
    open(sys.argv[3]).read()
try:
    fcntl.ioctl(one, 0xc028660f, struct.pack("IIQQQQ", 0, other, 0, 0, 1, 0))
except PermissionError:
    sys.exit(101)' "${@:2}"
}

@test "who carries a label cannot swap the blocks of two files" {
	disk blocks
	mount -o loop "$DISKS/blocks" "$A"
	as quinn bash -c "for name in 1 2; do dd if=/dev/urandom of=$A/out/\$name bs=4k count=1 status=none; done; sync"
	run swap quinn "$A/out/1" "$A/out/2" "$SECRET/rows"
	echo "$output"
	[ "$status" -eq 101 ]
	journal_has '.type == "event.stop" and .labels == ["secret"] and .action == "write"'
	swap quinn "$A/out/1" "$A/out/2"
}

# attribute FILE COMMAND VALUE: change it, as its owner.
attribute() {
	as paul python3 -c 'import os, sys
path, what, value = sys.argv[1:]
if what == "set":
    os.setxattr(path, "user.class", value.encode())
else:
    os.removexattr(path, value)' "$@"
}

@test "who takes the attribute off a file does not take its label off" {
	local name

	mkdir -p "$ROOT/marked" && chmod 777 "$ROOT/marked"
	for name in removed changed other; do
		as paul bash -c "echo $name >$ROOT/marked/$name"
		attribute "$ROOT/marked/$name" set top
	done
	as paul bash -c "echo free >$ROOT/marked/unmarked"
	attribute "$ROOT/marked/unmarked" set low
	set_policy "$POLICY" "[Label marked]
Xattr=user.class=top below $ROOT/marked"
	attribute "$ROOT/marked/removed" remove user.class
	attribute "$ROOT/marked/changed" set low
	attribute "$ROOT/marked/unmarked" set lower
	as paul python3 -c 'import os, sys; os.setxattr(sys.argv[1], "user.note", b"x")' "$ROOT/marked/other"
	journal_has '.type == "event.keep" and .labels == ["marked"]'
	as root python3 -c 'import os, sys; os.removexattr(sys.argv[1], "user.class")' "$ROOT/marked/other"
	set_policy "$POLICY" "[Label marked]
Xattr=user.class=top below $ROOT/marked"
	[ "$(labels_of "$ROOT/marked/removed")" = marked ]
	[ "$(labels_of "$ROOT/marked/changed")" = marked ]
	[ "$(labels_of "$ROOT/marked/other")" = marked ]
	[ -z "$(labels_of "$ROOT/marked/unmarked")" ]
	rm -r "$ROOT/marked"
}

@test "what is mounted below a labeled folder is labeled, and not any more when it is mounted elsewhere" {
	disk below
	disk beside
	mount -o loop "$DISKS/beside" "$B"
	mount -o loop "$DISKS/below" "$SECRET/mnt"
	wait_until "$PATIENCE" labels_are "$SECRET/mnt/out/neighbour" secret
	is_refused "$SECRET/mnt/out/neighbour"
	[ "$(as paul cat "$B/out/neighbour")" = free ]
	journal_has ".type == \"mount.labeled\" and .mount == \"$SECRET/mnt\" and .labels == [\"secret\"]"
	umount "$SECRET/mnt"
	mount -o loop "$DISKS/below" "$A"
	wait_until "$PATIENCE" labels_are "$A/out/neighbour" ""
	[ "$(as paul cat "$A/out/neighbour")" = free ]
}

@test "a folder that is bound below a labeled one is labeled while it is" {
	plain bound
	mount --bind "$PLAIN" "$SECRET/mnt"
	wait_until "$PATIENCE" labels_are "$PLAIN/bound" secret
	is_refused "$PLAIN/bound"
	umount "$SECRET/mnt"
	wait_until "$PATIENCE" labels_are "$PLAIN/bound" ""
	[ "$(as paul cat "$PLAIN/bound")" = nothing ]
}

# store: a folder with a label of its own, and a policy that says so.
store() {
	STORED="$POLICY
[Label stored]
Path=$ROOT/store/in
[Rule stored]
Action=open
Labels=stored
Verdict=deny"
	rm -rf "$ROOT/store" "$ROOT/away"
	mkdir -p "$ROOT/store/in"
	echo data >"$ROOT/store/in/file"
	set_policy "$STORED"
	is_refused "$ROOT/store/in/file"
}

@test "what was moved away from a labeled path keeps its labels at the next load; 'label remove' takes them off" {
	store
	mv "$ROOT/store" "$ROOT/away" # the folder above: nothing that is labeled has another name now
	mkdir -p "$ROOT/store/in"
	echo more >"$ROOT/store/in/file"
	set_policy "$STORED"
	is_refused "$ROOT/away/in/file"
	is_refused "$ROOT/store/in/file"
	journal_has '.type == "labels.stayed" and .objects == 1 and .labels == ["stored"]'
	sluice label remove "$ROOT/away/in" stored
	[ "$(as paul cat "$ROOT/away/in/file")" = data ]
	set_policy "$POLICY" # the line is taken out
	[ "$(as paul cat "$ROOT/store/in/file")" = more ]
}

@test "what a mount covers at a labeled path keeps its labels at the next load, and has them when it is bare again" {
	store
	mount --bind "$ROOT/store" "$A"
	mount -t tmpfs none "$ROOT/store"
	mkdir "$ROOT/store/in"
	echo more >"$ROOT/store/in/file"
	set_policy "$STORED"
	is_refused "$A/in/file"
	is_refused "$ROOT/store/in/file"
	umount "$ROOT/store"
	is_refused "$ROOT/store/in/file"
	is_refused "$A/in/file"
	umount "$A"
}

@test "a disk at a labeled path keeps its labels while it is mounted elsewhere too" {
	disk both
	store
	mount -o loop "$DISKS/both" "$ROOT/store/in"
	wait_until "$PATIENCE" labels_are "$ROOT/store/in/out/neighbour" stored
	mount --bind "$ROOT/store/in" "$B"
	umount "$ROOT/store/in"
	sleep 2
	set_policy "$STORED"
	is_refused "$B/out/neighbour"
	is_refused "$ROOT/store/in/file"
}

@test "moved away while no daemon runs: kept when the same policy is loaded; under another one they go with their line" {
	store
	stop_sluiced
	mv "$ROOT/store" "$ROOT/away"
	mkdir -p "$ROOT/store/in"
	run_sluiced
	is_refused "$ROOT/away/in/file"
	store
	stop_sluiced
	write_policy "$POLICY"
	run_sluiced
	[ "$(as paul cat "$ROOT/store/in/file")" = data ]
}

@test "a labeled disk has its labels from the moment when it is mounted, whoever sees the mount" {
	disk moved
	mount -o loop "$DISKS/moved" "$A"
	carry "$A/out/copy"
	umount "$A"
	run unshare -m bash -c "
		mount -o loop $DISKS/moved $B && echo mounted
		. $BATS_LIB/lib.bash
		as paul cat $B/out/neighbour
		as paul cat $B/out/copy"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *mounted*free*'Operation not permitted'* ]]
	mount -o loop "$DISKS/moved" "$B"
	is_refused "$B/out/copy"
}

@test "another disk on the same device has none of its labels" {
	local loop

	disk first
	disk second
	loop=$(losetup -f --show "$DISKS/first")
	mount "$loop" "$A"
	sluice label add "$A" secret # the root: the same inode and generation on every file system
	is_refused "$A/out/neighbour"
	umount "$A"
	losetup -d "$loop"
	losetup "$loop" "$DISKS/second"
	mount "$loop" "$A"
	[ "$(as paul cat "$A/out/neighbour")" = free ]
	[ -z "$(labels_of "$A/out/neighbour")" ]
	umount "$A"
	losetup -d "$loop"
}

@test "removing a file on a copy of the disk takes nothing from the original" {
	disk original
	mount -o loop "$DISKS/original" "$A"
	carry "$A/out/copy"
	umount "$A"
	cp "$DISKS/original" "$DISKS/twin"
	mount -o loop "$DISKS/original" "$A"
	mount -o loop "$DISKS/twin" "$B"
	is_refused "$B/out/copy"
	rm "$B/out/copy"
	umount "$B"
	is_refused "$A/out/copy"
}

@test "the daemon is killed: labels that came meanwhile are in the table when it is back" {
	local before

	before=$(rows)
	stop_sluiced
	carry "$PLAIN/meanwhile"
	run_sluiced
	wait_until "$PATIENCE" rows_are $((before + 1))
	stop_sluiced
	rm "$PLAIN/meanwhile"
	run_sluiced
	wait_until "$PATIENCE" rows_are "$before"
}

@test "enforcement that was ended and begins anew finds its labels" {
	carry "$PLAIN/again"
	sluice label add "$PLAIN/again" secret
	plain neighbour
	stop_sluiced TERM
	sluiced --detach
	wait_until "$PATIENCE" as paul cat "$PLAIN/again"
	run_sluiced
	is_refused "$PLAIN/again"
	[ "$(as paul cat "$PLAIN/neighbour")" = nothing ]
	journal_has '.type == "labels.loaded" and .objects > 0'
}

@test "labels of files on XFS, btrfs and F2FS are in the table, and are found again" {
	local before kind

	before=$(rows)
	for kind in xfs btrfs f2fs; do
		rm -f "$DISKS/$kind" && truncate -s 320M "$DISKS/$kind" && mkdir -p "$STATE/$kind"
		"mkfs.$kind" -f -q "$DISKS/$kind"
		mount -o loop "$DISKS/$kind" "$STATE/$kind"
		chmod 777 "$STATE/$kind"
		carry "$STATE/$kind/copy"
		as quinn bash -c "echo free >$STATE/$kind/neighbour; cat $SECRET/rows >$STATE/$kind/removed"
		rm "$STATE/$kind/removed"
		umount "$STATE/$kind"
		mount -o loop "$DISKS/$kind" "$STATE/$kind"
		is_refused "$STATE/$kind/copy"
	done
	wait_until "$PATIENCE" rows_are $((before + 4)) # the removed one of btrfs, too
	stop_sluiced TERM
	sluiced --detach
	run_sluiced
	for kind in xfs btrfs f2fs; do
		is_refused "$STATE/$kind/copy"
		[ "$(as paul cat "$STATE/$kind/neighbour")" = free ]
		umount "$STATE/$kind"
	done
}

@test "a damaged table: one error that says so, what was enforced goes on" {
	carry "$PLAIN/whole"
	stop_sluiced TERM
	cp "$TABLE" "$STATE/whole.db"
	dd if=/dev/urandom of="$TABLE" bs=1k seek=1 count=64 conv=notrunc status=none
	run -1 sluiced
	[[ $output == *"$TABLE"*damaged*backup* ]]
	is_refused "$PLAIN/whole"
	rm -f "$TABLE"-*
	cp "$STATE/whole.db" "$TABLE"
	run_sluiced
	is_refused "$PLAIN/whole"
}

@test "a full disk: labels hold, the journal says so, and they are in the table when there is room" {
	local small=$STATE/small before

	rm -f "$DISKS/small" && truncate -s 3M "$DISKS/small"
	mkfs.ext4 -q -F -O ^has_journal -m 0 "$DISKS/small"
	mkdir -p "$small" && mount -o loop "$DISKS/small" "$small"
	stop_sluiced TERM
	cp -a /var/lib/sluice "$small/state"
	export AGENT=State=$small/state
	write_policy "$POLICY"
	run_sluiced
	before=$(rows "$small/state/objects.db")
	dd if=/dev/zero of="$small/fill" bs=4k status=none || true
	dd if=/dev/zero of="$small/fill2" bs=512 status=none || true
	mkdir "$PLAIN/many" && chmod 777 "$PLAIN/many"
	as quinn bash -c "read -r row <$SECRET/rows; for ((i = 0; i < 400; i++)); do echo \$row >$PLAIN/many/\$i; done"
	journal_has '.type == "labels.unsaved"'
	is_refused "$PLAIN/many/399"
	sluice status
	rm "$small/fill" "$small/fill2"
	journal_has '.type == "labels.saved"'
	wait_until "$PATIENCE" rows_are $((before + 400)) "$small/state/objects.db"
	rm -r "$PLAIN/many"
	stop_sluiced TERM
	umount "$small"
	unset AGENT
	write_policy "$POLICY"
	run_sluiced
}

@test "a full disk at the start is one error with its remedy" {
	local small=$STATE/small

	rm -f "$DISKS/small" && truncate -s 3M "$DISKS/small"
	mkfs.ext4 -q -F -O ^has_journal -m 0 "$DISKS/small"
	mkdir -p "$small" && mount -o loop "$DISKS/small" "$small"
	stop_sluiced TERM
	cp -a /var/lib/sluice "$small/state"
	export AGENT=State=$small/state
	write_policy "$POLICY"
	mount -o remount,ro "$small"
	run -1 sluiced
	[[ $output == *"$small/state"* ]]
	is_refused "$SECRET/rows"
	umount "$small"
	unset AGENT
	write_policy "$POLICY"
	run_sluiced
}
