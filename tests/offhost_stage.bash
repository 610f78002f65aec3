# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: what tests of the journal's copies stand on: a journal of the real writer, and giving it to the gateway. Must not own:
# the places of the copies (offhost.bats, witness.bats). BUILD names the folder of the programs.

# stage_journal [FOLDER...]: the gateway's stage; the folders are its user's
stage_journal() {
	W="$BATS_TEST_TMPDIR"
	[ $# = 0 ] || mkdir "$@"
	stage_gateway "$@"
	J="$W/journal"
	# shellcheck disable=SC2119
	write_more
}

# write_more [MESSAGE]: by the real writer, which nobody but root may read then
# shellcheck disable=SC2120
write_more() {
	"$BUILD/tests/make-journal" "$J" "$W/key.pem" "$@"
	chmod 0600 "$J"
}

size() {
	stat -c %s "$J"
}

# Of a journal of several files: their bytes, and how many.
all_files() {
	find "$W" -maxdepth 1 -name 'journal.*[0-9]' -print0 | sort -z | xargs -0r cat
	cat "$J"
}

all_size() {
	all_files | wc -c
}

heard() {
	grep -qE -- "$1" "$W/sluiced.log"
}

heard_last() {
	tail -n1 "$W/sluiced.log" | grep -q -- "$1"
}

# greeted N: so many times
greeted() {
	[ "$(grep -c ^hello "$W/sluiced.log")" = "$1" ]
}

refute() {
	if "$@"; then return 1; fi
}

start_all() {
	start_sluiced
	run_gateway
	wait_for heard '^hello'
	order journal "$J"
}
