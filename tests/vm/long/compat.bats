#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# compat.bats: ordinary software behaves under the agent as without it. The software is the Python interpreter, and what
# says how it behaves are its own tests (libpython3.11-testsuite), run three times: without the agent, with it while no
# label is met, and on labeled data with rules that allow all. Runs in a guest (lib.bash).

bats_require_minimum_version 1.5.0
# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/../lib.bash"

# An hour at most for one run in emulation; a second try of a whole run would hide what the first has found.
export BATS_TEST_TIMEOUT=3600
export BATS_TEST_RETRIES=0

# What Sluice touches: files, processes, memory, pipes, signals, terminals and sockets. Not what works in memory alone, and not
# test_sqlite3 and such, which this release of Debian leaves out. On one kernel all of these, on the others the first:
# each is run three times, in emulation.
SHORT="test_posix test_os test_mmap test_fcntl test_fileio test_shutil test_tempfile test_select test_fork1 test_wait4 \
test_socketserver test_eintr"
FULL="$SHORT test_file test_pty test_selectors test_epoll test_shelve test_dbm test_popen test_openpty test_signal \
test_threading test_socket test_subprocess test_asyncio.test_unix_events \
test_asyncio.test_subprocess test_asyncio.test_streams"
[[ $(uname -r) == 6.12.* ]] || FULL=$SHORT
read -ra MODULES <<<"${SLUICE_COMPAT_MODULES:-$FULL}"

ALLOW=$(for action in open write egress credential; do
	printf '[Rule %s]\nAction=%s\nLabels=secret\nVerdict=audit\n' "$action" "$action"
done)

# suite NAME FOLDER [MODULE...]: run them with their files below FOLDER; the outcomes go to NAME.xml.
suite() {
	local work=$2/work-$1 name=$1
	shift 2

	mkdir -p "$work" && chown paul: "$work"
	as paul env HOME="$work" TMPDIR="$work" python3.11 -m test --tempdir "$work" --timeout 600 \
		--junit-xml "$work/outcomes" "$@" >"$STATE/$name.log" 2>&1 || true
	cp "$work/outcomes" "$STATE/$name.xml" || { tail -n 30 "$STATE/$name.log"; return 1; }
}

# same_as_without NAME: the outcomes are those without the agent.
same_as_without() {
	local differ

	differ=$("$BATS_TEST_DIRNAME/results" "$STATE/without.xml" "$STATE/$1.xml") && { echo "$differ"; return; }
	echo "$differ"
	return 1
}

setup_file() {
	stop_sluiced TERM
	sluiced --detach
	suite without "$PLAIN" "${MODULES[@]}"
	run_sluiced
}

@test "without the agent most cases pass" {
	run -0 "$BATS_TEST_DIRNAME/results" "$STATE/without.xml"
	echo "$output"
}

@test "the same with the agent, when no label is met" {
	set_policy "$ALLOW"
	suite unlabeled "$PLAIN" "${MODULES[@]}"
	same_as_without unlabeled
	refute journal_has_now '.type == "event.read" and .subject.user == "paul"'
}

@test "the same on labeled data, when the rules allow all" {
	set_policy "$ALLOW"
	suite labeled "$SECRET" "${MODULES[@]}"
	journal_has '.type == "event.read" and .subject.user == "paul"'
	same_as_without labeled
}

@test "the comparison finds what a rule refuses" {
	set_policy "[Rule read]
Action=open
Labels=secret
Verdict=deny"
	suite refused "$SECRET" test_shelve test_fileio
	run -1 same_as_without refused
	[[ $output =~ "passed, then "(failure|error) ]]
}
