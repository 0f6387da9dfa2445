#!/bin/sh
# interop.sh - files of other tools on the command line: import, export, what is refused and how.
. tests/cli/common.sh
golden=tests/golden/interop

run 2 export latest
has err 'export needs --format FORMAT'
run 2 export $golden/hyperfine.json --format hyperfine2
has err hyperfine2
run 2 export $golden/hyperfine.json --format criterion
has err '--output FOLDER'
run 2 export $golden/bencher.json --format benchfmt
has err 'has samples'
run 2 import $golden/hyperfine.json --no-history
has err '--save FILE'

# into the history, once
run 0 import $golden/gbench_old.json
has out '4 cases, kept in the history'
has err 'user counters'
run 0 import $golden/gbench_old.json --quiet
has out 'was in the history before'
[ ! -s "$work/err" ] || fail "--quiet still says something"
run 0 history
[ "$(grep -c complete "$work/out")" -eq 1 ] || fail "one file is not one run"
run 0 report latest
has out BM_Sum/64
run 0 import $golden/criterion --save "$work/c.json" --no-history
run 0 verify "$work/c.json"
has out '(your key)'
run 0 report "$work/c.json" --csv
has out sum/iter/1000
run 0 import $golden/hyperfine.json --no-history --save -
has out '"imported_from"'

# every format to every format
run 2 export $golden/criterion --format hdr
has err 'samples of 100 ns or more'
run 0 export $golden/hyperfine.json --format hdr --output "$work/x"
run 0 report "$work/x"
for from in gbench_old.json hyperfine.json go_old.txt criterion; do
    for to in gbench hyperfine benchfmt bencher openmetrics; do
        run 0 export $golden/$from --format $to --output "$work/x"
        run 0 report "$work/x"
    done
    run 0 export $golden/$from --format criterion --output "$work/x.criterion"
    run 0 report "$work/x.criterion"
    rm -rf "$work/x.criterion"
done
run 0 export $golden/go_old.txt --format benchfmt
has out BenchmarkSum-2
run 0 report tests/data/measure/jhiccup-2.0.7.hlog
has err nanoseconds
run 0 report - <$golden/hyperfine.json
has out 'sleep 0.002'
run 0 benchmark compare --baseline $golden/criterion@older --current $golden/criterion --threshold 50
has out 'one process'
"$bpi" claims --run $golden/hyperfine.json >"$work/out" 2>"$work/err"
[ $? -le 1 ] || fail "claims of a file of hyperfine"
has out 'not run'

# what is refused
: >"$work/empty"
run 2 report "$work/empty"
has err 'it is empty'
run 2 report /bin/sh
has err 'it is no text'
echo 'hello, world' >"$work/text"
run 2 report "$work/text"
has err 'neither a run of bpi-perf nor google/benchmark JSON'
run 2 report "$work"
has err 'no criterion results'
run 2 report "$golden/criterion/copy 1000/new/sample.json"
has err 'name the folder'
run 2 report $golden/criterion@nosuch
has err "no folder 'nosuch'"
run 2 import $golden --format gbench
has err 'it is a folder'
run 2 import $golden/hyperfine.json --format gbench
has err "'benchmarks' is not a list"
head -c 500 $golden/gbench_old.json >"$work/cut.json"
run 2 report "$work/cut.json"
has err 'cut.json:'
head -c 700 $golden/hyperfine.json >"$work/cut.json"
run 2 benchmark compare --baseline "$work/cut.json" --current $golden/hyperfine.json
has err "--baseline: $work/cut.json:"
# 1 GB: refused by its size, not after it was read (the file has holes and is nearly free)
{ cat $golden/hyperfine.json; } >"$work/huge.json"
truncate -s 1G "$work/huge.json"
run 2 report "$work/huge.json"
has err 'huge.json: 1073741824 bytes'
run 2 import "$work/huge.json" --format hyperfine
has err 'huge.json: 1073741824 bytes'
truncate -s 100M "$work/huge.json"
run 2 report "$work/huge.json"
has err 'a file of hyperfine JSON may have'
