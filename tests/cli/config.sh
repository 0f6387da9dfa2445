#!/bin/sh
# config.sh - the seed's YAML is honoured key by key; what is not understood is an error with a line.
. tests/cli/common.sh

cat >"$work/bench.yaml" <<'YAML'
performance_benchmarks:
  criterion:
    measurement_time: 40ms
    sample_size: 6
    confidence_level: 0.9
    significance_level: 0.01
    warm_up_time: 10ms

  cbor_benchmarks:
    test_data_size: 100_entries
    encoding_iterations: 50
    decoding_iterations: 60
    memory_tracking: true

  crypto_benchmarks:
    hash_data_size: 1024  # 1KB
    domain_separation: true
    hash_iterations: 70
    algorithms: ["sha256", "blake3"]
YAML
measured benchmark crypto --config "$work/bench.yaml" --processes 2 --json
has out '"id": "crypto/hash:size=1024,algorithm=sha256,form=prefix"'
has out '"id": "crypto/hash:size=1024,algorithm=blake3,form=prefix"'
lacks out '"id": "crypto/hash:size=64'
for pair in measurement_time:40ms sample_size:6 confidence:0.9 significance:0.01 warm_up_time:10ms \
    iterations:70 memory_tracking:yes; do
    tr -d ' \n' <"$work/out" >"$work/flat"
    grep -qF "\"name\":\"${pair%%:*}\",\"value\":\"${pair#*:}\"" "$work/flat" ||
        grep -qF "\"${pair%%:*}\":\"${pair#*:}\"" "$work/flat" || fail "config lacks $pair"
done

# The command line wins.
sed 's/blake3/sha256/; s/"sha256", "sha256"/sha256/' "$work/bench.yaml" >"$work/one.yaml"
measured benchmark crypto --config "$work/one.yaml" --processes 2 --algorithms blake3 --hash-size 64 \
    --sample-size 4 --csv
has out 'size=64,algorithm=blake3'
lacks out 'algorithm=sha256'
lacks out 'size=1024'

# The sections hold wherever their cases are measured.
measured run 'enc/*code:*' crypto/hash --config "$work/bench.yaml" --processes 2 --csv
has out 'enc/encode:entries=100'
has out 'crypto/hash:size=1024'
lacks out 'entries=10,'
lacks out 'size=65536'
printf 'performance_benchmarks:\n  crypto_benchmarks:\n    domain_separation: false\n' >"$work/bare.yaml"
# shellcheck disable=SC2086
measured benchmark crypto --hash-size 64 --config "$work/bare.yaml" $brief --csv
has out 'crypto/hash.blake3:size=64'
lacks out 'form=prefix'

# wrong LINE SENTENCE, with the file on standard input
wrong() {
    cat >"$work/wrong.yaml"
    run 2 run null/empty --config "$work/wrong.yaml"
    has err "wrong.yaml:$1: $2"
}
wrong 3 'sample_size: '"'many'"' is not a whole number' <<'YAML'
performance_benchmarks:
  criterion:
    sample_size: many
YAML
wrong 3 'confidence_level: 95 is not between 0.5 and 0.9999' <<'YAML'
performance_benchmarks:
  criterion:
    confidence_level: 95
YAML
wrong 4 "unknown key 'sample_sise'; the nearest is sample_size" <<'YAML'
performance_benchmarks:
  criterion:

    sample_sise: 10
YAML
wrong 2 "unknown key 'cbor_benchmark'; the nearest is cbor_benchmarks" <<'YAML'
performance_benchmarks:
  cbor_benchmark:
    test_data_size: 100_entries
YAML
wrong 3 "measurement_time: '10' lacks a unit" <<'YAML'
performance_benchmarks:
  criterion:
    measurement_time: 10
YAML
wrong 3 "algorithms: 'md5' is not one of sha256, blake3" <<'YAML'
performance_benchmarks:
  crypto_benchmarks:
    algorithms: [sha256, md5]
YAML
wrong 3 "memory_tracking: 'perhaps' is neither true nor false" <<'YAML'
performance_benchmarks:
  cbor_benchmarks:
    memory_tracking: perhaps
YAML
wrong 3 "test_data_size: '100_lines' is no count of entries" <<'YAML'
performance_benchmarks:
  cbor_benchmarks:
    test_data_size: 100_lines
YAML
wrong 4 "'sample_size' stands here a second time" <<'YAML'
performance_benchmarks:
  criterion:
    sample_size: 10
    sample_size: 20
YAML
wrong 1 'resource_optimization: the systems of this section are not part of this version' <<'YAML'
resource_optimization:
  cpu_optimization: {}
YAML
wrong 1 "unknown key 'performance_benchmark'; the nearest is performance_benchmarks" <<'YAML'
performance_benchmark: {}
YAML
wrong 2 'criterion' <<'YAML'
performance_benchmarks:
  criterion: [1, 2]
YAML
wrong 2 'this is not YAML' <<'YAML'
performance_benchmarks: {
YAML
wrong 3 'a second document begins here' <<'YAML'
consensus_performance:
---
performance_benchmarks:
YAML
run 2 run null/empty --config /nonexistent.yaml
has err '/nonexistent.yaml'
printf 'a: &a [*a]\n' | run 2 run null/empty --config - || exit 1
