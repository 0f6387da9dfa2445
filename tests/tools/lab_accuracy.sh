#!/bin/sh
# lab_accuracy.sh - the tool that measures the laboratory: every packet is accounted for, wrong
# options are refused, and it says what it was asked.
set -u
tool=$BUILD/tools/lab/lab-accuracy
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT

fail() {
    echo "$1"
    cat "$out"
    exit 1
}

"$tool" --packets 1000 --rate 20000 --delay 5ms --size 200 --sleeper >"$out" 2>&1
status=$?
if [ $status = 3 ] && grep -Eq 'namespace|/dev/net/tun' "$out"; then
    echo "skipped: $(cat "$out")"
    exit 77
fi
[ $status = 0 ] || fail "exit $status"
grep -q '^5ms each way, 1000 packets with 200 bytes of payload at 20000/s$' "$out" || fail "no head"
grep -q '^laboratory: 1000 of 1000 packets arrived' "$out" || fail "packets are missing"
grep -q '^a relay that sleeps: [1-9][0-9]* of 1000 packets arrived' "$out" || fail "no relay"
[ "$(grep -c 'error of delay, socket to socket: p1 +' "$out")" = 2 ] || fail "a packet came too soon"

"$tool" --packets 1000 --rate 20000 --delay 5ms --back-end veth >"$out" 2>&1 || fail "veth: exit $?"
grep -q '^laboratory: 1000 of 1000 packets arrived' "$out" || fail "veth: packets are missing"
grep -q 'error of delay, socket to socket: p1 +' "$out" || fail "veth: a packet came too soon"

"$tool" --packets 2000 --rate 20000 --delay 5ms --loss 100% >"$out" 2>&1 || fail "exit $?"
grep -q '^laboratory: 0 of 2000 packets arrived' "$out" || fail "packets that were to be lost came"

# jitter: over links enough, drawn as asked, each packet as drawn
for distribution in uniform normal pareto; do
    "$tool" --packets 2000 --rate 4000 --delay 12ms --jitter 1ms --jitter-distribution $distribution \
        --loss 5% --seed 3 >"$out" 2>&1 || fail "exit $?"
    grep -q '^  jitter: mean delay' "$out" || fail "$distribution: nothing about its mean"
    grep -q 'asked (.* %[,;]' "$out" || fail "$distribution: nothing about its deviation"
    if grep -q '; valid$' "$out"; then # a machine that fell behind may have lost packets
        grep -q 'those came that the links of this seed let through' "$out" || fail "$distribution: others came"
        sed -n 's/.*95 % within \(.*\)); of what the links drew \(.*\)/\2 \1/p' "$out" |
            awk '{ exit !(NR == 1 && $1 > 0 && $1 < 1.2 * $2) }' || fail "$distribution: not what was asked for"
    fi
done
"$tool" --packets 2000 --rate 4000 --delay 12ms --jitter 2ms >"$out" 2>&1 || fail "exit $?"
grep -q '^laboratory: .* over 16 links in turn$' "$out" || fail "packets of one link may meet"

for wrong in "--loss 101%" "--jitter 30ms" "--jitter 1s --delay 2s" "--jitter 1ms --jitter-distribution moon" \
    "--jitter-distribution normal" "--jitter 5ms --jitter-distribution normal" \
    "--jitter 2ms --capture $out.none" "--seed -1" "--delay -1ms" "--rate 0" "--back-end relay" "--back-end moon" "--packets 1" "--size 5" "extra" "--nothing"; do
    # shellcheck disable=SC2086
    "$tool" $wrong >"$out" 2>&1
    [ $? = 2 ] || fail "'$wrong' is not refused"
done
"$tool" --packets 100 --core 1000 >"$out" 2>&1
[ $? = 3 ] || fail "core 1000 is not refused"
exit 0
