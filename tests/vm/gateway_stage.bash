# shellcheck shell=bash disable=SC2034
# SPDX-License-Identifier: Apache-2.0
#
# Owns: what tests of the gateway stand on inside a guest, beside lib.bash: its user, which sluiced knows, a certificate, the
# gateway itself. Must not own: its settings, or what it speaks with (each .bats file). W is the test's folder, with
# "gateway.conf", "state" and "gateway.log".

add_gateway_user()
{
	id sluice-gateway >/dev/null 2>&1 || useradd -r -M -d / -s /usr/sbin/nologin sluice-gateway
}

# restart_sluiced [RULES]: it looks up the gateway's user when it starts.
restart_sluiced()
{
	stop_sluiced TERM
	write_policy "$@"
	run_sluiced
}

# make_certificate NAME: for 127.0.0.1, by an authority of its own (ca.pem), into this folder
make_certificate()
{
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$1.key" -out "$1.csr"
	printf 'subjectAltName=IP:127.0.0.1\n' >ext
	openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out "$1.pem"
	chmod 755 .
	chmod 644 ca.pem "$1.pem"
}

# Sets GATEWAY; it is not connected yet.
run_gateway()
{
	setpriv --reuid sluice-gateway --regid sluice-gateway --clear-groups sluice-gateway -v --config "$W/gateway.conf" \
		--state "$W/state" </dev/null >>"$W/gateway.log" 2>&1 3>&- &
	GATEWAY=$!
	echo "$GATEWAY" >"$W/gateway.pid"
}

# connected true|false
connected()
{
	[ "$(sluice status --json | jq .gateway.connected)" = "$1" ]
}

# hold_request: a process of paul's that is held for "rows": PID, ID
hold_request()
{
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	ID=$(request_for "$PID")
}

# end_held LOG...: the process of hold_request, and what a failed test wants to be seen
end_held()
{
	[[ -z ${PID-} ]] || kill -9 "$PID" 2>/dev/null || true
	close_all
	[[ ${BATS_TEST_COMPLETED-} ]] || tail -n 20 "$@"
}
