#!/bin/sh
# alerts.sh - a gate tells commands, web addresses and mailboxes, on servers that are started here;
# what goes wrong with that is a warning and changes no status.
. tests/cli/common.sh
command -v python3 >/dev/null || { echo "skipped: python3 is not installed"; exit 77; }
server=$PWD/tests/cli/alert_server.py
cd "$work" || exit 1
unset http_proxy https_proxy all_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
export no_proxy='*'
servers=
stop() {
    # shellcheck disable=SC2086
    [ -z "$servers" ] || kill $servers 2>/dev/null
    rm -rf "$work"
}
trap stop EXIT

# serve MODE: a server; its port in $port, what it hears in MODE.log.
serve() {
    rm -f port "$1.log"
    : >"$1.log"
    python3 "$server" "$1" port "$1.log" &
    servers="$servers $!"
    tries=0
    until [ -s port ]; do
        tries=$((tries + 1))
        [ $tries -le 100 ] || fail "no server for $1"
        sleep 0.1
    done
    port=$(cat port)
}
heard() {
    grep -qF -e "$2" "$1.log" || { sed 's/^/    /' "$1.log" >&2; fail "the server $1 did not hear: $2"; }
}
gate() { printf '%s\n' "$@" >gate.yaml; }
rule='  - {cases: a, slower_by_at_most: 3%}'

# comparison RATIO: of the case "a€", exactly.
comparison() {
    cat >comparison.json <<JSON
{ "schema": "bpi-perf/comparison/1", "baseline": "old", "current": "new", "threshold_share": 0.05,
  "confidence": 0.99, "cases": [ { "id": "a€", "verdict": "slower", "ratio": $1,
    "low": $(awk "BEGIN { print $1 * 0.999 }"), "high": $(awk "BEGIN { print $1 * 1.001 }"), "pairs": 20 } ] }
JSON
}
bad() { run 1 gate --comparison comparison.json "$@"; }
comparison 1.05

# A command: JSON on standard input, its output on standard error.
gate 'budgets:' "$rule" 'alerts:' '  - command: "cat >told; echo heard"'
bad
grep -q '"outcome": "fail"' told || fail "the command was not told"
has err heard
lacks out heard
rm told
bad --json # standard output stays a document
python3 -m json.tool out >/dev/null || fail "--json is no JSON beside a command"
gate 'budgets:' "$rule"
bad --alert 'command=exit 3' --alert 'command=kill -9 $$'
has err "an alert was not delivered: command 'exit 3': status 3"
has err 'killed by signal 9'
gate 'budgets:' "$rule" 'alerts:' '  - {command: "sleep 50", timeout: 200ms}'
bad
has err 'not ended within 200 ms'
gate 'budgets:' "$rule" 'alerts:' '  - {command: "true </dev/null"}' # does not read its input
bad
lacks err 'not delivered'

# When: on failure, always, on change.
gate 'budgets:' "$rule" 'alerts:' '  - {command: "echo f >>when"}' '  - {command: "echo a >>when", on: always}' \
    '  - {command: "echo c >>when", on: change}'
comparison 1.0
run 0 gate --comparison comparison.json
comparison 1.05
bad
bad
comparison 1.0
run 0 gate --comparison comparison.json
[ "$(tr -d '\n' <when)" = afacfaac ] || fail "told in this order: $(tr -d '\n' <when)"
rm when
run 0 gate --comparison comparison.json --alert-on always
[ "$(tr -d '\n' <when)" = fac ] || fail "--alert-on always told: $(tr -d '\n' <when)"
comparison 1.05

