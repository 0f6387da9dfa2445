#!/bin/sh
# interop_prometheus.sh - what bpi-perf writes as OpenMetrics passes promtool, and comes back.
. tests/cli/common.sh
golden=tests/golden/interop
if ! command -v promtool >/dev/null; then
    echo "skipped: promtool is not installed (prometheus)"
    exit 77
fi
# shellcheck disable=SC2086
measured run null/step $brief --no-references --save "$work/own.json"
for from in "$work/own.json" $golden/gbench_old.json $golden/hyperfine.json $golden/go_old.txt $golden/criterion; do
    run 0 export "$from" --format openmetrics --output "$work/metrics"
    promtool check metrics <"$work/metrics" >"$work/out" 2>"$work/err" || fail "promtool refuses the metrics of $from"
    [ "$(tail -n 1 "$work/metrics")" = '# EOF' ] || fail "the end is missing"
    run 0 export "$work/metrics" --format openmetrics --output "$work/again"
    grep 'statistic="median"' "$work/metrics" | grep '^bpi_perf_case_seconds' >"$work/a"
    grep 'statistic="median"' "$work/again" | grep '^bpi_perf_case_seconds' >"$work/b"
    python3 - "$work/a" "$work/b" <<'EOF' || fail "the medians of $from came back otherwise"
import sys
a, b = ({line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in open(p)} for p in sys.argv[1:])
assert a.keys() == b.keys() and a and all(abs(a[k] - b[k]) <= 1e-12 * a[k] for k in a), (a, b)
EOF
done
run 0 report $golden/prometheus.txt
has out go_gc_duration_seconds
