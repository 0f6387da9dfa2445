#!/bin/sh
# bisect.sh - a scratch repository of eight commits: the fourth does not build, the sixth does twice
# the work. The commit is found, by us and by git, and nothing is left behind.
. tests/cli/common.sh

archive=$BUILD/packaging/libbench.a
[ -f "$archive" ] || { echo "$name: libbench.a is not built"; exit 77; }
flags=
nm "$archive" 2>/dev/null | grep -q __asan_init && flags=-fsanitize=address,undefined
nm "$archive" 2>/dev/null | grep -q __tsan_init && flags=-fsanitize=thread
compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$BUILD/CMakeCache.txt")
build="'$compiler' -O2 $flags -I'$PWD/instrument/measure/include' -I'$PWD/base/include' bench.c -o bench"
build="$build '$archive' $(pkg-config --libs jansson zlib) -lm -lpthread"
repo=$work/repo
export TMPDIR="$work/tmp"
mkdir "$repo" "$TMPDIR"
export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@localhost GIT_CONFIG_GLOBAL=/dev/null
export GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@localhost GIT_CONFIG_SYSTEM=/dev/null
command -v git >/dev/null || { echo "$name: git is not installed"; exit 77; }

# commit BYTES MESSAGE: a benchmark that hashes so many bytes; a second case stays as it is
commit() {
    cat >"$repo/bench.c" <<X
/* $2 */
#include <bench/bench.h>
static unsigned char data[4096];
static void hash_bytes(uint64_t count, int size)
{
    BENCH_LOOP(count) {
        uint64_t hash = 14695981039346656037u;
        for (int i = 0; i < size; i++)
            hash = (hash ^ data[i]) * 1099511628211u;
        BENCH_KEEP(hash);
    }
}
BENCH(hash, .doc = "FNV-1a") { hash_bytes(count, $1); }
BENCH(hash_still, .doc = "FNV-1a that stays") { hash_bytes(count, 512); }
BENCH_MAIN(&hash, &hash_still)
X
    git -C "$repo" add bench.c
    git -C "$repo" commit -q -m "$2"
    git -C "$repo" tag "$2"
}

git -C "$repo" init -q
commit 512 one
commit 512 two
commit 512 three
echo 'this is no C' >"$repo/bench.c"
git -C "$repo" commit -q -a -m four
git -C "$repo" tag four
commit 512 five
commit 1024 six
commit 1024 seven
commit 1024 eight
cd "$repo" || exit 1

nothing_left() {
    [ "$(git worktree list | wc -l)" -eq 1 ] || fail "a worktree is left"
    tries=0
    while [ -n "$(ls "$TMPDIR")" ]; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || fail "left in the temporary folder: $(ls "$TMPDIR")"
        sleep 0.1
    done
    [ -z "$(git status --porcelain)" ] || fail "the checkout was touched"
}

if ! sh -c "$build" >"$work/out" 2>"$work/err"; then
    sed 's/^/    /' "$work/err"
    echo "$name: a program with libbench.a cannot be linked here"
    exit 77
fi
rm bench

# The bad range holds the commit that does not build. The case is an id, though another contains it.
run 0 bisect --good two --bad seven --build "$build" --program ./bench hash --json
has out '"found": true'
has out "\"commit\": \"$(git rev-parse six)\""
nothing_left
run 0 bisect --good two --bad six --build "$build" --program ./bench hash
has out 'four'
has out 'skipped'
has out 'six made hash slower'
nothing_left

# Skipped commits leave two that may be it.
run 0 bisect --good five --bad six --build "$build" --program bench hash --csv
has out 'six'
git checkout -q -b broken five
echo 'no C again' >bench.c
git commit -q -a -m broken
commit 1024 slow
run 3 bisect --good five --bad slow --build "$build" --program ./bench hash
has out 'or one of the skipped commits before it'
nothing_left
git checkout -q -

