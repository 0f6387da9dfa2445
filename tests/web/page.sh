#!/bin/sh
# page.sh - a report in a real browser: nothing is loaded, the console is silent, tables are sorted,
# cases filtered, details opened, the theme switched; without script everything is still there.
. tests/cli/common.sh
browser=
for name_of in chromium chromium-browser google-chrome; do
    command -v "$name_of" >/dev/null && browser=$name_of && break
done
if [ -z "$browser" ]; then
    echo "$name: no chromium on this machine: the page is not looked at in a browser" >&2
    exit 77
fi
. tests/web/make.sh
run 0 report "$work/a.json" --format html --output "$work/a.html"
[ -s "$work/a.html" ] || fail "the page is empty"

# dom ADDRESS: the page after its script ran, to $work/dom; what the console said, to $work/err.
dom() {
    rm -rf "$work/profile"
    timeout 100 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync \
        --user-data-dir="$work/profile" --enable-logging=stderr --virtual-time-budget=2000 \
        --dump-dom "$1" >"$work/dom" 2>"$work/err"
    grep -q '</html>' "$work/dom" || fail "the browser showed nothing of $1"
    if grep -i 'console' "$work/err" >"$work/out"; then fail "the console is not silent: $1"; fi
}

# order: the first letters of the cases in the order of the table.
order() {
    grep -o '<tr[^>]*><th scope="row"><a href="#c[0-9]*"' "$work/dom" | grep -v hidden | grep -o 'c[0-9]*"$' |
        tr -d '"\n'
}

page=file://$work/a.html
dom "$page"
[ "$(order)" = c0c1c2c3c4 ] || fail "as it was run: $(order)"
grep -q 'aria-sort="none"' "$work/dom" || fail "no column can be sorted"
grep -q '<details open="">' "$work/dom" && fail "five cases are open at once"
dom "$page#sort=1:ascending"
[ "$(order)" = c3c1c4c0c2 ] || fail "by time: $(order)"
grep -q 'aria-sort="ascending"' "$work/dom" || fail "aria-sort does not say how it is sorted"
dom "$page#sort=1:descending&q=case-3"
[ "$(order)" = c2 ] || fail "filtered: $(order)"
grep -q '1 shown' "$work/dom" || fail "the filter does not say how many it shows"
dom "$page#c3"
grep -q '<details open="">' "$work/dom" || fail "the case that the address names is not open"
dom "$page#theme=dark"
grep -q 'data-theme="dark"' "$work/dom" || fail "the theme does not follow the address"
dom "$page#q=%"
[ "$(order)" = c0c1c2c3c4 ] || fail "a broken address hides cases: $(order)"

# Names stay text: the page has no <b> that a case brought.
grep -qF 'note=&lt;b&gt;&amp;' "$work/dom" || fail "a name is not shown as it is"
run 0 benchmark compare --baseline "$work/a.json" --current "$work/a.json" --format html --output "$work/c.html"
dom "file://$work/c.html"
grep -q 'ratios of the times' "$work/dom" || fail "the comparison has no forest plot"

if command -v xmllint >/dev/null; then
    for figure in density slope percentiles; do
        run 0 report "$work/a.json" --figure $figure --case "$(sed -n 's/.*"id": "\(enc\/case-1[^"]*\)".*/\1/p' "$work/a.json" | head -1 | sed 's/\\u2028/\xe2\x80\xa8/')" --format svg --output "$work/$figure.svg"
        xmllint --noout "$work/$figure.svg" || fail "$figure.svg is not well-formed"
    done
fi
exit 0
