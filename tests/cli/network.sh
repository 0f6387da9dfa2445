#!/bin/sh
# network.sh - programs in the network laboratory: their words, output and ends; schedules; the
# self-checks; every mistake; and that nothing stays behind, however it ends. Where the machine is
# busy a run with traffic may be called invalid, which is status 3 and says so.
. tests/cli/common.sh
export TMPDIR="$work/tmp"
mkdir "$TMPDIR"
child=
trap '[ -n "$child" ] && kill -KILL "$child" 2>/dev/null; rm -rf "$work"' EXIT

"$bpi" network exec -q --back-end tun -- true >"$work/out" 2>"$work/err"
if [ $? -eq 3 ] && ! grep -q invalid "$work/err"; then
    echo "skipped: no namespaces here: $(cat "$work/err")"
    exit 77
fi

# late STATUS WORDS...: as run, but an invalid run is as good when 0 was wanted.
late() {
    wanted=$1
    shift
    "$bpi" "$@" >"$work/out" 2>"$work/err"
    got=$?
    [ $got -eq "$wanted" ] || { [ "$wanted" -eq 0 ] && [ $got -eq 3 ] && grep -q 'invalid: ' "$work/err"; } ||
        fail "status $got and not $wanted: bpi-perf $*"
}

json() {
    python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
assert eval(sys.argv[2]), (sys.argv[2], d)' "$work/out" "$1" || fail "JSON: $1"
}

# gone NAMESPACE: within ten seconds no process is in that network namespace.
gone() {
    tries=0
    while ls -l /proc/[0-9]*/ns/net 2>/dev/null | grep -qF "$1"; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || fail "processes are still in $1"
        sleep 0.1
    done
    [ -z "$(ls -A "$TMPDIR")" ] || fail "files are left in TMPDIR: $(ls "$TMPDIR")"
}

