#!/bin/sh
# kill.sh - kill -9 of the coordinator and of its worker, 200 times in all at random moments: the
# history always opens, complete runs verify, what was cut short is never shown as a result.
. tests/cli/common.sh

rounds=${1:-200}
seed=${2:-$(date +%s)}
echo "seed $seed"
crashed=0

# The delays of all rounds, 0 to 0.3 s.
delays=$(awk -v seed="$seed" -v n="$rounds" 'BEGIN { srand(seed); for (i = 0; i < n; i++) printf "%.3f\n", 0.3 * rand() }')

round=0
for delay in $delays; do
    round=$((round + 1))
    "$bpi" run null/empty null/step null/loop --measurement-time 60ms --warm-up 5ms --processes 3 --no-references \
        --quiet >"$work/out" 2>"$work/err" &
    pid=$!
    sleep "$delay"
    if [ $((round % 2)) -eq 0 ]; then
        kill -KILL $pid 2>/dev/null
        wait $pid 2>/dev/null
    else
        worker=$(awk -v parent=$pid '$4 == parent { print $1; exit }' /proc/[0-9]*/stat 2>/dev/null)
        [ -z "$worker" ] || kill -KILL "$worker" 2>/dev/null
        wait $pid
        status=$?
        if [ $status -eq 3 ] && grep -q 'signal 9' "$work/out" "$work/err"; then
            crashed=$((crashed + 1))
        elif [ $status -gt 1 ]; then
            fail "round $round: status $status: $(head -3 "$work/err")"
        fi
    fi
    [ $((round % 20)) -ne 0 ] || run 0 history list
done

[ $crashed -gt 0 ] || fail "no worker was hit while it measured: nothing was tested"
run 0 history list --csv
lacks out ',running,'
interrupted=$(grep -c ',interrupted,' "$work/out")
complete=$(grep -c ',complete,' "$work/out")
[ "$interrupted" -gt 0 ] || fail "no coordinator was hit while it measured: nothing was tested"
grep -E ',(complete|interrupted),' "$work/out" | cut -d, -f1 >"$work/ids"
while read -r id; do
    run 0 history export "$id" --output "$work/run.json"
    # A case without a result has no time; a case with one has all its processes.
    awk '/"status": / { ok = /"ok"/ } /"median_ns": / && !ok { exit 1 }' "$work/run.json" ||
        fail "$id: a case that failed has a time"
    grep -q '"signature"' "$work/run.json" || continue
    run 0 verify "$work/run.json"
done <"$work/ids"
echo "$rounds kills: $complete complete, $interrupted interrupted, $crashed workers hit; all runs open and hold"
