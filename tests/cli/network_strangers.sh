#!/bin/sh
# network_strangers.sh - programs of others, unmodified, on hosts of the laboratory: iperf3, nginx
# and curl, PostgreSQL, sshd and ssh, tshark on what was captured (etcd: network_etcd.sh). Each is left out, and said to be, where its program is not there.
. tests/cli/common.sh
chmod 755 "$work"

"$bpi" network exec -q --back-end tun -- true >"$work/out" 2>"$work/err"
if [ $? -eq 3 ] && ! grep -q invalid "$work/err"; then
    echo "skipped: no namespaces here: $(cat "$work/err")"
    exit 77
fi

tried=0
# there PROGRAM...: are all of them there? Says which is not.
there() {
    for program in "$@"; do
        command -v "$program" >/dev/null || [ -x "$program" ] || {
            echo "left out: there is no $program"
            return 1
        }
    done
    tried=$((tried + 1))
}

# late WORDS...: status 0, or 3 for nothing but an invalid run on a busy machine.
late() {
    "$bpi" "$@" >"$work/out" 2>"$work/err"
    got=$?
    [ $got -eq 0 ] || { [ $got -eq 3 ] && grep -q 'invalid: ' "$work/err" && ! grep -q 'ended with\|still ran\|ended by' "$work/err"; } ||
        fail "status $got: bpi-perf $*"
}

# Try a command until it works, at most ten seconds: servers need a moment.
cat >"$work/patient" <<'END'
#!/bin/sh
tries=0
until "$@" 2>/dev/null; do
    tries=$((tries + 1))
    [ $tries -lt 100 ] || exec "$@"
    sleep 0.1
done
END
chmod 755 "$work/patient"

json() {
    python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
assert eval(sys.argv[2]), (sys.argv[2], d)' "$1" "$2" || fail "JSON: $2"
}

# ---- iperf3: TCP and UDP; never more than the link lets through
if there iperf3 python3; then
    late network exec --latency 5ms --bandwidth 20Mbit/s --until 1 --timeout 60s --node 0:'iperf3 -s -1' \
        --node 1:"$work/patient sh -c 'iperf3 -c {address:0} -t 2 -J >$work/tcp.json'"
    json "$work/tcp.json" '0 < d["end"]["sum_received"]["bits_per_second"] < 20.5e6'
    late network exec --latency 5ms --bandwidth 20Mbit/s --until 1 --timeout 60s --node 0:'iperf3 -s -1' \
        --node 1:"$work/patient sh -c 'iperf3 -c {address:0} -u -b 10M -t 2 -J >$work/udp.json'"
    json "$work/udp.json" 'd["end"]["sum"]["packets"] > 0 and d["end"]["sum"]["lost_percent"] < 100'
fi

# ---- nginx and curl: two megabytes through losses arrive whole
if there nginx curl; then
    mkdir -p "$work/nginx/logs" "$work/nginx/files"
    head -c 2000000 /dev/urandom >"$work/nginx/files/data"
    cat >"$work/nginx/nginx.conf" <<END
daemon off;
pid $work/nginx/pid;
error_log stderr;
events { }
http {
    access_log off;
    client_body_temp_path $work/nginx/body;
    proxy_temp_path $work/nginx/proxy;
    fastcgi_temp_path $work/nginx/fastcgi;
    uwsgi_temp_path $work/nginx/uwsgi;
    scgi_temp_path $work/nginx/scgi;
    server { listen 80; listen [::]:80; root $work/nginx/files; }
}
END
    [ "$(id -u)" -ne 0 ] || sed -i '1i user root;' "$work/nginx/nginx.conf"
    for address in '{address:0}' '[{address6:0}]'; do
        rm -f "$work/data"
        late network exec --latency 5ms --packet-loss 0.5% --until 1 --timeout 60s \
            --node 0:"nginx -e stderr -p $work/nginx -c $work/nginx/nginx.conf" \
            --node 1:"$work/patient curl -gsSf --max-time 50 -o $work/data http://$address/data"
        cmp -s "$work/data" "$work/nginx/files/data" || fail "what nginx served is not what curl has"
    done
fi

# ---- PostgreSQL, with a cluster of its own
postgres=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
if there "$postgres/postgres" "$postgres/initdb" psql; then
    as=
    if [ "$(id -u)" -eq 0 ]; then as='setpriv --reuid postgres --regid postgres --init-groups'; fi
    mkdir "$work/pg"
    [ -z "$as" ] || chown postgres "$work/pg"
    # shellcheck disable=SC2086
    (cd "$work/pg" && $as "$postgres/initdb" -D "$work/pg/data" -U tester -A trust -N) >"$work/out" 2>"$work/err" ||
        fail "initdb"
    echo 'host all all 10.77.0.0/16 trust' >>"$work/pg/data/pg_hba.conf"
    late network exec --latency 2ms --jitter 1ms --until 1 --timeout 90s \
        --node 0:"$as $postgres/postgres -D $work/pg/data -c listen_addresses={address} -c unix_socket_directories=" \
        --node 1:"$work/patient psql -h {address:0} -U tester -d postgres -Atc 'create table t as select generate_series(1,1000) as i; select sum(i), inet_client_addr() from t'"
    has out '500500|10.77.0.2'
fi

# ---- an SSH session
if there /usr/sbin/sshd ssh ssh-keygen; then
    ssh-keygen -q -t ed25519 -N '' -f "$work/host_key" && ssh-keygen -q -t ed25519 -N '' -f "$work/key" || fail "keys"
    cp "$work/key.pub" "$work/authorized"
    if [ ! -d /run/sshd ] && [ "$(id -u)" -eq 0 ]; then
        trap 'rmdir /run/sshd; rm -rf "$work"' EXIT
        mkdir /run/sshd
    fi
    late network exec --latency 5ms --until 1 --timeout 60s \
        --node 0:"/usr/sbin/sshd -D -e -f /dev/null -h $work/host_key -o AuthorizedKeysFile=$work/authorized -o StrictModes=no -o PidFile=none -o UsePAM=no" \
        --node 1:"$work/patient ssh -F /dev/null -i $work/key -o BatchMode=yes -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null $(id -un)@{address:0} echo shell of \$SSH_CONNECTION"
    has out '10.77.0.2'
fi

# ---- what tshark says of a capture is what was asked for
if there tshark python3; then
    late network ping --count 50 --interval 5ms --latency 20ms --capture "$work/pcap" --json
    for host in node0 node1; do
        tshark --disable-protocol echo -r "$work/pcap/$host.pcap" -Y udp -T fields -e frame.time_epoch -e ip.src -e ip.dst -e data.data \
            >"$work/$host.txt" 2>"$work/err" || fail "tshark"
    done
    python3 - "$work" <<'END' || fail "the capture does not show the delay"
import sys
from decimal import Decimal
def read(name):
    rows = [line.split("\t") for line in open(f"{sys.argv[1]}/{name}.txt")]
    return {(r[1], r[3].strip()[:48]): Decimal(r[0]) for r in rows if r[1] == "10.77.0.1"}
sent, came = read("node0"), read("node1")
delays = [came[k] - sent[k] for k in came if k in sent]
assert len(delays) >= 40, len(delays)
assert min(delays) >= Decimal("0.020"), min(delays)
END
fi

[ $tried -gt 0 ] || { echo "skipped: none of the programs is there"; exit 77; }
