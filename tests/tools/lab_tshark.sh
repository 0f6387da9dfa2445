#!/bin/sh
# lab_tshark.sh - tshark on the kernels' captures sees the packets, losses and delays that
# lab-accuracy says; and says so when one of them is not as it says.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

fail() {
    echo "$1"
    cat "$work/out"
    exit 1
}
skip() {
    echo "skipped: $1"
    exit 77
}
for program in tshark dumpcap; do
    command -v $program >/dev/null || skip "there is no $program"
done

# agrees FOLDER WORDS...: a laboratory that fell behind may have dropped packets before the capture
agrees() {
    for _ in 1 2 3; do
        tools/lab/lab-tshark "$@" >"$work/out" 2>&1
        status=$?
        [ $status = 3 ] && grep -Eq 'namespace|/dev/net/tun|capture missed|dumpcap' "$work/out" &&
            skip "$(tail -n 1 "$work/out")"
        [ $status = 0 ] && return
        grep -q '; valid$' "$work/out" && fail "exit $status"
    done
    skip "the machine is too busy: $(grep 'emulator: late' "$work/out")"
}

agrees "$work/kept" --packets 1000 --rate 2000 --delay 5ms --loss 5% --seed 2
grep -q '^tshark agrees$' "$work/out" || fail 'no verdict'
came=$(sed -n 's/^laboratory: \([0-9]*\) of 1000 packets arrived.*/\1/p' "$work/out")
[ "${came:-1000}" -lt 1000 ] || fail 'nothing was lost'
for who in "the kernels', by tshark" "the emulator's, by tshark" 'lab-accuracy'; do
    grep -Eq "^$who +1000 +$came " "$work/out" || fail "$who: not 1000 sent, $came come"
done
grep -q '^        0 sooner than the link drew$' "$work/out" || fail 'draws were not looked at'

# the kernel's own times, over veth: a packet is never sooner for them, and no larger for its device
agrees "$work/veth" --packets 1000 --rate 2000 --delay 5ms --back-end veth
grep -q '^tshark agrees$' "$work/out" || fail 'veth: no verdict'
grep -q '^        0 sooner than the link drew$' "$work/out" || fail 'veth: draws were not looked at'
sed -n "s/^the kernels', by tshark: \([0-9.]*\) Mbit.* by tshark: \([0-9.]*\) Mbit.*/\1 \2/p" "$work/out" |
    awk '{ exit !(NR == 1 && $1 > 0 && $1 < 1.05 * $2 && $2 < 1.05 * $1) }' || fail 'veth: packets of two sizes'

# what lab-accuracy says is bent: tshark is not moved by it
bent() { # WHAT PATTERN: with $work/bent.csv in place of the packets'
    mkdir -p "$work/bent"
    cp "$work"/kept/*.pcap* "$work/bent"
    mv "$work/bent.csv" "$work/bent/packets.csv"
    tools/lab/lab-tshark "$work/bent" >"$work/out" 2>&1
    status=$?
    [ $status = 1 ] || fail "$1: exit $status and not 1"
    grep -q "$2" "$work/out" || fail "$1: '$2' is not said"
}
awk -F, -v OFS=, '$3 != "" && !done { $3 = ""; done = 1 } { print }' "$work/kept/packets.csv" >"$work/bent.csv"
bent 'a packet that came is said to be lost' '^tshark: 1 packets that one saw'
awk -F, -v OFS=, '{ if ($4 != "") $4 += 20000000; print }' "$work/kept/packets.csv" >"$work/bent.csv"
bent 'longer delays are said to be drawn' "^        $came sooner than the link drew"

tools/lab/lab-tshark "$work/nothing" >"$work/out" 2>&1
[ $? = 3 ] || fail 'a folder without captures'
tools/lab/lab-tshark "$work/other" --loss 101% >"$work/out" 2>&1
[ $? = 2 ] || fail 'wrong words'
exit 0
