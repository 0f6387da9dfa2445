#!/bin/sh
# network_test.sh - network tests as people would run them: in virtual time everywhere, and in a real
# laboratory where one can be made; wrong words, reports in every format, a configuration file.
. tests/cli/common.sh

# ---- words that are wrong
run 2 network test-hermes --packet-loss 101%
run 2 network test-hermes --latency -5ms
run 2 network test-hermes --nodes 1
run 2 network test-hermes --message-size 23
run 2 network test-hermes --message-size 2MiB
run 2 network test-hermes --rate 0
run 2 network test-hermes --rate fast
run 2 network test-hermes --bandwidth 10
run 2 network test-hermes --protocol pigeons
run 2 network test-hermes --condition moon
run 2 network test-baseline --protocol flood,hermes,flood --virtual
has err "protocol 'flood' is there twice"
run 2 network test-baseline --condition local,poor,local --virtual
has err "condition 'local' (local) is there twice"
run 2 network test-baseline --nodes 100 --messages 100000 --virtual
has err 'fewer nodes or messages'
run 2 network test-baseline --virtual --attack garbage
has err 'in virtual time'
run 2 network test-baseline --virtual --attack byzantine,sybil,byzantine
has err "attack 'byzantine' is there twice"
run 2 network test-baseline --virtual --attack all,none
has err "attack 'all' stands alone"
run 2 network test-hermes --condition loopback --latency 1ms
has err 'loopback has no links'
run 2 network test-hermes --condition loopback --virtual
run 2 network test-hermes --condition loopback --attack replay
has err 'no attack under addresses of others'
run 2 network report
has err '--test-id'
run 2 network report --test-id network-test-10001
run 2 network

# ---- in virtual time: any machine, the same numbers each time
small='--nodes 5 --messages 10 --message-size 1024 --latency 5ms --packet-loss 0% --bandwidth none --virtual'
# shellcheck disable=SC2086
measured network test-baseline $small --runs 2
has out network-test-10001
for text in 'redundant_messages' '5 nodes, 10 messages of 1024 bytes each, 5.000 ms one way' \
    'in virtual time' 'laboratory virtual'; do has out "$text"; done
cp "$work/out" "$work/first"
# shellcheck disable=SC2086
measured network test-baseline $small --runs 2
has out network-test-10002
sed 1d "$work/first" >"$work/a"
sed 1d "$work/out" | cmp -s - "$work/a" || fail "virtual time gave other numbers the second time"
# shellcheck disable=SC2086
measured network test-baseline $small --json
python3 - "$work/out" <<'END' || fail "the JSON of a network test is not right"
import json, sys
test = json.load(open(sys.argv[1]))
assert test["test_id"] == "network-test-10003", test["test_id"]
r = test["baseline_udp_results"]
for name in ("test_name node_count message_count message_size_bytes test_duration_ms avg_latency_us "
             "p50_latency_us p95_latency_us p99_latency_us min_latency_us max_latency_us "
             "messages_per_second bytes_per_second success_rate memory_usage_mb cpu_usage_percent "
             "network_utilization redundant_messages").split():
    assert name in r, name
assert r["success_rate"] == 1 and abs(r["avg_latency_us"] - 5000) < 1 and r["redundant_messages"] == 600, r
assert r["memory_usage_mb"] is None and r["cpu_usage_percent"] is None, r
c = test["test_conditions"]
assert c["artificial_latency_ms"] == 5 and c["packet_loss_percent"] == 0 and c["messages_per_node"] == 10, c
END
run 0 history baselines
has out network-test-10002

# ---- the load that is kept up with: of three hosts of 1 Mbit/s, whose messages of 256 bytes need two copies
# of about 340 bytes on the wire, no more than 551/s; flooding sends four of about 300
measured network test-baseline --virtual --protocol hermes,flood --nodes 3 --message-size 256 --messages 20 \
    --latency 5ms --packet-loss 0% --bandwidth 1Mbit/s --rate 100 --class shadow-data --find-knee --runs 2 \
    --no-history --save "$work/knee.json"
