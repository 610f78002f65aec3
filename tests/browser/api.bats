#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# api.bats: the gateway's API and a webhook against libraries that nobody here wrote. NODE_MODULES is the folder with the
# packages, BUILD the one with sluice-gateway and fake-sluiced.

setup_file() {
	export TOOLS="$BATS_TEST_DIRNAME/../tools"
	load ../api_stage
	stage_ca
	make_certificate host
}

setup() {
	load ../api_stage
	stage
	cp "$BATS_TEST_DIRNAME/api.mjs" "$W"
	ln -s "$NODE_MODULES" "$W/node_modules"
}

teardown() {
	stage_end
}

@test "a validator takes the description, an EventSource hears events, the standard's library verifies a webhook" {
	export SECRET
	SECRET="whsec_$(openssl rand -base64 32)"
	"$TOOLS/fake-hook" --secret "$SECRET" --out "$W/events" --raw "$W/raw" --cert "$CA/host.pem" --key "$CA/host.key" \
		--port-file "$W/port" >"$W/hook.log" 2>&1 3>&- &
	PIDS+=($!)
	wait_for test -s "$W/port"
	echo "https://127.0.0.1:$(cat "$W/port")/in" >"$W/url"
	echo "$SECRET" >"$W/secret"
	chmod 0600 "$W/url" "$W/secret"
	[ "$(id -u)" != 0 ] || chown nobody "$W/url" "$W/secret"
	printf '%s\n' '[Webhook]' "WebhookFile=$W/url" "SecretFile=$W/secret" "CAFile=$CA/ca.pem" >>"$W/gateway.conf"
	everything
	wait_for test -s "$W/raw"
	URL="$URL" TOKEN="${TOKENS[all]}" ORDERS="$W/orders" RAW="$W/raw" NODE_EXTRA_CA_CERTS="$CA/ca.pem" node "$W/api.mjs"
}
