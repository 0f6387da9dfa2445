#!/bin/sh
# report.sh - reports with figures: every format, one figure, what does not go together.
. tests/cli/common.sh
. tests/web/make.sh
id=$(printf 'enc/case-1:note=<b>&\342\200\250')

run 0 report "$work/a.json" --format html --output "$work/a.html"
grep -q '<!DOCTYPE html>' "$work/a.html" || fail "a.html is no page"
run 0 report "$work/a.json" --format svg
has out '<svg '
run 0 report "$work/a.json" --format pdf
[ "$(head -c 5 "$work/out")" = %PDF- ] || fail "the PDF went somewhere else"
run 0 report "$work/a.json" --format png
[ "$(head -c 4 "$work/out" | tail -c 3)" = PNG ] || fail "the PNG went somewhere else"
for figure in overview density slope percentiles; do
    run 0 report "$work/a.json" --figure $figure --case "$id" --format svg
    has out '</svg>'
done
run 0 report "$work/b.json" --figure forest --baseline "$work/a.json" --format svg
has out 'faster'
run 0 report "$work/b.json" --baseline "$work/a.json" --format html
has out 'ratios of the times'

run 2 report "$work/a.json" --figure density --format svg
has err 'name it with --case'
run 2 report "$work/a.json" --figure density --case enc/nothing --format svg
has err "the run has no case 'enc/nothing'"
run 2 report "$work/a.json" --figure density --case "$id"
has err 'say which with --format'
run 2 report "$work/a.json" --case "$id"
has err '--case goes with --figure'
run 2 report "$work/a.json" --figure forest --format svg
has err '--figure forest needs --baseline RUN'
run 2 report "$work/a.json" --figure history --case "$id" --format svg
has err 'two runs that measured the case'
run 2 report "$work/a.json" --figure pie --format svg
has err 'percentiles'
run 2 report "$work/a.json" --baseline /dev/null --format html
has err '--baseline'
run 2 run null/step --save-report "$work/report.docx"
has err "report.docx' does not end in .html"
run 3 report "$work/a.json" --format pdf --output /dev/full

# A terminal is not a place for binary files.
if command -v script >/dev/null; then
    script -qec "'$bpi' report '$work/a.json' --format pdf" /dev/null >"$work/out" 2>&1
    has out 'is not for a terminal; give it a file with --output FILE'
fi

# Measured, kept, and shown with its history.
# shellcheck disable=SC2086
measured run null/step $brief --no-references --save-report "$work/kept.html"
grep -q 'null/step' "$work/kept.html" || fail "--save-report wrote no page"
# shellcheck disable=SC2086
measured run null/step $brief --no-references --save-report "$work/kept.pdf"
[ "$(head -c 5 "$work/kept.pdf")" = %PDF- ] || fail "--save-report wrote no PDF"
run 0 report latest --format html
has out 'times over the runs'
run 0 report latest --format html --no-trends
lacks out 'times over the runs'
run 0 report latest --figure history --case null/step --format svg
has out '2 runs'
run 0 history show latest --format html
has out 'times over the runs'
exit 0
