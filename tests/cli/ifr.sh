#!/bin/sh
# ifr.sh - a flow registry is served and asked, as people would: right and wrong words, no server,
# two servers, ends by Ctrl-C, by SIGTERM and by force, a client that dies in the middle of a frame.
. tests/cli/common.sh
golden=tests/golden/ifr/metrics.txt
socket=$work/folder/ifr.sock
server=
trap '[ -n "$server" ] && kill -KILL "$server" 2>/dev/null; rm -rf "$work"' EXIT

# serve WORDS...: a server of its own; returns when it listens.
serve() {
    : >"$work/serving"
    "$bpi" ifr serve --socket "$socket" "$@" >"$work/served" 2>"$work/serving" &
    server=$!
    tries=0
    until grep -qF 'serving on' "$work/serving"; do
        tries=$((tries + 1))
        [ $tries -lt 200 ] || { cat "$work/serving" >&2; fail "no server within 20 s"; }
        sleep 0.1
    done
}

# stop SIGNAL STATUS
stop() {
    kill "-$1" "$server"
    wait "$server" 2>/dev/null
    got=$?
    [ $got -eq "$2" ] || fail "a server that got SIG$1 ended with $got and not $2"
    server=
}

# ask STATUS COMMAND WORDS...
ask() {
    status=$1 command=$2
    shift 2
    run "$status" ifr "$command" --socket "$socket" "$@"
}

# ---- nobody serves
ask 3 lookup 10.0.0.1:1 - 10.0.0.2:2 tcp
has err "$socket: no server listens there"
ask 3 stats
ask 3 register 10.0.0.1:1 - 10.0.0.2:2 tcp --component 1
ask 3 remove 10.0.0.1:1 - 10.0.0.2:2 tcp

# ---- one serves; its folder is made for this user alone
serve --flows 1000 --cache 100 --policy lru --clients 3
[ "$(stat -c %a "$work/folder")" = 700 ] || fail "the folder's mode is $(stat -c %a "$work/folder")"
[ "$(stat -c %a "$socket")" = 660 ] || fail "the socket's mode is $(stat -c %a "$socket")"
v4='10.0.0.1:443 > 10.0.0.2:5555 tcp'
v6='[2001:db8::1]:53 > [2001:db8::2]:53 udp'
hashed=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
ask 0 register "$v4" --component security --type event --priority 7 --size 1500
ask 0 register '[2001:db8::1]:53' - '[2001:db8::2]:53' udp --component 4711
ask 0 register $hashed --component 0 --type 200 --ring
ask 0 register 10.0.0.1 - 10.0.0.2 icmp 8/0 --component transport
[ ! -s "$work/out" ] || fail "register says something"
for key in "$v4" "$v6" $hashed '10.0.0.1 > 10.0.0.2 icmp 8/0'; do
    for way in '' --ring; do
        # shellcheck disable=SC2086
        ask 0 lookup "$key" $way
        [ "$(head -n 1 "$work/out")" = "$key" ] || fail "lookup of $key names another flow"
    done
done
ask 0 lookup "$v4"
for text in 'security (3)' 'event (2)' 'priority      7' '1500 bytes'; do has out "$text"; done
ask 0 lookup "$v6" --json
python3 - "$work/out" <<'END' || fail "the JSON of a flow is not right"
import json, sys, time
flow = json.load(open(sys.argv[1]))
assert flow["key"] == "[2001:db8::1]:53 > [2001:db8::2]:53 udp", flow
assert flow["component_id"] == 4711 and flow["component"] is None, flow
assert flow["type"] == "data" and flow["flow_type"] == 1 and flow["priority"] == 0, flow
assert abs(flow["timestamp_ns"] / 1e9 - time.time()) < 3600, flow
END
ask 1 lookup '10.0.0.2:5555 > 10.0.0.1:443 tcp'
has err "no such flow: 10.0.0.2:5555 > 10.0.0.1:443 tcp"
[ ! -s "$work/out" ] || fail "a flow that is not there is shown"
ask 0 remove "$v4" --ring
ask 1 remove "$v4"
ask 1 lookup "$v4"
ask 0 register "$v6" --component consensus # again: another component
ask 0 lookup "$v6"
has out 'consensus (1)'

