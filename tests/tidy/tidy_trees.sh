#!/bin/sh
# tidy_trees.sh - each small tree in tests/data/tidy breaks some rules; tidy must say exactly what
# stands in NAME.expect, and nothing about the tree that breaks none.
set -u
tidy=$BUILD/tools/tidy/tidy
data=tests/data/tidy
failed=0
for expect in "$data"/*.expect; do
    name=${expect##*/}
    name=${name%.expect}
    said=$("$tidy" "$data/$name")
    status=$?
    wanted=1
    [ "$name" = good ] && wanted=0
    if [ "$said" != "$(cat "$expect")" ] || [ $status -ne $wanted ]; then
        echo "tidy on $data/$name (status $status, wanted $wanted) differs from $expect:"
        printf '%s\n' "$said" | diff "$expect" -
        failed=1
    fi
done

graph=$("$tidy" --graph "$data/good" | tr -s ' ')
wanted='base ->
instrument/stats -> base
results -> base instrument/stats'
if [ "$graph" != "$wanted" ]; then
    printf 'the graph of %s/good is wrong:\n%s\n' "$data" "$graph"
    failed=1
fi
"$tidy" --dot "$data/good" | grep -q '"results" -> "instrument/stats";' || failed=1
"$tidy" /nonexistent 2>/dev/null
[ $? -eq 2 ] || { echo "a missing tree must be status 2"; failed=1; }
exit $failed
