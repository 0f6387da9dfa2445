#!/bin/sh
# not_run.sh - claims on networks that a run did not judge say why, and what would judge them.
. tests/cli/common.sh

# A run without rounds, whose settings say why there are none.
document() { # CONFIG
    printf '{"schema": "bpi-perf/run/1", "id": "01JD7Q2M8Z0123456789ABCDEF", "command": "bpi-perf benchmark",'
    printf '"started": "2026-01-31T12:00:00.000Z", "ended": "2026-01-31T12:00:09.250Z", "state": "complete",'
    printf '"confidence": 0.95, "host": [], "build": [], "config": [%s], "cases": [], "verdicts": []}\n' "$1"
}
document '{"name": "not_run.net", "value": "no rounds in real time: its links were late"}' >"$work/a.json"
document '' >"$work/b.json"

run 0 claims --run "$work/a.json" --json
python3 - "$work/out" <<'END' || fail "the claims do not say why they were not run"
import json, sys
rows = {r["id"]: r for r in json.load(open(sys.argv[1]))}
net = [r for r in rows.values() if r["id"].startswith("bpi.net.")]
assert len(net) >= 16, len(net)
for row in net:
    assert row["state"] == "not run", row
    assert row["why"].startswith("no rounds in real time: its links were late; bpi-perf network test-"), row
    assert row["why"].endswith(" --runs 10"), row
auth = rows["bpi.net.auth"]["why"]
assert auth.endswith("; bpi-perf network test-hermes --condition production --bandwidth 100Mbit/s --rate 200 "
                     "--class consensus --attack garbage --runs 10"), auth
assert "test-baseline --comparison-mode --condition poor" in rows["bpi.net.improvement_poor"]["why"]
for row in rows.values():
    assert row["id"].startswith("bpi.net.") or "real time" not in row["why"], row
END
run 0 claims --run "$work/b.json"
has out 'the run has no case net/hermes'
lacks out 'bpi-perf network'

# What it says is what judges the claim: the rounds have the claim's name.
"$bpi" claims --run "$work/a.json" --json >"$work/rows"
python3 - "$work/rows" >"$work/commands" <<'END'
import json, sys
for r in json.load(open(sys.argv[1])):
    if r["id"].startswith("bpi.net."):
        print(r["metric"].split(" ")[0], r["why"].split("; bpi-perf ")[-1])
END
grep -v 'attack garbage\|3000\|full' "$work/commands" | sort -u -k 1,1 >"$work/few"
[ -s "$work/few" ] || fail "no command is left to try"
while read -r id words; do
    # shellcheck disable=SC2086
    "$bpi" ${words% --runs 10} --messages 1 --virtual --json --no-history --save "$work/run.json" >"$work/out" 2>"$work/err"
    [ $? -le 1 ] || fail "the command of $id does not run: $words"
    wanted=$(echo "$id" | sed 's/:condition=[^,]*,/:*,/; s/time=real/time=virtual/')
    python3 - "$work/run.json" "$wanted" <<'END' || fail "the rounds of '$words' are not $id"
import json, re, sys
names = [re.sub(":condition=[^,]*,", ":*,", c["id"]) for c in json.load(open(sys.argv[1]))["cases"]]
assert sys.argv[2] in names, (sys.argv[2], names)
END
done <"$work/few"
