#!/bin/sh
# conversation.sh NAME CASE ARGS COMMAND... - one whole conversation of docs/worker-protocol.md with
# `COMMAND... --worker`: every reply must be there, one line each, and say what it has to.
set -u
name=$1
case=$2
args=$3
shift 3
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

cat >"$work/requests" <<REQUESTS
{"op":"hello","protocol":1}
{"op":"list"}
{"op":"open","case":"no/such/case","args":{},"threads":1,"seed":1}
{"op":"open","case":"$case","args":$args,"threads":1,"seed":1,"unknown":[1,{"a":null}]}
{"op":"run","counts":[1,2,3],"references":false,"counters":false}
{"op":"run","counts":[2],"references":true,"counters":true}
{"op":"check"}
{"op":"close"}
{"op":"dance"}
{"op":"quit"}
REQUESTS
timeout 60 "$@" --worker <"$work/requests" >"$work/replies" 2>"$work/errors"
status=$?

fail() {
    echo "$name: $*"
    sed 's/^/  reply: /' "$work/replies" | cut -c1-300
    sed 's/^/  stderr: /' "$work/errors" | head -20
    exit 1
}
[ $status -eq 0 ] || fail "status $status at quit, not 0"
[ "$(wc -l <"$work/replies")" -eq 10 ] || fail "$(wc -l <"$work/replies") replies to 10 requests"

# expect LINE PATTERN: blanks outside strings do not matter
expect() {
    sed -n "$1p" "$work/replies" | sed 's/ *\([:,{}]\) */\1/g; s/\[ */[/g; s/ *\]/]/g' |
        grep -Eq "$2" || fail "reply $1 does not match $2"
}
number='[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?'
expect 1 '"ok":true'
expect 1 '"protocol":1'
expect 1 '"name":"[^"]+"'
expect 2 "\"name\":\"$case\""
expect 3 '"ok":false'
expect 3 '"error":"[^"]+"'
expect 4 '"ok":true'
expect 5 "\"ns\":\[$number,$number,$number\]"
expect 6 "\"ns\":\[$number\]"
expect 7 '"ok":true'
expect 8 '"ok":true'
expect 9 '"ok":false'
expect 10 '"ok":true'

# The end of the input ends a worker too, with status 0 and without a word.
timeout 60 "$@" --worker </dev/null >"$work/replies" 2>"$work/errors" ||
    fail "status $? at the end of its input, not 0"
[ ! -s "$work/replies" ] || fail "said something without being asked"
