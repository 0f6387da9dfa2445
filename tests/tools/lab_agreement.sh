#!/bin/sh
# lab_agreement.sh - ten nodes in real and in virtual time: the same deliveries, and about the same bytes;
# the bounds are judged by whoever has an idle machine. Wrong words are refused.
set -u
tool=$BUILD/tools/lab/lab-agreement
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT

fail() {
    echo "$1"
    cat "$out"
    exit 1
}

for wrong in "--nodes 1" "--nodes 10,x" "--nodes 10,,20" "--nodes 2,3,4,5,6,7,8,9,10" "--rounds 0" \
    "--loss 101%" "--size 1" "--duration 2h" "--deliveries 0" "--bandwidth 7" "extra" "--nothing"; do
    # shellcheck disable=SC2086
    "$tool" $wrong >"$out" 2>&1
    [ $? = 2 ] || fail "'$wrong' is not refused"
done

# So short a load shares its parity by chance, so of the bytes only half as many or half as many more are
# wrong; the bounds themselves are for loads of some seconds.
"$tool" --nodes 10 --rounds 1 --deliveries 500 --duration 500ms --size 512 --latency 10ms >"$out" 2>&1
status=$?
if [ $status = 3 ]; then
    echo "skipped: $(grep '^lab-agreement: ' "$out" | tail -n 1)"
    exit 77
fi
[ $status -le 1 ] || fail "exit $status"
[ "$(grep -c '^| 10 | ' "$out")" = 8 ] || fail 'rows are missing'
grep -q '^| 10 | deliveries in time | 100 % | 100 % |.*| agree |$' "$out" || fail 'not everything came'
awk -F'|' '/^\| 10 \| bytes/ { ratio = $5 / $4 } END { exit !(ratio > 0.5 && ratio < 1.5) }' "$out" ||
    fail 'bytes are not the same'

# Of two rounds there is an interval: what it says of the bound is the verdict.
"$tool" --nodes 3 --rounds 2 --deliveries 100 --duration 500ms --size 512 --latency 10ms >"$out" 2>&1
if [ $? = 3 ]; then
    echo "skipped: $(grep '^lab-agreement: ' "$out" | tail -n 1)"
    exit 77
fi
python3 - "$out" <<'END' || fail 'a verdict is not that of its interval'
import re, sys
scale = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "%": 0.01}
def read(text):
    value, _, unit = text.strip().partition(" ")
    return float(value) * scale.get(unit, 1)
judged = 0
for line in open(sys.argv[1]):
    cells = [c.strip() for c in line.strip().strip("|").split("|")]
    if len(cells) != 7 or cells[0] != "3":
        continue
    found = re.search(r"\((.*) to (.*)\)", cells[4])
    low, high = [read(t) for t in cells[5].split(" to ")]
    if found is None or low == high:
        continue
    a, b = read(found[1]), read(found[2])
    if min(abs(a - low), abs(a - high), abs(b - low), abs(b - high)) < 0.01 * (high - low):
        continue # too close for what was printed
    wanted = "agree" if a >= low and b <= high else "differ" if b < low or a > high else "undecided"
    assert cells[6] == wanted, line
    judged += 1
assert judged > 0
END