# ---- words that are wrong are said to be, whether there is a server or not
for key in 10.0.0.1:443 '10.0.0.1 > 10.0.0.2 tcp' '10.0.0.1:1 > 10.0.0.2:65536 tcp' \
    '10.0.0.1:1 > [::1]:2 tcp' '10.0.0.256:1 > 10.0.0.2:2 tcp' '10.0.0.1:1 > 10.0.0.2:2 xyz' '' \
    '10.0.0.1:1 > 10.0.0.2:2' '> >' '10.0.0.1 > 10.0.0.2 icmp 8' '10.0.0.1:1 > 10.0.0.2:2 icmp'; do
    ask 2 lookup "$key"
    has err 'is no flow'
    ask 2 register "$key" --component 1
    ask 2 remove "$key"
done
ask 2 lookup 0123456789abcdef
has err '16 hexadecimal digits'
ask 2 lookup
ask 2 register "$v4"
has err '--component'
ask 2 register --component 1
has err 'a key is missing'
ask 2 register "$v4" --component nobody
has err 'neither a number'
ask 2 register "$v4" --component 1 --type nothing
has err 'neither a number'
ask 2 register "$v4" --component 1 --priority 256
ask 2 register "$v4" --component 1 --input "$work/none.pcap"
ask 2 register --component 1 --input "$work/none.pcap"
has err none.pcap
echo 'no trace at all' >"$work/text"
ask 2 register --component 1 --input "$work/text"
run 2 ifr
run 2 ifr stats --format xml
run 2 ifr serve --socket "$work/other.sock" --policy best
run 2 ifr serve --socket "$work/other.sock" --group no-such-group-here
has err 'no-such-group-here'
run 2 ifr serve --socket "$work/none/below/a.sock" --group "$(id -gn)"
has err "$work/none/ is not there"
test ! -e "$work/none" || fail "a folder was made that the group cannot pass"
long=$(printf '%0120d' 0)
run 2 ifr serve --socket "$work/$long"
has err 'are possible'
run 2 ifr lookup --socket "$work/$long" "$v4"
for time in 10us 2h; do
    ask 2 lookup "$v4" --timeout "$time"
    has err 'not between 1 ms and 1 h'
done

# ---- a trace: three packets of two flows, a packet that is none
python3 - "$work/trace.pcap" <<'END' || fail "cannot make a trace"
import struct, sys
def packet(source, port):
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 40, 0, 0, 64, 6, 0) + bytes(source) + bytes([10, 9, 9, 9])
    return b"\0" * 12 + b"\x08\0" + ip + struct.pack(">HH", port, 80) + b"\0" * 16
arp = b"\0" * 12 + b"\x08\x06" + b"\0" * 46
with open(sys.argv[1], "wb") as out:
    out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for i, frame in enumerate([packet([10, 1, 1, 1], 1000), arp, packet([10, 1, 1, 2], 1000), packet([10, 1, 1, 1], 1000)]):
        out.write(struct.pack("<IIII", 1000 + i, 0, len(frame), len(frame)) + frame)
END
for way in '' --ring; do
    # shellcheck disable=SC2086
    ask 0 register --input "$work/trace.pcap" --component networking $way
    has out '4 packets: 3 registered, 1 without a flow'
done
ask 0 lookup 10.1.1.1:1000 - 10.9.9.9:80 tcp
has out 'timestamp_ns  1003000000000'
head -c 150 "$work/trace.pcap" >"$work/cut.pcap"
ask 2 register --input "$work/cut.pcap" --component networking
has err 'packets before it were registered'

# ---- statistics
ask 0 stats
grep -qE '^  active flows +5$' "$work/out" || fail "5 flows are there, and the statistics say otherwise"
ask 0 stats --format json
python3 -c 'import json, sys; s = json.load(open(sys.argv[1])); assert s["active_flows"] == 5 and s["lookups"] == s["hits"] + s["misses"] and s["connected_components"] == []' \
    "$work/out" || fail "the JSON statistics are not right"
