#!/bin/sh
# ci.sh BASE BUILD PROGRAM [FILTER] - does this working tree keep its gate against revision BASE?
#
#     BASE      git revision that is compared with, as in origin/main
#     BUILD     shell line that builds the benchmark program, run in both trees ('make bench')
#     PROGRAM   the program it makes, relative to the tree: a worker, as everything with BENCH_MAIN is
#     FILTER    only cases that match
#
#     examples/ci/ci.sh origin/main 'make bench' build/bench
#
# Variables, with what holds without them:
#     GATE=gate.yaml          the gate file
#     OUT=bpi-perf-ci         folder for what is left behind: new.json, comparison.json, gate.xml,
#                             gate.md, gate.json; and the tree of BASE while this runs
#     BPI_PERF=bpi-perf       the program
#     METHOD=paired           paired: both programs at once, interleaved on one core, which tells small
#                             changes; stored: one run after the other, which tells large ones
#     MEASURE=                more options of a run, as in '--measurement-time 1s'
#     COMPARE=                more options of the paired comparison, as in '--budget 2s'
#
# Ends as bpi-perf does: 0 the gate is passed, 1 it failed, 2 a mistake, 3 nothing could be measured.
# In a GitHub workflow (GITHUB_ACTIONS=true) failures are annotated and the job's summary is written.
set -u
if [ $# -lt 3 ] || [ $# -gt 4 ]; then
    sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2
    exit 2
fi
base=$1 build=$2 program=$3 filter=${4-}
: "${GATE:=gate.yaml}" "${OUT:=bpi-perf-ci}" "${BPI_PERF:=bpi-perf}" "${METHOD:=paired}" "${MEASURE:=}" \
    "${COMPARE:=}"
mkdir -p "$OUT" || exit 2
OUT=$(cd "$OUT" && pwd)
tree=$OUT/base

say() { echo "ci: $*" >&2; }
clean() { git worktree remove --force "$tree" >/dev/null 2>&1; }
trap clean EXIT
trap 'exit 130' HUP INT TERM

# The other tree, and the program in both.
clean
git worktree add --quiet --detach "$tree" "$base" || { say "there is no revision $base"; exit 2; }
(cd "$tree" && sh -c "$build") >"$OUT/build-base.log" 2>&1 ||
    { say "$base does not build: $OUT/build-base.log"; exit 2; }
sh -c "$build" >"$OUT/build-new.log" 2>&1 ||
    { say "this tree does not build: $OUT/build-new.log"; exit 2; }
old=$tree/$program new=$(pwd)/$program

# measure PROGRAM FILE: a run of it. Claims have nothing to do with this: status 1 is as good as 0.
measure() {
    # shellcheck disable=SC2086
    "$BPI_PERF" worker --quiet --save "$2" --output "${2%.json}.txt" ${filter:+--filter "$filter"} \
        $MEASURE -- "$1"
    status=$?
    [ $status -le 1 ] || { say "$1 could not be measured"; exit "$status"; }
}

measure "$new" "$OUT/new.json"
case $METHOD in
paired)
    # shellcheck disable=SC2086
    "$BPI_PERF" compare "$old" "$new" ${filter:+"$filter"} $COMPARE --quiet --json \
        --output "$OUT/comparison.json"
    status=$?
    [ $status -le 1 ] || { say "the two programs could not be compared"; exit "$status"; }
    set -- --comparison "$OUT/comparison.json"
    ;;
stored)
    measure "$old" "$OUT/old.json"
    set -- --baseline "$OUT/old.json"
    ;;
*)
    say "METHOD is '$METHOD', and neither paired nor stored"
    exit 2
    ;;
esac

[ "${GITHUB_ACTIONS-}" != true ] || set -- "$@" --github
"$BPI_PERF" gate --file "$GATE" --run "$OUT/new.json" "$@" --save "$OUT/gate.json" \
    --junit "$OUT/gate.xml" --markdown "$OUT/gate.md"
