#!/bin/sh
# accuracy_aa.sh - `accuracy aa` from end to end with very little time: what it saves, that it takes
# up what it saved, that its noise ends with it. Nothing here looks at a time or at a verdict.
. tests/accuracy/accuracy_common.sh
file=$work/aa.jsonl
brief='--budget 100ms --kernels l1,dram,scatter --extra 0,50'

run 0 aa --comparisons 2 $brief --save "$file"
lines "$file" 37 # the head, 2 rounds of 3 conditions, 3 kernels, 2 sides
cp "$work/out" "$work/first"
grep -q '"failed"' "$file" && fail "a comparison failed: $(grep '"failed"' "$file")"
for condition in quiet ambient noisy; do
    for kernel in l1 dram scatter; do
        for extra in 0 50; do
            start='"condition":"'$condition'","kernel":"'$kernel'","extra":'$extra,
            [ "$(grep -cF "$start" "$file")" -eq 2 ] || fail "not 2 comparisons of $start"
        done
        has out "| $kernel | $condition | +0.0 % |"
        has out "| $kernel | $condition | +5.0 % |"
    done
done
[ -z "$(ls "$work/tmp")" ] || fail "left behind: $(ls "$work/tmp")"

# The tables of the file are those of the run.
run 0 replay "$file"
cmp -s "$work/out" "$work/first" || fail "replay says something else than aa did"

# All is done: nothing is added. A line that was cut off is made again, and no other.
cp "$file" "$work/whole"
run 0 aa --comparisons 2 $brief --save "$file"
cmp -s "$file" "$work/whole" || fail "a file that was complete has changed"
head -c -20 "$work/whole" >"$file"
run 0 aa --comparisons 2 $brief --save "$file"
lines "$file" 37
head -n 36 "$file" >"$work/out"
head -n 36 "$work/whole" | cmp -s - "$work/out" || fail "lines before the one cut off have changed"
run 0 aa --minutes 0 --save "$work/none.jsonl" --budget 1s
lines "$work/none.jsonl" 1

# Ctrl-C: what there is is shown, and the compilers beside are gone.
"$accuracy" aa --comparisons 1000 --conditions ambient --kernels l1 --extra 0 --budget 300ms \
    --save "$work/long.jsonl" >"$work/out" 2>"$work/err" &
pid=$!
tries=0
until [ -s "$work/long.jsonl" ] && [ "$(wc -l <"$work/long.jsonl")" -gt 1 ]; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || fail "no comparison within a minute"
    sleep 0.1
done
kill -TERM $pid
wait $pid
[ $? -eq 130 ] || fail "an interrupted run is not status 130"
has out '| l1 | ambient | +0.0 % |'
[ -z "$(ls "$work/tmp")" ] || fail "left behind: $(ls "$work/tmp")"
pgrep -f "$work/tmp" >"$work/out" && fail "still running"

# Bad words, and a file of other settings or of another kind.
run 2 aa --budget 1s --save "$file"
has err "aa.jsonl:1: was made with other settings"
echo '{"round":0}' >>"$file"
run 2 aa --comparisons 2 $brief --save "$file"
has err "aa.jsonl:38: is no comparison of this tool"
run 2 aa --extra 7
has err "--extra 7: '7' is none of 0 .. 50"
run 2 aa --conditions loud
has err "--conditions loud: 'loud' is none of quiet .. noisy"
run 2 aa --comparisons 0
has err "--comparisons 0:"
run 2 aa --budget 2
has err "--budget 2:"
run 2 aa --core 1000
has err "--core 1000"
run 2 aa now
has err "'now' is no option"
run 2 aa --nonsense
has err "usage: accuracy aa"
run 0 aa --help
has out "usage: accuracy aa"
run 3 aa --comparisons 1 $brief --save "$work/no/folder"
has err "cannot open $work/no/folder"
run 3 aa --comparisons 5 $brief --bpi-perf "$work/missing"
has err "cannot start '$work/missing'"
run 3 aa --comparisons 5 $brief -- --no-such-option
has err "no-such-option"
exit 0
