#!/bin/sh
# pdf.sh - the PDF holds the names and numbers as text, in another program's eyes.
. tests/cli/common.sh
if ! command -v pdftotext >/dev/null; then
    echo "$name: no pdftotext on this machine (poppler-utils): the text of the PDF is not read back" >&2
    exit 77
fi
. tests/web/make.sh
run 0 report "$work/a.json" --format pdf --output "$work/a.pdf"
[ "$(head -c 5 "$work/a.pdf")" = %PDF- ] || fail "a.pdf does not begin as PDF does"
pdftotext "$work/a.pdf" "$work/out" || fail "pdftotext does not read a.pdf"
for n in 1 2 3 4 5; do has out "enc/case-$n:note=<b>&"; done
has out '1.000 us'
has out 'share of batches that are faster'
run 0 benchmark compare --baseline "$work/a.json" --current "$work/a.json" --format pdf --output "$work/c.pdf"
pdftotext "$work/c.pdf" "$work/out" || fail "pdftotext does not read c.pdf"
has out 'enc/case-1:note='
has out 'the same run'
exit 0
