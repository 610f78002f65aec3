# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: the stage of the tests of the gateway's page: its settings and ports. Must not own: what all tests of the gateway
# stand on (gateway_stage.bash), the identity provider, or the browser. For web.bats and browser/browser.bats; TOOLS names
# tests/tools.

# shellcheck source=tests/gateway_stage.bash
. "${BASH_SOURCE[0]%/*}/gateway_stage.bash"

stage_file() {
	stage_ca
	make_certificate host
}

stage() {
	W="$BATS_TEST_TMPDIR"
	mkdir "$W/idp"
	cp "$CA/host.key" "$W/host.key"
	echo 'asecret/word' >"$W/secret"
	chmod 0600 "$W/secret" "$W/host.key"
	stage_gateway "$W/secret" "$W/host.key"
	read -r PORT IDP < <(free_ports)
	URL="https://127.0.0.1:$PORT"
	ISSUER="https://127.0.0.1:$IDP"
	config
}

config() {
	printf '%s\n' '[Web]' "Listen=127.0.0.1:$PORT" "PublicURL=$URL" "CertificateFile=$CA/host.pem" \
		"KeyFile=$W/host.key" "Issuer=$ISSUER" ClientId=sluice "ClientSecretFile=$W/secret" "CAFile=$CA/ca.pem" \
		>"$W/gateway.conf"
}

# The gateway, when its page is there.
start_gateway() {
	run_gateway
	wait_for curl -s --cacert "$CA/ca.pem" "$URL/style.css"
}
