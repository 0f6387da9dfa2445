#!/bin/sh
# alm_route.sh - paths through graphs of users: lists of edges and GraphML, pipes, every mistake.
. tests/cli/common.sh

cat >"$work/edges" <<'EDGES'
# from   to      latency  bandwidth  reliability  cost
paris    lyon    4.5      10000      0.9999       2
lyon     nice    8        1000
paris    nice    20       40000      0.99         0.5   # direct
paris    paris   1
lyon     nice    9        2000       0.9          0     # beside the other
nice     alone?  1
island   rock    3
EDGES

run 0 alm route "$work/edges" paris nice
has out 'paris -> nice: 2 hops by latency, distance 12.5 ms'
has out '    1  paris  lyon            4.5             10000       0.9999         2'
has out '    2  lyon   nice              8              1000            1         1'
has out '  all                        12.5              1000       0.9999         3'
has out 'bottleneck: lyon -> nice, 1000 Mbit/s'
[ ! -s "$work/err" ] || fail "a route says something on standard error"
run 0 alm route "$work/edges" paris nice --metric bandwidth
has out 'paris -> nice: 1 hop by bandwidth, distance 2.5e-05 s/Mbit'
run 0 alm route "$work/edges" paris nice --metric reliability
has out '2 hops by reliability'
run 0 alm route "$work/edges" paris nice --metric cost
has out '1 hop by cost, distance 0.5'
run 0 alm route "$work/edges" paris nice -m balanced
has out 'by balanced, distance 0.'
run 0 alm route "$work/edges" paris paris
has out 'paris -> paris: 0 hops by latency, distance 0 ms'
lacks out bottleneck

# one way, and both ways
run 1 alm route "$work/edges" nice paris
has out 'no path from nice to paris: 1 of the 5 other nodes can be reached from nice'
[ ! -s "$work/err" ] || fail "an answer stands on standard error"
run 0 alm route "$work/edges" nice paris --undirected
has out 'nice -> paris: 2 hops by latency, distance 12.5 ms'
run 1 alm route "$work/edges" paris rock -u

# JSON, by a reader of JSON
json() {
    python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
assert eval(sys.argv[2]), (sys.argv[2], d)' "$work/out" "$1" || fail "JSON: $1"
}
if command -v python3 >/dev/null; then
    run 0 alm route "$work/edges" paris nice --json
    json 'd["is_reachable"] and d["distance"] == 12.5 and d["distance_unit"] == "ms"'
    json 'd["nodes"] == ["paris", "lyon", "nice"] and d["latency_ms"] == 12.5 and d["cost"] == 3'
    json 'd["bottleneck"] == {"from": "lyon", "to": "nice"} and d["bandwidth_mbps"] == 1000'
    json 'd["hops"][0] == {"from": "paris", "to": "lyon", "latency_ms": 4.5,
        "bandwidth_mbps": 10000, "reliability": 0.9999, "cost": 2}'
    json 'd["graph"]["format"] == "edges" and d["graph"]["nodes"] == 6 and d["graph"]["edges"] == 7'
    run 0 alm route "$work/edges" paris paris --json
    json 'd["nodes"] == ["paris"] and d["hops"] == [] and d["bottleneck"] is None'
    run 1 alm route "$work/edges" nice paris --json
    json 'd["is_reachable"] is False and d["nodes_reached"] == 1'
    run 0 alm kpaths "$work/edges" paris nice --json
    json '[p["distance"] for p in d["paths"]] == [12.5, 20]'
    json 'd["paths"][1]["nodes"] == ["paris", "nice"]'
    run 1 alm kpaths "$work/edges" nice paris --json
    json 'd["paths"] == [] and d["is_reachable"] is False'
    printf 'a"\\ b\377\342\202\254 1\n' >"$work/odd"
    run 0 alm route "$work/odd" 'a"\' "$(printf 'b\377\342\202\254')" --json
    json 'd["nodes"] == ["a\"\\", "b\ufffd\u20ac"]'
fi

# within limits
run 0 alm route "$work/edges" paris nice --metric cost --max-latency 20
has out '1 hop by cost, distance 0.5'
run 0 alm route "$work/edges" paris nice --metric cost --max-latency 15
has out '2 hops by cost, distance 2'
has out '    2  lyon   nice              9              2000          0.9         0'
run 0 alm route "$work/edges" paris nice --metric cost --max-latency 15 --min-reliability 0.99
has out '    2  lyon   nice              8              1000            1         1'
run 0 alm route "$work/edges" paris nice --max-hops 1
has out '1 hop by latency, distance 20 ms'
run 0 alm route "$work/edges" paris nice --min-bandwidth 2000 --min-reliability 0.95 -m balanced
has out '1 hop by balanced'
run 0 alm route "$work/edges" paris paris --max-hops 1
has out '0 hops'
run 1 alm route "$work/edges" paris nice --max-latency 12
has out 'the fastest path from paris to nice takes 12.5 ms, not 12'
run 1 alm route "$work/edges" paris nice --min-bandwidth 50000
has out 'no path from paris to nice has 50000 Mbit/s'
run 1 alm route "$work/edges" paris nice --max-latency 15 --max-cost 2.5 --min-reliability 0.99
has out 'no path from paris to nice keeps all limits at once, though each alone can be kept'
run 1 alm route "$work/edges" nice paris --max-hops 3
has out 'no path leads from nice to paris'
run 2 alm route "$work/edges" paris nice --min-reliability 1.5
has err '--min-reliability: 1.5 is not between 1e-09 and 1'
if command -v python3 >/dev/null; then
    run 0 alm route "$work/edges" paris nice --metric cost --max-latency 15 --json
    json 'd["is_proven"] and d["distance"] == 2 and d["distance_least"] == 2'
    json 'd["hops"][1]["latency_ms"] == 9 and d["bottleneck"]["from"] == "lyon"'
    run 1 alm route "$work/edges" paris nice --max-hops 1 --max-latency 19 --json
    json 'd["reason"] == "together" and "from paris to nice" in d["sentence"]'