ask 0 stats --format prometheus
sed -E '/^#/!s/ [^ ]+$/ N/' "$work/out" | diff - $golden >"$work/err" || fail "the metrics are not those of $golden"
grep -qx 'ifr_active_flows 5' "$work/out" || fail "the metrics say another number of flows"
if command -v promtool >/dev/null; then
    promtool check metrics <"$work/out" >"$work/checked" 2>&1 || { cat "$work/checked" >&2; fail "promtool refuses the metrics"; }
    [ ! -s "$work/checked" ] || { cat "$work/checked" >&2; fail "promtool remarks on the metrics"; }
fi

# ---- a second server, a full one, a client that dies inside a frame
ask 3 serve
has err 'a server listens there already'
ask 0 lookup "$v6"
python3 - "$socket" <<'END' || fail "the server did not survive a client that died"
import os, signal, socket, struct, sys, zlib
for cut in (1, 31, 32, 40):
    child = os.fork()
    if child == 0:
        s = socket.socket(socket.AF_UNIX)
        s.connect(sys.argv[1])
        payload = bytes([1, 13, 0, 0]) + bytes(13)
        head = struct.pack("<IBBHIIIIQ", 0x48594d46, 1, 0, 0, 0, 0, len(payload), zlib.crc32(payload), 0)
        s.sendall((head + payload)[:cut])
        os.kill(os.getpid(), signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
END
ask 0 lookup "$v6"
python3 - "$socket" "$bpi" <<'END' || fail "a client too many is not turned away with status 3"
import socket, subprocess, sys
guests = []
for _ in range(3):
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    guests.append(s)
words = [sys.argv[2], "ifr", "stats", "--socket", sys.argv[1]]
turned = subprocess.run(words, capture_output=True, text=True)
assert turned.returncode == 3 and "too many clients" in turned.stderr, turned
for s in guests:
    s.close()
assert subprocess.run(words, capture_output=True).returncode == 0
END

# ---- ends
stop INT 0
[ ! -e "$socket" ] || fail "the socket is still there after Ctrl-C"
grep -qE '^  registrations +12$' "$work/served" || { cat "$work/served" >&2; fail "the last statistics are not right"; }
serve
ask 1 lookup "$v6" # it begins empty
stop TERM 0
[ ! -e "$socket" ] || fail "the socket is still there after SIGTERM"
serve
stop KILL 137
[ -e "$socket" ] || fail "a server that was killed removed its socket"
ask 3 lookup "$v6"
serve --flow-age 300ms --false-positives 0 --cache 0 --large-pages
ask 0 register "$v6" --component 1
sleep 0.7
ask 1 lookup "$v6"
tries=0
until "$bpi" ifr stats --socket "$socket" | grep -qE '^  active flows +0$'; do # it goes though nobody asks for it
    tries=$((tries + 1))
    [ $tries -lt 100 ] || fail "an old flow stays in the table"
    sleep 0.1
done

# ---- components: one that listens beside the registry, one whose socket nobody listens on
stop INT 0
python3 - "$work/folder" <<'END' &
import socket, sys, time
dead = socket.socket(socket.AF_UNIX); dead.bind(sys.argv[1] + "/scheduler.sock"); dead.close()
alive = socket.socket(socket.AF_UNIX); alive.bind(sys.argv[1] + "/transport.sock"); alive.listen(8)
time.sleep(60)
END
other=$!
tries=0
until [ -S "$work/folder/transport.sock" ]; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || fail "the component does not come up"
    sleep 0.1
done
sleep 0.3
serve
tries=0
until "$bpi" ifr stats --socket "$socket" --format prometheus >"$work/out" 2>"$work/err" && grep -qx 'ifr_components{state="running"} 1' "$work/out"; do
    tries=$((tries + 1))
    [ $tries -lt 50 ] || fail "the component that listens is not found"
    sleep 0.1
done
has out 'ifr_components{state="failed"} 1'
kill $other
stop INT 0

# ---- a folder that others may write is refused
chmod 777 "$work/folder"
ask 3 serve
has err 'may be written by others'
chmod 700 "$work/folder"
echo 'not a socket' >"$socket"
ask 3 serve
has err 'is no socket'

# ---- more clients than this process may have open files
rm "$socket"
(
    ulimit -n 100
    "$bpi" ifr serve --socket "$socket" --clients 500 >"$work/out" 2>"$work/err"
    [ $? -eq 2 ]
) || fail "clients without descriptors are not refused"
has err '500 clients need 564 open files, and this process may have 100'
