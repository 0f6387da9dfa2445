#!/bin/sh
# interrupt.sh - Ctrl-C ends cleanly: finished cases are reported, kept and signed; status 130.
. tests/cli/common.sh

# await TEXT: until a line of the history has it.
await() {
    tries=0
    until "$bpi" history list --csv 2>/dev/null | grep -qF "$1"; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || fail "the history has no '$1' within 20 s"
        sleep 0.1
    done
}

"$bpi" run null/empty null/step null/loop null/spin --measurement-time 1s --processes 2 --warm-up 10ms --no-references \
    --json --output "$work/run.json" >"$work/out" 2>"$work/err" &
pid=$!
await ',running,1,' # the first case is kept
kill -INT $pid
wait $pid
[ $? -eq 130 ] || fail "an interrupted run is not status 130"
grep -q '"state": "interrupted"' "$work/run.json" || fail "the document does not say interrupted"
grep -q '"id": "null/empty"' "$work/run.json" || fail "the finished case is not in the document"
run 0 verify "$work/run.json"
run 0 history list
has out interrupted

# Ended by force: the history opens, and what was finished is there.
"$bpi" run null/empty null/step null/loop --measurement-time 1s --processes 2 --warm-up 10ms --no-references \
    >"$work/out" 2>"$work/err" &
pid=$!
await ',running,'
kill -KILL $pid
wait $pid 2>/dev/null
run 0 history list --csv
[ "$(grep -c interrupted "$work/out")" -eq 2 ] || fail "a killed run is not shown as interrupted"
lacks out running

# Twice at once: the second ends the program without waiting.
"$bpi" exec --no-references -- sleep 20 >"$work/out" 2>"$work/err" &
pid=$!
sleep 0.7
kill -INT $pid
sleep 0.1
kill -INT $pid 2>/dev/null
wait $pid
[ $? -eq 130 ] || fail "two interrupts are not status 130"
