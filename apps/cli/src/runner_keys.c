/* runner_keys.c - the keys of the configuration, their defaults, and what each does here. */
#include "runner_config.h"

#define NUMBER(key_, low_, high_, fallback_)                                                       \
    .key = key_, .kind = CLI_RUNNER_NUMBER, .low = low_, .high = high_, .fallback = fallback_
#define COUNT(key_, low_, high_, fallback_)                                                        \
    .key = key_, .kind = CLI_RUNNER_COUNT, .low = low_, .high = high_, .fallback = fallback_
#define BOOL(key_, fallback_) .key = key_, .kind = CLI_RUNNER_BOOL, .fallback = fallback_
#define TEXT(key_, fallback_) .key = key_, .kind = CLI_RUNNER_TEXT, .fallback = fallback_
#define WORD(key_, choices_, fallback_)                                                            \
    .key = key_, .kind = CLI_RUNNER_WORD, .choices = choices_, .fallback = fallback_

#define NO_LAYER2   .lack = "layer2 (DSR) is not there yet"
#define NO_LAYER4   .lack = "layer4 (CPE) is not there yet"
#define NO_WHOLE    .lack = "the integration of the layers is not there yet"
#define NO_BOARD    .lack = "the dashboard is not there yet"
#define NO_SCHEDULE .lack = "gates have their own file: bpi-perf gate"
#define NO_CASE     .lack = "no case takes it; the suites sweep it themselves"
#define REAL        .lack = "nothing is simulated: what the baseline does is real and takes what it takes"
#define TARGET      .doc = "a target; judged on the whole interval"

