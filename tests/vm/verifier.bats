#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# verifier.bats: what the BPF programs cost this kernel's verifier, as sluiced said when it loaded them. Before any file
# that empties sluiced's log.

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

# The kernel refuses a program of which it looked at a million: a release of it that looks at twice as many must do, too.
@test "no BPF program costs the verifier more than 300,000 instructions" {
	local costs links=(/sys/fs/bpf/sluice/*/link_*)

	costs=$(sed -n 's/.*\(sluice_[a-z0-9_]*\): the verifier looked at \([0-9]*\) instructions.*/\2 \1/p' "$STATE/sluiced.log" |
		sort -rn)
	head -n 3 <<<"$costs"
	(($(cut -d" " -f2 <<<"$costs" | sort -u | wc -l) >= ${#links[@]}))
	((${costs%% *} <= 300000))
}
