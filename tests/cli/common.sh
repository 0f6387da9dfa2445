# common.sh - what every script here begins with: its own state, and sentences about failures.
# shellcheck shell=sh
set -u
bpi=$BUILD/apps/cli/bpi-perf
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
export BPI_PERF_STATE_DIR="$work/state" BPI_PERF_CONFIG_DIR="$work/config" PATH="$BUILD/apps/cli:$PATH"
unset NO_COLOR
name=${0##*/}
# Little time: these tests look at words and statuses, not at numbers.
brief='--measurement-time 30ms --warm-up 10ms --processes 2 --sample-size 4'

fail() {
    echo "$name: $*" >&2
    for file in "$work/out" "$work/err"; do
        [ -s "$file" ] && sed "s/^/    ${file##*/}: /" "$file" | head -40 >&2
    done
    exit 1
}

# run STATUS WORDS...: run bpi-perf; its output goes to $work/out and $work/err.
run() {
    wanted=$1
    shift
    "$bpi" "$@" >"$work/out" 2>"$work/err"
    got=$?
    [ $got -eq "$wanted" ] || fail "status $got and not $wanted: bpi-perf $*"
}

# has FILE TEXT: the text stands in the file, letter for letter.
has() {
    grep -qF -e "$2" "$work/$1" || fail "standard $1 lacks: $2"
}

lacks() {
    if grep -qF -e "$2" "$work/$1"; then fail "standard $1 has: $2"; fi
}

# The host is slow, or this is a build with sanitizers: claims may be refuted, which is status 1.
measured() {
    "$bpi" "$@" >"$work/out" 2>"$work/err"
    got=$?
    [ $got -le 1 ] || fail "status $got and not 0 or 1: bpi-perf $*"
}
