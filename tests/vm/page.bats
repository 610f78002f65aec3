#!/usr/bin/env bats
# SPDX-License-Identifier: Apache-2.0
#
# page.bats: from a held process to a person who has signed in, and back: sluiced and sluice-gateway with its page, a fake
# identity provider over TLS, and curl as the browser. The page alone is tested in tests/web.bats.

# shellcheck source=tests/vm/lib.bash
. "$BATS_TEST_DIRNAME/lib.bash"

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
	id sluice-gateway >/dev/null 2>&1 || useradd -r -M -d / -s /usr/sbin/nologin sluice-gateway
	mkdir -p "$W/state" "$W/idp"
	cd "$W" || return 1
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca -keyout ca.key -out ca.pem
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=host -keyout host.key -out host.csr
	printf 'subjectAltName=IP:127.0.0.1\n' >ext
	openssl x509 -req -in host.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out host.pem
	echo word >secret
	chmod 755 .
	chmod 600 secret host.key
	chmod 644 ca.pem host.pem
	cp host.key idp.key
	chown sluice-gateway state secret host.key
	printf '%s\n' '[Web]' "PublicURL=$URL" "CertificateFile=$W/host.pem" "KeyFile=$W/host.key" "Issuer=$ISSUER" \
		ClientId=sluice "ClientSecretFile=$W/secret" "CAFile=$W/ca.pem" >gateway.conf
	secret rows 'one,two'
	# sluiced looks up the gateway's user when it starts.
	stop_sluiced TERM
	write_policy "$RULES"
	run_sluiced
	"$BATS_TEST_DIRNAME/../tools/fake-provider" --port 8444 --issuer "$ISSUER" --client sluice --secret word \
		--redirect "$URL/callback" --cert host.pem --key idp.key idp </dev/null >provider.log 2>&1 3>&- &
	echo $! >provider.pid
	setpriv --reuid sluice-gateway --regid sluice-gateway --clear-groups sluice-gateway -v --config "$W/gateway.conf" \
		--state "$W/state" </dev/null >gateway.log 2>&1 3>&- &
	echo $! >gateway.pid
	wait_until "$PATIENCE" connected
	wait_until "$PATIENCE" curl -s --cacert ca.pem "$ISSUER/keys"
}

teardown_file()
{
	kill "$(<"$W/provider.pid")" "$(<"$W/gateway.pid")"
}

setup()
{
	ensure_sluiced "$RULES"
	spawn paul cat "$SECRET/rows"
	wait_held "$PID"
	ID=$(request_for "$PID")
}

teardown()
{
	[[ -z ${PID-} ]] || kill -9 "$PID" 2>/dev/null || true
	close_all
	[[ ${BATS_TEST_COMPLETED-} ]] || tail -n 20 "$W/gateway.log" "$W/provider.log"
}

connected()
{
	[ "$(sluice status --json | jq .gateway.connected)" = true ]
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
