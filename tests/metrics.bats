#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# metrics.bats: "sluice metrics" against a daemon with canned answers: every number, the grammar of Prometheus' text format,
# and that the examples of alerts and dashboard ask for metrics that there are. What a real daemon counts:
# tests/vm/status.bats. SLUICE_BUILD: folder with sluice and tests/fake-control; default build/.

bats_require_minimum_version 1.5.0

setup() {
	cd "$BATS_TEST_DIRNAME/.." || return
	BUILD=${SLUICE_BUILD:-build}
	export SLUICE_SOCKET=$BATS_TEST_TMPDIR/control.sock
	FAKE=
}

teardown() {
	[ -z "$FAKE" ] || kill "$FAKE"
}

daemon() {
	"$BUILD/tests/fake-control" "$SLUICE_SOCKET" "$BATS_TEST_TMPDIR/log" "${1:-enforcing}" 3>&- &
	FAKE=$!
	for _ in $(seq 100); do
		[ ! -S "$SLUICE_SOCKET" ] || return 0
		sleep 0.05
	done
	return 1
}

# Names of the format, one line after the other (prometheus.io, exposition formats, 0.0.4).
good_format() {
	python3 -c '
import re, sys
name, types, seen, family = r"[a-zA-Z_:][a-zA-Z0-9_:]*", {}, set(), None
for line in sys.stdin.read().split("\n")[:-1]:
    if m := re.fullmatch(rf"# HELP ({name}) \S.*", line):
        assert m[1] not in types, "twice: " + line
        family = m[1]
    elif m := re.fullmatch(rf"# TYPE ({name}) (counter|gauge|histogram)", line):
        assert m[1] == family, line
        types[family] = m[2]
    else:
        m = re.fullmatch(rf"({name})(\{{({name}=\"[^\"\\\n]*\",?)*\}})? (-?[0-9.]+|\+Inf)", line)
        assert m, "no sample: " + line
        base = re.sub("_(bucket|sum|count)$", "", m[1]) if types[family] == "histogram" else m[1]
        assert base == family, "not with its family: " + line
        assert (types[family] == "counter") == m[1].endswith("_total"), line
        assert (m[1], m[2]) not in seen, "twice: " + line
        seen.add((m[1], m[2]))
assert len(seen) > 40, len(seen)'
}

@test "every line is in the format, with a type and a meaning" {
	daemon
	run -0 "$BUILD/sluice" metrics
	good_format <<<"$output"
	if type promtool; then
		promtool check metrics <<<"$output"
	fi
	# The check sees what is wrong.
	run ! good_format <<<"${output/$'\nsluice_up 1'/$'\nsluice_up one'}"
	run ! good_format <<<"${output/\# TYPE sluice_grants gauge/}"
	run ! good_format <<<"$output"$'\nsluice_up 1'
}

@test "numbers of the kernel, of requests, of waiting times and of maps stand where they belong" {
	local line

	daemon
	run -0 "$BUILD/sluice" metrics
	for line in 'sluice_up 1' 'sluice_build_info{version="0.1-test",kernel="6.1.0-test"} 1' 'sluice_enforcing 1' \
		'sluice_start_time_seconds 1795348800.000' 'sluice_heartbeat_age_seconds 0.250' 'sluice_requests_pending 2' \
		'sluice_processes_held 1' 'sluice_requests_opened_total 9' \
		'sluice_requests_closed_total{outcome="approved"} 3' 'sluice_requests_closed_total{outcome="denied"} 2' \
		'sluice_requests_closed_total{outcome="expired"} 0' 'sluice_requests_closed_total{outcome="gone"} 1' \
		'sluice_actions_stopped_total 21' 'sluice_events_dropped_total 22' 'sluice_grants_used_total 23' \
		'sluice_events_lost_total 24' 'sluice_journal_entries_total 123' 'sluice_gateway_connected 1' \
		'sluice_requests_delivered_total 11' 'sluice_hold_seconds_bucket{le="1"} 1' \
		'sluice_hold_seconds_bucket{le="5"} 3' 'sluice_hold_seconds_bucket{le="28800"} 3' \
		'sluice_hold_seconds_bucket{le="+Inf"} 4' 'sluice_hold_seconds_sum 40123.456' 'sluice_hold_seconds_count 4' \
		'sluice_map_entries{map="objects"} 100' 'sluice_map_capacity{map="objects"} 1048576'; do
		grep -qxF "$line" <<<"$output" || { echo "missing: $line"; echo "$output"; false; }
	done
}

@test "no daemon: sluice_up is 0, in the format; not root: nothing, with the reason" {
	run -3 --separate-stderr "$BUILD/sluice" metrics
	[ "$(grep -v '^#' <<<"$output")" = 'sluice_up 0' ]
	daemon not-root
	run -5 --separate-stderr "$BUILD/sluice" metrics
	[ -z "$output" ]
	# shellcheck disable=SC2154
	[[ $stderr == *'only root'* ]]
}

@test "alerts and dashboard ask for metrics that there are" {
	local name

	daemon
	"$BUILD/sluice" metrics >"$BATS_TEST_TMPDIR/metrics"
	python3 -c 'import json, sys; json.load(open(sys.argv[1]))' user/examples/prometheus/grafana.json
	[ "$(grep -ohE 'sluice_[a-z_]+' user/examples/prometheus/*.{yml,json} | sort -u | wc -l)" -gt 15 ]
	# shellcheck disable=SC2013 # one word a line
	for name in $(grep -ohE 'sluice_[a-z_]+' user/examples/prometheus/*.{yml,json} | sort -u); do
		grep -q "^${name}[{ ]" "$BATS_TEST_TMPDIR/metrics" || { echo "no metric: $name"; false; }
	done
	if type promtool; then
		promtool check rules user/examples/prometheus/alerts.yml
	fi
}