# Nothing to find.
run 1 bisect --good one --bad five --threshold 40 --build "$build" --program ./bench hash
has out 'nothing to find'
run 1 bisect --good two --bad eight --threshold 40 --build "$build" --program ./bench hash_still
nothing_left

# Mistakes.
run 2 bisect --good eight --bad one --build "$build" --program ./bench hash
has err 'must be an ancestor'
run 2 bisect --good one --bad one --build "$build" --program ./bench hash
has err 'are one commit'
run 2 bisect --good nosuch --build "$build" --program ./bench hash
has err "--good: there is no revision 'nosuch'"
run 2 bisect --build "$build" --program ./bench hash
has err '--good is missing'
run 2 bisect --good one --bad five --build "$build" --program ./bench 'hash*'
has err 'write its whole id'
run 3 bisect --good one --bad four --build "$build" --program ./bench hash
has err '--bad cannot be compared'
run 2 bisect --good one --bad five --program ./bench hash
has err 'no program'
nothing_left

# As a step of git's own.
git bisect start >"$work/out"
git bisect bad eight >"$work/out"
git bisect good one >"$work/out"
git bisect run "$bpi" bisect --as-git-bisect-step --good one --threshold 40 --build "$build" \
    --program ./bench hash >"$work/out" 2>"$work/err" || fail "git bisect run failed"
has out "$(git rev-parse six) is the first bad commit"
git bisect reset >"$work/out" 2>&1
git checkout -q four
run 125 bisect --as-git-bisect-step --good one --build "$build" --program ./bench hash
has out 'skipped'
run 128 bisect --as-git-bisect-step --good nosuch --build "$build" --program ./bench hash
git checkout -q master 2>/dev/null || git checkout -q main

# Merges: the culprit is on a side branch; the first parent alone leads to the merge.
git checkout -q -b side one
commit 512 side1
commit 1024 side2
git checkout -q -b trunk one
echo x >note && git add note && git commit -q -m note
git merge -q -m joined side
git tag joined
run 0 bisect --good one --bad joined --build "$build" --program ./bench hash --json
has out "\"commit\": \"$(git rev-parse side2)\""
run 0 bisect --good one --bad joined --first-parent --build "$build" --program ./bench hash --json
has out "\"commit\": \"$(git rev-parse joined)\""
nothing_left

# Ctrl-C while it builds, and while it measures.
for wait in 'sleep 60' "$build"; do
    "$bpi" bisect --good one --bad joined --build "$wait" --program ./bench hash --budget 60s \
        >"$work/out" 2>"$work/err" &
    pid=$!
    tries=0
    while [ -z "$(ls "$TMPDIR")" ] && [ $tries -lt 100 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    sleep 1
    kill -INT $pid
    wait $pid
    [ $? -eq 130 ] || [ "$wait" = "$build" ] || fail "Ctrl-C ended with another status"
    nothing_left
done

# Runs of either commit, kept in the history: the change lies between the two. A busy machine can
# hide twice the work in one history of so few and short runs; not in three.
few='--measurement-time 100ms --warm-up 20ms --processes 3'
for attempt in 1 2 3; do
    export BPI_PERF_STATE_DIR="$work/state$attempt"
    for tag in five six; do
        git checkout -q $tag
        sh -c "$build" >"$work/out" 2>"$work/err" || fail "$tag does not build"
        for _ in 1 2 3 4 5; do
            # shellcheck disable=SC2086
            measured worker ./bench $few --no-references
        done
    done
    run 0 history trend hash
    grep -q '1 change\.' "$work/out" && break
done
has out '1 change.'
has out "commits $(git rev-parse five | cut -c1-12) .. $(git rev-parse six | cut -c1-12)"
lacks out 'tree'
run 0 history changes
has out 'hash'
echo '/* more */' >>bench.c
# shellcheck disable=SC2086
measured worker ./bench $brief --no-references
run 0 history export latest
grep -A1 '"project_dirty"' "$work/out" | grep -q yes || fail "a changed tree is not said to be one"