# Web: a hook and Slack, the address from the environment.
serve ok
gate 'budgets:' "$rule" 'alerts:' "  - webhook: http://127.0.0.1:$port/hook?secret=1" '  - slack: ${TEST_SLACK}'
TEST_SLACK=http://127.0.0.1:$port/slack bad
heard ok 'POST /hook?secret=1 application/json'
heard ok '"schema": "bpi-perf/gate/1"'
heard ok 'POST /slack application/json'
heard ok '{"text":"*bpi-perf gate gate: failed by 1 of 1 judgements'
lacks err 'not delivered'
bad
has err 'slack: the environment has no TEST_SLACK'
bad --alert 'slack=ftp://127.0.0.1/x'
has err 'slack: the address does not begin with https://'

serve broken
gate 'budgets:' "$rule"
bad --alert "webhook=http://user:pass@127.0.0.1:$port/secret"
has err "webhook http://127.0.0.1:$port: answered with HTTP status 500, 3 times"
lacks err secret
lacks err pass
[ "$(grep -c POST broken.log)" -eq 3 ] || fail "not three attempts"
serve recovering
bad --alert "webhook=http://127.0.0.1:$port/"
lacks err 'not delivered'
[ "$(grep -c POST recovering.log)" -eq 2 ] || fail "not two attempts"
serve moved
bad --alert "webhook=http://127.0.0.1:$port/"
has err 'HTTP status 302'
[ "$(grep -c POST moved.log)" -eq 1 ] || fail "a redirection was followed"
serve silent
gate 'budgets:' "$rule" 'alerts:' "  - {webhook: http://127.0.0.1:$port/, timeout: 300ms, retries: 1}" \
    "  - {email: a@example.org, from: b@example.org, smtp: smtp://127.0.0.1:$port, timeout: 300ms, retries: 0}"
bad
has err "webhook http://127.0.0.1:$port: no answer within 300 ms, 2 times"
has err "email smtp://127.0.0.1:$port: no answer within 300 ms"
gate 'budgets:' "$rule" 'alerts:' "  - {webhook: https://127.0.0.1:$port/, timeout: 300ms, retries: 0}"
bad
has err "webhook https://127.0.0.1:$port:"
gate 'budgets:' "$rule" 'alerts:' '  - {webhook: http://127.0.0.1:1/, retries: 1}'
bad
has err 'webhook http://127.0.0.1:1: '

# Mail.
serve smtp
gate 'gate: {name: "größe"}' 'budgets:' "$rule" 'alerts:' '  - email: a@example.org, b@example.org' \
    '    from: ci@example.org' "    smtp: smtp://127.0.0.1:$port"
bad
lacks err 'not delivered'
heard smtp 'MAIL FROM:<ci@example.org>'
heard smtp 'RCPT TO:<a@example.org>'
heard smtp 'RCPT TO:<b@example.org>'
heard smtp 'To: a@example.org, b@example.org'
heard smtp 'Subject: =?UTF-8?Q?'
heard smtp 'Content-Transfer-Encoding: quoted-printable'
python3 - smtp.log <<'PY' || fail "the mail does not read as it was meant"
import email, email.policy, sys
lines = open(sys.argv[1], encoding="utf-8").read().split("DATA\n", 1)[1]
mail = email.message_from_string(lines, policy=email.policy.default)
assert mail["Subject"].startswith("bpi-perf gate größe: failed by 1 of 1"), mail["Subject"]
body = mail.get_body().get_content()
assert "a€: time +5.00 %" in body, body
PY
gate 'budgets:' "$rule" 'alerts:' '  - email: a@example.org' '    from: ci@example.org' \
    "    smtp: smtp://127.0.0.1:$port" '    user: u' '    password: p'
bad # a password, and a server without encryption
has err 'not delivered: email'
grep -q AUTH smtp.log && fail "the password went over a plain connection"
gate 'budgets:' "$rule"
bad --alert 'email=no address' --smtp "smtp://127.0.0.1:$port" --mail-from ci@example.org
has err "email: 'no' is not an address"
serve smtp-refusing
bad --alert email=a@example.org --smtp "smtp://127.0.0.1:$port" --mail-from ci@example.org
has err "not delivered: email smtp://127.0.0.1:$port"
exit 0
