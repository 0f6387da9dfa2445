#!/bin/sh
# trend.sh - cases over time as a user asks for them.
. tests/cli/common.sh
small="null/step null/empty $brief --no-references"

run 2 history trend null/step
has err "no run of the history has the case 'null/step'"
run 0 history changes
has out '0 changes in 0 cases'
for _ in 1 2 3; do
    # shellcheck disable=SC2086
    measured run $small
done

LC_ALL=C.UTF-8 "$bpi" history trend null/step >"$work/out" 2>"$work/err" || fail "no trend"
has out '●'
has out '└'
has out 'Too few runs to see a change: 10 are needed.'
[ "$(grep -c '^20' "$work/out")" -eq 3 ] || fail "the runs are not listed"
grep -q "$(printf '\033')" "$work/out" && fail "colour in a file"
LC_ALL=en_US.ISO-8859-1 "$bpi" history trend null/step --color always >"$work/out" 2>"$work/err" || fail "no trend"
has out "$(printf '\033')"
lacks out '●'
has out 'o'
run 0 history trend null/step --json
has out '"schema": "bpi-perf/trend/1"'
has out '"changes": []'
run 0 history trend null/step --csv
[ "$(wc -l <"$work/out")" -eq 4 ] || fail "not a row for each run"
run 0 history trend null/step --markdown
has out '# Trend of null/step'
run 0 history trend null/step --output "$work/trend.txt"
[ -s "$work/trend.txt" ] || fail "--output wrote nothing"
run 2 history trend null/step --significance 0.9
has err '--significance'
run 2 history trend
run 0 history changes null/
has out '0 changes in 2 cases'
run 0 history changes 'null/s*' --json --correction bh
has out '[]'
run 2 history changes nosuch
has err "no case of the history matches 'nosuch'"
