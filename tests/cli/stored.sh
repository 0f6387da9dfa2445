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
has err "'nosuchrun' is neither a file nor a run of the history"

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
