#!/bin/bash
# A worker of docs/worker-protocol.md in bash: times commands and the shell's own string work.
#
#     bpi-perf worker examples/worker_shell/worker.sh
#
# The clock is $EPOCHREALTIME, whole microseconds: good for commands, and for string work in batches.
# The requests are taken apart with patterns, which is enough for what the coordinator sends.
set -u
LC_ALL=C
[ "${!#}" = --worker ] || { echo "usage: bpi-perf worker $0" >&2; exit 2; }

exec 3>&1 1>&2 # replies go to 3; what a case prints goes to standard error
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
case=

reply() { printf '%s\n' "${1//$'\n'/}" >&3; }
refuse() { reply "{\"ok\":false,\"code\":\"$1\",\"error\":\"$2\"}"; }

# text NAME, number NAME: a field of $request, into $value; false when it is not there.
text() {
    [[ $request =~ \"$1\"[[:space:]]*:[[:space:]]*\"([^\"]*)\" ]] && value=${BASH_REMATCH[1]}
}
number() {
    [[ $request =~ \"$1\"[[:space:]]*:[[:space:]]*([0-9]+) ]] && value=${BASH_REMATCH[1]}
}

# A case NAME is four functions: open_NAME (set up, with its argument), run_NAME (one item),
# check_NAME, and its row in `list`.
open_wc() {
    seq "$1" >"$work/lines"
    lines=$1
    bytes=$(($(stat -c %s "$work/lines")))
}
run_wc() { answer=$(wc -l <"$work/lines"); }
check_wc() { [ "$answer" -eq "$lines" ]; }

open_replace() {
    printf -v before '%*s' "$1" ''
    bytes=$1
}
run_replace() { answer=${before// /x}; }
check_replace() { [ "${#answer}" -eq "$bytes" ] && [ -z "${answer//x/}" ]; }

list='{"ok":true,"cases":[
{"name":"shell/wc","doc":"wc -l of a file, process and all","item":"command",
 "params":[{"name":"lines","values":"1000,100000"}]},
{"name":"shell/replace","doc":"replace every blank of a string","item":"string",
 "params":[{"name":"size","values":"64,1024"}]}]}'

op_hello() {
    reply '{"ok":true,"protocol":1,"name":"shell example","language":"bash","references":false,
"clock":"realtime","clock_cost_ns":0,"clock_resolution_ns":1000}'
}
op_list() { reply "$list"; }

op_open() {
    local name argument
    [ -z "$case" ] || { refuse EINVALID "a case is open already"; return; }
    text case && name=$value || name=
    case $name in
    shell/wc) argument=1000 && text lines && argument=$value ;;
    shell/replace) argument=64 && text size && argument=$value ;;
    *) refuse ENOTFOUND "there is no case $name"; return ;;
    esac
    number threads && [ "$value" -ne 1 ] && { refuse EUNSUPPORTED "one thread only"; return; }
    [[ $argument =~ ^[1-9][0-9]{0,6}$ ]] ||
        { refuse EINVALID "$argument is not between 1 and 9999999"; return; }
    case=${name#shell/}
    "open_$case" "$argument"
    reply "{\"ok\":true,\"bytes_per_item\":$bytes}"
}

# The functions run in this shell: no process is started that a case does not start itself.
op_run() {
    local counts times= start end i
    [ -n "$case" ] || { refuse EINVALID "no case is open"; return; }
    [[ $request =~ \"counts\"[[:space:]]*:[[:space:]]*\[([0-9,[:space:]]*)\] ]] ||
        { refuse EPROTOCOL "run has no counts"; return; }
    for count in ${BASH_REMATCH[1]//,/ }; do
        start=${EPOCHREALTIME/./}
        for ((i = 0; i < count; i++)); do "run_$case"; done
        end=${EPOCHREALTIME/./}
        times+=,$((end > start ? (end - start) * 1000 : 0))
    done
    reply "{\"ok\":true,\"ns\":[${times#,}]}"
}
op_check() {
    [ -n "$case" ] || { refuse EINVALID "no case is open"; return; }
    if "check_$case"; then reply '{"ok":true}'; else refuse EWRONG "the answer is wrong: $answer"; fi
}
op_close() { case=; reply '{"ok":true}'; }
op_quit() { reply '{"ok":true}'; exit 0; }

while IFS= read -r request; do
    text op || value=
    case $value in
    hello | list | open | run | check | close | quit) "op_$value" ;;
    *) refuse EUNSUPPORTED "this worker has no $value" ;;
    esac
done
