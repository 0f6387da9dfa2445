#!/bin/sh
# flame.sh - the flame graph in a real browser: zoom, search, keys, the other side of a difference.
. tests/cli/common.sh

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
    echo "skipped: no chromium"
    exit 77
}
printf 'main;a;hot 60\nmain;a;cold 20\nmain;b;hot 20\nmain;</script><b>x 1\n' >"$work/old.folded"
printf 'main;a;hot 90\nmain;a;cold 20\nmain;new 40\n' >"$work/new.folded"
run 0 profile diff "$work/old.folded" "$work/new.folded" --baseline-items 10 --current-items 10 \
    --output "$work/diff.html"

# Everything the user can do, one after the other; what is seen then goes into the title.
cat >"$work/play.js" <<'JS'
const seen = [], $ = id => document.getElementById(id), canvas = $('canvas');
const key = (name, on = canvas) => on.dispatchEvent(new KeyboardEvent('keydown', { key: name, bubbles: true }));
const click = (x, y) => { const r = canvas.getBoundingClientRect(); canvas.dispatchEvent(new MouseEvent('click', { clientX: r.left + r.width * x, clientY: r.top + y, bubbles: true })); };
seen.push('start ' + $('detail').firstChild.textContent);
key('Escape'); seen.push('all ' + $('detail').firstChild.textContent + ' ' + $('reset').disabled);
$('search').value = 'hot'; $('search').dispatchEvent(new Event('input')); seen.push($('found').textContent);
$('side').click(); seen.push($('side').textContent + ' ' + $('found').textContent); $('side').click();
$('search').value = '('; $('search').dispatchEvent(new Event('input')); seen.push('bad pattern ' + $('found').textContent);
key('Escape');
click(0.01, 19 * 2 + 5); seen.push('click ' + $('detail').firstChild.textContent + ' ' + $('reset').disabled);
key('ArrowDown'); seen.push('down ' + $('detail').firstChild.textContent);
key('ArrowUp'); seen.push('up ' + $('detail').firstChild.textContent);
$('flip').click(); seen.push($('flip').getAttribute('aria-pressed'));
seen.push($('gone').textContent.includes('</script><b>x') + ' ' + document.querySelectorAll('b b, #gone b').length);
seen.push(document.documentElement.scrollWidth <= innerWidth);
document.title = seen.join(' | ');
JS
{
    sed '$d' "$work/diff.html" | sed '$d' # without the two closing tags
    echo '<script>addEventListener("error", e => document.title = "error " + e.message);</script>'
    echo '<script src="play.js"></script></body></html>'
} >"$work/play.html"
timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync \
    --user-data-dir="$work/browser" --window-size=360,900 --virtual-time-budget=3000 --dump-dom \
    "file://$work/play.html" >"$work/dom" 2>/dev/null || {
    echo "skipped: $browser does not run here"
    exit 77
}
sed -n 's/.*<title>\(.*\)<\/title>.*/\1/p' "$work/dom" >"$work/out"
wanted='start main | all all true | 60.0 % matched | Width: baseline 79.2 % matched | bad pattern 0.00 % matched | click a false | down hot | up a | true | true 0 | true'
[ "$(cat "$work/out")" = "$wanted" ] || fail "the page does something else than: $wanted"
