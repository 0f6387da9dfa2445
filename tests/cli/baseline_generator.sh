#!/bin/sh
# baseline_generator.sh - the conventional system: exactly so many flows, files that agree, switches,
# mistakes.
. tests/cli/common.sh
little='--measurement-time 30ms --warm-up 10ms --processes 2 --sample-size 4 --arg nodes=60 --no-history'
export TMPDIR="$work/tmp"
mkdir "$work/tmp"

# generate STATUS FOLDER WORDS...
generate() {
    wanted=$1
    folder=$2
    shift 2
    # shellcheck disable=SC2086
    run "$wanted" baseline-generator $little --output "$folder" "$@"
}

# check FOLDER FLOWS NETWORK DATABASE ML: what stands in the files.
check() {
    python3 - "$@" <<'END' || fail "the files of $1 are not right"
import json, math, sys
folder, flows, network, database, ml = sys.argv[1], int(sys.argv[2]), *(w == "on" for w in sys.argv[3:6])
run = json.load(open(folder + "/baseline_results.json"))
summary = json.load(open(folder + "/baseline_summary.json"))
def need(is_true, what):
    if not is_true:
        sys.exit(f"{folder}: {what}")
cases = {c["name"]: c for c in run["cases"]}
need(set(cases) == {"baseline/" + n for n in ("flow", "register", "similarity", "route", "predict")}, "cases")
need(all(c["status"] == "ok" for c in run["cases"]), "a case is not ok")
flow = cases["baseline/flow"]
need(sum(p["batches"] for p in flow["processes"]) == flows, "count of flows in the document")
need(summary["total"] == flows == summary["successful"], "total")
need(summary["success_rate"] == 1, "success_rate")
need(summary["config"]["flow_count"] == flows, "config")
need([summary["config"]["simulate_" + n] for n in ("network", "database", "ml")] == [network, database, ml], "switches")
calls = summary["calls_per_flow"]
need(calls["network_requests"] == (2 if network else 0), "requests")
need(calls["model_runs"] == (2 if ml else 0), "model runs")
need((calls["database_statements"] >= 3) == database and (database or calls["database_statements"] == 0), "statements")
parts = summary["component_breakdown"]
need(list(parts) == ["registration", "similarity", "routing", "prediction"], "parts")
need(all(v > 0 for v in parts.values()), "a part took no time")
mean = summary["avg_latency_ms"]
need(0.5 * mean < sum(parts.values()) <= 1.0001 * mean, "the parts are not the whole")
need(math.isclose(summary["overhead_ms"], mean - sum(parts.values()), rel_tol=1e-6, abs_tol=1e-9), "overhead")
need(math.isclose(summary["seconds"], mean * flows / 1000, rel_tol=1e-9), "seconds")
need(math.isclose(summary["avg_throughput"], 1000 / mean, rel_tol=1e-9), "throughput")
for name, part in summary["components"].items():
    ends = part["mean_low_ms"], part["mean_high_ms"]
    need(ends == (None, None) if flows == 1 else ends[0] <= part["mean_ms"] <= ends[1], name + ": interval")
    need(part["least_ms"] <= part["median_ms"] <= part["most_ms"], name + ": order")
    need(part["alone"]["median_ms"] > 0, name + ": alone")
for field in ("timestamp", "run"):
    need(summary[field] == run["started" if field == "timestamp" else "id"], field)
END
}

generate 0 "$work/all" -f 25 --simulate-network --simulate-database --simulate-ml --generate-report
has out 'flows       25 of 25'
has out 'successful  25 (100'
has out 'calls a flow: 2 network requests'
for part in registration similarity routing prediction overhead; do has out "  $part "; done
check "$work/all" 25 on on on
grep -q '</html>' "$work/all/baseline_report.html" || fail "there is no page"
run 0 verify "$work/all/baseline_results.json"
run 0 report "$work/all/baseline_results.json"
has out 'flow:flows=25,nodes=60,network=on'

# Under its own name, letter for letter.
( cd "$work" && baseline-generator --flow-count 3 --simulate-network --simulate-database --simulate-ml \
    --generate-report --output ./own --processes 1 --measurement-time 10ms --warm-up 10ms ) >"$work/out" 2>"$work/err" ||
    fail "baseline-generator under its own name"
[ -s "$work/own/baseline_report.html" ] || fail "no page under its own name"

# The same again, into the same folder, and compared with itself.
cp "$work/all/baseline_results.json" "$work/first.json"
generate 0 "$work/all" --flow-count 7 --simulate-network -q
check "$work/all" 7 on on on
[ ! -e "$work/all/baseline_report.html" ] || fail "a page without --generate-report"
[ ! -s "$work/err" ] || fail "--quiet is not quiet"
run 0 benchmark compare --baseline "$work/first.json" --current "$work/first.json"
has out 'route:flows=25'

# Defaults: no network, database and models; both can be turned off.
generate 0 "$work/plain" -f 5
check "$work/plain" 5 off on on
generate 0 "$work/none" -f 40 --no-simulate-database --no-simulate-ml --arg journal=delete
check "$work/none" 40 off off off
has out 'network     off'
generate 0 "$work/one" -f 1 --no-simulate-database --no-simulate-ml -v
check "$work/one" 1 off off off

# Mistakes.
wrong() {
    sentence=$1
    shift
    run 2 baseline-generator "$@"
    has err "$sentence"
    [ ! -s "$work/out" ] || fail "a mistake has an output"
}
cd "$work" || exit 1
wrong 'the latency is measured, not set' --network-latency 2.0
wrong 'the latency is measured, not set' --database-latency=5
wrong 'the latency is measured, not set' --ml-latency 50
wrong 'no errors are made here' --error-rate 1
wrong 'contradict each other' --simulate-ml --no-simulate-ml
wrong 'contradict each other' --no-simulate-database --simulate-database
wrong '--flow-count: 0 is not between 1 and 10000000' -f 0
wrong '--flow-count' --flow-count many
wrong '--flow-count says how many' --iterations 5
wrong 'one after the other' --threads 2
wrong 'more than 1000000 for each of 2 processes' -f 5000000 --processes 2
wrong 'sets it' --arg flows=5
wrong 'one value each' --arg nodes=10,20
wrong "has a parameter 'node'" --arg node=10
wrong 'one word too many' word
wrong 'no option --simulate-netwrk' --simulate-netwrk
[ ! -e baseline_measurements ] || fail "a mistake made a folder"
cd "$OLDPWD" || exit 1

# A folder that cannot be: said before anything is measured.
: >"$work/file"
generate 3 "$work/file" -f 5
has err "$work/file"
generate 3 /proc/nothing -f 5
has err /proc/nothing
# A case that cannot be: the document says why, there is no summary.
mkdir -p "$work/bad"
echo '{}' >"$work/bad/baseline_summary.json"
generate 3 "$work/bad" -f 5 --arg journal=never
has err 'journal: "never" is neither wal nor delete'
[ -s "$work/bad/baseline_results.json" ] || fail "a failed run has no document"
[ ! -e "$work/bad/baseline_summary.json" ] || fail "a failed run has a summary"