has err 'hermes, search 2 of 2: keeps up with'
has out 'hermes keeps up with a load of '
has out 'hermes over flooding, loads kept up with: '
python3 - "$work/knee.json" <<'END' || fail "the loads that are kept up with are not right"
import json, sys
cases = {c["name"]: {f["name"]: f["value"] for f in c["facts"]} for c in json.load(open(sys.argv[1]))["cases"]}
hermes, flood = cases["net/hermes"], cases["net/flood"]
assert 480 < hermes["knee_per_second"] < 551, hermes
assert 270 < flood["knee_per_second"] < 330, flood
ratio = hermes["knee_per_second"] / flood["knee_per_second"]
assert abs(hermes["improvement_at_knees"] / ratio - 1) < 1e-9, hermes
for name in ("knee_per_second", "improvement_at_knees"):
    assert hermes[name + "_low"] <= hermes[name] <= hermes[name + "_high"], hermes
END

# ---- a worker's rounds: what there is not in virtual time is not known, and not 0
# shellcheck disable=SC2086
measured run net/flood $brief --arg 'condition=3x100x2@1ms/0%' --arg load=100 --arg bandwidth=none \
    --arg class=consensus --arg attack=none --arg auth=on --arg time=virtual --json
python3 - "$work/out" <<'END' || fail "a round in virtual time has numbers that are not there"
import json, sys
case, = json.load(open(sys.argv[1]))["cases"]
series = {s["name"]: s["median"] for s in case["series"]}
assert series["success_rate"] == 1 and series["redundant_messages"] == 12, series
for name in ("memory_usage_bytes", "cpu_usage", "goodput_under_attack"):
    assert name not in series, name
END

# ---- reports, by the ending of the file
for ending in md json html pdf csv txt; do
    run 0 network report --test-id network-test-10001 --include-baseline --output "$work/report.$ending"
    [ -s "$work/report.$ending" ] || fail "the report in $ending is empty"
done
head -c 5 "$work/report.pdf" | grep -q '%PDF-' || fail "the PDF is none"
for text in 'flood:condition=5x1024x10' '| avg\_latency\_us | 5000 ' '| artificial\_latency\_ms | 5 ' '## Rounds'; do
    grep -qF -e "$text" "$work/report.md" || fail "the report lacks $text"
done
python3 - "$work" <<'END' || fail "a report does not begin with the conditions and the results"
import re, sys
names = ("name node_count message_size messages_per_node artificial_latency_ms packet_loss_percent test_name "
         "message_count message_size_bytes test_duration_ms avg_latency_us p50_latency_us p95_latency_us "
         "p99_latency_us min_latency_us max_latency_us messages_per_second bytes_per_second success_rate "
         "memory_usage_mb cpu_usage_percent network_utilization redundant_messages").split()
for ending in "html", "md", "txt":
    text = open(sys.argv[1] + "/report." + ending, encoding="utf-8").read().replace("\\", "")
    for name in names:
        assert name in text, (ending, name)
    at = [text.index(w) for w in ("Conditions", "artificial_latency_ms", "Results", "p99_latency_us",
                                  "not run" if ending != "html" else 'id="claims"')]
    if ending == "html":
        at += [text.index(w) for w in ("<h2>Figures", "Latency of deliveries", "<h2>Rounds", 'id="details"')]
    assert at == sorted(at), (ending, at)
END
run 2 network report --test-id network-test-10001 --include-baseline --output "$work/report.doc"
run 0 network report --test-id network-test-10001
has out net/flood # of a test of baselines alone they are the subject
# shellcheck disable=SC2086
measured network test-baseline $small --comparison-mode --runs 2
id=$(head -n 1 "$work/out")
has out 'hermes over flooding, messages a second'
run 0 network report --test-id "$id" --include-baseline --format markdown
has out '## Against UDP flooding'
run 0 network report --test-id "$id"
lacks out net/flood
has out net/hermes
run 0 network report --test-id "$id" --include-baseline
has out net/flood
# shellcheck disable=SC2086
measured network test-hermes $small
id=$(head -n 1 "$work/out")
run 0 network report --test-id "$id" --include-baseline # another test under these conditions has it
has out net/flood
has out 'Against UDP flooding' # of two tests' means
# shellcheck disable=SC2086
measured network test-hermes $small --rate 77
id=$(head -n 1 "$work/out")
run 2 network report --test-id "$id" --include-baseline
has err 'no baseline under these conditions'
# shellcheck disable=SC2086
measured network test-baseline $small --no-history
has out 'not kept'

