# make.sh - two run documents to show, made from nothing but numbers: $work/a.json, $work/b.json.
# shellcheck shell=sh
# samples PROCESS: 20 counts, then 20 times of one process.
samples() {
    awk -v p="$1" -v scale="$2" 'BEGIN {
        srand(p * 7 + 1)
        printf "\"counts\": ["
        for (i = 0; i < 20; i++) printf "%s%d", i ? ", " : "", 100 * (1 + i % 4)
        printf "], \"ns\": ["
        for (i = 0; i < 20; i++) printf "%s%.3f", i ? ", " : "", scale * (1 + 0.02 * rand())
        printf "]"
    }'
}

# one_case ID NS
one_case() {
    printf '{"id": "%s", "suite": "enc", "name": "enc/x", "args": [], "item": "item", "status": "ok",' "$1"
    printf '"threads": 1, "is_at_floor": false, "median_ns": {"value": %s, "low": %s.1, "high": %s.9},' "$2" "$2" "$2"
    printf '"slope_ns": {"value": %s}, "outliers": {"low_severe": 0, "low_mild": 0, "high_mild": 1, "high_severe": 0},' "$2"
    printf '"bytes_per_item": 0, "parts_per_item": 0, "counters": [], "facts": [], "series": [], "processes": ['
    for p in 1 2 3; do
        [ $p -eq 1 ] || printf ', '
        printf '{"batches": 20, "median_ns": %s, "mean_ns": %s, ' "$2.$p" "$2.$p"
        samples "$p" "$2"
        printf '}'
    done
    printf '], "elapsed_ns": 1000000}'
}

# document ID NS... > FILE: a run with a case for each time.
document() {
    printf '{"schema": "bpi-perf/run/1", "id": "%s", "command": "bpi-perf run enc/",' "$1"
    printf '"started": "2026-01-31T12:00:00.000Z", "ended": "2026-01-31T12:00:09.250Z", "state": "complete",'
    printf '"confidence": 0.95, "host": [], "build": [], "config": [], "cases": ['
    shift
    n=0
    for ns in "$@"; do
        [ $n -eq 0 ] || printf ', '
        n=$((n + 1))
        one_case "enc/case-$n:note=<b>&\u2028" "$ns"
    done
    printf '], "verdicts": []}\n'
}

document 01JD7Q2M8Z0123456789ABCDEF 300 20 1000 7 50 >"$work/a.json"
document 01JD7Q2M8Z0123456789ABCDEG 300 30 1000 7 50 >"$work/b.json"
