# accuracy_common.sh - what every script here begins with.
# shellcheck shell=sh
set -u
accuracy=$BUILD/tools/accuracy/accuracy
name=${0##*/}
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$work/tmp"
export TMPDIR="$work/tmp" BPI_PERF_STATE_DIR="$work/state" BPI_PERF_CONFIG_DIR="$work/config"

fail() {
    echo "$name: $*" >&2
    for file in "$work/out" "$work/err"; do
        [ -s "$file" ] && sed "s/^/    ${file##*/}: /" "$file" | head -40 >&2
    done
    exit 1
}

# run STATUS WORDS...: its output goes to $work/out and $work/err.
run() {
    wanted=$1
    shift
    "$accuracy" "$@" >"$work/out" 2>"$work/err"
    got=$?
    [ $got -eq "$wanted" ] || fail "status $got and not $wanted: accuracy $*"
}

has() {
    grep -qF -e "$2" "$work/$1" || fail "standard $1 lacks: $2"
}

lines() {
    [ "$(wc -l <"$1")" -eq "$2" ] || fail "$1 has $(wc -l <"$1") lines and not $2"
}
