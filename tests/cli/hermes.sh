#!/bin/sh
# hermes.sh - three nodes of the overlay on loopback, as people would run them: messages each way to
# one and to all, seen once by each subscriber; wrong words, no node, two nodes, ends by Ctrl-C, by
# SIGTERM and by force, a subscriber that never reads.
. tests/cli/common.sh
nodes=""
others=""
# shellcheck disable=SC2317
end() {
    for process in $nodes $others; do kill -KILL "$process" 2>/dev/null; done
    rm -rf "$work"
}
trap end EXIT

# until_true SECONDS WORDS...: the command succeeds within that time.
until_true() {
    tries=$(($1 * 10))
    shift
    until "$@"; do
        tries=$((tries - 1))
        [ $tries -gt 0 ] || return 1
        sleep 0.1
    done
}

# start NAME CONFIG: a node; its process is in $pid.
start() {
    : >"$work/$1.err"
    "$bpi" hermes node --config "$2" >"$work/$1.out" 2>"$work/$1.err" &
    pid=$!
    nodes="$nodes $pid"
    until_true 20 grep -qF 'Ctrl-C ends' "$work/$1.err" || { cat "$work/$1.err" >&2; fail "node $1 does not start"; }
}

# sessions NAME COUNT
sessions() {
    "$bpi" hermes status --socket "$work/$1.sock" --json >"$work/$1.json" 2>/dev/null &&
        python3 -c 'import json, sys; s = json.load(open(sys.argv[1])); sys.exit(s["sessions"] != int(sys.argv[2]))' "$work/$1.json" "$2"
}

ports=$(python3 -c '
import socket
held = [socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) for _ in range(4)]
for s in held: s.bind(("::", 0))
print(*[s.getsockname()[1] for s in held])')
# shellcheck disable=SC2086
set -- $ports
port_a=$1 port_b=$2 port_c=$3 port_d=$4

# ---- keys and ids
run 3 hermes id --key "$work/a.key"
has err 'there is no key'
run 0 hermes id --key "$work/a.key" --create
id_a=$(cat "$work/out")
[ "$(printf %s "$id_a" | grep -cE '^[0-9a-f]{64}$')" = 1 ] || fail "'$id_a' is no id"
[ "$(stat -c %a "$work/a.key")" = 600 ] || fail "the key's mode is $(stat -c %a "$work/a.key")"
run 0 hermes id --key "$work/a.key"
[ "$(cat "$work/out")" = "$id_a" ] || fail "the id changes"
chmod 644 "$work/a.key"
run 3 hermes id --key "$work/a.key"
has err 'others may read the key'
chmod 600 "$work/a.key"
echo nonsense >"$work/bad.key"
chmod 600 "$work/bad.key"
run 3 hermes id --key "$work/bad.key"
has err 'this is no key'

# ---- three nodes, in both languages
cat >"$work/a.toml" <<END
node_id = "node_a"
listen_address = "127.0.0.1"
listen_port = $port_a
network_mode = "Testnet"
key_file = "$work/a.key"
control_socket = "$work/a.sock"
consensus_timeout_ms = 20000
END
cat >"$work/b.yaml" <<END
consensus_timeout_ms: 20000
listen_port: $port_b
bootstrap_nodes: ["$id_a@127.0.0.1:$port_a"]
key_file: $work/keys/b.key
control_socket: $work/b.sock
END
cat >"$work/c.toml" <<END
node_id = "node_c"
listen_port = $port_c
max_neighbors = 4
bootstrap_nodes = ["localhost:$port_a", "127.0.0.1:$port_b"]
key_file = "$work/c.key"
control_socket = "$work/c.sock"
consensus_timeout_ms = 20000
END
start a "$work/a.toml"
pid_a=$pid
grep -qF "node_a ($id_a) runs on 127.0.0.1:$port_a" "$work/a.err" || fail "node a does not say who it is"
start b "$work/b.yaml"
pid_b=$pid
start c "$work/c.toml"
pid_c=$pid
[ "$(stat -c %a "$work/a.sock")" = 600 ] || fail "the control socket's mode is $(stat -c %a "$work/a.sock")"
for node in a b c; do
    until_true 30 sessions $node 2 || { cat "$work/$node.json" >&2; fail "node $node has no two sessions"; }
