#!/bin/sh
# profile.sh - --profile and --alloc-profile write their files; the difference of two; bad input.
. tests/cli/common.sh

# Folded stacks of others need no kernel.
printf 'main;a 10\nmain;b 5\n' >"$work/old.folded"
printf 'main;a 10\nmain;c 15\n' >"$work/new.folded"
run 0 profile diff "$work/old.folded" "$work/new.folded" --output "$work/diff.html"
[ ! -s "$work/out" ] || fail "--output writes to standard output too"
grep -q '"difference":true,"perItem":false' "$work/diff.html" || fail "the difference is not one of shares"
grep -q 'each side is a share of its own total' "$work/diff.html" || fail "it does not say so"
run 0 profile diff "$work/old.folded" "$work/new.folded" --baseline-items 5 --current-items 5
has out '"perItem":true'
has out '</html>'
if grep -q 'src=\|href=\|url(\|https\{0,1\}:' "$work/diff.html"; then fail "the page needs something else"; fi
run 2 profile diff "$work/old.folded"
printf 'main;a 10\nmain;b\n' >"$work/bad.folded"
run 2 profile diff "$work/bad.folded" "$work/new.folded"
has err "bad.folded: line 2 is not 'frame;frame NUMBER': 'main;b'"
run 2 profile diff "$work/none.folded" "$work/new.folded"
has err 'none.folded'
run 2 profile diff "$work/old.folded" "$work/new.folded" --baseline-items 0
run 2 profile
has err 'profile needs a sub-command'

# A folder that cannot be made is said before anything is measured.
touch "$work/file"
# shellcheck disable=SC2086
run 3 run null/empty $brief --alloc-profile "$work/file/folder"
has err '--alloc-profile: '

# Allocations: only where the build sees them (not under a sanitizer).
# shellcheck disable=SC2086
"$bpi" run null/malloc $brief --no-history --alloc-profile "$work/prof" >"$work/out" 2>"$work/err"
status=$?
if [ $status -le 1 ]; then
    name=null__malloc--size=64.alloc
    for ending in folded html speedscope.json pb.gz; do
        [ -s "$work/prof/$name.$ending" ] || fail "there is no $name.$ending"
    done
    grep -q 'malloc_run [0-9]*$' "$work/prof/$name.folded" || fail "malloc_run does not allocate"
    [ "$(wc -l <"$work/prof/index.jsonl")" -eq 1 ] || fail "the index has not one line"
    grep -q '"kind":"allocations"' "$work/prof/index.jsonl" || fail "the index is of something else"
else
    has err 'allocations are not seen in this build'
fi
# shellcheck disable=SC2086
run 3 exec $brief --no-history --alloc-profile "$work/prof" -- true
has err 'what a whole command allocates is not seen'

# Stacks: where the kernel lets us.
# shellcheck disable=SC2086
"$bpi" run null/step $brief --no-history --profile "$work/time" --profile-time 300ms >"$work/out" 2>"$work/err"
status=$?
if [ $status -eq 3 ] && grep -q 'does not let this user sample' "$work/err"; then
    echo "skipped: $(cat "$work/err")"
    exit 77
fi
[ $status -le 1 ] || fail "status $status of run --profile"
has err ' samples, one every 1.003 ms'
grep -q 'main.*;' "$work/time/null__step.folded" || fail "the folded stacks lack main"
# shellcheck disable=SC2086
measured run null/step $brief --no-history --profile "$work/time" --profile-time 100ms --quiet
[ ! -s "$work/err" ] || fail "--quiet says something"
[ "$(wc -l <"$work/time/index.jsonl")" -eq 1 ] || fail "a second profile of a case adds a line"
run 0 profile diff "$work/time/null__step.folded" "$work/time/null__step.folded"
has out '"perItem":true'
if command -v go >/dev/null && go tool pprof -raw "$work/time/null__step.pb.gz" >"$work/raw" 2>/dev/null; then
    grep -q '^samples/count cpu/nanoseconds' "$work/raw" || fail "pprof reads other sample types"
    grep -q ' main ' "$work/raw" || fail "pprof sees no main"
fi
