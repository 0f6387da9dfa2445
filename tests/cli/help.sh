#!/bin/sh
# help.sh - help, version, manual pages and completions of every command come from the table.
. tests/cli/common.sh

run 0 --version
grep -qx 'bpi-perf [0-9]*\.[0-9]*\.[0-9]*' "$work/out" || fail "--version is odd"
run 0 help
has out 'Usage: bpi-perf COMMAND [OPTIONS]'
has out '  130  interrupted'
for command in benchmark run exec worker cbor crypto claims history report verify doctor completions help; do
    has out "  $command "
done
lacks out internal-man
run 0 --help
[ ! -s "$work/err" ] || fail "--help says something on standard error"

for command in benchmark 'benchmark cbor' 'benchmark compare' run exec 'history list' 'cbor diag' doctor; do
    # shellcheck disable=SC2086
    run 0 $command --help
    has out "bpi-perf $command - "
    has out 'Exit status'
    mv "$work/out" "$work/first"
    # shellcheck disable=SC2086
    run 0 help $command
    cmp -s "$work/out" "$work/first" || fail "help $command and $command --help differ"
    [ "$(awk 'length > 100' "$work/out" | wc -l)" -eq 0 ] || fail "help $command has long lines"
done
run 0 exec --help
[ "$(grep -c -e '--warm-up' "$work/out")" -eq 1 ] || fail "an option that stands for another is shown twice"

# A command that is also a program of its name says the same.
"$BUILD/apps/cli/benchmark-runner" --help >"$work/first" || fail "benchmark-runner --help"
run 0 benchmark-runner --help
cmp -s "$work/out" "$work/first" || fail "benchmark-runner --help is not bpi-perf benchmark-runner --help"

run 0 internal-man --folder "$work/man"
cmp -s "$work/man/benchmark-runner.1" "$work/man/bpi-perf-benchmark-runner.1" || fail "benchmark-runner has no page"
for page in bpi-perf bpi-perf-run bpi-perf-benchmark-cbor bpi-perf-history-trend; do
    [ -s "$work/man/$page.1" ] || fail "there is no page $page.1"
done
if command -v mandoc >/dev/null; then
    for page in "$work"/man/*.1; do
        mandoc -Tlint -Wwarning "$page" >>"$work/lint" || fail "mandoc: $(cat "$work/lint")"
    done
    mandoc -Tutf8 "$work/man/bpi-perf-run.1" | sed 's/.\x08//g' >"$work/out"
    has out '--measurement-time TIME'
fi

for shell in bash zsh fish; do
    run 0 completions $shell
    has out 'measurement-time'
    has out 'benchmark list --names'
    if command -v $shell >/dev/null; then $shell -n "$work/out" || fail "completions $shell"; fi
done

# bash completes for real: commands, options, values, cases.
"$bpi" completions bash >"$work/complete.bash"
complete() {
    bash -c '
        source "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _bpi_perf; printf "%s\n" "${COMPREPLY[@]}"' \
        bash "$work/complete.bash" "$@" >"$work/out" 2>"$work/err"
}
complete bpi-perf bench
has out benchmark
complete bpi-perf benchmark c
has out compare
has out crypto
complete bpi-perf benchmark cbor --enc
has out --encode
complete benchmark-runner --all
has out --all-layers
complete benchmark-runner --layers layer
has out layer3
complete benchmark-runner --baseline --re
has out --report
complete bpi-perf benchmark-runner --reg
has out --regression-check
complete bpi-perf run --format j
has out json
complete bpi-perf run null/em
has out null/empty
complete bpi-perf history ''
has out trend
complete bpi-perf benchmark crypto --algorithms b
has out blake3