done
run 0 hermes id --key "$work/keys/b.key"
id_b=$(cat "$work/out")
run 0 hermes id --key "$work/c.key"
id_c=$(cat "$work/out")

# ---- everybody hears everybody, once
for node in a b c; do
    "$bpi" hermes subscribe --json --socket "$work/$node.sock" >"$work/$node.heard" 2>"$work/$node.says" &
    others="$others $!"
    until_true 20 grep -sqF listening "$work/$node.says" || fail "subscribe does not begin"
done
"$bpi" hermes subscribe --class Auction --count 2 --socket "$work/b.sock" >"$work/auction" 2>"$work/auction.says" &
auction=$!
others="$others $auction"
until_true 20 grep -sqF listening "$work/auction.says" || fail "subscribe does not begin"
head -c 1048576 /dev/urandom >"$work/largest"
for from in a b c; do
    run 0 hermes send --socket "$work/$from.sock" --to all --type IbftPrepare --payload "all from $from"
    has out 'reached 2 of 2 in '
    run 0 hermes send --socket "$work/$from.sock" --to all --type AuctionBid --payload "bid of $from" --no-wait
    [ "$(grep -cE '^[0-9a-f]{32}$' "$work/out")" = 1 ] || fail "send --no-wait does not say the message's id"
    for to in a b c; do
        [ $from != $to ] || continue
        eval "id=\$id_$to"
        # shellcheck disable=SC2154
        run 0 hermes send --socket "$work/$from.sock" --to "$id" --type BlockData --payload "$from to $to"
        has out 'reached 1 of 1 in '
    done
done
run 0 hermes send --socket "$work/a.sock" --to all --type ShadowSync --input "$work/largest"
printf '\000\377' | "$bpi" hermes send --socket "$work/a.sock" --to all --type Heartbeat --input - >"$work/out" 2>"$work/err" ||
    fail "a message from standard input is not sent"
# 2 of IbftPrepare, 2 of AuctionBid, 2 of BlockData; the largest and the last but at a itself
heard() { [ "$(wc -l <"$work/a.heard")" -ge 6 ] && [ "$(wc -l <"$work/b.heard")" -ge 8 ] && [ "$(wc -l <"$work/c.heard")" -ge 8 ]; }
until_true 30 heard || fail "messages are missing: $(wc -l "$work"/?.heard | tr '\n' ' ')"
sleep 0.5 # what came twice would be there by now
python3 - "$work" "$id_a" "$id_b" "$id_c" <<'END' || fail "what was heard is not right"
import base64, json, sys
work, ids = sys.argv[1], dict(zip("abc", sys.argv[2:]))
largest = open(work + "/largest", "rb").read()
for node in "abc":
    heard = [json.loads(line) for line in open(f"{work}/{node}.heard")]
    got = sorted((m["from"], m["class"], m["type"], base64.b64decode(m["payload"])) for m in heard)
    wanted = []
    for other in "abc":
        if other == node:
            continue
        wanted.append((ids[other], "Consensus", "IbftPrepare", f"all from {other}".encode()))
        wanted.append((ids[other], "Auction", "AuctionBid", f"bid of {other}".encode()))
        wanted.append((ids[other], "ShadowData", "BlockData", f"{other} to {node}".encode()))
    if node != "a":
        wanted.append((ids["a"], "ShadowData", "ShadowSync", largest))
        wanted.append((ids["a"], "Consensus", "Heartbeat", b"\0\xff"))
    assert got == sorted(wanted), (node, [g[:3] for g in got], [w[:3] for w in sorted(wanted)])
    assert all(m["event"] == "message" and m["hops"] >= 1 for m in heard)
    assert len({m["id"] for m in heard}) == len(heard)
END
wait $auction || fail "subscribe --count ends with $?"
[ "$(grep -cE '^AuctionBid from [0-9a-f]{16}: 8 bytes: bid of [ac]$' "$work/auction")" = 2 ] ||
    { cat "$work/auction" >&2; fail "subscribe --class shows something else"; }

