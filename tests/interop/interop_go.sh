#!/bin/sh
# interop_go.sh - go test writes, bpi-perf reads and writes again; the result follows the rules of
# Go's benchmark format, word for word as benchstat's reader asks, and benchstat reads it where it is installed.
. tests/cli/common.sh
golden=tests/golden/interop

# check FILE: every line is a result, or a key and a value.
check() {
    awk '
        /^Benchmark/ {
            if ($1 !~ /^Benchmark[^a-z]/) { print "name: " $0; exit 1 }
            if ($2 !~ /^[0-9]+$/ || $2 < 1) { print "iterations: " $0; exit 1 }
            if (NF < 4 || NF % 2 != 0) { print "pairs: " $0; exit 1 }
            for (i = 3; i <= NF; i += 2) if ($i !~ /^[-+]?[0-9.]+(e[-+]?[0-9]+)?$/) { print "value: " $0; exit 1 }
            results++; next
        }
        /^[a-z][^ \tA-Z:]*:([ \t]|$)/ { next }
        { print "neither result nor configuration: " $0; exit 1 }
        END { if (results == 0) exit 1 }' "$1" >"$work/out" || fail "$1 is not Go's benchmark format"
}
# numbers FILE: name, iterations and ns/op of every result.
numbers() {
    awk '/^Benchmark/ { for (i = 3; i < NF; i += 2) if ($(i + 1) == "ns/op") printf "%s %s %.6g\n", $1, $2, $i }' "$1"
}
round() {
    run 0 export "$1" --format benchfmt --output "$2"
    check "$2"
    numbers "$1" >"$work/old"
    numbers "$2" >"$work/new"
    cmp -s "$work/old" "$work/new" || fail "$1 came back with other numbers"
    [ -s "$work/old" ] || fail "$1 has no numbers"
}
round $golden/go_old.txt "$work/old.txt"
round $golden/go_new.txt "$work/new.txt"
grep -q '^pkg: example.com/sum' "$work/old.txt" || fail "the package is lost"
grep -q '16 B/op' "$work/old.txt" || fail "the allocations are lost"
"$bpi" benchmark compare --baseline "$work/old.txt" --current "$work/new.txt" >"$work/out" 2>"$work/err"
[ $? -le 1 ] || fail "compare of Go files"
has out BenchmarkSum-2

# benchstat prints the same of the files and of what they became, apart from the names of the files.
if command -v benchstat >/dev/null; then
    mkdir "$work/a" "$work/b"
    cp $golden/go_old.txt $golden/go_new.txt "$work/a"
    cp "$work/old.txt" "$work/b/go_old.txt"
    cp "$work/new.txt" "$work/b/go_new.txt"
    for side in a b; do
        (cd "$work/$side" && benchstat go_old.txt go_new.txt >../$side.stat 2>&1) || fail "benchstat refuses $side"
    done
    grep -q 'vs base' "$work/b.stat" || fail "benchstat does not compare the two"
    cmp -s "$work/a.stat" "$work/b.stat" || fail "benchstat sees a difference: $(diff "$work/a.stat" "$work/b.stat" | head -5)"
else
    echo "benchstat is not installed: the format is checked by its rules"
fi

# shellcheck disable=SC2086
measured run null/step $brief --no-references --save "$work/own.json"
run 0 export "$work/own.json" -f benchfmt -o "$work/own.txt"
check "$work/own.txt"
grep -q '^BenchmarkNull/step' "$work/own.txt" || fail "our own name is not one that Go's tools take"

if ! command -v go >/dev/null; then
    echo "go is not installed: only stored files were read"
    exit 0
fi
mkdir "$work/go"
cp $golden/sum_test.go.txt "$work/go/sum_test.go"
printf 'module example.com/sum\n\ngo 1.19\n' >"$work/go/go.mod"
(cd "$work/go" && GOFLAGS=-mod=mod GOCACHE="$work/cache" GOPATH="$work/path" go test -bench . -benchtime 5ms -count 2) >"$work/fresh.txt" 2>"$work/err" || {
    sed "s,^,    go: ," "$work/err"
    echo "go test does not run here: only stored files were read"
    exit 0
}
round "$work/fresh.txt" "$work/again.txt"
