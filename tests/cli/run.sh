#!/bin/sh
# run.sh - the seed's lines, letter for letter but with a small budget; lists, formats, places.
. tests/cli/common.sh

# shellcheck disable=SC2086
measured benchmark cbor --encode --decode --iterations 5000 --data-size 100 $brief --save "$work/cbor.json"
has out 'encode'
has out 'decode'
has out 'entries=100'
lacks out 'entries=1000'
run 0 verify "$work/cbor.json"
# shellcheck disable=SC2086
measured benchmark crypto --hash-size 1024 --algorithms sha256,blake3 --iterations 10000 $brief
has out 'size=1024,algorithm=sha256'
has out 'size=1024,algorithm=blake3'
measured benchmark --comprehensive --iterations 1000 --statistical-analysis --budget 1s --processes 1 \
    --measurement-time 1ms --warm-up 1ms --sample-size 2 --arg entries=10 --arg size=64 --arg leaves=4 --arg flows=1000 \
    --arg time=virtual
has err ' cases share 1.00 s'
has out 'claims '
has out 'encode'
has out 'crypto'
# A list of the configuration is a sweep that was asked for, as --arg is.
printf 'performance_benchmarks:\n  crypto_benchmarks:\n    algorithms: [sha256, blake3]\n' >"$work/lists.yaml"
planned() { # WORDS...: how many cases everything is; nothing is waited for
    "$bpi" benchmark --comprehensive --no-history "$@" >/dev/null 2>"$work/err" &
    pid=$!
    tries=0
    until grep -q ' cases share ' "$work/err"; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || fail "no plan within a minute"
        sleep 0.1
    done
    kill -INT $pid
    wait $pid
    count=$(sed -n 's/^.*[^0-9]\([0-9][0-9]*\) cases share .*/\1/p' "$work/err")
}
planned
plain=$count
planned --config "$work/lists.yaml"
[ "$count" -gt "$plain" ] || fail "lists of --config are not swept: $count cases, and $plain without"

run 0 benchmark list --names
cp "$work/out" "$work/names"
grep -qx null/empty "$work/names" || fail "the list lacks null/empty"
grep -q ' ' "$work/names" && fail "a name has a blank"
run 0 benchmark list null/spin
has out '--arg ns='
run 0 benchmark list --json null/spin
has out '"name": "null/spin"'
lacks out 'null/empty'

# Each format, on standard output and in a file.
for format in text json csv markdown; do
    # shellcheck disable=SC2086
    measured run null/empty $brief --format $format --no-history --output "$work/report.$format"
    [ ! -s "$work/out" ] || fail "--output writes to standard output too"
    grep -q 'empty' "$work/report.$format" || fail "the $format report lacks the case"
done
# shellcheck disable=SC2086
measured run null/empty $brief --no-history --json
head -c 1 "$work/out" | grep -q '{' || fail "--json is no JSON"
"$bpi" report - <"$work/out" >"$work/again" 2>&1 || fail "report does not read what run --json wrote"

# Nothing but the report in a pipe; colour only when asked for.
# shellcheck disable=SC2086
measured run null/empty $brief --quiet
[ ! -s "$work/err" ] || fail "--quiet says something"
escape=$(printf '\033')
lacks out "$escape"
# shellcheck disable=SC2086
measured run null/empty $brief --color always
has out "$escape"
# shellcheck disable=SC2086
NO_COLOR=1 measured run null/empty $brief
lacks out "$escape"
lacks err "$escape"

# A progress line on a terminal, cleared at the end.
if command -v script >/dev/null; then
    script -qec "$bpi run null/empty $brief --no-history" /dev/null >"$work/out" 2>&1 </dev/null
    has out '[1/1] null/empty'
    has out "$escape[K"
fi

# Users' own files.
printf '\242\001\002\003\004' >"$work/a,b..c.cbor"
# shellcheck disable=SC2086
measured cbor --input "$work/a,b..c.cbor" $brief
has out 'a,b..c.cbor'
# shellcheck disable=SC2086
measured crypto --algorithms blake3 $brief --input /bin/sh "$work/a,b..c.cbor"
has out 'a,b..c.cbor'
has out 'algorithm=blake3'
# shellcheck disable=SC2086
measured run ifr/trace: --input suites/data/veth.pcapng $brief
has out 'veth.pcapng'
lacks out 'chained'
head -c 5000 suites/data/veth.pcap >"$work/cut.pcap"
# shellcheck disable=SC2086
run 3 run ifr/trace: --input "$work/cut.pcap" $brief
has err 'cut.pcap: the packet at byte 4942'
run 2 run ifr/lookup --input suites/data/veth.pcap
has err "no case that takes a file matches 'ifr/lookup'"
run 0 cbor diag "$work/a,b..c.cbor"
grep -qx '{1: 2, 3: 4}' "$work/out" || fail "diagnostic notation"
printf '\242\001' >"$work/cut.cbor"
run 2 cbor diag "$work/cut.cbor"
has err 'cut.cbor'