# ---- all attacks that there are in virtual time: three phases each, in every report
# shellcheck disable=SC2086
measured network test-baseline $small --protocol hermes,flood --attack all --runs 2 --save-report "$work/attacks.html"
id=$(head -n 1 "$work/out")
for text in 'hermes, byzantine: before' 'flood, byzantine: during' 'hermes, sybil: after' 'what got through' replayed; do
    has out "$text"
    grep -qF -e "$text" "$work/attacks.html" || fail "the page lacks $text"
done
run 0 network report --test-id "$id" --include-baseline --format markdown
has out '| hermes, sybil: during |'
# shellcheck disable=SC2086
measured network test-hermes $small --attack byzantine --json
python3 - "$work/out" <<'END' || fail "the phases of an attack are not in the JSON"
import json, sys
results = json.load(open(sys.argv[1]))["hermes_lite_results"]
for phase in ("before", "during", "after"):
    assert results["last_round"]["attack"][phase]["success_rate"] == 1, results
    assert results["estimates"][phase + "_success_rate"]["value"] == 1, results
assert results["estimates"]["forged_accepted"]["value"] == 0 == results["estimates"]["replayed_accepted"]["value"]
END

# ---- a configuration file, key by key
cat >"$work/net.yaml" <<'YAML'
performance_benchmarks:
  criterion:
    sample_size: 10
real_world_testing:
  network_conditions:
    local_network:
      node_count: 4
      message_size: 512
      messages_per_node: 5
      latency_ms: 1
      packet_loss: 0.0
    far_away:
      node_count: 3
      message_size: 600
      messages_per_node: 4
      latency_ms: 50
      packet_loss: 0.0
  performance_targets:
    success_rate: 0.95
YAML
measured network test-baseline --config "$work/net.yaml" --bandwidth none --virtual --json
python3 - "$work/out" <<'END' || fail "the configuration was not honoured"
import json, sys
tests = json.load(open(sys.argv[1]))["tests"]
assert [t["test_conditions"]["name"] for t in tests] == ["local_network", "far_away"], tests
far = tests[1]["test_conditions"]
assert (far["node_count"], far["message_size"], far["messages_per_node"]) == (3, 600, 4), far
assert abs(tests[1]["baseline_udp_results"]["avg_latency_us"] - 50000) < 1, tests[1]
END
# targets are judged: one that is met, one that nobody meets
measured network test-baseline --config "$work/net.yaml" --virtual --protocol hermes --runs 9
has out 'undecided  target.far_away.success_rate'
has out 'it needs 10 rounds, there were 9'
measured network test-baseline --config "$work/net.yaml" --virtual --protocol hermes --runs 10
has out 'proven     target.far_away.success_rate'
sed 's/success_rate: 0.95/hermes_lite_improvement: 1000/' "$work/net.yaml" >"$work/high.yaml"
run 1 network test-baseline --config "$work/high.yaml" --virtual --protocol hermes,flood --runs 10
has out 'refuted    target.local_network.hermes_lite_improvement'
# where no rounds are without an attack, each is judged
sed '/far_away:/,/packet_loss/d' "$work/net.yaml" >"$work/one.yaml"
measured network test-hermes --config "$work/one.yaml" --virtual --attack byzantine,sybil --runs 10
for attack in byzantine sybil; do has out "proven     target.local_network.$attack.success_rate"; done
measured network test-hermes --config "$work/one.yaml" --virtual --attack none,sybil --runs 10
has out 'proven     target.local_network.success_rate'
lacks out 'target.local_network.sybil'
sed 's/node_count: 3/node_cuont: 3/' "$work/net.yaml" >"$work/bad.yaml"
run 2 network test-baseline --config "$work/bad.yaml" --virtual
has err "bad.yaml:13: unknown key 'node_cuont'; the nearest is node_count"
sed 's/packet_loss: 0.0/packet_loss: 101/' "$work/net.yaml" >"$work/bad.yaml"
run 2 network test-baseline --config "$work/bad.yaml" --virtual
has err 'bad.yaml:11: packet_loss'
run 0 run null/empty --config "$work/net.yaml" --processes 2 --sample-size 4 --measurement-time 10ms

