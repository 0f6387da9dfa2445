#!/bin/sh
# readme.sh - the program in README.md is examples/ten_lines/ten_lines.c, which tests/packaging
# compiles and runs; only the first comment is left out.
sed -n '/^```c$/,/^```$/p' README.md | sed '1d;$d' >"${TMPDIR:-/tmp}/readme.$$.c"
sed 1d examples/ten_lines/ten_lines.c | diff - "${TMPDIR:-/tmp}/readme.$$.c"
status=$?
rm -f "${TMPDIR:-/tmp}/readme.$$.c"
[ $status -eq 0 ] || echo 'README.md and examples/ten_lines/ten_lines.c differ'
exit $status
