#!/bin/sh
# keep.sh - full disks, closed outputs, readers that go away, a history that cannot be used, two
# programs at once: each is said, and nothing that was measured is lost without a word.
. tests/cli/common.sh
small="null/empty $brief --no-references"

# shellcheck disable=SC2086
if [ -c /dev/full ]; then
    "$bpi" run $small >/dev/full 2>"$work/err"
    [ $? -eq 3 ] || fail "a full standard output is not status 3"
    has err 'No space left on device'
    run 3 run $small --output /dev/full
    has err '/dev/full'
    "$bpi" help >/dev/full 2>"$work/err"
    [ $? -eq 3 ] || fail "help into a full disk is not status 3"
fi
# shellcheck disable=SC2086
"$bpi" run $small >&- 2>"$work/err"
[ $? -eq 3 ] || fail "a closed standard output is not status 3"
has err 'standard output: cannot write'
# shellcheck disable=SC2086
run 3 run $small --output "$work/no/such/folder/x"
has err "$work/no/such/folder/x"
# shellcheck disable=SC2086
run 3 run $small --save "$work/no/such/folder/x"

# A reader that goes away is no error to speak of.
{ "$bpi" help run 2>"$work/err"; echo $? >"$work/status"; } | sleep 0
status=$(cat "$work/status")
[ "$status" -eq 141 ] || [ "$status" -eq 0 ] || fail "a closed pipe is status $status"
[ ! -s "$work/err" ] || fail "a closed pipe is complained about"

# A history that is no history: measured all the same, and said.
mkdir -p "$work/broken"
echo 'this is not a database, whatever its name says' >"$work/broken/history.db"
# shellcheck disable=SC2086
BPI_PERF_STATE_DIR=$work/broken run 0 run $small
has err 'the run is not kept in the history'
grep -q 'this is not' "$work/broken/history.db" || fail "a file that is no history was overwritten"

# Two at once: both are kept.
export BPI_PERF_STATE_DIR="$work/two"
# shellcheck disable=SC2086
"$bpi" run $small >"$work/one" 2>&1 &
first=$!
# shellcheck disable=SC2086
"$bpi" run $small >"$work/other" 2>&1
second=$?
wait $first || fail "the first of two: $(cat "$work/one")"
[ $second -eq 0 ] || fail "the second of two: $(cat "$work/other")"
run 0 history list --csv
[ "$(grep -c complete "$work/out")" -eq 2 ] || fail "two runs at once are not both kept"
