#!/bin/sh
# claims_net.sh - what rounds of a network prove: one wrong delivery in any of them refutes, and rounds
# that do not know a number do not count for it.
. tests/cli/common.sh

measured network test-hermes --nodes 5 --messages 10 --message-size 1024 --latency 5ms --packet-loss 0% \
    --bandwidth none --virtual --runs 10 --no-history --save "$work/run.json"

# The rounds under the name of the claims', and with other numbers; what is kept is what collecting them gave.
document() { # STATEMENT
    python3 - "$work/run.json" "$work/doc.json" "$1" <<'END' || fail "the run is not as expected"
import json, sys
run = json.load(open(sys.argv[1]))
case = [c for c in run["cases"] if c["name"] == "net/hermes"][0]
case["id"] = ("net/hermes:condition=production,bandwidth=100Mbit/s,load=200,class=consensus,attack=garbage,"
              "auth=on,time=real")
series = {s["name"]: s for s in case["series"]}
wrong = series["wrong_deliveries"]
assert wrong["processes"] == 10 and wrong["high"] == 0, wrong
assert "goodput_under_attack" not in series
held = {"name": "goodput_under_attack", "unit": "1", "median": 1, "mean": 1, "low": 1, "high": 1,
        "typical": {"value": 1, "low": 1, "high": 1}, "processes": 10}
case["series"].append(held)
exec(sys.argv[3])
run["cases"], run["verdicts"] = [case], []
json.dump(run, open(sys.argv[2], "w"))
END
}
verdict() { # ID STATE WORDS
    "$bpi" claims --run "$work/doc.json" --json >"$work/out" 2>"$work/err"
    python3 - "$work/out" "$@" <<'END' || fail "$1 is not $2"
import json, sys
row, = [r for r in json.load(open(sys.argv[1])) if r["id"] == sys.argv[2]]
assert row["state"] == sys.argv[3] and sys.argv[4] in row["why"], row
END
}

document 'pass'
verdict bpi.net.auth proven '0 (exact) keeps <= 0'
verdict bpi.net.auth_rate proven keeps

# one wrong delivery in one of ten rounds, and in one of three
document 'wrong.update(mean=0.1, high=1, typical={"value": 0.1, "low": -0.13, "high": 0.33})'
verdict bpi.net.auth refuted '1 (exact) misses <= 0'
document 'wrong.update(mean=0.3, high=1, processes=3)'
verdict bpi.net.auth refuted misses
document 'wrong.update(processes=3)'
verdict bpi.net.auth undecided 'it needs 10 rounds, there were 3'

# ten rounds, of which two could say what was held
document 'held.update(processes=2)'
verdict bpi.net.auth_rate undecided 'it needs 10 rounds, there were 2'
# of older documents only the rounds are known
document 'del held["processes"]'
verdict bpi.net.auth_rate proven keeps
