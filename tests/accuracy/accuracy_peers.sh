#!/bin/sh
# accuracy_peers.sh - `accuracy peers` with very little time: every tool is started, understood and
# has its rows.
. tests/accuracy/accuracy_common.sh
brief='--comparisons 1 --budget 100ms --kernels l1 --extra 0,50 --conditions quiet'

command -v hyperfine >/dev/null || { echo 'skipped: hyperfine is not installed'; exit 77; }
run 0 peers $brief --save "$work/peers.jsonl"
lines "$work/peers.jsonl" 3
has out '| hyperfine, Welch'
has out '| hyperfine, mean ± σ apart | l1 | quiet |'
has out '| bpi-perf compare, threshold 0 | l1 | quiet |'
cp "$work/out" "$work/first"
run 0 peers $brief --save "$work/peers.jsonl"
cmp -s "$work/out" "$work/first" || fail "the table of a complete file differs"
run 2 peers $brief --save "$work/peers.jsonl" --budget 1s
has err 'was made with other settings'

[ -x "$BUILD/tools/accuracy/accuracy_google_a" ] ||
    { echo 'skipped in part: google/benchmark was not there at build time'; exit 77; }
[ -f /usr/share/benchmark/compare.py ] && /usr/bin/python3 -c 'import scipy' 2>/dev/null ||
    { echo 'skipped in part: compare.py needs libbenchmark-tools and python3-scipy'; exit 77; }
cp "$work/first" "$work/out"
has out '| google/benchmark compare.py, U test of real time | l1 | quiet |'
has out '| google/benchmark compare.py, U test of CPU time | l1 | quiet |'
exit 0
