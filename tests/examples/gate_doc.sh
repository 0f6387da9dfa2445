#!/bin/sh
# gate_doc.sh - the example of docs/gate.md prints what the page says, and every YAML block of the page
# is a gate file.
set -u
bpi=$BUILD/apps/cli/bpi-perf
[ -x "$bpi" ] || { echo "skipped: bpi-perf is not built here"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export BPI_PERF_STATE_DIR="$work"
comparison=$PWD/tests/data/gate/comparison.json

# block NAME: the block after the comment that names it.
block() {
    sed -n "/^<!-- example: $1 -->\$/,/^\`\`\`\$/p" docs/gate.md | sed '1,2d;$d'
}
block gate.yaml >"$work/gate.yaml"
block output >"$work/wanted"
[ -s "$work/gate.yaml" ] && [ -s "$work/wanted" ] || { echo "docs/gate.md has no example"; exit 1; }
(cd "$work" && "$bpi" gate --comparison "$comparison" >got) 2>&1
status=$?
[ $status -eq 1 ] || { echo "status $status and not 1"; exit 1; }
fold -s -w 120 "$work/got" | sed 's/ *$//' | diff "$work/wanted" - || { echo "docs/gate.md is not what bpi-perf prints"; exit 1; }

awk -v folder="$work" '/^```yaml$/ { n++; file = folder "/block" n ".yaml"; next }
    /^```$/ { file = ""; next } file != "" { print > file }' docs/gate.md
for file in "$work"/block*.yaml; do
    "$bpi" gate --file "$file" --comparison "$comparison" >"$work/out" 2>"$work/err"
    [ $? -ne 2 ] || { cat "$work/err"; exit 1; }
done
