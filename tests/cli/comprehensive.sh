#!/bin/sh
# comprehensive.sh - every case there is, once, with hardly any time; and how many that are.
. tests/cli/common.sh

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
