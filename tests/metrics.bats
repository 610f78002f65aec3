#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# metrics.bats: "sluice metrics" and the gateway's GET /metrics against daemons with canned answers: every number, the
# grammar of Prometheus' text format, who is shown them, and that the examples of alerts and dashboard ask for metrics that
# there are. What a real daemon counts: tests/vm/status.bats. SLUICE_BUILD: folder with sluice, sluice-gateway, fake-sluiced
# and tests/fake-control; default build/.

bats_require_minimum_version 1.5.0

setup_file() {
	load gateway_stage
	stage_ca
	make_certificate host
}

setup() {
	load gateway_stage
	cd "$BATS_TEST_DIRNAME/.." || return
	BUILD=${SLUICE_BUILD:-build}
	# shellcheck disable=SC2034 # for stage_end
	PIDS=()
	W="$BATS_TEST_TMPDIR"
	export SLUICE_SOCKET=$BATS_TEST_TMPDIR/control.sock
	FAKE=
}

teardown() {
	[ -z "$FAKE" ] || kill "$FAKE"
	stage_end
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

# served LINE...: a gateway with [Metrics] and these lines of it, and a fake sluiced, are there.
served() {
	cp "$CA/host.key" "$W/host.key"
	chmod 0600 "$W/host.key"
	stage_gateway "$W/host.key"
	read -r PORT _ < <(free_ports)
	URL=http://127.0.0.1:$PORT/metrics
	printf '%s\n' '[Metrics]' "Listen=127.0.0.1:$PORT" "$@" >"$W/gateway.conf"
	start_sluiced
	run_gateway
	wait_for grep -q '^hello' "$W/sluiced.log"
	wait_for bash -c ": >/dev/tcp/127.0.0.1/$PORT"
}

# scrape [OPTION...]: the status is printed, the body goes to $W/body.
scrape() {
	curl -s --max-time 20 --cacert "$CA/ca.pem" -o "$W/body" -D "$W/headers" -w '%{http_code}' "$@" "$URL"
}

token() {
	"$BUILD/sluice-gateway" --new-token prometheus >"$W/hash" 2>"$W/said"
	TOKEN=$(grep -o 'sluice_[A-Za-z0-9_-]*' "$W/said")
	chmod 0600 "$W/hash"
	[ "$(id -u)" != 0 ] || chown nobody "$W/hash"
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
assert len(seen) > int(sys.argv[1]), len(seen)' "${1:-40}"
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
		'sluice_decisions_total{answer="approve"} 4' 'sluice_decisions_total{answer="deny"} 2' \
		'sluice_map_entries{map="objects"} 100' 'sluice_map_capacity{map="objects"} 1048576'; do
		grep -qxF "$line" <<<"$output" || { echo "missing: $line"; echo "$output"; false; }
	done
}

@test "what each channel posted, tried again and gave up" {
	local line

	daemon channels
	run -0 "$BUILD/sluice" metrics
	good_format <<<"$output"
	for line in 'sluice_posts_total{notifier="teams",outcome="posted"} 41' \
		'sluice_posts_total{notifier="teams",outcome="retried"} 6' \
		'sluice_posts_total{notifier="teams",outcome="failed"} 1' \
		'sluice_posts_total{notifier="slack",outcome="posted"} 0'; do
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

@test "the gateway serves them, in the format, and sluiced is asked for each scrape" {
	served
	[ "$(scrape)" = 200 ]
	good_format <"$W/body"
	if type promtool; then
		promtool check metrics <"$W/body"
	fi
	grep -qi '^content-type: text/plain; version=0.0.4' "$W/headers"
	grep -qx 'sluice_up 1' "$W/body"
	grep -qx 'sluice_requests_opened_total 9' "$W/body"
	grep -qxF 'sluice_posts_total{notifier="teams",outcome="posted"} 7' "$W/body"
	grep -qxF 'sluice_map_entries{map="asks"} 3' "$W/body"
	[ "$(scrape)" = 200 ]
	[ "$(grep -c '^asked METRICS$' "$W/sluiced.log")" = 2 ]
	[ "$(scrape --head)" = 200 ]
	[ "$(scrape -X POST -d x)" = 405 ]
	URL=${URL%metrics}
	[ "$(scrape)" = 404 ]
}

@test "sluiced away: sluice_up is 0; it does not answer: not for ever, and it is asked once for all" {
	local pids=() pid

	served
	order mute
	for _ in 1 2 3 4 5; do
		curl -s --max-time 40 "$URL" >>"$W/late" 3>&- &
		pids+=($!)
	done
	wait_for grep -q '^asked STATUS$' "$W/sluiced.log"
	for pid in "${pids[@]}"; do wait "$pid"; done
	[ "$(grep -cx 'sluice_up 0' "$W/late")" = 5 ]
	[ "$(grep -c '^asked STATUS$' "$W/sluiced.log")" = 1 ]
	kill "$SLUICED"
	wait "$SLUICED" || true
	wait_for grep -q 'connection to sluiced ended' "$W/gateway.log"
	[ "$(scrape)" = 200 ]
	good_format 0 <"$W/body"
	[ "$(grep -v '^#' "$W/body")" = 'sluice_up 0' ]
}

@test "messages that wait are counted for each channel of the gateway" {
	read -r PORT CLOSED < <(free_ports)
	stage_gateway
	URL=http://127.0.0.1:$PORT/metrics
	echo "https://127.0.0.1:$CLOSED/hook" >"$W/url"
	chmod 0600 "$W/url"
	[ "$(id -u)" != 0 ] || chown nobody "$W/url"
	printf '%s\n' '[Metrics]' "Listen=127.0.0.1:$PORT" '[Teams]' "WebhookFile=$W/url" '[Teams b]' "WebhookFile=$W/url" \
		After=teams HandOverAfter=1h >"$W/gateway.conf"
	start_sluiced
	run_gateway
	wait_for grep -q '^hello' "$W/sluiced.log"
	order open r-1
	order open r-2
	wait_for grep -q '^delivery r-2 teams retrying' "$W/sluiced.log"
	[ "$(scrape)" = 200 ]
	good_format <"$W/body"
	grep -qxF 'sluice_gateway_messages{notifier="teams"} 2' "$W/body"
	grep -qxF 'sluice_gateway_messages{notifier="teams-b"} 2' "$W/body"
}

@test "with a token: only who shows it, over TLS where others may listen" {
	token
	served "TokenHashFile=$W/hash" "CertificateFile=$CA/host.pem" "KeyFile=$W/host.key"
	URL=https://127.0.0.1:$PORT/metrics
	[ "$(scrape)" = 401 ]
	grep -qi '^www-authenticate: Bearer' "$W/headers"
	run ! grep -q sluice_up "$W/body"
	[ "$(scrape -H 'Authorization: Bearer sluice_x')" = 401 ]
	[ "$(scrape -H "Authorization: Bearer $TOKEN")" = 200 ]
	grep -qx 'sluice_up 1' "$W/body"
	[ "$(grep -c '^asked METRICS$' "$W/sluiced.log")" = 1 ]
}

# refused TEXT LINE...: --check says so of a file of these lines
refused() {
	printf '%s\n' "${@:2}" >"$W/refused.conf"
	run -1 "$BUILD/sluice-gateway" --check --config "$W/refused.conf"
	[[ $output == *"$1"* ]] || { echo "$output"; false; }
}

@test "metrics are served to nobody by chance: not without the section, not beyond this host without token and TLS" {
	token
	printf '[Metrics]\n' >"$W/gateway.conf"
	run -0 "$BUILD/sluice-gateway" --check --config "$W/gateway.conf"
	[[ $output == *'metrics at http://127.0.0.1:9464/metrics'* ]]
	refused 'refused.conf:2: Listen=0.0.0.0:9464 can be reached from elsewhere: set CertificateFile=' \
		'[Metrics]' Listen=0.0.0.0:9464 "TokenHashFile=$W/hash"
	refused 'refused.conf:2: Listen=0.0.0.0:9464 can be reached from elsewhere: set TokenHashFile=' \
		'[Metrics]' Listen=0.0.0.0:9464 "CertificateFile=$CA/host.pem" "KeyFile=$CA/host.key"
	refused 'a second section [Metrics]' '[Metrics]' '[Metrics]'
	refused 'has no name' '[Metrics one]'
	refused 'unknown key' '[Metrics]' PublicURL=https://x.example
	echo "$TOKEN" >"$W/hash"
	refused 'does not hold 64 hex digits' '[Metrics]' "TokenHashFile=$W/hash"
}

# All that are named in the examples, one a line.
asked_for() {
	cat user/examples/prometheus/*.{yml,json} | grep -oE 'sluice_[a-z_]+' | sort -u
}

@test "alerts and dashboard ask for metrics that there are" {
	local name

	read -r PORT CLOSED < <(free_ports)
	stage_gateway
	URL=http://127.0.0.1:$PORT/metrics
	echo "https://127.0.0.1:$CLOSED/hook" >"$W/url"
	chmod 0600 "$W/url"
	[ "$(id -u)" != 0 ] || chown nobody "$W/url"
	printf '%s\n' '[Metrics]' "Listen=127.0.0.1:$PORT" '[Teams]' "WebhookFile=$W/url" >"$W/gateway.conf"
	start_sluiced
	run_gateway
	wait_for grep -q '^hello' "$W/sluiced.log"
	[ "$(scrape)" = 200 ]
	jq -e '.panels | length > 8' user/examples/prometheus/grafana.json
	[ "$(asked_for | wc -l)" -gt 20 ]
	for name in $(asked_for); do
		grep -q "^${name}[{ ]" "$W/body" || { echo "no metric: $name"; false; }
	done
	if type promtool; then
		promtool check rules user/examples/prometheus/alerts.yml
	fi
}
