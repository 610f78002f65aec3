# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: the stage of the tests of the gateway's API: clients with tokens, and calls as they make them. Must not own: what
# all tests of the gateway stand on (gateway_stage.bash). TOOLS names tests/tools.

# shellcheck source=tests/gateway_stage.bash
. "${BASH_SOURCE[0]%/*}/gateway_stage.bash"

DIGEST=3f9a22c1d0e1f2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b
NONCE=000102030405060708090a0b0c0d0e0f

# No identity provider: there is the API only.
stage() {
	W="$BATS_TEST_TMPDIR"
	cp "$CA/host.key" "$W/host.key"
	chmod 0600 "$W/host.key"
	stage_gateway "$W/host.key"
	PORT=$(free_port)
	URL="https://127.0.0.1:$PORT"
	printf '%s\n' '[Web]' "Listen=127.0.0.1:$PORT" "PublicURL=$URL" "CertificateFile=$CA/host.pem" \
		"KeyFile=$W/host.key" >"$W/gateway.conf"
	declare -gA TOKENS=()
	client all 'Scopes=read decide events' Rate=6000
}

free_port() {
	python3 -c 'import socket
print(socket.create_server(("127.0.0.1", 0)).getsockname()[1])'
}

# client NAME LINE...: one more, with a token of its own
client() {
	"$BUILD/sluice-gateway" --new-token "$1" >"$W/$1.hash" 2>"$W/said"
	TOKENS[$1]=$(grep -o 'sluice_[A-Za-z0-9_-]*' "$W/said")
	chmod 0640 "$W/$1.hash"
	[ "$(id -u)" != 0 ] || chown nobody "$W/$1.hash"
	printf '%s\n' "[Client $1]" "TokenHashFile=$W/$1.hash" "${@:2}" >>"$W/gateway.conf"
}

start_gateway() {
	run_gateway
	wait_for curl -s --cacert "$CA/ca.pem" "$URL/api/v1/openapi.json"
}

# everything [REQUEST]: the whole stage, with one open request
everything() {
	start_sluiced
	start_gateway
	wait_for heard '^hello'
	order always 0 approved
	order open "${1:-r-abc123}"
	wait_for knows "${1:-r-abc123}"
}

# All orders until here have been obeyed.
obeyed() {
	order open r-mark
	wait_for knows r-mark
}

knows() {
	[ "$(call all "/requests/$1")" = 200 ]
}

heard() {
	grep -qE -- "$1" "$W/sluiced.log"
}

# In bats a plain "! command" fails no test.
refute() {
	if "$@"; then return 1; fi
}

# call CLIENT PATH [OPTION...]: the status is printed, the body goes to $W/body, the headers to $W/headers; CLIENT "-" has
# no token.
call() {
	local token=()
	[ "$1" = - ] || token=(-H "Authorization: Bearer ${TOKENS[$1]}")
	curl -s --max-time 20 --cacert "$CA/ca.pem" -o "$W/body" -D "$W/headers" -w '%{http_code}' "${token[@]}" "${@:3}" \
		"$URL/api/v1$2"
}

# post CLIENT PATH JSON [OPTION...]
post() {
	call "$1" "$2" -H 'Content-Type: application/json' --data-binary "$3" "${@:4}"
}

# body FILTER: of the last answer, by jq
body() {
	jq -r "$1" "$W/body"
}

# Of an answer of the client's own; MEMBER=JSON changes it, MEMBER= takes it out.
own() {
	local filter='.' change
	for change; do
		if [ "${change#*=}" = '' ]; then
			filter+=" | del(.${change%%=*})"
		else
			filter+=" | .${change%%=*} = ${change#*=}"
		fi
	done
	jq -nc "{verdict: \"approve\", digest: \"$DIGEST\", nonce: \"$NONCE\", reason: \"known partner\"} | $filter"
}

# decide CLIENT [MEMBER=JSON...]
decide() {
	post "$1" /requests/r-abc123/decision "$(own "${@:2}")"
}

# The body says what a problem says, and its detail what is given.
problem() {
	grep -qi '^content-type: application/problem+json' "$W/headers"
	[ "$(body .status)" = "$1" ]
	[ "$(body .type)" = about:blank ]
	[ -n "$(body .title)" ]
	[[ $(body .detail) == *"$2"* ]] || {
		body .detail
		return 1
	}
}

decided() {
	grep -c '^decision ' "$W/sluiced.log" || true
}