fi

# K paths
run 0 alm kpaths "$work/edges" paris nice -k 4
has out '2 paths from paris to nice by latency, distance in ms; there are no more'
has out 'paris -> lyon -> nice'
run 0 alm kpaths "$work/edges" paris nice -k 1
has out '1 path from paris to nice by latency, distance in ms'
lacks out 'no more'
run 1 alm kpaths "$work/edges" rock island
has out 'no path from rock to island: 0 of the 5 other nodes'
run 2 alm kpaths "$work/edges" paris nice -k 0
has err '--paths: 0 is not between 1 and 4096'

# GraphML is told by its content; names with blanks, nodes without an edge
run 0 alm route tests/golden/alm/mixed.graphml 'New York' 'A & B'
has out 'New York -> A & B: 2 hops by latency, distance 47.25 ms'
run 1 alm route tests/golden/alm/mixed.graphml 'New York' alone
run 0 alm route - 1 2 <tests/golden/alm/multi.graphml
has out 'distance 2.5 ms'
run 2 alm route tests/golden/alm/multi.graphml 1 2 --undirected
has err 'multi.graphml: it is GraphML, which says itself'
sed 's/<default>2.5/<default>-2.5/' tests/golden/alm/mixed.graphml >"$work/bad.graphml"
run 2 alm route "$work/bad.graphml" a b
has err 'bad.graphml: line 4, column 18: cost: -2.5 is not between 0 and 1e+12'

# standard input and output are pipes
"$bpi" alm route - paris nice <"$work/edges" | grep -q 'distance 12.5' || fail "not through a pipe"
"$bpi" alm kpaths "$work/edges" paris nice >/dev/full 2>"$work/err"
[ $? -eq 3 ] || fail "a full disk is not status 3"

# mistakes
run 2 alm route "$work/edges" paris nise
has err "$work/edges: no node 'nise'; the nearest is 'nice'"
[ ! -s "$work/out" ] || fail "a mistake writes to standard output"
run 2 alm route - paris nise <"$work/edges"
has err "standard input: no node 'nise'"
echo a b x >"$work/bad"
run 2 alm route - a b <"$work/bad"
has err "standard input: line 1: latency: 'x' does not"
run 2 alm route "$work/edges" Atlantis nice
has err "no node 'Atlantis' among 6"
run 2 alm route "$work/edges" paris
has err 'alm route needs GRAPH FROM TO'
run 2 alm route "$work/edges" paris nice --metric hops
has err "'hops' is not one of latency,bandwidth,reliability,cost,balanced"
run 2 alm route "$work/nothing" a b
has err 'nothing: No such file or directory'
run 2 alm route "$work" a b
has err 'Is a directory'
run 2 alm route "$work/edges" paris nice lyon
has err "alm route: 'lyon' is one word too many"
run 2 alm route "$work/edges" paris -- nice lyon
has err "alm route: 'lyon' is one word too many"
echo '-a --b 2' >"$work/dash"
run 0 alm route "$work/dash" --json -- -a --b
has out '"distance":2,'
run 2 alm rout
has err "alm has no command 'rout'; the nearest is 'route'"
for row in 'a b -1:line 1: latency: -1 is not between' 'a b nan:line 1: latency: .nan. does not' \
    'a b 1 0:line 1: bandwidth: 0 is not between' 'a b:line 1: 2 fields' \
    '<svg/>:line 1, column 1: the document is <svg>'; do
    echo "${row%%:*}" >"$work/bad"
    run 2 alm route "$work/bad" a b
    grep -q "bad: ${row#*:}" "$work/err" || fail "standard error lacks: ${row#*:}"
done

# nothing in it
: >"$work/empty"
run 2 alm route "$work/empty" a b
has err "no node 'a' among 0"
echo '<graphml><graph edgedefault="directed"/></graphml>' >"$work/empty"
run 2 alm kpaths "$work/empty" a b
has err "no node 'a' among 0"

# a chain of 300 000 nodes; and the same without the memory for it
awk 'BEGIN { for (i = 0; i < 300000; i++) print "n" i, "n" i + 1, 1 }' >"$work/chain"
run 0 alm route "$work/chain" n0 n300000
has out 'n0 -> n300000: 300000 hops by latency, distance 300000 ms'
run 2 alm route "$work/chain" n0 m7
has err "no node 'm7'; the nearest is 'n7'"
if ! grep -q '^BPI_SANITIZE:[A-Z]*=..*' "$BUILD/CMakeCache.txt"; then
    (ulimit -v 100000 && exec "$bpi" alm route "$work/chain" n0 n300000) >"$work/out" 2>"$work/err"
    [ $? -eq 3 ] || fail "no memory is not status 3"
    has err 'not enough memory: '
    has err ' are needed for '
    [ ! -s "$work/out" ] || fail "half an answer"
fi
