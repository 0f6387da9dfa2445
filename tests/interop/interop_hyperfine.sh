#!/bin/sh
# interop_hyperfine.sh - hyperfine writes, bpi-perf reads and writes again; the fields that
# hyperfine's own scripts read are there with the same numbers.
. tests/cli/common.sh
golden=tests/golden/interop

# same OLD NEW: command, times and the statistics hyperfine makes of them.
same() {
    python3 - "$1" "$2" <<'EOF' || fail "$1 and $2 differ"
import json, sys
old, new = (json.load(open(p))["results"] for p in sys.argv[1:])
assert len(old) == len(new) > 0
for a, b in zip(old, new):
    assert a["command"] == b["command"] and a.get("parameters") == b.get("parameters")
    for key in "mean", "stddev", "median", "min", "max", "user", "system":
        assert abs(a[key] - b[key]) <= 1e-9 * max(abs(a[key]), 1e-9), (key, a[key], b[key])
    assert len(a["times"]) == len(b["times"])
    assert all(abs(x - y) <= 1e-12 * x for x, y in zip(a["times"], b["times"]))
EOF
}
if ! command -v python3 >/dev/null; then
    echo "skipped: python3 is not installed"
    exit 77
fi
for which in hyperfine hyperfine_parameters; do
    run 0 export $golden/$which.json --format hyperfine --output "$work/$which.json"
    same $golden/$which.json "$work/$which.json"
    cmp -s $golden/$which.json "$work/$which.json" && fail "nothing was written anew"
done
if ! command -v hyperfine >/dev/null; then
    echo "hyperfine is not installed: only stored files were read"
    exit 0
fi
hyperfine -N --runs 4 --export-json "$work/fresh.json" true 'sleep 0.001' >/dev/null 2>&1 || fail "hyperfine failed"
run 0 report "$work/fresh.json"
has out 'sleep 0.001'
run 0 export "$work/fresh.json" -f hyperfine -o "$work/again.json"
same "$work/fresh.json" "$work/again.json"
hyperfine -N --runs 3 -i --export-json "$work/failing.json" false >/dev/null 2>&1 || fail "hyperfine failed"
run 0 report "$work/failing.json"
has err '3 of 3 runs failed'
# hyperfine without times, as its --export-json never writes but jq users keep.
python3 -c 'import json,sys; d=json.load(open(sys.argv[1])); [r.pop("times") for r in d["results"]]; json.dump(d,open(sys.argv[2],"w"))' "$work/fresh.json" "$work/mean.json"
run 0 report "$work/mean.json"
has err 'their mean has no interval'