# ---- status
run 0 hermes status --socket "$work/a.sock"
for text in node_a "$id_a" "127.0.0.1:$port_a" Testnet 'sessions              2' "$(printf %.16s "$id_b")"; do has out "$text"; done
run 0 hermes status --socket "$work/b.sock" --json
python3 - "$work/out" "$id_b" <<'END' || fail "the JSON status is not right"
import json, sys
s = json.load(open(sys.argv[1]))
assert s["id"] == sys.argv[2] and s["name"] == "node_" + sys.argv[2][:16], s
assert s["network"] is None and s["members"] >= 2 and len(s["peers"]) == 2, s
assert s["sent"] == {"Consensus": 1, "Auction": 1, "ShadowData": 2}, s
assert s["delivered"]["Consensus"] == 3 and s["rejected_forged"] == 0, s
assert s["datagrams"]["sent"] > 0 and s["datagrams"]["send_failed"] == 0, s
END

# ---- a subscriber that never reads does not hurt
python3 - "$work/a.sock" <<'END' &
import socket, sys, time
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
s.sendall(b'{"do": "subscribe"}\n')
time.sleep(120)
END
others="$others $!"
clients() { "$bpi" hermes status --socket "$work/a.sock" --json | grep -q "\"clients\": $1,"; }
until_true 20 clients 3 || fail "a third client is not counted" # subscribe above, this one, and status
for _ in 1 2 3 4 5 6; do
    run 0 hermes send --socket "$work/b.sock" --to all --type ShadowSync --input "$work/largest"
done
until_true 20 clients 2 || fail "a subscriber that never reads keeps its connection"
run 0 hermes send --socket "$work/b.sock" --to "$id_a" --type Heartbeat --payload 'still there'

# ---- words that are wrong, and a world that is
run 2 hermes
run 2 hermes send --socket "$work/a.sock" --type IbftPrepare --payload x
has err '--to'
run 2 hermes send --socket "$work/a.sock" --to all --payload x
has err '--type'
run 2 hermes send --socket "$work/a.sock" --to all --type IbftPrepare
has err '--payload'
run 2 hermes send --socket "$work/a.sock" --to all --type IbftPrepare --payload x --input "$work/largest"
run 2 hermes send --socket "$work/a.sock" --to all --type Nothing --payload x
has err Nothing
run 2 hermes send --socket "$work/a.sock" --to 0123 --type IbftPrepare --payload x
run 2 hermes send --socket "$work/a.sock" --to "${id_a%?}g" --type IbftPrepare --payload x
run 2 hermes send --socket "$work/a.sock" --to all --type IbftPrepare --payload ''
has err '0 bytes'
run 2 hermes send --socket "$work/a.sock" --to all --type IbftPrepare --input "$work/none"
{ cat "$work/largest"; printf x; } >"$work/larger"
run 2 hermes send --socket "$work/a.sock" --to all --type BlockData --input "$work/larger"
has err 1048576
run 3 hermes send --socket "$work/a.sock" --to "$(printf '%064d' 7)" --type IbftPrepare --payload x
run 3 hermes send --socket "$work/a.sock" --to "$id_a" --type IbftPrepare --payload 'to itself'
run 2 hermes subscribe --socket "$work/a.sock" --class Best
run 2 hermes subscribe --socket "$work/a.sock" --type BlockData --class Auction
run 2 hermes status --socket "$work/$(printf '%0120d' 0)"
has err 'are possible'
run 3 hermes status --socket "$work/none.sock"
has err 'no node runs there'
run 3 hermes subscribe --socket "$work/none.sock"
run 3 hermes send --socket "$work/none.sock" --to all --type IbftPrepare --payload x
run 2 hermes node --config "$work/none.toml"
run 2 hermes node --config "$work/largest"
has err 'neither in .toml nor in .yaml'
printf 'listen_prot = 1\n' >"$work/wrong.toml"
run 2 hermes node --config "$work/wrong.toml"
has err "wrong.toml:1: unknown key 'listen_prot'; the nearest is listen_port"
printf 'enable_consensus_priority: false\n' >"$work/wrong.yaml"
run 2 hermes node --config "$work/wrong.yaml"
has err 'wrong.yaml:1: enable_consensus_priority'
python3 - "$work/a.sock" <<'END' || fail "a client that sends nonsense is not answered"
import json, socket, sys
def ask(line):
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.sendall(line)
    return json.loads(s.makefile().readline())
