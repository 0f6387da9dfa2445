#!/bin/bash
# example.sh python|shell|rust - the worker in that language holds a whole conversation for each of
# its cases, and bpi-perf measures it.
set -u
fail() { echo "example $language: $*"; exit 1; }
skip() { echo "skipped: $*"; exit 77; }

language=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case $language in
python)
    command -v python3 >/dev/null || skip "python3 is not installed"
    worker=(python3 examples/worker_python/worker.py)
    cases='python/sort {"count":"50","order":"sorted"}
        python/sort {"order":"shuffled"}
        python/sha256 {"size":"0"}
        python/bisect {"count":"10"}'
    ;;
shell)
    worker=(examples/worker_shell/worker.sh)
    cases='shell/wc {"lines":"10"}
        shell/replace {}'
    ;;
rust)
    rustc --version >/dev/null 2>&1 || skip "rustc is not installed"
    rustc -O -D warnings -o "$work/worker" examples/worker_rust/worker.rs || fail "does not compile"
    worker=("$work/worker")
    cases='rust/sort_unstable {"count":"100"}
        rust/hash_map_get {}'
    ;;
esac

count=0
while read -r case args; do
    sh tests/examples/conversation.sh "$case" "$case" "$args" "${worker[@]}" || exit 1
    count=$((count + 1))
done <<<"$cases"
echo "$count conversations"

# A parameter that the case cannot take is refused with a sentence.
read -r case _ <<<"$cases"
reply=$(printf '{"op":"hello","protocol":1}\n{"op":"open","case":"%s","args":{"count":"-1","lines":"-1"}}\n' \
    "$case" | "${worker[@]}" --worker | tail -1)
[[ $reply =~ \"ok\":\ ?false.*\"error\":\ ?\"[^\"]+\" || $reply =~ \"error\":.*\"ok\":\ ?false ]] ||
    fail "a bad argument was answered with $reply"

bpi=$BUILD/apps/cli/bpi-perf
if [ ! -x "$bpi" ]; then
    echo "bpi-perf is not built here: conversations only"
    exit 0
fi
export HOME=$work XDG_CONFIG_HOME=$work XDG_DATA_HOME=$work XDG_STATE_HOME=$work
"$bpi" worker --warm-up 50ms --measurement-time 200ms --processes 2 --sample-size 10 \
    --save "$work/run.json" -- "${worker[@]}" >"$work/out" 2>&1
status=$?
[ $status -eq 0 ] || { cat "$work/out"; fail "bpi-perf worker: status $status"; }
while read -r case _; do
    grep -q "\"$case" "$work/run.json" || { cat "$work/out"; fail "$case has no result"; }
done <<<"$cases"
! grep -Eq '"status": *"(wrong|crashed|timeout|error)"' "$work/run.json" ||
    { cat "$work/out"; fail "a case failed"; }
echo "measured by bpi-perf worker"