const struct cli_runner_key cli_runner_keys[] = {
#define IN .section = "general",
    { IN TEXT("version", "1.0.0"), .doc = "kept with the results" },
    { IN TEXT("benchmark_name", "MFN Performance Benchmarks"),
      .doc = "name of the run in the summary, its settings and benchmark_data; the HTML page has a "
             "title of its own" },
    { IN TEXT("output_directory", "./benchmark-results"), .doc = "as --output" },
    { IN WORD("log_level", "debug,info,warn,error", "info"),
      .doc = "debug: as --verbose; warn, error: as --quiet" },
    { IN BOOL("enable_regression_detection", "true"), .doc = "false: no --regression-check" },
    { IN NUMBER("performance_regression_threshold_percent", 0, 100, "5.0"),
      .doc = "as --threshold" },
#undef IN
#define IN .section = "execution",
    { IN COUNT("default_flow_count", 1, 1e8, "10000"), .doc = "as --flow-count" },
    { IN NUMBER("default_duration_seconds", 0.001, 1e6, "60"), .doc = "as --duration" },
    { IN COUNT("warmup_iterations", 0, 1e6, "100"),
      .doc = "at least so many untimed batches before a case, within twice the time of --warm-up" },
    { IN COUNT("measurement_iterations", 2, 1e6, "1000"), .doc = "as --sample-size" },
    { IN NUMBER("statistical_confidence_level", 0.5, 0.9999, "0.95"),
      .doc = "level of every interval" },
    { IN COUNT("concurrent_benchmark_limit", 1, 1024, "4"),
      .lack = "cases are measured one after the other, so that they do not disturb each other" },
#undef IN
#define IN .section = "targets.layer1_ifr",
    { IN NUMBER("exact_matching_latency_ms", 0, 1e9, "0.1"), TARGET },
    { IN NUMBER("hash_table_lookup_ns", 0, 1e12, "50"), TARGET },
    { IN NUMBER("bloom_filter_lookup_ns", 0, 1e12, "10"), TARGET },
    { IN NUMBER("unix_socket_round_trip_us", 0, 1e9, "50"), TARGET },
    { IN NUMBER("cache_hit_rate_percent", 0, 100, "95"), TARGET },
    { IN NUMBER("target_improvement_percent", 0, 99.999, "88.6"), TARGET },
#undef IN
#define IN .section = "targets.layer2_dsr",
    { IN NUMBER("neural_similarity_latency_ms", 0, 1e9, "1.0"), NO_LAYER2 },
    { IN NUMBER("lstm_training_batch_ms", 0, 1e9, "100"), NO_LAYER2 },
    { IN NUMBER("pattern_recognition_us", 0, 1e9, "500"), NO_LAYER2 },
    { IN NUMBER("adaptive_learning_ms", 0, 1e9, "10"), NO_LAYER2 },
    { IN NUMBER("similarity_cache_lookup_us", 0, 1e9, "1.0"), NO_LAYER2 },
#undef IN
#define IN .section = "targets.layer3_alm",
    { IN NUMBER("dijkstra_pathfinding_ms", 0, 1e9, "1.0"), TARGET },
    { IN NUMBER("multipath_routing_ms", 0, 1e9, "5.0"), TARGET },
    { IN NUMBER("load_balancing_us", 0, 1e9, "10"), TARGET },
    { IN NUMBER("topology_adaptation_ms", 0, 1e9, "100"), TARGET },
    { IN NUMBER("target_improvement_percent", 0, 1e9, "777"), TARGET },
#undef IN
#define IN .section = "targets.layer4_cpe",
    { IN NUMBER("lstm_prediction_ms", 0, 1e9, "2.0"), NO_LAYER4 },
    { IN NUMBER("pattern_learning_ms", 0, 1e9, "50"), NO_LAYER4 },
    { IN NUMBER("context_matching_ms", 0, 1e9, "1.0"), NO_LAYER4 },
    { IN NUMBER("multi_scale_prediction_ms", 0, 1e9, "5.0"), NO_LAYER4 },
    { IN NUMBER("attention_mechanism_ms", 0, 1e9, "10"), NO_LAYER4 },
#undef IN
#define IN .section = "targets.integration",
    { IN NUMBER("end_to_end_latency_ms", 0, 1e9, "5.0"), NO_WHOLE },
    { IN NUMBER("throughput_gbps", 0, 1e6, "40.0"), NO_WHOLE },
    { IN COUNT("concurrent_flows", 1, 1e9, "100000"), NO_WHOLE },
    { IN NUMBER("mfn_overhead_percent", 0, 1e6, "5.0"), NO_WHOLE },
    { IN NUMBER("memory_usage_mb_per_100k_flows", 0, 1e9, "1000"), NO_WHOLE },
#undef IN
#define IN .section = "layer1.hash_table",
    { IN COUNT("default_table_size", 1, 1e9, "1048576"), NO_CASE },
    { IN.key = "load_factors", .kind = CLI_RUNNER_NUMBERS, .low = 0.01, .high = 0.99,
      .fallback = "0.25,0.5,0.75", NO_CASE },
    { IN WORD("hash_algorithm", "blake3,xxh64,city,keyed", "blake3"),
      .lack = "the table has its own keyed hash, which cannot be flooded" },
#undef IN
#define IN .section = "layer1.bloom_filter",
    { IN COUNT("filter_count", 1, 16, "16"),
      .doc = "filters of a bank (ifr/filter: bank), when it stands in the file" },
    { IN COUNT("bits_per_filter", 64, 1e12, "131072"), NO_CASE },
    { IN COUNT("hash_functions", 1, 32, "3"),
      .lack = "the filter is made for a false-positive rate and chooses these itself" },
#undef IN
#define IN .section = "layer1.cache",
    { IN COUNT("cache_size", 1, 1e9, "10000"), NO_CASE },
    { IN WORD("eviction_policy", "sieve,tinylfu,lru,lfu,fifo,random", "lru"),
      .doc = "ifr/cache: policy, when it stands in the file" },
    { IN COUNT("cache_line_size", 1, 4096, "64"), .lack = "the machine's is what it is" },
#undef IN
#define IN .section = "layer1.ipc",
    { IN COUNT("socket_buffer_size", 256, 1e9, "65536"), NO_CASE },
    { IN COUNT("socket_timeout_ms", 1, 1e9, "1000"), NO_CASE },
    { IN COUNT("max_connections", 1, 1e6, "1000"), NO_CASE },
#undef IN
#define IN .section = "layer2.neural_network",
    { IN COUNT("input_size", 1, 1e6, "256"), NO_LAYER2 },
    { IN COUNT("hidden_size", 1, 1e6, "128"), NO_LAYER2 },
    { IN COUNT("sequence_length", 1, 1e6, "64"), NO_LAYER2 },
    { IN COUNT("batch_size", 1, 1e6, "32"), NO_LAYER2 },
    { IN NUMBER("learning_rate", 1e-9, 10, "0.01"), NO_LAYER2 },
#undef IN
#define IN .section = "layer2.similarity",
    { IN NUMBER("similarity_threshold", 0, 1, "0.8"), NO_LAYER2 },
    { IN COUNT("cache_size", 1, 1e9, "10000"), NO_LAYER2 },
    { IN WORD("clustering_algorithm", "kmeans", "kmeans"), NO_LAYER2 },
    { IN COUNT("cluster_count", 1, 1e6, "20"), NO_LAYER2 },
#undef IN
#define IN .section = "layer2.pattern_recognition",
    { IN COUNT("max_patterns", 1, 1e9, "5000"), NO_LAYER2 },
    { IN WORD("feature_extraction", "pca", "pca"), NO_LAYER2 },
    { IN COUNT("adaptation_frequency", 1, 1e9, "50"), NO_LAYER2 },
#undef IN
#define IN .section = "layer3.routing",
    { IN COUNT("default_topology_size", 2, 1e7, "1000"),
      .doc = "alm except demand and recover: nodes, when it stands in the file" },
    { IN NUMBER("edge_density", 0.0001, 0.9999, "0.25"),
      .doc = "alm except demand and recover: degree, when it stands in the file" },
    { IN COUNT("k_shortest_paths", 1, 1000, "4"), .doc = "alm/kpaths: k" },
    { IN WORD("algorithm", "dijkstra,bidirectional,landmarks", "dijkstra"), NO_CASE },
#undef IN
#define IN .section = "layer3.load_balancing",
    { IN WORD("algorithm",
              "adaptive,round_robin,weighted_round_robin,least_connections,weighted_least_"
              "connections,two_choices,latency,maglev",
              "weighted_round_robin"),
      .doc = "alm/select: policy, when it stands in the file" },
    { IN COUNT("server_count", 1, 1e6, "20"),
      .doc = "alm/select: servers, when it stands in the file" },
    { IN COUNT("health_check_interval_ms", 1, 1e9, "1000"), NO_CASE },
#undef IN
#define IN .section = "layer3.topology",
    { IN NUMBER("adaptation_threshold", 0, 1, "0.1"), NO_CASE },
    { IN COUNT("recomputation_interval_ms", 1, 1e9, "5000"), NO_CASE },
    { IN WORD("fault_tolerance", "fast_reroute,local_repair,global_recompute", "fast_reroute"),
      NO_CASE },
#undef IN
#define IN .section = "layer3.caching",
    { IN COUNT("cache_size", 1, 1e9, "50000"),
      .doc = "alm/cache: size, when it stands in the file" },
    { IN WORD("eviction_policy", "lru,lfu,arc", "lru"),
      .doc = "alm/cache: policy, when it stands in the file" },
    { IN COUNT("ttl_seconds", 1, 1e9, "300"), NO_CASE },
#undef IN
#define IN .section = "layer4.prediction",
    { IN COUNT("context_size", 1, 1e6, "256"), NO_LAYER4 },
    { IN COUNT("sequence_length", 1, 1e6, "64"), NO_LAYER4 },
    { IN COUNT("hidden_size", 1, 1e6, "128"), NO_LAYER4 },
    { IN COUNT("prediction_horizon", 1, 1e6, "5"), NO_LAYER4 },
    { IN COUNT("attention_heads", 1, 1024, "8"), NO_LAYER4 },
#undef IN
#define IN .section = "layer4.learning",
    { IN NUMBER("learning_rate", 1e-9, 10, "0.01"), NO_LAYER4 },
    { IN NUMBER("adaptation_threshold", 0, 1, "0.1"), NO_LAYER4 },
    { IN COUNT("pattern_complexity", 1, 1e6, "100"), NO_LAYER4 },
    { IN COUNT("window_size", 1, 1e6, "100"), NO_LAYER4 },
#undef IN
#define IN .section = "layer4.compression",
    { IN NUMBER("compression_ratio", 0.001, 1, "0.5"), NO_LAYER4 },
    { IN WORD("algorithm", "autoencoder", "autoencoder"), NO_LAYER4 },
#undef IN
#define IN .section = "layer4.caching",
    { IN COUNT("cache_size", 1, 1e9, "50000"), NO_LAYER4 },
    { IN WORD("eviction_policy", "adaptive,lru,lfu", "adaptive"), NO_LAYER4 },
    { IN NUMBER("similarity_threshold", 0, 1, "0.9"), NO_LAYER4 },
#undef IN
#define IN .section = "integration.concurrency",
    { IN COUNT("max_concurrent_flows", 1, 1e9, "100000"), NO_WHOLE },
    { IN COUNT("flow_generation_rate", 1, 1e9, "10000"), NO_WHOLE },
    { IN COUNT("test_duration_seconds", 1, 1e6, "300"), NO_WHOLE },
#undef IN
#define IN .section = "integration.network",
    { IN NUMBER("latency_ms", 0, 1e6, "2.0"), NO_WHOLE },
    { IN NUMBER("packet_loss_percent", 0, 100, "0.1"), NO_WHOLE },
    { IN NUMBER("bandwidth_gbps", 0.000001, 1e6, "100.0"), NO_WHOLE },
    { IN NUMBER("jitter_ms", 0, 1e6, "0.5"), NO_WHOLE },
#undef IN
#define IN .section = "integration.fault_injection",
    { IN BOOL("enabled", "false"), NO_WHOLE },
    { IN NUMBER("node_failure_rate", 0, 1, "0.01"), NO_WHOLE },
    { IN NUMBER("link_failure_rate", 0, 1, "0.05"), NO_WHOLE },
    { IN COUNT("recovery_time_ms", 0, 1e9, "1000"), NO_WHOLE },
#undef IN
#define IN .section = "baseline.simulation",
    { IN BOOL("simulate_network", "true"),
      .doc = "baseline: network, on or off; it is real either way" },
    { IN BOOL("simulate_database", "true"),
      .doc = "baseline: database, on or off; it is real either way" },
    { IN BOOL("simulate_ml", "true"), .doc = "baseline: ml, on or off; it is real either way" },
    { IN NUMBER("network_latency_ms", 0, 1e6, "2.0"), REAL },
    { IN NUMBER("database_latency_ms", 0, 1e6, "5.0"), REAL },
    { IN NUMBER("ml_latency_ms", 0, 1e6, "50.0"), REAL },
    { IN NUMBER("error_rate_percent", 0, 100, "1.0"), REAL },
#undef IN
#define IN .section = "baseline.system",
    { IN COUNT("node_count", 2, 5000, "1000"), .doc = "baseline: nodes" },
    { IN NUMBER("edge_density", 0.0001, 1, "0.3"), REAL },
    { IN WORD("routing_protocol", "ospf", "ospf"), REAL },
    { IN WORD("load_balancing", "round_robin", "round_robin"), REAL },
#undef IN
#define IN .section = "memory.profiling",
    { IN BOOL("enabled", "false"), .doc = "true: as --memory-profile" },
    { IN COUNT("sample_interval_ms", 1, 60000, "100"),
      .doc = "time between two looks at the memory of a worker" },
    { IN BOOL("track_allocations", "true"), .doc = "false: no columns about allocations" },
    { IN BOOL("detect_leaks", "true"), .doc = "false: no verdict on growth" },
    { IN COUNT("memory_limit_mb", 64, 1e7, "8192"),
      .doc = "as --memory-limit, when it stands in the file" },
#undef IN
#define IN .section = "memory.limits",
    { IN COUNT("max_heap_mb", 1, 1e7, "4096"),
      .lack = "one limit holds for a worker: memory.profiling.memory_limit_mb" },
    { IN COUNT("max_rss_mb", 1, 1e7, "6144"),
      .lack = "one limit holds for a worker: memory.profiling.memory_limit_mb" },
    { IN NUMBER("gc_pressure_threshold", 0, 1, "0.8"), .lack = "there is no garbage collector" },
#undef IN
#define IN .section = "network.testing",
    { IN COUNT("tcp_buffer_size", 256, 1e9, "65536"),
      .lack = "the network's own suite is not there yet" },
    { IN COUNT("connection_pool_size", 1, 1e6, "1000"),
      .lack = "the network's own suite is not there yet" },
    { IN COUNT("keepalive_timeout_ms", 1, 1e9, "30000"),
      .lack = "the network's own suite is not there yet" },
#undef IN
#define IN .section = "network.protocols",
    { IN.key = "test_protocols", .kind = CLI_RUNNER_WORDS, .choices = "quic,tcp,udp",
      .fallback = "quic,tcp,udp", .lack = "the network's own suite is not there yet" },
    { IN WORD("preferred_protocol", "quic,tcp,udp", "quic"),
      .lack = "the network's own suite is not there yet" },
#undef IN
#define IN .section = "reporting",
    { IN BOOL("generate_html", "true"), .doc = "benchmark_report_<ts>.html" },
    { IN BOOL("generate_json", "true"), .doc = "benchmark_data_<ts>.json" },
    { IN BOOL("generate_csv", "true"), .doc = "benchmark_results_<ts>.csv" },
    { IN BOOL("generate_plots", "true"), .doc = "false: no chart on the console" },
    { IN COUNT("chart_width", 1, 100000, "800"), .lack = "figures scale with the page" },
    { IN COUNT("chart_height", 1, 100000, "600"), .lack = "figures scale with the page" },
    { IN BOOL("include_confidence_intervals", "true"),
      .lack = "a number without its interval is not shown" },
    { IN COUNT("metrics_retention_days", 1, 36500, "30"),
      .lack = "the history keeps a run until it is removed" },
#undef IN
#define IN .section = "dashboard.server",
    { IN COUNT("port", 1, 65535, "3030"), NO_BOARD },
    { IN TEXT("host", "127.0.0.1"), NO_BOARD },
    { IN BOOL("enable_cors", "true"), NO_BOARD },
    { IN TEXT("static_files_directory", "./dashboard/static"), NO_BOARD },
#undef IN
#define IN .section = "dashboard.websocket",
    { IN COUNT("update_interval_ms", 1, 1e9, "1000"), NO_BOARD },
    { IN COUNT("max_connections", 1, 1e6, "100"), NO_BOARD },
    { IN COUNT("buffer_size", 1, 1e9, "1024"), NO_BOARD },
#undef IN
#define IN .section = "dashboard.alerts",
    { IN BOOL("enabled", "true"), NO_BOARD },
    { IN NUMBER("performance_threshold_percent", 0, 1e6, "10.0"), NO_BOARD },
    { IN NUMBER("memory_threshold_mb", 0, 1e9, "2048"), NO_BOARD },
    { IN NUMBER("latency_threshold_ms", 0, 1e9, "100"), NO_BOARD },
#undef IN
#define IN .section = "statistical",
    { IN NUMBER("confidence_level", 0.5, 0.9999, "0.95"),
      .doc = "level of every interval, when execution does not say it" },
    { IN WORD("outlier_detection", "iqr", "iqr"), .doc = "outliers are counted, none is removed" },
    { IN NUMBER("outlier_threshold", 1.5, 1.5, "1.5"), .doc = "Tukey's fences: 1.5 and 3 times" },
    { IN COUNT("min_sample_size", 2, 1e6, "100"),
      .doc = "least number of timed batches, beside measurement_iterations" },
#undef IN
#define IN .section = "statistical.regression",
    { IN WORD("test", "t_test", "t_test"),
      .doc = "Welch's t test of the processes' times, in logarithms" },
    { IN NUMBER("significance_level", 0.0001, 0.5, "0.05"),
      .doc = "error rate of --regression-check over all cases" },
    { IN NUMBER("min_effect_size", 0, 100, "0.1"), .lack = "a change counts from --threshold on" },
    { IN COUNT("history_days", 1, 36500, "30"), .lack = "the baseline has a name, not an age" },
#undef IN
#define IN .section = "ci_cd",
    { IN COUNT("benchmark_frequency_hours", 1, 1e6, "24"), NO_SCHEDULE },
    { IN BOOL("regression_gate", "true"), NO_SCHEDULE },
    { IN BOOL("performance_budget", "true"), NO_SCHEDULE },
    { IN NUMBER("build_failure_threshold_percent", 0, 1000, "10.0"), NO_SCHEDULE },
    { IN NUMBER("warning_threshold_percent", 0, 1000, "5.0"), NO_SCHEDULE },
    { IN COUNT("timeout_minutes", 1, 1e6, "60"), NO_SCHEDULE },
#undef IN
#define IN .section = "development",
    { IN BOOL("debug_mode", "false"), .doc = "true: as --verbose" },
    { IN BOOL("verbose_logging", "false"), .doc = "true: as --verbose" },
    { IN BOOL("mock_layers", "false"), .lack = "a layer that is missing is said to be missing" },
    { IN TEXT("test_data_directory", "./test-data"), .lack = "cases make their own data" },
#undef IN
    { 0 },
};
_Static_assert(sizeof cli_runner_keys / sizeof cli_runner_keys[0] <= CLI_RUNNER_KEYS_MAX,
               "a setting for every key");
