#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
# What the Makefile promises about what it builds.

bats_require_minimum_version 1.5.0

ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd -P)

# Not the make that may run this test: its flags are not meant here.
make_bpf() {
	env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$1" O="$2" bpf >/dev/null
}

# build_bpf FOLDER [NAME]: a copy of the sources there, and its BPF object.
build_bpf() {
	mkdir -p "$1"
	cp -r "$ROOT/Makefile" "$ROOT/bpf" "$ROOT/include" "$ROOT/user" "$ROOT/tests" "$1"
	make_bpf "$1" "$1/${2:-build}"
}

@test "the BPF object has the same bytes from any folder" {
	build_bpf "$BATS_TEST_TMPDIR/one"
	build_bpf "$BATS_TEST_TMPDIR/another/place" out
	[ -s "$BATS_TEST_TMPDIR/one/build/sluice.bpf.o" ]
	cmp "$BATS_TEST_TMPDIR/one/build/sluice.bpf.o" "$BATS_TEST_TMPDIR/another/place/out/sluice.bpf.o"
}

@test "another program gives other bytes" {
	build_bpf "$BATS_TEST_TMPDIR/one"
	cp "$BATS_TEST_TMPDIR/one/build/sluice.bpf.o" "$BATS_TEST_TMPDIR/before"
	sed -i 's/SLUICE_SUBJECT_PROCESS;/SLUICE_SUBJECT_EXECUTABLE;/' "$BATS_TEST_TMPDIR/one/bpf/event.bpf.h"
	make_bpf "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/one/build"
	run ! cmp -s "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/one/build/sluice.bpf.o"
}
