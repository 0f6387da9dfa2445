#!/bin/sh
# exec.sh - whole commands: words, parameters, shells, failures, several at once.
. tests/cli/common.sh
few='--runs 2 --warm-up 0 --processes 1 --no-references --no-history'

# shellcheck disable=SC2086
{
    run 0 exec $few -- true
    has out 'exec/command:true'
    run 0 exec $few -n first -n second --csv -- true -- sh -c 'exit 0'
    has out 'first'
    has out 'second'
    run 0 exec $few --csv 'echo "two words"' 'printf x\ y'
    has out 'echo two words'
    run 0 exec $few --csv -P n 1,2 -P m a,b -- echo '{n}-{m}'
    for words in 'echo 1-a' 'echo 1-b' 'echo 2-a' 'echo 2-b'; do has out "$words"; done
    run 0 exec $few --shell --csv 'true && true | cat'
    has out 'true && true'

    # The output of the command never gets among ours.
    run 0 exec $few -- echo not-to-be-seen
    [ "$(grep -c 'not-to-be-seen' "$work/out")" -ge 1 ] || fail "the command is not named"
    grep -qx 'not-to-be-seen' "$work/out" && fail "the command's output is among ours"

    # --prepare runs before each run, --input is its standard input.
    run 0 exec $few --prepare "echo p >>$work/prepared" -- true
    [ "$(grep -c p "$work/prepared")" -ge 2 ] || fail "--prepare did not run before each run"
    echo 'from a file' >"$work/input"
    run 0 exec $few --shell --input "$work/input" "cat >>$work/copied"
    grep -qx 'from a file' "$work/copied" || fail "--input is not the command's standard input"

    # Warm-up by count runs at least so often more.
    : >"$work/counted"
    run 0 exec --runs 1 --warm-up 5 --processes 1 --no-references --no-history --shell "echo r >>$work/counted; sleep 0.05"
    [ "$(grep -c r "$work/counted")" -ge 6 ] || fail "--warm-up 5 did not run five times"

    # Failures have no result.
    run 3 exec $few -- false
    has err 'ended with status 1'
    run 0 exec $few --ignore-failure -- false
    run 3 exec $few -- sh -c 'kill -9 $$'
    has err 'signal 9'
    run 3 exec $few -- /nonexistent/program
    has err 'cannot be started'
    run 3 exec $few --csv -- true -- false
    has out 'true'
    run 3 exec $few --timeout 1s -- sleep 30
    has err 'timeout'
}
