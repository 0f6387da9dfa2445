#!/bin/sh
# trace_read.sh [TRACE [EXPECTED]] - the library reads a trace as parse.py does: every packet of both
# formats, its time, its sizes and its flow; and the shipped one holds what it held when it was made.
set -u
here=tests/trace
trace=${1:-suites/data/veth}
expected=${2:-}
[ $# -gt 0 ] || expected=$here/veth.expect
list=$BUILD/tests/trace/trace_list
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
fail() {
    echo "trace_read.sh: $*" >&2
    exit 1
}

for format in pcap pcapng; do
    "$list" $trace.$format >"$work/$format" || fail "$trace.$format cannot be read"
    [ -s "$work/$format" ] || fail "$trace.$format has no packets"
done
# The same packets, but for the microseconds of pcap.
for format in pcap pcapng; do
    awk '{ print $1, substr($2, 1, length($2) - 3), $3, $4, $5, $6 }' "$work/$format" >"$work/$format.us"
done
cmp -s "$work/pcap.us" "$work/pcapng.us" || fail "the formats differ"

# summary LIST: packets, flows, and packets a kind and a protocol (last byte of the key).
summary() {
    awk '{
            if ($6 != "-" && !($6 in flows)) { flows[$6]; flow_count++ }
            family = length($6) == 26 ? "ipv4" : length($6) == 74 ? "ipv6" : "no"
            kinds[$5 " " family " protocol " ($6 == "-" ? "-" : substr($6, length($6) - 1))]++
            captured += $3; wire += $4
        }
        END {
            printf "%d packets, %d flows, %d bytes captured of %d\n", NR, flow_count, captured, wire
            for (kind in kinds) print kinds[kind], kind | "sort -k2"
        }' "$1"
}
summary "$work/pcap" >"$work/summary"
if [ -n "$expected" ]; then
    diff "$expected" "$work/summary" >&2 || fail "$trace is not what it was"
fi
cat "$work/summary"

if ! command -v python3 >/dev/null; then
    [ -n "$expected" ] || { echo "skipped: python3 is not installed"; exit 77; }
    exit 0
fi
for format in pcap pcapng; do
    python3 $here/parse.py $trace.$format >"$work/parsed" || fail "parse.py fails on $trace.$format"
    diff "$work/parsed" "$work/$format" >&2 || fail "parse.py reads $trace.$format otherwise"
done
