#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# demo.bats: the demonstration on the running kernel, as who has no need of a virtual machine plays it.

bats_require_minimum_version 1.5.0
load ../lib

# What the story could leave behind on a host.
traces() {
	ls -d /sys/fs/bpf/sluice* /etc/sluice /var/lib/sluice /var/log/sluice /run/sluice /srv/customers /srv/sluice 2>/dev/null
	pgrep -a 'sluice'
	ip netns list
	getent passwd
	findmnt -rno TARGET
}

@test "scripts/demo --here: every scene comes true, and nothing is left on the host" {
	traces >"$BATS_TEST_TMPDIR/before" || true
	# From a session, as on a host: who is in a service decides nothing.
	SLUICE_BUILD=$BUILD run systemd-run --quiet --scope --collect --unit=session-demo --slice=user-0.slice \
		scripts/demo --here --check
	echo "$output"
	[ "$status" = 0 ]
	[ "$(grep -c '^ok ' <<<"$output")" = 9 ]
	refute grep '^not ok' <<<"$output"
	traces >"$BATS_TEST_TMPDIR/after" || true
	diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}