# ---- words and output
run 0 network exec -q --nodes 3 -- echo '{node}/{nodes} {name} {address} {peer} {address:0} {address:node1} {port:0:80} {x} { {}'
sort "$work/out" >"$work/sorted"
cat >"$work/wanted" <<'END'
node0| 0/3 node0 10.77.0.1 10.77.0.2 10.77.0.1 10.77.0.2 80 {x} { {}
node1| 1/3 node1 10.77.0.2 10.77.0.3 10.77.0.1 10.77.0.2 80 {x} { {}
node2| 2/3 node2 10.77.0.3 10.77.0.1 10.77.0.1 10.77.0.2 80 {x} { {}
END
cmp -s "$work/sorted" "$work/wanted" || fail "the words are not filled in as they should"
[ ! -s "$work/err" ] || fail "--quiet says something"
run 0 network exec -q --nodes 2 -- echo '{address6} {peer6} {address6:0}'
has out 'node1| fd77::2 fd77::1 fd77::1'
run 0 network exec -q --only node1 -- sh -c 'echo out; echo err >&2; printf "no end"'
has out 'node1| out'
has out 'node1| no end'
has err 'node1| err'
lacks out err
run 0 network exec -q --topology examples/network/lan.yaml -- echo '{name}'
has out 'epsilon| epsilon'
has out 'beta   | beta'
run 0 network exec -q --nodes 4 --node "0:echo 'a  b' {peer}" --node 'node2:echo "{node}"' -- echo rest
has out 'node0| a  b 10.77.0.2'
has out 'node1| rest'
has out 'node2| 2'
run 0 network exec -q --nodes 4 --node 3:'echo alone'
[ "$(cat "$work/out")" = 'node3| alone' ] || fail "a host without a command runs something"
run 0 network exec -q --nodes 4 -- seq 5000
for node in 0 1 2 3; do
    [ "$(grep -c "^node$node| [0-9]*$" "$work/out")" -eq 5000 ] || fail "lines of node$node are missing"
done
run 0 network exec -q --only 0 -- head -c 200000 /dev/zero
[ "$(wc -c <"$work/out")" -ge 200000 ] || fail "a long line is cut"
run 0 network exec -q --color always --only 0 -- echo x
grep -q "$(printf '\033')" "$work/out" || fail "--color always has no colour"

# ---- ends
run 3 network exec --nodes 3 -- sh -c 'exit {node}'
has err "node1: 'sh' ended with status 1"
has err "node2: 'sh' ended with status 2"
lacks err 'node0: '
run 3 network exec --only 1 -- sh -c 'kill -SEGV $$'
has err "node1: 'sh' was ended by SIGSEGV"
run 3 network exec --timeout 300ms -- sleep 60
has err "node0: 'sleep' still ran after 300ms"
run 0 network exec --duration 300ms -- sleep 60
run 0 network exec --until 1 --node 0:'sleep 60' --node 1:true
timeout -s KILL 60 env --ignore-signal=CHLD "$bpi" network exec -q -- sleep 0.3 >"$work/out" 2>"$work/err" ||
    fail "status $? where a parent ignores its children's ends"
run 3 network exec --until 1 --node 0:'sleep 60' --node 1:false
has err "node1: 'false' ended with status 1"
lacks err 'node0:'
has err 'asked '
has err 'achieved '
run 0 network exec -q --duration 300ms -- sh -c 'trap "echo told; exit 9" TERM; while :; do sleep 0.05; done'
[ "$(grep -c '| told$' "$work/out")" -eq 2 ] || fail "a program was not asked to end"
"$bpi" network exec -q -- yes 2>"$work/err" | head -n 1 >"$work/out" || fail "head"
has out '| y'
"$bpi" network exec -q --only 0 -- seq 100000 >/dev/full 2>"$work/err"
[ $? -eq 3 ] || fail "a full disk is not status 3"

# ---- faults and checks
late 0 network ping --count 40 --interval 10ms --latency 3ms --json
json 'd["sent"] == 40 and d["from"] == "node0" and d["there"]["asked_ns"] == 3000000'
json 'd["there"]["min_ns"] >= 2900000 and d["round_trip"]["min_ns"] >= 5900000'
json 'd["negative"] == 0'
json 'd["answered"] == 40 or not d["network"]["is_valid"]'
json 'd["network"]["links_total"]["packets"] >= 40 and d["network"]["hosts"] == 2'
late 0 network ping --shape star --nodes 3 --from node2 --to 1 --count 10 --latency 1ms
has out 'node2 to node1 and back: 10 datagrams of 64 bytes, 10ms apart'
has out 'achieved  '
run 3 network ping --count 5 --interval 1ms --latency 1ms --schedule 'at 0s cut node0-node1'
has err 'at 0ns: cut node0-node1'
has err 'no datagram was answered'
late 0 network ping --count 80 --interval 20ms --latency 1ms --json \
    --schedule 'at 0s partition [node0]; at 600ms heal'
json '0 < d["answered"] < 80 and d["network"]["links_total"]["down_dropped"] > 0'
late 0 network iperf --duration 500ms --latency 1ms --bandwidth 10Mbit/s --json
json '0 < d["tcp"]["goodput_bits"] and 0 < d["udp"]["wire_bits"] and d["asked_rate_bits"] == 10000000'
json 'd["udp"]["sent"] >= d["udp"]["arrived"] > 0'
late 0 network iperf --duration 300ms --protocol udp --rate 1Mbit/s
has out 'udp  '
lacks out 'tcp  '
late 0 network exec --capture "$work/pcap" --only 0 --latency 1ms -- sh -c 'echo x >/dev/udp/1/2 2>/dev/null; true'
[ -s "$work/pcap/node0.pcap" ] && [ -s "$work/pcap/node1.pcap" ] || fail "no captures: $(ls "$work/pcap")"
run 0 network exec -q --report "$work/report" -- true
mv "$work/report" "$work/out"
json 'd["is_valid"] and d["requested"]["link_delay_ns_max"] == 0 and "late_ns_p99" in d["achieved"]'

# hosts send nothing that a link on the way would be too small for
printf 'hosts: 3\nshape: star\nlink: {mtu: 1300}\n' >"$work/small.yaml"
if command -v ip >/dev/null; then
    run 0 network exec -q --topology "$work/small.yaml" --only 0 -- ip -o link show lab0
    has out 'mtu 1300'
    run 0 network exec -q --topology "$work/small.yaml" --mtu 1400 --only 0 -- ip -o link show lab0
    has out 'mtu 1400'
fi

# ---- a lab that stays
: >"$work/out"
: >"$work/err"
"$bpi" network lab --topology examples/network/partition.yaml --schedule 'at 100ms cut node0-node1' \
    >"$work/out" 2>"$work/err" &
child=$!
tries=0
until grep -q '^node2 ' "$work/out" && grep -q 'at 100ms: cut node0-node1' "$work/err"; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || fail "no lab within 20 s"
    sleep 0.1
done
has out '10.77.0.3'
enter=$(sed -n 's/^node2 .*\(nsenter.*\)/\1/p' "$work/out")
if command -v nsenter >/dev/null && command -v ip >/dev/null; then
    $enter ip address show dev lab0 >"$work/shell" 2>&1 || fail "cannot enter: $enter: $(cat "$work/shell")"
    grep -q 10.77.0.3 "$work/shell" || fail "node2 is not 10.77.0.3"
fi
space=$(readlink "/proc/$(echo "$enter" | sed 's/.*-t \([0-9]*\).*/\1/')/ns/net")
kill -INT "$child"
wait "$child"
[ $? -eq 0 ] || fail "Ctrl-C of a lab is not its end"
child=
has out 'achieved '
gone "$space"
run 0 network lab --duration 100ms --json
device=tun
[ -r /dev/net/tun ] && [ -w /dev/net/tun ] || device=veth
json "d['back_end'] == '$device' and d['hosts'] == 2"
run 0 network lab --duration 100ms --json --back-end veth --core "$(taskset -cp $$ | sed 's/.*: \([0-9]*\).*/\1/')"
json 'd["back_end"] == "veth" and d["hosts"] == 2'

# ---- nothing stays: Ctrl-C, SIGTERM, and kill -9 of the parent; daemons, too
for signal in INT TERM KILL; do
    : >"$work/out" # now, and not when the other process comes to it
    "$bpi" network exec --nodes 3 -- sh -c 'setsid sleep 1000 >/dev/null 2>&1 & readlink /proc/self/ns/net; sleep 1000' \
        >"$work/out" 2>"$work/err" &
    child=$!
    tries=0
    until [ "$(grep -c 'net:' "$work/out")" -eq 3 ]; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || fail "no hosts within 20 s"
        sleep 0.1
    done
    kill -$signal "$child"
    wait "$child" 2>/dev/null
    got=$?
    child=
    case $signal in
    KILL) [ $got -eq 137 ] ;;
    *) [ $got -eq 130 ] ;;
    esac || fail "status $got after SIG$signal"
    sed 's/.*| //' "$work/out" | while read -r space; do gone "$space"; done || exit 1
done

# ---- two at once have the same addresses and do not meet
"$bpi" network exec -q --nodes 2 -- sh -c 'echo {address}; sleep 1' >"$work/first" 2>&1 &
child=$!
run 0 network exec -q --nodes 2 -- echo '{address}'
wait "$child" || fail "the first of two ended badly: $(cat "$work/first")"
child=
grep -q '10.77.0.2' "$work/first" || fail "the first of two says: $(cat "$work/first")"

# ---- another user, who may make namespaces or not
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
    nobody='setpriv --reuid 65534 --regid 65534 --clear-groups env TMPDIR=/tmp'
    chmod 711 "$work"
    # shellcheck disable=SC2086
    $nobody "$bpi" network exec --nodes 2 -- sh -c 'id -u; echo {address}' >"$work/out" 2>"$work/err"
    got=$?
    case $got in
    0)
        has out 'node1| 65534'
        # A program with threads may not make a user namespace: ThreadSanitizer has one.
        grep -q 'warning: hosts are ports' "$work/err" || has out 'node1| 10.77.0.2'
        ;;
    3) has err 'namespaces' ;;
    126 | 127) echo "not tried: another user cannot read the build" ;;
    *) fail "status $got as another user" ;;
    esac
