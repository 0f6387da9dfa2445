#!/bin/sh
# alm_balance.sh - how policies spread requests over servers of a user, and every mistake.
. tests/cli/common.sh

cat >"$work/servers" <<'SERVERS'
# name weight latency
alpha  4  2.5
beta   2
gamma  1  1   # the last
SERVERS

run 0 alm balance "$work/servers" --requests 20000
has out '3 servers, 20000 requests of 12 clients in virtual time; then alpha is down, and as many'
for policy in round_robin weighted_round_robin least_connections weighted_least_connections \
    two_choices latency maglev adaptive; do
    grep -q "^$policy " "$work/out" || fail "$policy is not shown"
done
cp "$work/out" "$work/first"
run 0 alm balance - --requests 20000 <"$work/servers"
cmp -s "$work/out" "$work/first" || fail "the same question has another answer"
run 0 alm balance "$work/servers" --requests 20000 --seed 2
cmp -s "$work/out" "$work/first" && fail "another seed has the same answer"

# weighted in turn is exact: 4/7, 2/7, 1/7 and then 2/3, 1/3
run 0 alm balance "$work/servers" --requests 21000 --policy weighted_round_robin
has out 'weighted_round_robin         1.000   1.000'
has out '  alpha       4        2.5  57.14%        12000         down'
has out '  beta        2          1  28.57%         6000        14000'
has out '  gamma       1          1  14.29%         3000         7000'

if command -v python3 >/dev/null; then
    json() {
        python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
p = {q["policy"]: q for q in d["policies"]}
assert eval(sys.argv[2]), (sys.argv[2], d)' "$work/out" "$1" || fail "JSON: $1"
    }
    run 0 alm balance --servers 10 --requests 50000 --down server-3 --json
    json 'len(p) == 8 and len(d["servers"]) == 10 and d["down"] == "server-3"'
    json 'all(sum(q[w]["requests"]) == 50000 for q in p.values() for w in ("before", "after"))'
    json 'all(q["after"]["requests"][2] == 0 for q in p.values())'
    json 'p["round_robin"]["before"]["requests"] == [5000] * 10'
    json 'all(1 <= q["before"]["busiest"] < 1.3 and q["before"]["idlest"] > 0.7
        for q in p.values())'
    # what hashes keeps flows where they are, what does not, does not
    json 'p["maglev"]["flows_moved"] < 0.1 * p["maglev"]["flows_seen"]'
    json 'p["round_robin"]["flows_moved"] > 0.5 * p["round_robin"]["flows_seen"]'
    json 'all(0 <= q["requests_lost"] <= d["clients"] for q in p.values())'
    run 0 alm balance --servers 1 --json --policy maglev,maglev
    json 'list(p) == ["maglev"] and p["maglev"]["after"] is None'
fi
run 0 alm balance --servers 1
lacks out down
"$bpi" alm balance --servers 3 --requests 1000 | grep -q maglev || fail "not through a pipe"

# mistakes
run 2 alm balance
has err 'alm balance needs a file of servers or --servers N, and not both'
run 2 alm balance "$work/servers" --servers 3
has err 'and not both'
run 2 alm balance --servers 1025
has err '--servers: 1025 is not between 1 and 1024'
run 2 alm balance --servers 3 --policy fastest
has err "'fastest' is not one of round_robin,"
run 2 alm balance "$work/servers" --down betta
has err "no server 'betta'; the nearest is 'beta'"
run 2 alm balance "$work/nothing"
has err 'nothing: No such file'
: >"$work/bad"
run 2 alm balance "$work/bad"
has err 'bad: there is no server in it; a line is: name weight [latency_ms]'
for row in 'a:line 1: 1 field; name and weight' 'a 0:line 1: weight: 0 is not between 1 and 65535' \
    'a 1 -1:line 1: latency: -1 is not between' 'a 1 2 3:line 1: more than 3 fields' \
    'a 1.5:line 1: weight: .1.5. is not a whole number'; do
    echo "${row%%:*}" >"$work/bad"
    run 2 alm balance "$work/bad"
    grep -q "bad: ${row#*:}" "$work/err" || fail "standard error lacks: ${row#*:}"
done

# Ctrl-C ends it at once, with nothing on standard output
timeout --preserve-status -s INT 0.5 "$bpi" alm balance --servers 1000 --policy least_connections \
    --requests 100000000 >"$work/out" 2>"$work/err"
got=$?
[ $got -eq 130 ] || fail "status $got and not 130 after an interrupt"
[ ! -s "$work/out" ] || fail "half an answer"
