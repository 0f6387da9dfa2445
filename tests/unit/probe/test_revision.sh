#!/bin/sh
# The revision header: outside git, in a checkout, changed, in a folder of another checkout, and left
# alone while nothing changes.
set -eu
script=$(cd "$(dirname "$0")/../../.." && pwd)/cmake/Revision.cmake
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
run() { cmake -DSOURCE="$1" -DHEADER="$work/revision.h" -P "$script"; }
fail() { echo "test_revision: $1"; cat "$work/revision.h"; exit 1; }

mkdir "$work/plain"
GIT_CEILING_DIRECTORIES=$work run "$work/plain"
if grep -q define "$work/revision.h"; then fail "a plain folder has a revision"; fi

command -v git > /dev/null || exit 77
tree="$work/tree"
git init -q "$tree"
mkdir "$tree/inner"
echo one > "$tree/file"
git -C "$tree" add file
git -C "$tree" -c user.name=t -c user.email=t@localhost commit -q -m one
run "$tree"
grep -q "PROBE_REVISION \"$(git -C "$tree" rev-parse HEAD)\"" "$work/revision.h" || fail "no revision"
grep -q 'PROBE_REVISION_DIRTY 0' "$work/revision.h" || fail "a clean tree is not clean"

touch -d '2020-01-01' "$work/revision.h"
before=$(stat -c %Y "$work/revision.h")
run "$tree"
test "$before" = "$(stat -c %Y "$work/revision.h")" || fail "written without a change"

echo two > "$tree/file"
run "$tree"
grep -q 'PROBE_REVISION_DIRTY 1' "$work/revision.h" || fail "a changed tree is not dirty"

run "$tree/inner"
if grep -q define "$work/revision.h"; then fail "a folder of another checkout has its revision"; fi
