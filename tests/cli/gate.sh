#!/bin/sh
# gate.sh - a gate on a real run and on comparisons that are written here: statuses, formats, files,
# GitHub, and every mistake a clear sentence.
. tests/cli/common.sh
cd "$work" || exit 1
# shellcheck disable=SC2086
"$bpi" run null/step $brief --no-references --save run.json >out 2>err
[ $? -le 1 ] || fail "run: status above 1"

gate() { printf '%s\n' "$@" >gate.yaml; }

# comparison VERDICT RATIO LOW HIGH: of one case, at 99 %.
comparison() {
    cat >comparison.json <<JSON
{ "schema": "bpi-perf/comparison/1", "baseline": "./old", "current": "./new",
  "threshold_share": 0.05, "confidence": 0.99, "correction": "Holm", "tests": 1,
  "caveats": ["made by a test"],
  "cases": [ { "id": "null/step", "verdict": "$1", "metric": "normalised_ns", "pairs": 20,
               "ratio": $2, "low": $3, "high": $4, "degrees_of_freedom": 19, "seconds": 2.5 } ] }
JSON
}

run 2 gate
has err "there is no gate.yaml here; name one with --file FILE, or begin with 'bpi-perf gate --init"
run 0 gate --init
cp out example.yaml
run 3 gate --file example.yaml --run run.json # no baseline
has out 'not run'
has out '--baseline RUN'

# Absolute.
gate 'budgets:' '  - {cases: null/, metric: median_ns, at_most: 1 s}'
run 0 gate --run run.json
has out 'gate: passed: 1 pass, 0 fail, 0 undecided, 0 not run'
run 0 gate
has out 'gate: passed' # the newest run
gate 'budgets:' '  - {cases: null/, metric: median_ns, at_most: 0.001 ns, undecided: fail}'
run 1 gate --run run.json
has out 'gate: failed by 1 of 1 judgements'
has out 'line 2'
gate 'budgets:' '  - {cases: enc/, metric: median_ns, at_most: 1 s}'
run 3 gate --run run.json
has out 'nothing could be judged'
has out 'no case matches this pattern'
gate 'gate: {missing: warn}' 'budgets:' '  - {cases: enc/, metric: median_ns, at_most: 1 s}'
run 0 gate --run run.json

# Relative, from a comparison.
gate 'budgets:' '  - {cases: null/, slower_by_at_most: 3%}'
comparison same 1.001 0.998 1.004
run 0 gate --comparison comparison.json
has out 'made by a test'
comparison slower 1.05 1.045 1.055
run 1 gate --comparison comparison.json --junit gate.xml --markdown gate.md
has out 'missed by 2.00 %'
if command -v xmllint >/dev/null; then xmllint --noout gate.xml || fail "gate.xml is no XML"; fi
grep -q '<failure type="fail"' gate.xml || fail "gate.xml has no failure"
[ "$(head -1 gate.md)" = '<!-- bpi-perf gate: gate -->' ] || fail "gate.md: $(head -1 gate.md)"
comparison undecided 1.03 1.02 1.04
run 0 gate --comparison comparison.json
has out undecided
gate 'gate: {undecided: fail}' 'budgets:' '  - {cases: null/, slower_by_at_most: 3%}'
run 1 gate --comparison comparison.json --json
has out '"outcome": "fail"'
has out '"verdict": "undecided"'
run 1 gate --comparison comparison.json --format csv
has out 'verdict,effect,line,rule,case'
run 1 gate --comparison comparison.json --output report.md --format markdown
grep -q undecided report.md || fail "--output wrote nothing"

# Two runs: those of `benchmark compare` are read too.
run 0 benchmark compare --baseline run.json --current run.json --json --output same.json
run 1 gate --comparison same.json
has out 'both files hold the same run'
run 1 gate --run run.json --baseline run.json
has out 'both files hold the same run'

# Claims.
gate 'claims: [instrument.*]'
run 3 gate --run run.json
has out 'claim instrument.empty'
gate 'claims:' '  - instrument.emtpy'
run 2 gate --run run.json
has err "gate.yaml:2: claims: there is no claim 'instrument.emtpy'"
mkdir -p ci
cat >ci/own.yaml <<'YAML'
claims:
  - { id: own.step, sentence: a step takes less than a second, case: null/step, metric: median_ns, bound: < 1 s }
YAML
printf 'claim_files: [own.yaml]\n' >ci/gate.yaml
run 0 gate --file ci/gate.yaml --run run.json
has out 'claim own.step'
lacks out 'claim instrument'
printf 'claim_files: [nowhere.yaml]\n' >ci/gate.yaml
run 2 gate --file ci/gate.yaml --run run.json
has err 'ci/nowhere.yaml'

# GitHub: annotations beside a report for people, elsewhere on standard error; files are appended to.
gate 'budgets:' '  - {cases: null/, slower_by_at_most: 3%}'
comparison slower 1.05 1.045 1.055
echo before >summary
export GITHUB_STEP_SUMMARY="$work/summary" GITHUB_OUTPUT="$work/outputs"
run 1 gate --comparison comparison.json --github
has out '::error file=gate.yaml,line=2,title=gate%3A null/step::fail: '
run 1 gate --comparison comparison.json --github --json
lacks out '::error'
has err '::error'
[ "$(head -1 summary)" = before ] || fail "the summary was written over"
[ "$(grep -c 'bpi-perf gate: gate' summary)" -eq 2 ] || fail "the summary was not appended to"
grep -qx 'outcome=fail' outputs || fail "no outcome in the outputs"
grep -qx 'failed=1' outputs || fail "no count in the outputs"
GITHUB_STEP_SUMMARY=/nonexistent/x run 3 gate --comparison comparison.json --github
has err '/nonexistent/x: cannot open'
unset GITHUB_STEP_SUMMARY GITHUB_OUTPUT
run 1 gate --comparison comparison.json --github

# Mistakes.
run 2 gate --file nowhere.yaml
has err nowhere.yaml
gate 'budgets:' '  - {cases: x, at_most: 3 ms}'
run 2 gate --run run.json
has err "gate.yaml:2: at_most needs the key 'metric'"
gate 'budgets:' '  - {cases: x, slower_by_at_most: 3%}'
run 2 gate --run nowhere.json
has err '--run: nowhere.json: there is no such file'
run 2 gate --run run.json --baseline nowhere.json
has err '--baseline: nowhere.json'
run 2 gate --comparison nowhere.json
has err '--comparison: nowhere.json'
run 2 gate --comparison run.json
has err 'is not bpi-perf/comparison/1'
run 2 gate --comparison comparison.json --baseline run.json
has err '--baseline with --comparison needs --run RUN'
run 2 gate --run run.json --alert carrier-pigeon=x
has err "--alert: 'carrier-pigeon=x' is not command=LINE"
run 2 gate --run run.json --alert email=a@example.org
has err 'needs --smtp URL and --mail-from ADDRESS'
run 2 gate --format yaml
has err "'yaml' is not one of text,json,csv,markdown,junit"
gate 'budgets:' '  - {cases: null/, metric: median_ns, at_most: 1 s}'
run 3 gate --run run.json --output /nonexistent/report
run 3 gate --run run.json --junit /nonexistent/gate.xml
has err /nonexistent
exit 0
