#!/bin/sh
# words.sh - the command in the document is what the user typed, quoted so that a shell reads it.
. tests/cli/common.sh
# shellcheck disable=SC2086
run 0 exec --runs 1 --warm-up 0 --processes 1 --no-references --json -- echo "it's" 'a b' '$HOME' ''
has out "echo 'it'\\\\''s' 'a b' '\$HOME' ''"
# Options may stand anywhere, letters may be put together, values after = or a blank.
# shellcheck disable=SC2086
measured --quiet run null/empty --measurement-time=30ms --warm-up 10ms --processes=2 --sample-size 4 -qj
has out '"schema"'
