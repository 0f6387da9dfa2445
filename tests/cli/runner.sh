#!/bin/sh
# runner.sh - benchmark-runner: the command lines of the specification with little time, layers that
# are missing, mistakes, interrupts, two at once, the check on regressions, limits of memory.
. tests/cli/common.sh

# The numbers are small: what is looked at is words, files and statuses.
brisk="--flow-count 2000 --duration 100ms --warm-up 1ms --sample-size 2 --processes 2"
little="$brisk --no-history --quiet"
mkdir "$work/here"
runner=$BUILD/apps/cli/benchmark-runner
config=$PWD/examples/benchmark-config.toml
is_sanitized=no
grep -q '^BPI_SANITIZE:[A-Z]*=..*' "$BUILD/CMakeCache.txt" && is_sanitized=yes

# start STATUSES WORDS...: run the program by its own name, in a folder of its own.
start() {
    wanted=$1
    shift
    (cd "$work/here" && exec "$runner" "$@") >"$work/out" 2>"$work/err"
    got=$?
    case "$wanted" in
        *"$got"*) ;;
        *) fail "status $got and not one of $wanted: benchmark-runner $*" ;;
    esac
}

# one NAME: the only file of that name in the results, into $file.
one() {
    # shellcheck disable=SC2086
    set -- "$work"/here/$1
    file=$1
    [ $# -eq 1 ] && [ -s "$1" ] || fail "there is not one file $1"
}

# ---- words ----
start 0 --help
has out 'bpi-perf benchmark-runner - '
for option in --all-layers --layers --flow-count --duration --baseline --report --output --regression-check \
    --baseline-file --threshold --memory-profile --memory-limit --network-simulation --timeout --sample-size \
    --warm-up --cpu-affinity --config; do
    has out " $option"
done
start 0 --version
run 0 benchmark-runner --help
has out 'benchmark-runner --all-layers --baseline --report'

# ---- mistakes: status 2, one sentence, nothing on standard output ----
wrong() {
    sentence=$1
    shift
    start 2 "$@"
    [ ! -s "$work/out" ] || fail "a mistake writes to standard output"
    has err "$sentence"
}
wrong "--layers: 'layer9' is not one of layer1,layer2,layer3,layer4,integration" --layers layer1,layer9
wrong "--layers: '' is not one of" --layers ''
wrong 'benchmark-runner has no option --all-layer; the nearest is --all-layers' --all-layer
wrong "--flow-count: 0 is not between 1 and 100000000" --flow-count 0
wrong "--duration: 'soon' is neither seconds (60) nor a time (10s)" --duration soon
wrong 'are longer than no time at all' --duration 0
wrong "--memory-limit: 1 is not between 16 and" --memory-limit 1
wrong "--threshold: 'x' is not a percentage" --threshold x
wrong "'run' is one word too many" run
wrong '--cpu-affinity' --cpu-affinity 0,0
wrong 'may not use processor 1023' --cpu-affinity 1023
wrong '--baseline-file: nothing.json: there is no such file' --layers layer1 --regression-check --baseline-file nothing.json
echo '{}' >"$work/here/benchmark_data_1.json"
wrong 'the benchmark_run file beside it has' --layers layer1 --regression-check --baseline-file benchmark_data_1.json
printf '[execution]\ndefault_flow_count = "many"\n' >"$work/here/bad.toml"
wrong 'bad.toml:2: execution.default_flow_count: a whole number is expected' --config bad.toml
printf '[execution]\n\ndefault_flow_cuont = 3\n' >"$work/here/bad.toml"
wrong "bad.toml:3: unknown key 'execution.default_flow_cuont'; the nearest is execution.default_flow_count" \
    --config bad.toml
printf '[execution\n' >"$work/here/bad.toml"
wrong 'bad.toml:1: ' --config bad.toml
start 2 --config nothing.toml
has err nothing.toml

# ---- layers that are not there ----
# shellcheck disable=SC2086
start 3 --layers layer2,layer4 --duration 1 --no-history
has err 'layer2 (DSR) is not there yet'
has err 'layer4 (CPE) is not there yet'
has err 'nothing was measured'
[ ! -e "$work/here/benchmark-results" ] || fail "files of a run that measured nothing"

# ---- a folder that cannot be written is found before anything is measured ----
: >"$work/here/file"
start 3 --layers layer1 --report --output file/results
has err 'file/results'
[ ! -s "$work/out" ] || fail "something was measured"
start 3 --layers layer1 --report --output /dev/null
has err '/dev/null: is no folder'

if ! "$bpi" benchmark list --names | grep -q '^ifr/' || ! "$bpi" benchmark list --names | grep -q '^alm/'; then
    echo "skipped: this build has not the suites of layers 1 and 3"
    exit 77
fi

# ---- everything, with files and memory ----
# shellcheck disable=SC2086
start 13 --all-layers --baseline --report --memory-profile --network-simulation --timeout 60 --cpu-affinity 0 \
    --filter ifr/iterate --filter 'ifr/socket:*cores=any*' --filter 'ifr/registry*uniform*' --filter ifr/cache: \
    --filter alm/hop --filter alm/route_service --filter alm/route.http --filter alm/dijkstra: --filter baseline/ \
    $brisk --no-history
has err 'layer2 (DSR) is not there yet'
has out 'Layer1-IFR'
has out 'Layer3-ALM'
has out 'integration (all layers together) is not there yet'
has out 'Against the baseline'
has out 'Targets'
has out 'on a logarithmic scale'
has out 'Memory of a worker'
has out 'steady'
one 'benchmark-results/benchmark_report_*.html'
grep -q 'layer2 (DSR) is not there yet' "$file" || fail "the report does not say what is missing"
one 'benchmark-results/benchmark_run_*.json'
cp "$work/out" "$work/console"
run 0 verify "$file"
cp "$file" "$work/here/first.json"
one 'benchmark-results/benchmark_results_*.csv'
head -1 "$file" | tr -d '\r' | grep -qx 'id,layer,name,timestamp,duration_ms,latency_mean_ms,latency_p50_ms,latency_p95_ms,latency_p99_ms,throughput_ops_sec,memory_mb,cpu_percent,success,target_met' ||
    fail "the CSV file has other columns"
grep -q 'Layer1-IFR,ifr/' "$file" || fail "the CSV file has no case of layer 1"
one 'benchmark-results/benchmark_data_*.json'
python3 - "$file" "$work/console" <<'PY' || fail "benchmark_data is not as it should be"
import json, sys
data = json.load(open(sys.argv[1]))
assert set(data["metadata"]) >= {"timestamp", "version", "framework"}
assert data["missing_layers"] == ["Layer2-DSR", "Layer4-CPE", "Integration"]
summary = data["summary"]
assert set(summary) == {"total", "successful", "targets_met", "success_rate", "target_achievement_rate",
                        "avg_latency_ms", "avg_throughput", "improvement_percent", "timestamp"}
assert summary["total"] == len(data["results"]) > 15
assert summary["successful"] == sum(one["success"] for one in data["results"])
latencies = [one["metrics"]["latency_mean_ms"] for one in data["results"] if one["success"]]
assert abs(summary["avg_latency_ms"] / (sum(latencies) / len(latencies)) - 1) < 1e-6, summary
for one in data["results"]:
    metrics = one["metrics"]
    if one["success"]:
        interval = metrics["latency_mean_interval_ms"]
        assert metrics["latency_mean_ms"] == interval["value"] > 0, one["id"]
    else:
        assert one["error"], one["id"]
for one in data["baseline_comparison"]:
    assert -1e9 < one["improvement_percent"]["value"] <= 100, one
assert {one["layer"] for one in data["baseline_comparison"]} == {"Layer1-IFR", "Layer3-ALM"}
assert len(data["targets"]) == 11
seen = [one for one in data["memory"] if "error" not in one]
assert len(seen) > 15
for one in seen:
    assert one["peak_rss_bytes"] >= one["start_rss_bytes"] > 0 and one["samples"] > 1, one
    assert (one["is_growing"] is None) == (one["samples"] < 16), one
unseen = [one for one in data["memory"] if one.get("is_growing") is None]
assert any(one["is_growing"] is False for one in seen), "no case was looked at often enough"
console = open(sys.argv[2]).read()
assert console.count("too few looks") == sum("error" not in one for one in unseen)
assert not unseen or "no leak was seen" not in console
PY

# shellcheck disable=SC2086
start 2 --layers layer1 --filter nothing $little
has err "--filter: no case of these layers matches 'nothing'"

# ---- one layer and its configuration: the whole file, and that it acts ----
# shellcheck disable=SC2086
start 3 --config "$config" --layers layer3,layer4 --filter alm/select --filter alm/hop \
    --filter 'alm/demand:*load=0.3*' $little
has out weighted_round_robin
has out 'nodes=100,degree=4,load=0.3' # a size of its own
lacks out 'nodes=1000,degree=0.25,load'
lacks out 'policy=least_connections'
lacks err 'is not used yet'
# shellcheck disable=SC2086
start 013 --config "$config" --layers layer3 --filter alm/hop $brisk --no-history --verbose
has err 'layer2.similarity.cluster_count is not used yet: layer2 (DSR) is not there yet'
lacks err 'execution.default_flow_count is not used yet'
lacks out Files
cat >"$work/here/act.toml" <<'T'
[general]
benchmark_name = "A name of its own"
output_directory = "configured"
log_level = "error"
[execution]
default_flow_count = 2000
default_duration_seconds = 0.1
measurement_iterations = 3
statistical_confidence_level = 0.9
warmup_iterations = 2
[targets.layer1_ifr]
cache_hit_rate_percent = 100 # which no cache reaches
[statistical]
min_sample_size = 2
[memory.profiling]
enabled = true
track_allocations = false
detect_leaks = false
[reporting]
generate_html = false
generate_csv = false
generate_plots = false
T
start 13 --config act.toml --layers layer1 --filter 'ifr/cache:*sieve*' --report --warm-up 1ms --processes 2 --no-history
has out 'A name of its own'
has out 'not met'
lacks out 'logarithmic'
[ ! -s "$work/err" ] || fail "log_level error, and something is said"
one 'configured/benchmark_run_*.json'
python3 - "$file" <<'PY' || fail "the configuration does not act"
import json, sys
run = json.load(open(sys.argv[1]))
text = json.dumps(run["config"])
assert run["confidence"] == 0.9, run["confidence"]
for wanted in ('"sample_size"', '"layers"', '"A name of its own"'):
    assert wanted in text, wanted
flows = {case["id"] for case in run["cases"] if "flows=" in case["id"]}
assert flows and all("flows=2000" in one for one in flows), flows
PY
lacks out 'no leak was seen'
lacks out 'steady'
one 'configured/benchmark_data_*.json'
python3 - "$file" <<'PY' || fail "figures that were not wanted"
import json, sys
memory = json.load(open(sys.argv[1]))["memory"]
assert memory and all("error" not in one for one in memory), memory
for one in memory:
    assert one["start_rss_bytes"] > 0, one
    assert one["allocations_per_item"] is None and one["kept_bytes_per_item"] is None, one
    assert one["is_growing"] is None, one
PY
[ -z "$(find "$work/here/configured" -name '*.html' -o -name '*.csv')" ] || fail "files that were not wanted"

# ---- a limit of memory is held, and said ----
if [ $is_sanitized = no ]; then
    # shellcheck disable=SC2086
    start 3 --layers layer3 --filter alm/hop --memory-limit 16 $little
    has out 'its memory is limited to 16MiB'
fi

# ---- the check on regressions, with two cases of the first run ----
python3 - "$work/here" <<'PY' || fail "no baselines could be made"
import json, sys
here = sys.argv[1]
run = json.load(open(here + "/first.json"))
run["cases"] = [case for case in run["cases"] if case["name"] in ("ifr/iterate", "baseline/predict")]
assert len(run["cases"]) == 2
run["verdicts"] = []
run.pop("signature", None)
run.pop("key", None)
json.dump(run, open(here + "/baseline_results.json", "w"))
for case in run["cases"]:
    case["processes"] = json.loads(json.dumps(case["processes"] * 3))
    for process in case["processes"]:
        for key in ("median_ns", "mean_ns", "normalised_ns"):
            if key in process:
                process[key] /= 10000
    for key in ("median_ns", "mean_ns", "normalised_ns", "slope_ns"):
        if key in case:
            case[key] = {end: value / 10000 for end, value in case[key].items()}
json.dump(run, open(here + "/fast.json", "w"))
PY
# shellcheck disable=SC2086
start 01 --regression-check --baseline-file ./baseline_results.json --threshold 100 $little
has out 'ifr/iterate'
has out 'baseline/predict'
lacks out 'ifr/lookup:'
# Something ten thousand times as fast is what everything is slower than.
start 1 --regression-check --baseline-file fast.json --threshold 5.0 --duration 2 --warm-up 1ms --no-history
has out slower
# A baseline without a case of this run is a mistake, as it would pass without comparing anything.
run 0 run null/empty --measurement-time 10ms --warm-up 1ms --processes 2 --no-history --save "$work/here/other.json"
# shellcheck disable=SC2086
start 2 --layers layer1 --filter ifr/iterate $little --regression-check --baseline-file other.json
has err 'has none of the'
# The cases are those of the baseline: --filter chooses among them, and two options do nothing.
# shellcheck disable=SC2086
start 01 --regression-check --baseline-file baseline_results.json --filter ifr/iterate --baseline --threshold 100 \
    $brisk --no-history
has err '--baseline adds and changes no case'
has err '--flow-count adds and changes no case'
has out 'ifr/iterate'
lacks out 'baseline/predict'
# shellcheck disable=SC2086
start 2 --regression-check --baseline-file baseline_results.json --filter alm/hop $little
has err "--filter: no case of baseline_results.json matches 'alm/hop'"
# A baseline without a case that can be measured at all.
python3 - "$work/here" <<'PY' || fail "no empty baseline could be made"
import json, sys
run = json.load(open(sys.argv[1] + "/baseline_results.json"))
for case in run["cases"]:
    case["status"] = "error"
    case["why"] = "it did not run"
json.dump(run, open(sys.argv[1] + "/failed.json", "w"))
PY
# shellcheck disable=SC2086
start 2 --regression-check --baseline-file failed.json $little
has err '--baseline-file: failed.json has no measured case that this program has'
# Without a file: the first run is kept for the next.
# shellcheck disable=SC2086
start 01 --regression-check --layers layer1 --filter ifr/iterate --filter ifr/socket $brisk
has err 'there is no earlier run to compare with'
run 0 history baselines
has out benchmark-runner
# shellcheck disable=SC2086
start 01 --regression-check --threshold 100 $brisk
lacks err 'there is no earlier run'
has out threshold

# ---- a disk that is full: nothing is left behind ----
(ulimit -f 1 && trap '' XFSZ && cd "$work/here" &&
    exec "$runner" --layers layer1 --filter ifr/iterate --output full $brisk --no-history) >"$work/out" 2>"$work/err"
[ $? -eq 3 ] || fail "files that could not be written are not status 3"
has err '/full/benchmark_run_'
[ -z "$(find "$work/here/full" -type f)" ] || fail "an empty file is left behind"

# ---- two at once, into one folder: each has its own files ----
for i in 1 2; do
    # shellcheck disable=SC2086
    (cd "$work/here" && exec "$runner" --regression-check --baseline-file baseline_results.json --output both $little \
        >"$work/out$i" 2>&1) &
done
wait
for kind in run data; do
    [ "$(find "$work/here/both" -name "benchmark_${kind}_*.json" -size +0 | wc -l)" -eq 2 ] ||
        fail "two at once: not two files benchmark_$kind"
done

# ---- Ctrl-C keeps what was measured ----
(cd "$work/here" && exec "$runner" --layers layer1 --flow-count 2000 --duration 60 --output stopped --report) \
    >"$work/out" 2>"$work/err" &
pid=$!
tries=0
until "$bpi" history list --csv 2>/dev/null | grep -q ',running,[1-9]'; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || fail "no case was finished within a minute"
    sleep 0.1
done
kill -INT $pid
wait $pid
[ $? -eq 130 ] || fail "an interrupted run is not status 130"
has out 'interrupted; what was finished'
one 'stopped/benchmark_run_*.json'
grep -q '"state": "interrupted"' "$file" || fail "the document does not say interrupted"
one 'stopped/benchmark_results_*.csv'
[ "$(wc -l <"$file")" -ge 2 ] || fail "the finished case is not in the CSV file"
