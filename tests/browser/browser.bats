#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# browser.bats: the gateway's page in Chromium, with an identity provider that nobody here wrote (oidc-provider). NODE_MODULES
# is the folder with the packages, BUILD the one with sluice-gateway and fake-sluiced, PICTURES where pictures are put.

setup_file() {
	export TOOLS="$BATS_TEST_DIRNAME/../tools"
	load ../web_stage
	stage_file
}

setup() {
	load ../web_stage
	stage
	cp "$BATS_TEST_DIRNAME"/*.mjs "$W"
	ln -s "$NODE_MODULES" "$W/node_modules"
}

teardown() {
	stage_end
}

# everything ALGORITHM
everything() {
	node "$W/provider.mjs" "$IDP" "$ISSUER" "$URL/callback" "$CA/host.pem" "$CA/host.key" "$1" >"$W/provider.log" 2>&1 3>&- &
	PIDS+=($!)
	wait_for curl -sf --cacert "$CA/ca.pem" "$ISSUER/.well-known/openid-configuration"
	start_sluiced
	start_gateway
	wait_for grep -q '^hello' "$W/sluiced.log"
}

play() {
	mkdir -p "${PICTURES:-$W/pictures}"
	node "$W/page.mjs" "$URL" "$W/orders" "${PICTURES:-$W/pictures}" 2>&1 | tee "$W/page.log"
	[ "${PIPESTATUS[0]}" = 0 ]
	[ "$(grep -c '^decision ' "$W/sluiced.log")" = 3 ]
	grep -q "^decision web A3 oidc $ISSUER u-erin r-de5c1 .* known partner\$" "$W/sluiced.log"
	grep -q "^decision web A3 oidc $ISSUER u-frank r-11fe2 .* deny" "$W/sluiced.log"
}

@test "reviewers decide in a browser; keys and tokens of oidc-provider, RS256" {
	everything RS256
	play
}

@test "the same with ES256" {
	everything ES256
	play
}