fi

# ---- where namespaces are forbidden: the relay
run 0 network exec -q --back-end relay -- echo '{address} {port:0:{node}80}'
has out '127.0.0.1 {port:0:080}'
run 0 network exec -q --back-end relay --nodes 3 -- echo '{address} {port:0:8080} {udp-port:2:9}'
grep -q 'node1| 127.0.0.1 [0-9]* [0-9]*' "$work/out" || fail "the relay's ports are not filled in"
has out 'node0| 127.0.0.1 8080 '

if unshare -U -r sh -c 'echo 0 >/proc/sys/user/max_net_namespaces' 2>/dev/null; then
    forbidden() {
        unshare -U -r sh -c 'echo 0 >/proc/sys/user/max_net_namespaces && exec "$@"' sh "$bpi" "$@" \
            >"$work/out" 2>"$work/err"
    }
    forbidden network exec -- echo '{address}' || fail "status $? where namespaces are forbidden"
    has err 'warning: hosts are ports of 127.0.0.1'
    has out 'node1| 127.0.0.1'
    forbidden network exec --back-end tun -- true
    [ $? -eq 3 ] || fail "tun without namespaces is not status 3"
    has err 'no network namespace can be made'
    forbidden network ping
    [ $? -eq 3 ] || fail "ping over the relay is not status 3"
