#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# teams.bats: what is said to Microsoft Teams, and believed of it, beside Microsoft's own programs. NODE_MODULES is the
# folder with the packages, BUILD the one with sluice and tests/check-bot-token.

setup() {
	W="$BATS_TEST_TMPDIR"
	cp "$BATS_TEST_DIRNAME"/*.mjs "$W"
	ln -s "$NODE_MODULES" "$W/node_modules"
	cd "$W" || return
}

@test "of the Connector's tokens none is taken that Microsoft's own validators refuse" {
	node token.mjs "$BUILD/tests/check-bot-token" 2>/dev/null
}

@test "the cards are read by Microsoft's renderer without anything that it does not know" {
	node card.mjs "$BATS_TEST_DIRNAME"/../data/cards/*.json
}

@test "the app package's manifest is what Microsoft's schema wants" {
	"$BUILD/sluice" teams-app --app-id 0a0a0a0a-1111-2222-3333-444444444444 --url https://approvals.example app.zip
	python3 -m zipfile -e app.zip app
	node manifest.mjs app/manifest.json
}
