#!/bin/sh
# make_trace.sh OUTPUT - real traffic, captured: two network namespaces with a pair of veth between
# them, programs that talk over IPv4, IPv6 and a VLAN, and what passed as OUTPUT.pcap and OUTPUT.pcapng,
# 96 bytes of each packet. Needs root, iproute2, curl and python3.
#
# The namespaces have no names and live as long as the processes in them: nothing stays behind, however
# this ends.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
output=${1:?usage: make_trace.sh OUTPUT}

missing() {
    echo "skipped: $*"
    exit 77
}
if [ "${2-}" != inside ]; then
    [ "$(id -u)" = 0 ] || missing "making a trace needs root"
    for tool in ip curl python3 unshare nsenter; do
        command -v $tool >/dev/null || missing "$tool is not installed"
    done
    [ -c /dev/net/tun ] || missing "there is no /dev/net/tun"
    unshare -n ip link add near0 type veth peer name far0 2>/dev/null ||
        missing "no network namespace with a pair of veth can be made here"
    exec unshare -n "$0" "$output" inside
fi

work=$(mktemp -d)
pids=
finish() {
    status=$?
    trap - EXIT
    for pid in $pids; do
        kill "$pid" 2>/dev/null || :
    done
    wait
    rm -rf "$work"
    exit $status
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

# start NAME COMMAND...: in the background, until it says that it is ready; $started is its process.
start() {
    name=$1
    shift
    "$@" >"$work/$name" 2>"$work/$name.err" &
    started=$!
    pids="$pids $started"
    tries=0
    until grep -qsE 'ready|Serving' "$work/$name"; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || { echo "$name does not start:" >&2; cat "$work/$name.err" >&2; exit 1; }
        sleep 0.05
    done
}
start far unshare -n sh -c 'echo ready; exec sleep 600'
far=$started
far() {
    nsenter -t "$far" -n "$@"
}
talk() {
    python3 "$here/talk.py" "$@"
}

ip link add near0 type veth peer name far0 netns "$far"
ip link set lo up
far ip link set lo up
near_mac=02:00:00:00:00:01 far_mac=02:00:00:00:00:02
ip link set near0 address $near_mac up
far ip link set far0 address $far_mac up
start capture python3 "$here/capture.py" near0 "$output" 96
capture=$started
start near_vlan python3 "$here/vlan.py" near0 77 near77
start far_vlan nsenter -t "$far" -n python3 "$here/vlan.py" far0 77 far77
ip link set near77 mtu 1496 up
far ip link set far77 mtu 1496 up
ip addr add 10.77.0.1/24 dev near0
ip addr add 10.78.0.1/24 dev near77
ip addr add fd77::1/64 dev near0 nodad
ip addr add fd78::1/64 dev near77 nodad
far ip addr add 10.77.0.2/24 dev far0
far ip addr add 10.78.0.2/24 dev far77
far ip addr add fd77::2/64 dev far0 nodad
far ip addr add fd78::2/64 dev far77 nodad

mkdir "$work/www"
head -c 300 /dev/zero >"$work/www/small"
head -c 20000 /dev/zero >"$work/www/large"
start talkers nsenter -t "$far" -n python3 "$here/talk.py" serve
start web nsenter -t "$far" -n python3 -u -m http.server 8080 --bind :: --directory "$work/www"
get() {
    curl -sS -g --noproxy '*' --max-time 30 -o /dev/null "$@"
}

for address in 10.77.0.2 '[fd77::2]' 10.78.0.2; do
    get "http://$address:8080/large"
    for number in 1 2 3 4 5 6 7 8; do
        get "http://$address:8080/small?$number"
    done
done
for address in 10.77.0.2 fd77::2 10.78.0.2 fd78::2; do
    talk ping $address 3
    talk names $address 15
done
talk stream 10.77.0.2 300000
talk stream fd77::2 300000
talk datagrams 10.77.0.2 30 1200 5201
talk datagrams fd77::2 10 1200 5201
talk datagrams 10.77.0.2 4 4000 5201 # fragments
talk datagrams fd77::2 4 4000 5201
talk datagrams 10.77.0.2 2 40 9 # nobody listens: port unreachable
talk datagrams fd77::2 2 40 9
sleep 0.5
kill "$capture"
wait "$capture" || { cat "$work/capture.err" >&2; exit 1; }
ls -l "$output.pcap" "$output.pcapng"