# ---- Ctrl-C between rounds: what was finished is kept
"$bpi" network test-baseline --nodes 10 --messages 50 --runs 1000 --virtual >"$work/out" 2>"$work/err" &
pid=$!
tries=0
until grep -q 'round 2 of 1000' "$work/err"; do
    tries=$((tries + 1))
    [ $tries -lt 600 ] || fail "no round was finished in a minute"
    sleep 0.1
done
kill -INT $pid
wait $pid
got=$?
[ $got -eq 130 ] || fail "an interrupted test ended with $got"
id=$(head -n 1 "$work/out")
run 0 history list --csv
grep -q ',interrupted,2,.*--runs 1000' "$work/out" || fail "the interrupted test is not in the history"
run 0 network report --test-id "$id"
has out 'interrupted: this is what was complete'

# ---- without a network: processes on the loopback, everywhere
"$bpi" network test-baseline --protocol hermes,flood --condition loopback --nodes 3 --messages 20 --rate 200 \
    --class shadow-data --json >"$work/out" 2>"$work/err"
[ $? -le 1 ] || fail "a test on the loopback failed"
python3 - "$work/out" <<'END' || fail "a test on the loopback has other numbers"
import json, sys
test = json.load(open(sys.argv[1]))
for name in ("hermes_lite_results", "baseline_udp_results"):
    r = test[name]
    assert r["success_rate"] == 1 and r["network_utilization"] is None, r
    assert r["cpu_us_per_message"] > 0 and r["cpu_usage_percent"] > 0, r
    assert r["last_round"]["laboratory"]["back_end"] == "loopback", r
assert test["processor_bound_improvement_factor"] > 0, test
END

"$bpi" network test-hermes --condition loopback --nodes 3 --messages 20 --rate 200 --attack garbage \
    --json >"$work/out" 2>"$work/err"
[ $? -le 1 ] || fail "an attack on the loopback failed"
python3 - "$work/out" <<'END' || fail "an attack on the loopback has other numbers"
import json, sys
r = json.load(open(sys.argv[1]))["hermes_lite_results"]
attack = r["last_round"]["attack"]
assert attack["datagrams"] > 0 and attack["forged_accepted"] == 0 and attack["replayed_accepted"] == 0, r
assert r["estimates"]["rejected_datagrams"]["value"] > 0, r
END

# ---- in real time, where there can be hosts; a busy machine may be too slow, which it says
"$bpi" network exec -q --back-end tun -- true >"$work/out" 2>"$work/err"
if [ $? -eq 3 ] && ! grep -q invalid "$work/err"; then
    echo "skipped: in real time: no namespaces here: $(cat "$work/err")"
    exit 77
fi
"$bpi" network test-baseline --nodes 3 --messages 5 --latency 5ms --packet-loss 0% --rate 100 \
    >"$work/out" 2>"$work/err"
got=$?
if [ $got -eq 3 ] && grep -q 'could not hold its links\|invalid: ' "$work/err"; then
    echo "skipped: in real time: $(tail -n 1 "$work/err")"
    exit 77
fi
[ $got -le 1 ] || fail "a test in real time ended with $got"
has out 'laboratory tun'
"$bpi" network test-hermes --nodes 3 --messages 5 --latency 5ms --packet-loss 0% --rate 50 --attack byzantine --json \
    >"$work/out" 2>"$work/err"
got=$?
if [ $got -eq 3 ] && grep -q 'could not hold its links\|invalid: ' "$work/err"; then
    echo "skipped: an attack in real time: $(tail -n 1 "$work/err")"
    exit 77
fi
[ $got -le 1 ] || fail "an attack in real time ended with $got"
python3 - "$work/out" <<'END' || fail "memory has two units"
import json, sys
r = json.load(open(sys.argv[1]))["hermes_lite_results"]
for phase in ("before", "during", "after"):
    mb, size = r["last_round"]["attack"][phase]["memory_usage_mb"], r["estimates"][phase + "_memory_bytes"]["value"]
    assert (mb is None) == (size is None) and (mb is None or abs(mb * 1e6 - size) < 1), (phase, mb, size)
assert r["memory_usage_mb"] * 1e6 - r["estimates"]["memory_usage_bytes"]["value"] < 1, r
END
