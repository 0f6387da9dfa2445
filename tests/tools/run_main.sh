#!/bin/sh
# run_main.sh - the main job shows what there is: a refuted claim is said at its end, a case without a
# result is also its status, and anything else ends it.
set -u
root=$PWD
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
fail() {
    echo "run_main.sh: $*" >&2
    sed 's/^/    /' "$work/said" >&2
    exit 1
}

# Instead of the program: what is asked for goes to asked, the status of each step is in statuses, a
# document is written unless that says no.
mkdir -p "$work/tree/build/release/apps/cli"
cat >"$work/tree/build/release/apps/cli/bpi-perf" <<'X'
#!/bin/sh
echo "$*" >>asked
status=$(sed -n "$(wc -l <asked)p" statuses)
while [ $# -gt 0 ]; do
    [ "$1" != --save ] || [ "${status#*no}" != "$status" ] || echo document >"$2"
    shift
done
exit "${status%no}"
X
chmod +x "$work/tree/build/release/apps/cli/bpi-perf"

# job STATUS STEPS SENTENCE STATUSES...: the job's status, how many steps it came to, what it says last.
job() {
    wanted=$1 steps=$2 sentence=$3
    shift 3
    rm -f "$work/tree/asked"
    printf '%s\n' "$@" >"$work/tree/statuses"
    (cd "$work/tree" && sh "$root/tools/run-main" --budget 20s) >"$work/said" 2>&1
    got=$?
    [ $got -eq "$wanted" ] || fail "status $got and not $wanted after $*"
    [ "$(wc -l <"$work/tree/asked")" -eq "$steps" ] || fail "not $steps steps after $*"
    tail -n 1 "$work/said" | grep -qF "$sentence" || fail "it does not end with '$sentence' after $*"
}
job 0 4 sha256sum.json 0 0 0 0
head -n 1 "$work/tree/asked" | grep -q '^benchmark --comprehensive .*--budget 20s$' || fail "the options go elsewhere"
tail -n 1 "$work/tree/asked" | grep -qx 'claims --run build/results/comprehensive.json' || fail "no ledger at the end"
job 0 4 'At least one claim is refuted' 1 0 0 1
job 3 4 'At least one case could not be measured' 3 0 0 0
job 3 4 'At least one case could not be measured' 3 0 0 1
grep -q 'claim is refuted' "$work/said" || fail "a claim is forgotten beside a case without a result"
job 3 1 'bpi-perf benchmark: status 3' 3no
job 3 3 'bpi-perf exec: status 3' 0 0 3no
job 2 1 'bpi-perf benchmark: status 2' 2
job 130 2 'bpi-perf exec: status 130' 0 130
