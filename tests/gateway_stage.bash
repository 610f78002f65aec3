# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: what tests of the gateway stand on: certificates, the user it runs as, a fake sluiced, the gateway itself. Must not
# own: its settings, or what it speaks with (gateway.bats, web_stage.bash). BUILD names the folder of the programs.

# The folder CA is the file's, and its certificates are for all users.
stage_ca() {
	export CA="$BATS_FILE_TMPDIR"
	chmod 0755 "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR"
	make_ca ca
}

make_ca() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$1" -keyout "$CA/$1.key" \
		-out "$CA/$1.pem" 2>/dev/null
	chmod 0644 "$CA/$1.pem"
}

# make_certificate NAME: by ca, for 127.0.0.1.
make_certificate() {
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" -keyout "$CA/$1.key" \
		-out "$CA/$1.csr" 2>/dev/null
	printf 'subjectAltName=IP:127.0.0.1\n' >"$CA/ext"
	openssl x509 -req -in "$CA/$1.csr" -CA "$CA/ca.pem" -CAkey "$CA/ca.key" -CAcreateserial -days 2 \
		-extfile "$CA/ext" -out "$CA/$1.pem" 2>/dev/null
	chmod 0644 "$CA/$1.pem"
}

# stage_gateway [FILE...]: its folder W with its state and these files, which are its user's.
stage_gateway() {
	W="$BATS_TEST_TMPDIR"
	mkdir "$W/state"
	chmod 0755 "$W"
	RUN_AS=()
	if [ "$(id -u)" = 0 ]; then
		chown nobody "$W/state" "$@"
		RUN_AS=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
	fi
	PIDS=()
	# What a build with --coverage counts, where the sandbox lets it be written.
	[ -z "${SLUICE_COVERAGE:-}" ] || RUN_AS+=(env "GCOV_PREFIX=$W/state/coverage")
}

stage_end() {
	local pid
	for pid in "${PIDS[@]}"; do
		kill "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
	done
	if [ -d "$W/state/coverage" ]; then
		cp -r "$W/state/coverage" "$(mktemp -d -p "$SLUICE_COVERAGE")"
	fi
	if [ -z "${BATS_TEST_COMPLETED:-}" ]; then
		tail -n 30 "$W"/*.log || true
	fi
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

# The program is there, and maybe nothing of it is ready.
run_gateway() {
	"${RUN_AS[@]}" "$BUILD/sluice-gateway" -v --config "$W/gateway.conf" --socket "$W/sock" --state "$W/state" \
		2>>"$W/gateway.log" 3>&- 9>&- &
	GATEWAY=$!
	PIDS+=("$GATEWAY")
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

# Two that nobody listens on.
free_ports() {
	python3 -c 'import socket
socks = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(s.getsockname()[1] for s in socks))'
}
