#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# object.bats: a labeled file is the same file by whatever way a process comes to it: other namespaces and roots, handles,
# overlays and what they copy, memory files, shared blocks. Runs in a guest (lib.bash).
#
# quinn is cleared to read what is secret: what quinn writes after that carries the label.

bats_require_minimum_version 1.5.0
# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

JAIL=$ROOT/jail
OVER=$ROOT/over
REFUSED=101 # EPERM: see programs/program.h
POLICY="[Rule read]
Action=open
Labels=secret
Verdict=deny
Clear=user:quinn"

setup_file() {
	secret rows
	secret other
	plain note
	mkdir -p "$JAIL"/{secret,plain} "$OVER"/{upper,work,merged,plain-upper,plain-work,plain-merged} "$STATE/shared"
	cp "$(command -v busybox)" "$JAIL/"
	chmod 777 "$OVER"/*upper
}

setup() {
	ensure_sluiced "$POLICY"
}

teardown() {
	local point

	for point in "$JAIL/secret" "$JAIL/plain" "$OVER/merged" "$OVER/plain-merged" "$STATE/shared"; do
		! mountpoint -q "$point" || umount "$point"
	done
}

# refused_here COMMAND...: it ends with EPERM, as whoever runs it says.
refused_here() {
	run "$@"
	echo "$output"
	[ "$status" -ne 0 ] && [[ $output == *'Operation not permitted'* ]]
}

# overlay NAME LOWER [OPTION]: LOWER under an upper layer, at $OVER/NAMEmerged.
overlay() {
	mount -t overlay overlay -o "lowerdir=$2,upperdir=$OVER/$1upper,workdir=$OVER/$1work${3+,$3}" "$OVER/$1merged"
}

@test "in another root" {
	mount --bind "$SECRET" "$JAIL/secret"
	mount --bind "$PLAIN" "$JAIL/plain"
	refused_here as root chroot "$JAIL" /busybox cat /secret/rows
	[ "$(as root chroot "$JAIL" /busybox cat /plain/note)" = nothing ]
}

@test "in another user and mount namespace" {
	refused_here as paul unshare -Urm sh -c "mount --bind '$SECRET' /mnt && cat /mnt/rows"
	[ "$(as paul unshare -Urm sh -c "mount --bind '$PLAIN' /mnt && cat /mnt/note")" = nothing ]
}

@test "by a handle" {
	run -"$REFUSED" as root "$PROGRAMS/files" handle "$SECRET/rows" "$ROOT"
	as root "$PROGRAMS/files" handle "$PLAIN/note" "$ROOT"
}

@test "by /proc/self/fd, opened as a path only" {
	# shellcheck disable=SC2016
	local reopen='import os, sys; fd = os.open(sys.argv[1], os.O_PATH); print(open(f"/proc/self/fd/{fd}").read())'

	refused_here as paul python3 -c "$reopen" "$SECRET/rows"
	[[ $(as paul python3 -c "$reopen" "$PLAIN/note") == nothing* ]]
}

@test "through an overlay" {
	overlay '' "$SECRET"
	overlay plain- "$PLAIN"
	refused_here as paul cat "$OVER/merged/rows"
	[ "$(as paul cat "$OVER/plain-merged/note")" = nothing ]
}

@test "what an overlay copies into its upper layer" {
	overlay '' "$SECRET"
	as quinn sh -c "echo more >>'$OVER/merged/rows'"
	grep -q 4111 "$OVER/upper/rows"
	[ "$(labels_of "$OVER/upper/rows")" = secret ]
	refused_here as paul cat "$OVER/upper/rows"
	refused_here as paul cat "$OVER/merged/rows"
}

# Not only what is written by who carries the label: the test itself is trusted, and so may the container's manager be.
@test "what an overlay copies because a trusted program changes its mode" {
	overlay '' "$SECRET"
	chmod 664 "$OVER/merged/other"
	grep -q 4111 "$OVER/upper/other"
	[ "$(labels_of "$OVER/upper/other")" = secret ]
	refused_here as paul cat "$OVER/merged/other"
}

# One thread has the file copied, by opening it to be written; the other one gives another file names, all the while.
COPIES='import os, sys, threading
copied, linked = sys.argv[1:]
done = False
def link():
    while not done:
        os.link(linked, linked + ".again")
        os.unlink(linked + ".again")
other = threading.Thread(target=link)
other.start()
os.close(os.open(copied, os.O_WRONLY | os.O_APPEND))
done = True
other.join()'

@test "what an overlay copies for one thread labels nothing that another one links" {
	head -c 12M /dev/zero >"$SECRET/large"
	chmod 666 "$SECRET/large"
	rm -f "$PLAIN"/linked*
	as quinn sh -c "echo nothing >'$PLAIN/linked'"
	overlay '' "$SECRET"
	as quinn python3 -c "$COPIES" "$OVER/merged/large" "$PLAIN/linked"
	rm "$SECRET/large"
	[ "$(labels_of "$PLAIN/linked")" = "" ]
	[ "$(labels_of "$OVER/upper/large")" = secret ]
	rm "$OVER/upper/large"
}

# The upper layer has no room for it. The same thread then gives another file a name.
@test "what an overlay could not copy labels nothing that the same thread links" {
	local copy='import errno, os, sys
try:
    os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)
    sys.exit("it was copied")
except OSError as error:
    assert error.errno == errno.ENOSPC, error
os.link(sys.argv[2], sys.argv[2] + ".again")'

	head -c 4M /dev/zero >"$SECRET/large"
	chmod 666 "$SECRET/large"
	rm -f "$PLAIN"/linked*
	as quinn sh -c "echo nothing >'$PLAIN/linked'"
	mkdir -p "$STATE/shared"
	mount -t tmpfs -o size=1M none "$STATE/shared"
	mkdir "$STATE/shared/upper" "$STATE/shared/work"
	chmod 777 "$STATE/shared/upper"
	mount -t overlay overlay -o "lowerdir=$SECRET,upperdir=$STATE/shared/upper,workdir=$STATE/shared/work" \
		"$OVER/merged"
	as quinn python3 -c "$copy" "$OVER/merged/large" "$PLAIN/linked"
	rm "$SECRET/large"
	[ -e "$PLAIN/linked.again" ]
	[ "$(labels_of "$PLAIN/linked")" = "" ]
}

@test "what an overlay copies of an unlabeled file stays unlabeled" {
	overlay plain- "$PLAIN"
	as quinn sh -c "echo more >>'$OVER/plain-merged/note'"
	[ "$(labels_of "$OVER/plain-upper/note")" = "" ]
	[[ $(as paul cat "$OVER/plain-merged/note") == nothing*more ]]
}

# late NAME LOWER FILE: an overlay that has copied nothing but the attributes of a file.
late() {
	rm -rf "$OVER/$1upper" "$OVER/$1work"
	mkdir -p "$OVER/$1upper" "$OVER/$1work" "$OVER/$1merged"
	chmod 777 "$OVER/$1upper"
	overlay "$1" "$2" metacopy=on
	chmod 646 "$OVER/$1merged/$3"
	refute grep -qa '[0-9a-z]' "$OVER/$1upper/$3"
}

# Again whoever has it copied: by opening it, and by truncate(), which opens nothing.
@test "what an overlay with metacopy=on copies late is labeled then" {
	local how

	for how in 'exec 3>>' 'truncate -s 3 '; do
		late '' "$SECRET" other
		late plain- "$PLAIN" note
		refused_here as paul cat "$OVER/merged/other"
		bash -c "$how'$OVER/merged/other'"
		bash -c "$how'$OVER/plain-merged/note'"
		grep -q 411 "$OVER/upper/other"
		grep -q not "$OVER/plain-upper/note"
		[ "$(labels_of "$OVER/upper/other")" = secret ]
		[ -z "$(labels_of "$OVER/plain-upper/note")" ]
		refused_here as paul cat "$OVER/upper/other"
		refused_here as paul cat "$OVER/merged/other"
		[[ $(as paul cat "$OVER/plain-merged/note") == not* ]]
		umount "$OVER/merged" "$OVER/plain-merged"
	done
}

@test "a copy by an overlay that has failed hides no later one by the same thread" {
	local copies='import errno, os, resource, sys
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (65536, limits[1]))
try:
    os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)
    sys.exit("it was copied")
except OSError as error:
    assert error.errno == errno.EFBIG, error
resource.setrlimit(resource.RLIMIT_FSIZE, limits)
os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND)'

	head -c 1M /dev/zero >"$PLAIN/large"
	late '' "$SECRET" other
	overlay plain- "$PLAIN"
	python3 -c "$copies" "$OVER/plain-merged/large" "$OVER/merged/other"
	rm "$PLAIN/large"
	grep -q 411 "$OVER/upper/other"
	[ "$(labels_of "$OVER/upper/other")" = secret ]
	refused_here as paul cat "$OVER/upper/other"
}

@test "who has a file of an overlay open to be written and then opens a labeled one labels nothing by that" {
	late '' "$SECRET" other
	late plain- "$PLAIN" note
	as quinn python3 -c 'import sys
written = open(sys.argv[1], "a")
open(sys.argv[2]).read()' "$OVER/plain-merged/note" "$OVER/merged/rows"
	grep -q nothing "$OVER/plain-upper/note"
	[ -z "$(labels_of "$OVER/plain-upper/note")" ]
}

# layers MODE FILE: whether data of FILE comes from a file of an overlay to the one below it, or back, by shared memory.
layers() {
	local upper=$OVER/plain-upper merged=$OVER/plain-merged

	as quinn rm -f "$merged/board" "$merged/board.shared"
	as quinn touch "$merged/board.shared"
	as quinn "$PROGRAMS/segment" "$1" "$2" "$merged/board" "$upper/board.shared" || return 1
	labels_of "$upper/board" >"$STATE/layers"
	labels_of "$upper/board.shared" >"$STATE/layers.shared"
}

@test "memory that is mapped of a file of an overlay and of the one below it; all other files keep their caches" {
	local mode before

	overlay plain- "$PLAIN"
	before=$(epoch)
	[ "$before" ]
	for mode in below above; do
		layers "$mode" "$SECRET/rows"
		[ "$(<"$STATE/layers")" = secret ]
		[ "$(<"$STATE/layers.shared")" = secret ]
		refused_here as paul cat "$OVER/plain-upper/board.shared" # which was looked at before
		layers "$mode" "$PLAIN/note"
		[ -z "$(<"$STATE/layers")" ]
		[ -z "$(<"$STATE/layers.shared")" ]
	done
	[ "$(epoch)" = "$before" ]
}

@test "a memory file, by another process" {
	local ready=$ROOT/memory.ready go=$ROOT/memory.go

	rm -f "$ready" "$go" "$go.2"
	spawn quinn "$PROGRAMS/files" memory "$SECRET/rows" "$ready" "$go"
	wait_until "$PATIENCE" test -e "$ready"
	refused_here as root cat "/proc/$PID/fd/9"
	touch "$go"
	rm "$ready"
	exit_of "$PID" 0
	spawn quinn "$PROGRAMS/files" memory "$PLAIN/note" "$ready" "$go.2"
	wait_until "$PATIENCE" test -e "$ready"
	[[ $(as root cat "/proc/$PID/fd/9") == nothing* ]]
	touch "$go.2"
}

# An empty btrfs at $STATE/shared.
mount_btrfs() {
	truncate -s 120M "$STATE/shared.disk"
	mkfs.btrfs -q -f -M "$STATE/shared.disk"
	mount -o loop "$STATE/shared.disk" "$STATE/shared"
	chmod 777 "$STATE/shared"
}

@test "a copy that shares its blocks with the file" {
	mount_btrfs
	echo 4111 >"$STATE/shared/rows"
	echo nothing >"$STATE/shared/note"
	sluice label add "$STATE/shared/rows" secret
	as quinn cp --reflink=always "$STATE/shared/rows" "$STATE/shared/copy"
	as quinn cp --reflink=always "$STATE/shared/note" "$STATE/shared/free"
	[ "$(labels_of "$STATE/shared/copy")" = secret ]
	[ "$(labels_of "$STATE/shared/free")" = "" ]
	refused_here as paul cat "$STATE/shared/copy"
}

# twin OUT FROM: whether data comes from FROM by memory that two processes share, though a snapshot's file goes meanwhile.
twin() {
	local volume=$STATE/shared/volume

	btrfs subvolume create "$volume" && chmod 777 "$volume" || return 1
	as quinn truncate -s 4096 "$volume/$1.shared"
	btrfs subvolume snapshot "$volume" "$STATE/shared/snapshot" || return 1
	[ "$(stat -c %i "$volume/$1.shared")" = "$(stat -c %i "$STATE/shared/snapshot/$1.shared")" ] || return 1
	as quinn "$PROGRAMS/segment" twin "$2" "$volume/$1" "$STATE/shared/snapshot/$1.shared"
	labels_of "$volume/$1" >"$STATE/twin"
	btrfs subvolume delete "$STATE/shared/snapshot" "$volume"
}

@test "memory of a file whose identity a snapshot's has as well, which is removed" {
	mount_btrfs
	twin rows "$SECRET/rows"
	[ "$(<"$STATE/twin")" = secret ]
	twin note "$PLAIN/note"
	[ -z "$(<"$STATE/twin")" ]
}
