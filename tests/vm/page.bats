#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# page.bats: from a held process to a person who has signed in, and back: sluiced and sluice-gateway with its page, a fake
# identity provider over TLS, and curl as the browser. The page alone is tested in tests/web.bats.

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"
# shellcheck source=tests/vm/gateway_stage.bash
. "$BATS_TEST_DIRNAME/gateway_stage.bash"

JOURNAL=/var/log/sluice/journal.jsonl
W=$STATE/page
URL=https://127.0.0.1:8443
ISSUER=https://127.0.0.1:8444

eval "people_of_the_base$(declare -f base_policy | sed 1d | sed '1s/^/() /')"
base_policy()
{
	people_of_the_base | sed -E "s#^\\[Person (.*)\\]#&\\nOIDC=$ISSUER u-\\1#"
	sluice-gateway --state "$W/state" --print-keys
}

RULES='[Rule secret]
Action=open
Labels=secret
Verdict=ask
Mode=hold
Reviewers=data
Tier=A3'

setup_file()
{
	add_gateway_user
	mkdir -p "$W/state" "$W/idp"
	cd "$W" || return 1
	make_certificate host
	echo word >secret
	chmod 600 secret host.key
	cp host.key idp.key
	chown sluice-gateway state secret host.key
	printf '%s\n' '[Web]' "PublicURL=$URL" "CertificateFile=$W/host.pem" "KeyFile=$W/host.key" "Issuer=$ISSUER" \
		ClientId=sluice "ClientSecretFile=$W/secret" "CAFile=$W/ca.pem" >gateway.conf
	secret rows 'one,two'
	restart_sluiced "$RULES"
	"$BATS_TEST_DIRNAME/../tools/fake-provider" --port 8444 --issuer "$ISSUER" --client sluice --secret word \
		--redirect "$URL/callback" --cert host.pem --key idp.key idp </dev/null >provider.log 2>&1 3>&- &
	echo $! >provider.pid
	run_gateway
	wait_until "$PATIENCE" connected true
	wait_until "$PATIENCE" curl -s --cacert ca.pem "$ISSUER/keys"
}

teardown_file()
{
	kill "$(<"$W/provider.pid")" "$(<"$W/gateway.pid")"
}

setup()
{
	ensure_sluiced "$RULES"
	hold_request
}

teardown()
{
	end_held "$W/gateway.log" "$W/provider.log"
}

# ask PERSON PATH [OPTION...]: one request of that person's browser; the body goes to $W/page, the status is printed.
ask()
{
	curl -s --max-time 60 --cacert "$W/ca.pem" -b "$W/jar-$1" -c "$W/jar-$1" -o "$W/page" -w '%{http_code}' "${@:3}" "$URL$2"
}

# sign_in PERSON: to the page of the request
sign_in()
{
	echo "u-$1" >"$W/idp/user"
	wait_until "$PATIENCE" shows "$1"
}

# shows PERSON: the page of the request, which the gateway may not know of yet
shows()
{
	[ "$(ask "$1" "/r/$ID" -L)" = 200 ] && grep -q "$SECRET/rows" "$W/page"
}

field()
{
	grep -oP "name=\"$1\" value=\"\\K[^\"]+" "$W/page" | tail -n 1
}

# decide PERSON VERDICT REASON: what stands on the page that the person has open
decide()
{
	[ "$(ask "$1" "/r/$ID" -H "Origin: $URL" --data-urlencode "token=$(field token)" --data-urlencode "digest=$(field digest)" \
		--data-urlencode "reason=$3" -d "verdict=$2" -d scope=once -d duration=60)" = 303 ]
	[ "$(ask "$1" "/r/$ID")" = 200 ]
}

@test "a held process goes on when a reviewer who has signed in approves on the page" {
	sign_in rita
	decide rita approve 'ticket 4711'
	exit_of "$PID" 0
	cmp "$OUT" "$SECRET/rows"
	jq -c --arg id "$ID" 'select(.type == "decision" and .request == $id)' "$JOURNAL" >"$W/entry"
	[ "$(jq -r '.person, .tier, .evidence.account.subject' "$W/entry" | xargs)" = 'rita A3 u-rita' ]
	# the token that the identity provider has signed is in the journal
	[ "$(jq -r '.evidence.evidence | fromjson | .id_token | split(".")[1] | gsub("-";"+") | gsub("_";"/") | @base64d |
		fromjson | .sub' "$W/entry")" = u-rita ]
	sluice journal verify || [ $? -eq 6 ] # a killed daemon has lost a key
}

@test "who stands behind the request is refused, and told so" {
	sign_in paul
	decide paul approve please
	grep -q 'stands behind this request' "$W/page"
	run grep -q 'value="approve"' "$W/page"
	[ "$status" -ne 0 ]
	held "$PID"
	# the neighbour, who denies
	sign_in rita
	decide rita deny no
	exit_of "$PID" 1
}

@test "whom the policy does not name is refused" {
	sign_in mallory
	decide mallory approve please
	grep -q 'belongs to no person' "$W/page"
	held "$PID"
}
