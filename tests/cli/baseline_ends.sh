#!/bin/sh
# baseline_ends.sh - baseline-generator interrupted, killed, twice at once, into a closed pipe: what
# was measured is kept, and nothing is left behind.
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

# await_index PID: until the run of that process has an index on the disk.
await_index() {
    tries=0
    until ls -d "$work"/tmp/bpi-perf-baseline-* >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] && kill -0 "$1" 2>/dev/null || fail "no index within 60 s"
        sleep 0.1
    done
}

# Ctrl-C keeps the flows that were measured. On a busy machine the first may come late.
for wait in 2 8 30; do
    # shellcheck disable=SC2086
    "$bpi" baseline-generator $little -f 40000 --simulate-network --output "$work/cut" >"$work/out" 2>"$work/err" &
    pid=$!
    await_index $pid
    sleep $wait
    kill -INT $pid
    wait $pid
    [ $? -eq 130 ] || fail "an interrupted run is not status 130"
    [ ! -e "$work/cut/baseline_summary.json" ] || break
    has err 'interrupted before the first'
done
python3 - "$work/cut" <<'END' || fail "the files of an interrupted run are not right"
import json, sys
run = json.load(open(sys.argv[1] + "/baseline_results.json"))
summary = json.load(open(sys.argv[1] + "/baseline_summary.json"))
total = sum(p["batches"] for p in run["cases"][0]["processes"])
if run["state"] != "interrupted" or summary["state"] != "interrupted" or not 0 < summary["total"] == total < 40000:
    sys.exit(f"{run['state']} {summary['total']} {total}")
END
[ -z "$(ls -A "$work/tmp")" ] || fail "an interrupted run left $(ls -A "$work/tmp")"

# Killed: the next one clears away what was left.
# shellcheck disable=SC2086
"$bpi" baseline-generator $little -f 10000 --simulate-network --output "$work/killed" >"$work/out" 2>"$work/err" &
pid=$!
await_index $pid
kill -KILL $pid
wait $pid 2>/dev/null
sleep 1
generate 0 "$work/next" -f 5
[ -z "$(ls -A "$work/tmp")" ] || fail "a killed run's folder is still there: $(ls -A "$work/tmp")"

# Two at once, into one folder.
# shellcheck disable=SC2086
"$bpi" baseline-generator $little -f 30 --output "$work/both" >"$work/out2" 2>"$work/err2" &
pid=$!
generate 0 "$work/both" -f 30 --simulate-network
wait $pid || fail "the other of two at once: $(cat "$work/err2")"
python3 - "$work/both" <<'END' || fail "two at once mixed their files"
import json, sys
run, summary = (json.load(open(f"{sys.argv[1]}/baseline_{n}.json")) for n in ("results", "summary"))
if run["id"] != summary["run"]:
    sys.exit(f"{run['id']} and {summary['run']}")
END
[ -z "$(ls -A "$work/tmp")" ] || fail "something was left: $(ls -A "$work/tmp")"

# A reader that goes away; the files are there.
# shellcheck disable=SC2086
"$bpi" baseline-generator $little -f 5 --output "$work/pipe" 2>"$work/err" | true
[ -s "$work/pipe/baseline_summary.json" ] || fail "a closed pipe cost the files"
