#!/bin/sh
# format.sh - every C file is laid out as .clang-format says.
if ! command -v clang-format >/dev/null; then
    echo "skipped: clang-format is not installed"
    exit 77
fi
find base instrument subjects results suites apps tools tests examples -name '*.[ch]' \
    -not -path 'tests/data/*' 2>/dev/null | sort |
    xargs clang-format --dry-run -Werror --ferror-limit=1 2>&1 | grep -A2 'error:' && exit 1
exit 0
