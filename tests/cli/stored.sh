#!/bin/sh
# stored.sh - what was kept can be listed, shown, compared, judged, verified and removed.
. tests/cli/common.sh
small="null/step $brief --no-references"

run 0 history list
has out 'holds no runs yet'
run 2 claims
has err 'latest'
# shellcheck disable=SC2086
measured run $small --save "$work/a.json"
# shellcheck disable=SC2086
measured run $small --save "$work/b.json"
run 0 history
[ "$(grep -c complete "$work/out")" -eq 2 ] || fail "two runs are not two lines"
run 0 history list --json
id=$(sed -n 's/^ *"id": "\(.*\)",*$/\1/p' "$work/out" | head -1)
[ ${#id} -eq 26 ] || fail "the list has no id: $id"
run 0 history show "$id"
has out null
run 0 history export "$id"
cmp -s "$work/out" "$work/b.json" || fail "export differs from what --save wrote"
run 0 history path
grep -q "^$work/state/" "$work/out" || fail "the history is elsewhere"
run 0 history trend null/step
[ "$(grep -c '^20' "$work/out")" -eq 2 ] || fail "the trend has not two lines"
run 2 history trend null/stepp
has err 'null/stepp'
run 0 report "$work/a.json" --format csv
has out null/step
run 0 report latest --markdown
has out '|'
run 2 report nosuchrun
has err "'nosuchrun' is neither a file nor a run of the history, nor a baseline"

"$bpi" benchmark compare --baseline "$work/a.json" --current "$work/b.json" --threshold 5.0 >"$work/out" 2>"$work/err"
[ $? -le 1 ] || fail "compare: status above 1"
has out null/step
run 0 benchmark compare --baseline "$work/a.json" --current "$work/a.json" --json
has out '"verdict"'
has out '"correction": "Holm"'
run 0 benchmark compare --baseline "$work/a.json" --current "$work/a.json" --correction bh
has out "Benjamini-Hochberg's correction"
run 2 benchmark compare --baseline "$work/a.json" --current "$work/a.json" --correction none
has err "--correction: 'none'"
run 2 benchmark compare --baseline /dev/null --current "$work/a.json"
has err '--baseline'
run 2 compare "$work/a.json" "$work/b.json" --budget 1s
has err "--budget: nothing is run, "

# Names of runs, and the check against one.
run 0 history baselines
has out 'holds no baselines yet'
run 0 history baselines main=latest
has out main
# shellcheck disable=SC2086
measured run $small --save-baseline other --regression-check --baseline-file main --threshold 90
has out 'same within 90 %'
run 0 history baselines --csv
grep -q '^other,' "$work/out" || fail "--save-baseline did not name the run"
run 0 benchmark compare --baseline main --current other --threshold 90
has out null/step
run 0 report main
run 0 history baselines other=
lacks out other
# A baseline that was six times as fast: the check fails, and the run gets no name. Two processes would
# not do: where one of them was disturbed, their interval is honest and says nothing.
sed -E '/"(value|low|high|median_ns|mean_ns|normalised_ns)": /s/: ([0-9.e+-]+)/: 0.25/' \
    "$work/b.json" >"$work/fast.json"
# shellcheck disable=SC2086
run 1 run $small --processes 6 --regression-check --baseline-file "$work/fast.json" --save-baseline worse
has out slower
has err "does not become the baseline 'worse'"
# shellcheck disable=SC2086
run 1 run $small --processes 6 --regression-check --baseline-file "$work/fast.json" --json
has err slower
grep -q '^}' "$work/out" || fail "the JSON document does not end the output"
run 0 history baselines
lacks out worse
for wrong in '--regression-check' '--baseline-file main' '--threshold 5' \
    '--save-baseline a/b' '--save-baseline x --no-history' \
    '--regression-check --baseline-file nosuchrun'; do
    # shellcheck disable=SC2086
    run 2 run $small $wrong
done
has err '--baseline-file'
run 2 history baselines main
has err 'is not NAME=ID'
run 2 history baselines x=nosuch
run 0 benchmark compare --baseline "$work/a.json" --current "$work/a.json" --threshold 0

run 0 verify "$work/a.json" "$work/b.json"
has out '(your key)'
# A changed byte anywhere in the numbers is found.
sed '0,/"min_ns": [0-9]/s/"min_ns": /&1/' "$work/a.json" >"$work/changed.json"
cmp -s "$work/a.json" "$work/changed.json" && fail "the test changed nothing"
run 1 verify "$work/changed.json"
has err changed.json
run 1 verify "$work/a.json" "$work/changed.json"
run 2 verify /nonexistent.json
run 1 verify /etc/os-release

run 0 claims --list
has out instrument.empty
"$bpi" claims >"$work/out" 2>"$work/err"
[ $? -le 1 ] || fail "claims: status above 1"
has out 'not run'
run 0 claims --run "$work/a.json" --json
has out '"state"'
run 0 history remove "$id"
run 2 history remove "$id"
run 0 doctor --build
has out version
