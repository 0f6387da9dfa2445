#!/bin/sh
# interop_gbench.sh - google/benchmark writes, bpi-perf reads and writes again, compare.py reads
# both and sees no difference; a run of our own is read by compare.py as well.
. tests/cli/common.sh
tools=/usr/share/benchmark
golden=tests/golden/interop
skip() {
    echo "skipped: $*"
    exit 77
}
[ -r $tools/compare.py ] || skip "compare.py is not installed (libbenchmark-tools)"
/usr/bin/python3 -c 'import scipy, numpy' 2>/dev/null || skip "python3-scipy is not installed"
compare() {
    PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 $tools/compare.py --no-color benchmarks "$1" "$2" >"$work/out" 2>"$work/err" ||
        fail "compare.py cannot read $1 and $2"
}

# same OLD NEW: the repetitions of both files have equal times, to the printed digits.
same() {
    /usr/bin/python3 - "$1" "$2" <<'EOF' || fail "$1 and $2 differ"
import json, sys
scale = {"ns": 1, "us": 1e3, "ms": 1e6, "s": 1e9}
def times(path):
    found = []
    for b in json.load(open(path))["benchmarks"]:
        if b.get("run_type") != "aggregate" and not b.get("error_occurred"):
            found.append((b["run_name"], b["iterations"], b["threads"], b["real_time"] * scale[b["time_unit"]]))
    return found
old, new = times(sys.argv[1]), times(sys.argv[2])
assert len(old) == len(new) and len(old) > 0, (len(old), len(new))
for a, b in zip(old, new):
    assert a[:3] == b[:3] and abs(a[3] - b[3]) <= 1e-12 * a[3], (a, b)
EOF
}

for which in old new single; do
    run 0 export "$golden/gbench_$which.json" --format gbench --output "$work/$which.json"
    same "$golden/gbench_$which.json" "$work/$which.json"
done
compare "$work/old.json" "$work/new.json"
has out BM_Sum/64
has out BM_Sum/64_pvalue
# In the same unit both files say the same: a ratio of 1 in every row of a repetition.
compare $golden/gbench_old.json "$work/old.json"
grep -E '^BM_Sum/(64|1024) ' "$work/out" | awk '$2 != "+0.0000" { exit 1 }' || fail "times changed on the way"

# Freshly written ones, where the library is installed.
if command -v g++ >/dev/null && g++ -O1 $golden/gbench.cc -o "$work/gb" -lbenchmark -lpthread 2>/dev/null; then
    for which in a b; do
        "$work/gb" --benchmark_repetitions=3 --benchmark_min_time=0.01 --benchmark_format=json >"$work/$which.json" 2>/dev/null ||
            fail "the benchmark program failed"
    done
    # BM_Fails fails on both sides, so the status is 0 or, after a real change, 1.
    "$bpi" benchmark compare --baseline "$work/a.json" --current "$work/b.json" >"$work/out" 2>"$work/err"
    [ $? -le 1 ] || fail "compare of fresh files"
    has out 'spread between processes is unknown'
    run 0 export "$work/a.json" -f gbench -o "$work/c.json"
    same "$work/a.json" "$work/c.json"
    compare "$work/a.json" "$work/c.json"
else
    echo "libbenchmark-dev or g++ is missing: only stored files were read"
fi

# shellcheck disable=SC2086
measured run null/step $brief --no-references --save "$work/own.json"
run 0 export "$work/own.json" -f gbench -o "$work/own_gb.json"
compare "$work/own_gb.json" "$work/own_gb.json"
has out null/step
