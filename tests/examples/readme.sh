#!/bin/sh
# readme.sh - the program in README.md is examples/ten_lines/ten_lines.c, which tests/packaging
# compiles and runs (only the first comment is left out), and its table of exit statuses has the
# words of the program's own.
sed -n '/^```c$/,/^```$/p' README.md | sed '1d;$d' >"${TMPDIR:-/tmp}/readme.$$.c"
sed 1d examples/ten_lines/ten_lines.c | diff - "${TMPDIR:-/tmp}/readme.$$.c"
status=$?
rm -f "${TMPDIR:-/tmp}/readme.$$.c"
[ $status -eq 0 ] || echo 'README.md and examples/ten_lines/ten_lines.c differ'

words() { tr -d '`' | tr -s ' \n' ' '; }
said=$("$BUILD/apps/cli/bpi-perf" help | words)
rows=$(sed -n '/^| exit status /,/^$/s/^| \([0-9]*\) | \(.*\) |$/\1 \2/p' README.md)
[ "$(echo "$rows" | wc -l)" -eq 5 ] || { echo 'README.md has not five exit statuses' && status=1; }
while read -r row; do
    row=$(echo "$row" | words)
    case $said in
    *" ${row% } "*) ;;
    *) echo "bpi-perf help does not say: $row" && status=1 ;;
    esac
done <<END
$rows
END
exit $status
