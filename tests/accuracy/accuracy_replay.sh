#!/bin/sh
# accuracy_replay.sh - `accuracy replay` on pairs that are made up: its tables letter for letter,
# and a sentence for each file that is not right.
. tests/accuracy/accuracy_common.sh
tiny=tests/data/accuracy/tiny.jsonl

run 0 replay $tiny
diff tests/golden/accuracy/tiny.md "$work/out" || fail "the tables differ"

# Two files are judged together; the order of lines does not matter.
head -n 3 $tiny >"$work/a"
{ head -n 1 $tiny; tail -n +4 $tiny | tac; } >"$work/b"
run 0 replay "$work/b" "$work/a"
diff tests/golden/accuracy/tiny.md "$work/out" || fail "two halves are not the whole"

# wrong STATUS SENTENCE: of a file on standard input
wrong() {
    cat >"$work/wrong"
    run 3 replay "$work/wrong"
    has err "$1"
}
head=$(head -n 1 $tiny)
cell='"condition":"quiet","kernel":"l1","extra":0'
wrong 'wrong:0: is missing: the file is empty' </dev/null
echo '{' | wrong 'wrong:1: is not JSON'
echo '{"accuracy":"peers"}' | wrong 'wrong:1: is not the head of a file by `accuracy aa`'
printf '%s\n{"kernel":"l1"}\n' "$head" | wrong 'wrong:2: has no condition, kernel and extra'
printf '%s\n{"condition":"quiet","kernel":"l1","extra":7}\n' "$head" |
    wrong 'wrong:2: has no condition, kernel and extra'
printf '%s\n{%s,"ln_ratios":[0,"1"]}\n' "$head" "$cell" |
    wrong 'wrong:2: ln_ratios[1] is no number'
printf '%s\n{%s,"ln_ratios":[%s0]}\n' "$head" "$cell" "$(yes 0, | head -n 1000 | tr -d '\n')" |
    wrong 'wrong:2: has 1001 pairs; at most 1000'
printf '%s\n{%s,"ln_ratios":[1e305]}\n' "$head" "$cell" | wrong 'wrong:2: an argument is not valid'
run 3 replay "$work/none"
has err "cannot open $work/none"
run 2 replay
has err 'usage: accuracy replay FILE...'
run 0 replay --help
has out 'usage: accuracy replay FILE...'
exit 0
