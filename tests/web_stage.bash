# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: the stage of the tests of the gateway's page: certificates, settings, a fake sluiced, the gateway. Must not own: the
# identity provider, or the browser. For web.bats and browser/browser.bats; TOOLS names tests/tools.

stage_file() {
	export CA="$BATS_FILE_TMPDIR"
	chmod 0755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca -keyout "$CA/ca.key" \
		-out "$CA/ca.pem" 2>/dev/null
	chmod 0644 "$CA/ca.pem"
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=host -keyout "$CA/host.key" \
		-out "$CA/host.csr" 2>/dev/null
	printf 'subjectAltName=IP:127.0.0.1\n' >"$CA/ext"
	openssl x509 -req -in "$CA/host.csr" -CA "$CA/ca.pem" -CAkey "$CA/ca.key" -CAcreateserial -days 2 \
		-extfile "$CA/ext" -out "$CA/host.pem" 2>/dev/null
	chmod 0644 "$CA/host.pem"
}

stage() {
	W="$BATS_TEST_TMPDIR"
	mkdir "$W/state" "$W/idp"
	cp "$CA/host.key" "$W/host.key"
	echo 'asecret/word' >"$W/secret"
	chmod 0600 "$W/secret" "$W/host.key"
	chmod 0755 "$W"
	RUN_AS=()
	if [ "$(id -u)" = 0 ]; then
		chown nobody "$W/state" "$W/secret" "$W/host.key"
		RUN_AS=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
	fi
	PIDS=()
	read -r PORT IDP < <(free_ports)
	URL="https://127.0.0.1:$PORT"
	ISSUER="https://127.0.0.1:$IDP"
	config
}

stage_end() {
	local pid
	for pid in "${PIDS[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		tail -n 30 "$W"/*.log || true
	fi
}

free_ports() {
	python3 -c 'import socket
socks = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(s.getsockname()[1] for s in socks))'
}

config() {
	printf '%s\n' '[Web]' "Listen=127.0.0.1:$PORT" "PublicURL=$URL" "CertificateFile=$CA/host.pem" \
		"KeyFile=$W/host.key" "Issuer=$ISSUER" ClientId=sluice "ClientSecretFile=$W/secret" "CAFile=$CA/ca.pem" \
		>"$W/gateway.conf"
}

start_sluiced() {
	mkfifo "$W/orders"
	"$BUILD/fake-sluiced" "$W/sock" <"$W/orders" >"$W/sluiced.log" 2>&1 3>&- &
	SLUICED=$!
	PIDS+=("$SLUICED")
	exec 9>"$W/orders"
	wait_for test -S "$W/sock"
}

order() {
	echo "$*" >&9
}

start_gateway() {
	"${RUN_AS[@]}" "$BUILD/sluice-gateway" -v --config "$W/gateway.conf" --socket "$W/sock" --state "$W/state" \
		2>>"$W/gateway.log" 3>&- 9>&- &
	GATEWAY=$!
	PIDS+=("$GATEWAY")
	wait_for curl -s --cacert "$CA/ca.pem" "$URL/style.css"
}

wait_for() {
	local i
	for ((i = 0; i < 150; i++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.1
	done
	echo "waited in vain for: $*"
	return 1
}