assert ask(b"nonsense\n")["error"] == "EPARSE"
assert ask(b'{"do": "dance"}\n')["error"] == "EPARSE"
assert ask(b'{"do": "send", "to": "all", "type": "Heartbeat", "payload": ""}\n')["error"] == "ERANGE"
assert ask(b'{"do": "status"}\n')["answer"] == "status"
s = socket.socket(socket.AF_UNIX) # goes in the middle of a line
s.connect(sys.argv[1])
s.sendall(b'{"do": "sta')
END
run 0 hermes status --socket "$work/a.sock"

# node_d KEYS...: a configuration for one more node
node_d() { printf '%s\n' "$@" >"$work/d.toml"; }
node_d "listen_port = $port_a" "listen_address = \"127.0.0.1\"" "key_file = \"$work/d.key\"" "control_socket = \"$work/d.sock\""
run 3 hermes node --config "$work/d.toml"
has err 'the port is in use'
[ ! -e "$work/d.sock" ] || fail "a node that could not start left a socket"
node_d "listen_port = $port_d" "key_file = \"$work/d.key\"" "control_socket = \"$work/a.sock\""
run 3 hermes node --config "$work/d.toml"
has err 'a node listens there already'
node_d "listen_port = $port_d" "key_file = \"$work/a.key\"" "control_socket = \"$work/d.sock\""
run 3 hermes node --config "$work/d.toml"
has err 'a node runs with this key already'
node_d "listen_port = $port_d" "key_file = \"$work/d.key\"" "control_socket = \"$work/d.sock\"" 'listen_address = "somewhere"'
run 2 hermes node --config "$work/d.toml"
has err somewhere
node_d "listen_port = $port_d" "key_file = \"$work/d.key\"" "control_socket = \"$work/d.sock\"" 'bootstrap_nodes = ["no.such.host.invalid:9000"]'
run 3 hermes node --config "$work/d.toml"
has err no.such.host.invalid
chmod 644 "$work/d.key"
run 3 hermes node --config "$work/d.toml"
chmod 600 "$work/d.key"
run 0 hermes status --socket "$work/a.sock"

# ---- ends
# stop PID SIGNAL STATUS
stop() {
    kill "-$2" "$1"
    wait "$1" 2>/dev/null
    got=$?
    nodes=$(echo " $nodes " | sed "s/ $1 / /") # its number may be another's now
    others=$(echo " $others " | sed "s/ $1 / /")
    [ $got -eq "$3" ] || fail "a process that got SIG$2 ended with $got and not $3"
}
# A subscriber's usual end is Ctrl-C, but not when it was to wait for messages.
for words in '' '--count 1'; do
    : >"$work/err" # what the last one said
    # shellcheck disable=SC2086
    "$bpi" hermes subscribe $words --socket "$work/a.sock" >"$work/out" 2>"$work/err" &
    others="$others $!"
    until_true 20 grep -sqF listening "$work/err" || fail "subscribe does not begin"
    if [ -z "$words" ]; then stop $! INT 0; else stop $! INT 130; fi
done
stop "$pid_a" INT 0
[ ! -e "$work/a.sock" ] || fail "the control socket is still there after Ctrl-C"
stop "$pid_b" TERM 0
[ ! -e "$work/b.sock" ] || fail "the control socket is still there after SIGTERM"
stop "$pid_c" KILL 137
[ -e "$work/c.sock" ] || fail "a node that was killed removed its socket"
run 3 hermes status --socket "$work/c.sock"
has err 'no node runs there'
start c "$work/c.toml"
pid_c=$pid
run 0 hermes status --socket "$work/c.sock"
run 3 hermes send --socket "$work/c.sock" --to all --type IbftPrepare --payload 'to nobody'
has err 'no session with anybody'
stop "$pid_c" INT 0
for node in a b c; do # subscribers of nodes that ended
    [ ! -e "$work/$node.sock" ] || fail "$node.sock is still there"
done
