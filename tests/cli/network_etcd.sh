#!/bin/sh
# network_etcd.sh - three etcd nodes, unmodified, in the laboratory. The schedule cuts each node off
# once, so the leader is, and another is elected; what was acknowledged is still there, and all agree
# in the end. With --pre-vote a node that is alone starts no term of its own: a later term is an
# election that a majority took part in.
. tests/cli/common.sh
chmod 755 "$work"

"$bpi" network exec -q --back-end tun -- true >"$work/out" 2>"$work/err"
if [ $? -eq 3 ] && ! grep -q invalid "$work/err"; then
    echo "skipped: no namespaces here: $(cat "$work/err")"
    exit 77
fi
for program in etcd etcdctl python3; do
    command -v $program >/dev/null || { echo "skipped: there is no $program"; exit 77; }
done

cat >"$work/client" <<END
#!/bin/sh
export ETCDCTL_API=3
all=http://\$1:2379,http://\$2:2379,http://\$3:2379
i=0
tries=0
until etcdctl --endpoints=\$all endpoint status --write-out=json >$work/before.json 2>/dev/null &&
    etcdctl --endpoints=\$all put --command-timeout=2s first 1 >/dev/null 2>&1; do
    tries=\$((tries + 1))
    [ \$tries -lt 50 ] || exit 1
    sleep 0.1
done
echo ready
end=\$((\$(date +%s) + 11))
while [ \$(date +%s) -lt \$end ]; do
    i=\$((i + 1))
    etcdctl --endpoints=\$all put --command-timeout=1s key\$i \$i >/dev/null 2>&1 && echo \$i
    sleep 0.1
done >$work/acknowledged
tries=0
# All three answer and name one leader.
agreed() {
    etcdctl --endpoints=\$all endpoint status --write-out=json >$work/after.json 2>/dev/null || return 1
    [ "\$(grep -o '"leader":[0-9]*' $work/after.json | sort | uniq -c | awk '{ print \$1 }')" = 3 ]
}
until agreed &&
    etcdctl --endpoints=\$all get --consistency=l --prefix key --print-value-only >$work/kept 2>/dev/null; do
    tries=\$((tries + 1))
    [ \$tries -lt 200 ] || exit 1
    sleep 0.1
done
END
chmod 755 "$work/client"
"$bpi" network exec --nodes 4 --latency 2ms --until 3 --timeout 90s \
    --schedule 'at 5s partition [node0] [node1,node2,node3]; at 8s heal;
                at 9s partition [node1] [node0,node2,node3]; at 11500ms heal;
                at 12s partition [node2] [node0,node1,node3]; at 14500ms heal' \
    --node 3:"$work/client {address:0} {address:1} {address:2}" \
    -- etcd --name '{name}' --data-dir "$work/etcd{node}" --logger zap --log-level error \
    --listen-peer-urls 'http://{address}:2380' --initial-advertise-peer-urls 'http://{address}:2380' \
    --listen-client-urls 'http://{address}:2379' --advertise-client-urls 'http://{address}:2379' \
    --initial-cluster 'node0=http://{address:0}:2380,node1=http://{address:1}:2380,node2=http://{address:2}:2380' \
    --pre-vote --heartbeat-interval 50 --election-timeout 300 >"$work/out" 2>"$work/err"
got=$?
# 3 for nothing but an invalid run on a busy machine
[ $got -eq 0 ] || { [ $got -eq 3 ] && grep -q 'invalid: ' "$work/err" && ! grep -q 'ended with\|still ran\|ended by' "$work/err"; } ||
    fail "status $got"
has out 'node3| ready'
python3 - "$work" <<'END' || fail "etcd"
import json, sys
work = sys.argv[1]
terms = [max(s["Status"]["raftTerm"] for s in json.load(open(f"{work}/{name}.json"))) for name in ("before", "after")]
leaders = {s["Status"]["leader"] for s in json.load(open(f"{work}/after.json"))}
acknowledged = set(open(f"{work}/acknowledged").read().split())
kept = set(open(f"{work}/kept").read().split())
print(f"etcd: term {terms[0]} before and {terms[1]} after, {len(acknowledged)} writes acknowledged")
assert terms[1] > terms[0], terms
assert len(leaders) == 1 and 0 not in leaders, leaders
assert acknowledged and acknowledged <= kept, acknowledged - kept
END