fi

# ---- mistakes
wrong() {
    sentence=$1
    shift
    run 2 network "$@"
    [ ! -s "$work/out" ] || fail "a mistake writes to standard output"
    has err "$sentence"
}
wrong 'network needs a sub-command'
wrong "network has no command 'exce'; the nearest is 'exec'" exce
wrong 'a command is missing' exec
wrong "'true' is one word too many" exec true
wrong '--packet-loss: 101% is not between 0% and 100%' exec --packet-loss 101% -- true
wrong "--latency: '-5ms' is negative" exec --latency -5ms -- true
wrong "--latency: '5' lacks a unit" exec --latency 5 -- true
wrong '--bandwidth: bandwidth: ' exec --bandwidth fast -- true
wrong "lets nothing through" exec --bandwidth 0bit/s -- true
wrong 'no preset is called "moon"' exec --preset moon -- true
wrong '--nodes: 251 is not between 1 and 250' exec --nodes 251 -- true
wrong '--nodes: 0 is not between' exec --nodes 0 -- true
wrong 'half a link too many' exec --nodes 5 --shape random-regular --degree 3 -- true
wrong '--shape: ' exec --shape circle -- true
wrong '--nodes and --topology exclude each other' exec --nodes 3 --topology examples/network/lan.yaml -- true
wrong '/nonexistent: No such file' exec --topology /nonexistent -- true
wrong "--schedule: 'node0-node7' are no two hosts" exec --schedule 'at 1s cut node0-node7' -- true
wrong "--schedule: 'soon' begins no change" exec --schedule 'soon' -- true
wrong "--node: 'true' is not N:COMMAND" exec --node true
wrong "--node: there is no host '9'; they are node0 to node1, or 0 to 1" exec --node 9:true
wrong '--node: 0 has a command already' exec --node 0:true --node 0:false
wrong "a quote ' has no end" exec --node "0:echo 'x"
wrong "--only: there is no host 'x'" exec --only x -- true
wrong '--only: there is no command after --' exec --only 0 --node 1:true
wrong '--until: nothing runs on node1' exec --until 1 --node 0:true
wrong "there is no host '9'" exec -- echo '{address:9}'
wrong 'there is no such program' exec -- no-such-program-here
wrong '--from and --to are both node1' ping --from 1
wrong 'core 1023 is none that this process may use' exec --core 1023 -- true
wrong '--core: 1024 is not between 0 and 1023' exec --core 1024 -- true
wrong 'offload needs TUN devices, and veth was asked for' exec --back-end veth --offload -- true
wrong "--to: there is no host '5'" ping --to 5
wrong '--duration: not between' iperf --duration 1ms
wrong "--rate: '1' lacks a unit" iperf --rate 1
printf 'hosts: 3\nshape: mesh\nlink:\n  packet_loss: 101%%\n' >"$work/bad.yaml"
wrong "$work/bad.yaml:4: packet_loss: 101% is not between 0% and 100%" lab --topology "$work/bad.yaml"
printf 'hosts: [a, b]\n' >"$work/bad.yaml"
wrong 'no way leads from a to b' lab --topology "$work/bad.yaml"
printf 'hosts: 300\nshape: ring\n' >"$work/bad.yaml"
wrong '300 hosts are more than 250' lab --topology "$work/bad.yaml"

# every key that there is stands in the document
for text in 'x: 1' 'hosts: [{x: 1}]' 'hosts: 2\nlink: {x: 1}' 'hosts: 2\nlinks: [{x: 1}]'; do
    # shellcheck disable=SC2059
    printf "$text\n" >"$work/bad.yaml"
    run 2 network lab --topology "$work/bad.yaml"
    for key in $(sed -n "s/.*'x' is none of //p" "$work/err" | tr -d ,); do
        grep -q "[\`{ ]$key[\`:]" docs/network-lab.md || fail "docs/network-lab.md lacks the key $key"
        found=${found-}x
    done
done
[ "${#found}" -ge 40 ] || fail "keys are not listed"
