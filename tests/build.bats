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

# Two files of a product: one that runs in part, one that never does.
covered() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p user/{first,second} b/user/{first,second}
	cat >user/first/one.c <<-'END'
		static int called(int n)
		{
			if (n > 1)
				return 1;
			return 2;
		}
		int not_called(void);
		int not_called(void)
		{
			return 3;
		}
		int main(int argc, char **argv)
		{
			(void)argv;
			return called(argc) == 3;
		}
	END
	printf 'int other(void);\nint other(void)\n{\n\treturn 0;\n}\n' >user/second/two.c
	gcc -O0 --coverage -c user/first/one.c -o b/user/first/one.o
	gcc -O0 --coverage -c user/second/two.c -o b/user/second/two.o
	gcc --coverage b/user/first/one.o -o one
}

@test "coverage: lines, branches and what nobody calls, whether a file has run or not" {
	covered
	./one
	run -0 "$ROOT/tests/coverage/report" b
	echo "$output"
	[[ ${lines[1]} =~ ^\ +62\.5\ +50\.0\ +user/first/one\.c\ +not_called$ ]]
	[[ ${lines[2]} =~ ^\ +0\.0\ +-\ +user/second/two\.c\ +other$ ]]
	[[ ${lines[3]} == *'all of user/: 5 of 10 lines, 1 of 2 branches' ]]
	# What a program wrote elsewhere counts as well.
	GCOV_PREFIX=$BATS_TEST_TMPDIR/away ./one x
	run -0 "$ROOT/tests/coverage/report" --json b away
	[ "$(jq -c '.files[0]' <<<"$output")" = '{"file":"user/first/one.c","lines":[6,8],"branches":[2,2],"uncalled":["not_called"]}' ]
	run -1 "$ROOT/tests/coverage/report" away
	[[ $output == *'build with: make coverage'* ]]
}

# libraries PROGRAM: the names of those it asks the loader for.
libraries() {
	readelf -d "${SLUICE_BUILD:-$ROOT/build}/$1" | sed -nE 's/.*\(NEEDED\).*\[lib([^].]+)\.so.*/\1/p'
}

@test "sluiced has no library that speaks to the network, the gateway and the command line none for BPF" {
	libraries sluiced | grep -qx bpf
	libraries sluice-gateway | grep -qx curl
	libraries sluice | grep -qx jansson
	run ! grep -xE 'curl|microhttpd|wslay|ssl' <(libraries sluiced)
	run ! grep -xE 'bpf|elf' <(libraries sluice-gateway; libraries sluice)
}
