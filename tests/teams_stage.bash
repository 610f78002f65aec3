# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Owns: a fake Teams over TLS on loopback, the settings of a gateway that posts there, and what both have heard. Must not own:
# the gateway's start (gateway_stage.bash, which is loaded first). TOOLS names tests/tools.

# In setup_file, after stage_ca.
stage_teams() {
	make_certificate teams
}

# start_teams [--answer X]...
start_teams() {
	rm -f "$W/port"
	"$TOOLS/fake-teams" --cert "$CA/teams.pem" --key "$CA/teams.key" --out "$W/posts" --port-file "$W/port" "$@" \
		>>"$W/teams.log" 2>&1 3>&- &
	PIDS+=($!)
	wait_for test -s "$W/port"
	secret "https://127.0.0.1:$(cat "$W/port")/workflows/1/triggers/manual/paths/invoke?sig=SECRET"
}

secret() {
	echo "$1" >"$W/teams.url"
	chmod 0600 "$W/teams.url"
	[ "$(id -u)" != 0 ] || chown nobody "$W/teams.url"
	config "CAFile=$CA/ca.pem"
}

# config LINE...
config() {
	printf '%s\n' '[Teams]' "WebhookFile=$W/teams.url" "$@" >"$W/gateway.conf"
}

stop_gateway() {
	kill "$GATEWAY"
	wait "$GATEWAY"
}

heard() {
	grep -qE -- "$1" "$W/sluiced.log"
}

# In bats a plain "! command" fails no test.
refute() {
	if "$@"; then return 1; fi
}

logged() {
	grep -qE -- "$1" "$W/gateway.log"
}

posts() {
	find "$W/posts" -name '*.json' | wc -l
}

# The texts of post $1, one run a line.
card() {
	python3 - "$W/posts/$1.json" <<-'PY'
		import json, sys
		card = json.load(open(sys.argv[1]))["body"]["attachments"][0]["content"]
		for block in card["body"]:
		    print("block" if "text" in block else "line", block.get("text", "") + "".join(r["text"] for r in block.get("inlines", [])))
	PY
}
