/* commands.c - the table of commands. A new command is one row here and one file cmd_x.c. */
#include "alm_rows.h"
#include "cli.h"
#include "commands.h"
#include "hermes_rows.h"
#include "ifr_rows.h"
#include "network_rows.h"
#include "network_test_rows.h"
#include "option_rows.h"

const struct cli_option cli_common_options[] = {
    FLAG("help", 'h', "show what the command does and its options"),
    FLAG("version", 'V', "show the version"),
    FLAG("quiet", 'q', "no progress line and no remarks on standard error"),
    FLAG("verbose", 'v', "more detail in the text report and on standard error"),
    { .name = "color",
      .kind = CLI_WORD,
      .value_name = "WHEN",
      .choices = "auto,always,never",
      .doc = "colour in text: auto, always or never; NO_COLOR in the environment means never",
      .fallback = "auto: on a terminal" },
    { 0 },
};

static const struct cli_option measure_options[] = {
    { .name = "config",
      .kind = CLI_FILE,
      .value_name = "FILE",
      .doc = "settings from a YAML file with a performance_benchmarks section; options on the "
             "command line win" },
    TIME("warm-up", "upper bound of the warm-up of a case; it ends early when the case is steady",
         "1s"),
    TIME("measurement-time", "timed part of a case, over all its processes", "3s"),
    COUNT("sample-size", 2, 1048576, "at least this many batches are timed in a case", "100"),
    COUNT("iterations", 1, 1e15, "at least this many items are timed in a case",
          "as many as the time allows"),
    { .name = "confidence",
      .kind = CLI_SHARE,
      .value_name = "LEVEL",
      .low = 0.5,
      .high = 0.9999,
      .doc = "level of the intervals, 0.5 to 0.9999",
      .fallback = "0.95" },
    { .name = "significance",
      .kind = CLI_SHARE,
      .value_name = "LEVEL",
      .low = 0.0001,
      .high = 0.5,
      .doc = "error rate allowed when two runs are compared; kept with the run",
      .fallback = "0.05" },
    TIME("timeout", "a case that takes longer has failed", "120s"),
    { .name = "cpu-affinity",
      .kind = CLI_LIST,
      .value_name = "LIST",
      .doc = "bind the workers to these processors, as in 0,1 or 0-3",
      .fallback = "not bound" },
    COUNT("seed", 0, 9.2e18, "seed of the data and of every random choice", "1"),
    COUNT("processes", 1, 1000, "fresh worker processes for each case", "10"),
    COUNT("threads", 1, 1024, "threads that run a case at once", "1"),
    TEXT("arg", CLI_TEXT, "NAME=VALUES",
         "values of a case's parameter in place of its sweep, as in entries=10,100 or "
         "entries=1..1000*10; may be repeated"),
    FLAG("instructions", 0, "count instructions under callgrind as well (needs valgrind)"),
    TEXT("profile", CLI_FILE, "FOLDER",
         "sample the stacks of each case after it was measured: a flame graph, folded stacks, "
         "speedscope and pprof files in this folder"),
    TEXT("alloc-profile", CLI_FILE, "FOLDER",
         "the same for the allocations of each case (workers that use libbench)"),
    TIME("profile-time", "time of a case that --profile looks at", "2s"),
    FLAG("no-references", 0, "do not time the reference kernels beside the case"),
    FLAG("statistical-analysis", 0,
         "show the distribution, outliers, autocorrelation and reference of every case"),
    { 0 },
};

static const struct cli_option output_options[] = {
    FLAG("json", 'j', "the run document as JSON, like --format json"),
    FLAG("csv", 0, "one row a case, like --format csv"),
    FLAG("markdown", 0, "a table for people, like --format markdown"),
    { .name = "format",
      .kind = CLI_WORD,
      .value_name = "FORMAT",
      .choices = "text,json,csv,markdown",
      .doc = "text, json, csv or markdown",
      .fallback = "text" },
    { .name = "output",
      .letter = 'o',
      .kind = CLI_FILE,
      .value_name = "FILE",
      .doc = "write the report to a file",
      .fallback = "standard output" },
    { 0 },
};

/* As output_options, for commands whose result is a run or a comparison. */
static const struct cli_option report_options[] = {
    FLAG("json", 'j', "the whole document as JSON, like --format json"),
    FLAG("csv", 0, "one row a case, like --format csv"),
    FLAG("markdown", 0, "a table for people, like --format markdown"),
    { .name = "format",
      .kind = CLI_WORD,
      .value_name = "FORMAT",
      .choices = "text,json,csv,markdown,html,pdf,svg,png",
      .doc =
          "text, json, csv or markdown; html: one page with figures that works offline; pdf; svg "
          "or png: one figure",
      .fallback = "text" },
    { .name = "output",
      .letter = 'o',
      .kind = CLI_FILE,
      .value_name = "FILE",
      .doc = "write the report to a file",
      .fallback = "standard output" },
    { 0 },
};

static const struct cli_option keep_options[] = {
    TEXT("save-report", CLI_FILE, "FILE",
         "write a second report to a file, in the format of its extension: html, pdf, md, csv, "
         "json, txt, svg or png"),
    TEXT("save", CLI_FILE, "FILE", "write the signed run document to a file besides the report"),
    FLAG("no-history", 0, "do not keep the run in the history"),
    TEXT("save-baseline", CLI_TEXT, "NAME",
         "call the run NAME in the history, when it is complete and was not found slower; later "
         "runs are compared with it by that name"),
    FLAG("regression-check", 0,
         "compare with --baseline-file after the report; status 1 when a case is slower or fails "
         "now"),
    TEXT("baseline-file", CLI_FILE, "RUN",
         "what --regression-check compares with: a file, the name of a baseline, or an id of the "
         "history"),
    { .name = "threshold",
      .kind = CLI_PERCENT,
      .value_name = "PERCENT",
      .doc = "with --regression-check: slower is what is shown to be beyond this; 0: any "
             "difference",
      .fallback = "5.0" },
    { 0 },
};

static const struct cli_option benchmark_options[] = {
    FLAG("comprehensive", 0, "measure every suite within five minutes, then show the ledger"),
    TIME("budget", "with --comprehensive: wall time for everything", "240s"),
    { 0 },
};

static const struct cli_option cbor_options[] = {
    FLAG("encode", 0, "only what encodes (with --decode: both)"),
    FLAG("decode", 0, "only what decodes (with --encode: both)"),
    { .name = "data-size",
      .kind = CLI_LIST,
      .value_name = "ENTRIES",
      .doc = "entries of the document's map, as in 100 or 1,10,100",
      .fallback = "the suite's sweep" },
    { .name = "input",
      .letter = 'i',
      .kind = CLI_FILE,
      .value_name = "FILE",
      .doc = "measure on CBOR files of yours: this one and the words that follow" },
    { 0 },
};

static const struct cli_option crypto_options[] = {
    { .name = "hash-size",
      .kind = CLI_LIST,
      .value_name = "SIZE",
      .doc = "bytes of a message, as in 1024 or 64,1KiB,1MiB",
      .fallback = "the suite's sweep" },
    { .name = "algorithms",
      .kind = CLI_WORDS,
      .value_name = "LIST",
      .choices = "sha256,blake3",
      .doc = "sha256, blake3 or both",
      .fallback = "both" },
    { .name = "input",
      .letter = 'i',
      .kind = CLI_FILE,
      .value_name = "FILE",
      .doc = "hash files of yours: this one and the words that follow" },
    { 0 },
};

static const struct cli_option run_options[] = {
    { .name = "input",
      .letter = 'i',
      .kind = CLI_FILE,
      .value_name = "FILE",
      .doc = "measure the cases that take a file on this one, as in run ifr/trace --input x.pcap; "
             "may be repeated" },
    { 0 },
};

static const struct cli_option compare_options[] = {
    { .name = "baseline",
      .kind = CLI_FILE,
      .value_name = "RUN",
      .doc = "the older run: a file, the name of a baseline, or an id of the history" },
    { .name = "current",
      .kind = CLI_FILE,
      .value_name = "RUN",
      .doc = "the newer run: likewise, or latest" },
    { .name = "threshold",
      .kind = CLI_PERCENT,
      .value_name = "PERCENT",
      .doc = "slower and faster are what is shown to be beyond this, the same what is shown to "
             "be within; 0: any difference counts",
      .fallback = "5.0" },
    { .name = "significance",
      .kind = CLI_SHARE,
      .value_name = "LEVEL",
      .low = 0.0001,
      .high = 0.5,
      .doc = "chance that any case that did not change is called slower or faster",
      .fallback = "the newer run's" },
    { .name = "correction",
      .kind = CLI_WORD,
      .value_name = "METHOD",
      .choices = "holm,bh",
      .doc = "for many cases: holm bounds the chance of any false alarm, bh (Benjamini-Hochberg) "
             "the expected share of false ones among the alarms",
      .fallback = "holm" },
    { 0 },
};

static const struct cli_option figure_options[] = {
    { .name = "figure",
      .kind = CLI_WORD,
      .value_name = "FIGURE",
      .choices = "overview,density,slope,percentiles,history,forest",
      .doc = "only this figure, as svg, pdf or png" },
    TEXT("case", CLI_TEXT, "CASE", "the case of the figure, by its whole id"),
    { .name = "baseline",
      .kind = CLI_FILE,
      .value_name = "RUN",
      .doc = "compare with this run: a file, or an id of the history" },
    { .name = "threshold",
      .kind = CLI_PERCENT,
      .value_name = "PERCENT",
      .doc = "with --baseline: times within this count as the same",
      .fallback = "5.0" },
    FLAG("no-trends", 0, "do not read the histories of the cases"),
    { 0 },
};

static const struct cli_option list_options[] = {
    FLAG("names", 0, "only the names, one a line"),
    FLAG("json", 'j', "as JSON"),
    { 0 },
};

static const struct cli_option exec_options[] = {
    { .name = "name",
      .letter = 'n',
      .kind = CLI_TEXT,
      .value_name = "NAME",
      .doc = "name of a command in the report, in their order; may be repeated",
      .fallback = "the command itself" },
    COUNT("runs", 1, 1000000, "at least this many runs of each command",
          "as many as fit the measurement time, 10 or more"),
    { .name = "prepare",
      .kind = CLI_TEXT,
      .value_name = "COMMAND",
      .doc = "run this shell line before each run, outside the time" },
    { .name = "parameter",
      .letter = 'P',
      .kind = CLI_PAIR,
      .value_name = "NAME VALUES",
      .doc = "put each of VALUES (1,2,3 or 1..5) where a command says {NAME}; may be repeated" },
    FLAG("shell", 0, "run each command through /bin/sh -c"),
    FLAG("ignore-failure", 0, "time a command though it ends with another status than 0"),
    { .name = "input",
      .letter = 'i',
      .kind = CLI_FILE,
      .value_name = "FILE",
      .doc = "standard input of the command",
      .fallback = "/dev/null" },
    { .name = "warm-up",
      .kind = CLI_TIME_OR_COUNT,
      .value_name = "TIME|N",
      .doc = "warm up for a time (1s), or for a number of runs (3)",
      .fallback = "1s" },
    { 0 },
};

static const struct cli_option worker_options[] = {
    { .name = "filter",
      .letter = 'f',
      .kind = CLI_TEXT,
      .value_name = "FILTER",
      .doc = "only cases that match; may be repeated" },
    FLAG("list", 0, "show the worker's cases and measure nothing"),
    { 0 },
};

static const struct cli_option claims_options[] = {
    { .name = "run",
      .kind = CLI_FILE,
      .value_name = "RUN",
      .doc = "judge on this run: a file, or an id of the history",
      .fallback = "the newest run" },
    FLAG("list", 0, "show the claims without judging them"),
    { 0 },
};

static const struct cli_option doctor_options[] = {
    FLAG("build", 0, "how this program was built and with what"),
    FLAG("json", 'j', "as JSON"),
    { 0 },
};

static const struct cli_option man_options[] = {
    { .name = "folder",
      .kind = CLI_FILE,
      .value_name = "FOLDER",
      .doc = "write every page into this folder" },
    { 0 },
};

#define MEASURE measure_options, report_options, keep_options
#define FILTERS                                                                                    \
    "A FILTER matches a case when its id contains it, or as a pattern over the whole id when it "  \
    "has one of *?[. An id is the case's name and its arguments, as in "                           \
    "enc/encode:entries=100."

const struct cli_command cli_commands[] = {
    { .name = "benchmark",
      .doc = "measure the built-in suites",
      .about =
          "Measures cases in fresh worker processes, beside reference kernels that tell how fast "
          "the host is at each moment, and shows times with confidence intervals. The run is "
          "signed, kept in the history and judged on the claims.\n\n"
          "With --comprehensive every case is measured once, and with the arguments that claims "
          "name, within --budget, shared among them (with --arg: the whole sweep; with "
          "--config: that of the cases which its lists speak of), and --iterations is kept to "
          "where that takes no more than twice a case's part; the ledger of claims ends the "
          "report.",
      .options = { benchmark_options, MEASURE },
      .examples = { { "bpi-perf benchmark --comprehensive --iterations 1000 --statistical-analysis",
                      "everything; 1000 items a case where the budget has room for them, or "
                      "more" } },
      .run = cli_cmd_benchmark },
    { .name = "benchmark cbor",
      .operands = "[FILE...]",
      .operand = CLI_A_FILE,
      .operand_max = CLI_OPERANDS_MAX,
      .doc = "measure canonical CBOR: encode, decode, sort",
      .options = { cbor_options, MEASURE },
      .examples = { { "bpi-perf benchmark cbor --encode --decode --iterations 5000 --data-size 100",
                      "the 100-entry structure, both ways" },
                    { "bpi-perf benchmark cbor --input message.cbor", "a document of yours" } },
      .run = cli_cmd_benchmark_cbor },
    { .name = "benchmark crypto",
      .operands = "[FILE...]",
      .operand = CLI_A_FILE,
      .operand_max = CLI_OPERANDS_MAX,
      .doc = "measure domain-separated hashing",
      .options = { crypto_options, MEASURE },
      .examples = { { "bpi-perf benchmark crypto --hash-size 1024 --algorithms sha256,blake3 "
                      "--iterations 10000",
                      "1 KiB messages, both algorithms" } },
      .run = cli_cmd_benchmark_crypto },
    { .name = "benchmark compare",
      .doc = "compare two stored runs, case by case",
      .about = "Both runs are files, names that --save-baseline gave, or ids of the history. Cases "
               "are matched by id; times at reference speed are compared when both runs have them. "
               "A case is slower when the whole interval of its ratio lies beyond the threshold, "
               "the same when it lies within, else undecided. The exit status is 1 when a case "
               "became slower or fails now.",
      .options = { compare_options, report_options },
      .examples = { { "bpi-perf benchmark compare --baseline baseline-results.json --current "
                      "current-results.json",
                      "two files" },
                    { "bpi-perf benchmark compare --baseline main --current latest --threshold 2",
                      "the newest run with the baseline that was saved as main" } },
      .run = cli_cmd_compare },
    { .name = "benchmark list",
      .operands = "[FILTER...]",
      .operand = CLI_A_CASE,
      .operand_max = CLI_OPERANDS_MAX,
      .doc = "show the cases and their parameters",
      .about = FILTERS,
      .options = { list_options },
      .examples = { { "bpi-perf benchmark list enc/", "the cases of one suite" } },
      .run = cli_cmd_list },
    { .name = "benchmark run",
      .operands = "FILTER...",
      .operand = CLI_A_CASE,
      .operand_min = 1,
      .operand_max = CLI_OPERANDS_MAX,
      .doc = "measure the cases that match",
      .about = FILTERS,
      .options = { run_options, MEASURE },
      .examples = { { "bpi-perf benchmark run enc/encode --arg entries=10,100", "two sizes" } },
      .run = cli_cmd_run },
    { .name = "run",
      .operands = "FILTER...",
      .operand = CLI_A_CASE,
      .operand_min = 1,
      .operand_max = CLI_OPERANDS_MAX,
      .doc = "measure the cases that match; the same as benchmark run",
      .about = FILTERS,
      .options = { run_options, MEASURE },
      .examples = { { "bpi-perf run 'crypto/*' --json --output crypto.json",
                      "one suite, to a file" },
                    { "bpi-perf run enc/ --measurement-time 1s --processes 5", "quicker" },
                    { "bpi-perf run enc/ --regression-check --baseline-file main --threshold 5.0",
                      "and compare with the run saved as main" } },
      .run = cli_cmd_run },
    { .name = "benchmark-runner",
      .doc = "measure the layers of the flow network, with targets and a baseline",
      .about =
          "Measures the suites that are a layer: layer1 is ifr, layer3 is alm. A layer that is not "
          "there yet is said to be missing, here and in the report; nothing stands in for it. "
          "Targets come from the configuration and are met when the whole confidence interval "
          "meets them. docs/runner.md has every key of the configuration and of the files.\n\n"
          "The exit status is 3 when nothing could be measured, a case failed, or a layer that was "
          "asked for (by --layers, --all-layers) is not there; 1 when a target or claim is not met "
          "or a case became slower. A program that is called benchmark-runner is this command.",
      .options = { cli_runner_options },
      .examples = { { "benchmark-runner --all-layers --baseline --report", "everything" },
                    { "benchmark-runner --layers layer1,layer3 --flow-count 10000 --duration 60 "
                      "--report --output ./results",
                      "two layers, with files" },
                    { "benchmark-runner --regression-check --baseline-file "
                      "./baseline_results.json --threshold 5.0",
                      "did it get slower" },
                    { "benchmark-runner --memory-profile --layers layer1 --flow-count 50000",
                      "what it takes of memory" } },
      .is_program = true,
      .run = cli_cmd_benchmark_runner },
    { .name = "exec",
      .operands = "COMMAND... | -- COMMAND [ARGS...]",
      .operand = CLI_A_COMMAND,
      .operand_min = 1,
      .operand_max = CLI_OPERANDS_MAX,
      .has_rest = true,
      .doc = "measure whole commands: wall, user and system time, peak memory",
      .about = "After -- stands one command, word by word, without a shell; another -- begins the "
               "next one. Before --, every word is a whole command in itself, split at blanks with "
               "quotes and backslashes honoured. A command that fails, or is killed, has no "
               "result unless --ignore-failure is given.",
      .options = { exec_options, MEASURE },
      .examples = { { "bpi-perf exec -- gzip -9 -k -c /usr/bin/bash", "one command" },
                    { "bpi-perf exec 'sort -u words' 'sort -u --parallel=1 words'",
                      "two commands" },
                    { "bpi-perf exec -P level 1,6,9 -- gzip -{level} -c /usr/bin/bash",
                      "a parameter" } },
      .run = cli_cmd_exec },
    { .name = "compare",
      .operands = "PROGRAM_A PROGRAM_B [FILTER] | OLD NEW | FILTER | COMMAND...",
      .operand = CLI_A_FILE,
      .operand_max = CLI_OPERANDS_MAX,
      .has_rest = true,
      .doc = "did it get slower: two or more programs, commands or revisions side by side",
      .about =
          "Two programs with benchmarks (every program with BENCH_MAIN) run at the same time on "
          "one core, in batches of 100 us that alternate in random order, in many pairs of fresh "
          "processes; it stops as soon as the answer is known. The first is the reference. With "
          "--exec the words are whole commands; with --revision they are a filter and the programs "
          "are built from git; with --vary two values of one parameter of one program are "
          "compared. Two files that are no programs (run documents, or files of other tools) are "
          "compared as benchmark compare does.\n\n"
          "Verdicts: slower or faster when the whole interval of the ratio lies beyond the "
          "threshold, same when it lies within, else undecided, with the time that would probably "
          "decide it. The chance that any verdict is wrong is at most --alpha. The exit status is "
          "1 when a case is slower, 3 when one could not be measured, else 0.",
      .options = { cli_side_by_side_options, report_options },
      .examples = { { "bpi-perf compare ./bench_old ./bench_new", "every case that both have" },
                    { "bpi-perf compare --exec 'gzip -6 -c words' 'gzip -7 -c words'",
                      "two commands" },
                    { "bpi-perf compare --revision HEAD~1 --revision HEAD --build make --program "
                      "./bench sort",
                      "two revisions, cases whose name has 'sort'" },
                    { "bpi-perf compare --vary order=sorted,shuffled self enc/encode",
                      "two values of a parameter of this program" },
                    { "bpi-perf compare old.json new.json", "two stored runs" } },
      .run = cli_cmd_side_by_side },
    { .name = "worker",
      .operands = "[--] PROGRAM [ARGS...]",
      .operand = CLI_A_COMMAND,
      .operand_min = 1,
      .operand_max = CLI_OPERANDS_MAX,
      .has_rest = true,
      .doc = "measure the cases of any program that is a worker",
      .about = "PROGRAM is started as PROGRAM [ARGS...] --worker and speaks the worker protocol, "
               "as every program with BENCH_MAIN does. Put -- before PROGRAM when one of its "
               "arguments begins with a dash.",
      .options = { worker_options, MEASURE },
      .examples = { { "bpi-perf worker ./my_bench", "all its cases" },
                    { "bpi-perf worker --filter sort -- python3 -S bench.py", "some of them" } },
      .run = cli_cmd_worker },
    { .name = "baseline-generator",
      .doc = "measure the conventional system that the flow network is held against",
      .about =
          "New flows go one after the other through an ordinary system: registered at a service, "
          "compared by a model, routed, predicted. The word simulate is the earlier tool's; what "
          "runs is real: a JSON service of its own process over TCP, an SQLite index on a disk "
          "with "
          "a synced write a flow, dense models without batches or a cache. Nothing sleeps and no "
          "number is set. docs/baseline.md says what is done for a flow.\n\n"
          "baseline_results.json in the output folder is the signed run document: --baseline-file "
          "of other commands and 'benchmark compare' take it. baseline_summary.json has the totals "
          "over all flows, baseline_report.html is a page with figures. Ctrl-C ends it and keeps "
          "the flows that were measured. A program that is called baseline-generator is this "
          "command.",
      .is_program = true,
      .options = { cli_generator_options, measure_options },
      .examples = { { "baseline-generator --flow-count 10000 --simulate-network "
                      "--simulate-database --simulate-ml --generate-report --output ./baseline",
                      "everything real, with a page" },
                    { "baseline-generator -f 1000 --no-simulate-ml -o cheap", "without models" } },
      .run = cli_cmd_baseline_generator },
    { .name = "cbor",
      .operands = "[FILE...]",
      .operand = CLI_A_FILE,
      .operand_max = CLI_OPERANDS_MAX,
      .doc = "measure CBOR on your own files; the same as benchmark cbor",
      .options = { cbor_options, MEASURE },
      .examples = { { "bpi-perf cbor --input message.cbor", "encode and decode of one document" } },
      .run = cli_cmd_benchmark_cbor },
    { .name = "cbor diag",
      .operands = "FILE",
      .operand = CLI_A_FILE,
      .operand_min = 1,
      .operand_max = 1,
      .doc = "show a CBOR file in diagnostic notation; - is standard input",
      .examples = { { "bpi-perf cbor diag message.cbor", "one document" } },
      .run = cli_cmd_cbor_diag },
    { .name = "crypto",
      .operands = "[FILE...]",
      .operand = CLI_A_FILE,
      .operand_max = CLI_OPERANDS_MAX,
      .doc = "measure hashing on your own files; the same as benchmark crypto",
      .options = { crypto_options, MEASURE },
      .examples = { { "bpi-perf crypto --input /usr/bin/bash --algorithms blake3", "one file" } },
      .run = cli_cmd_benchmark_crypto },
    ALM_ROWS,
    { .name = "claims",
      .doc = "what this program promises, and what a run says about it",
      .about =
          "A claim is proven when the whole confidence interval lies on the good side of its "
          "bound, refuted when it lies on the bad side, else undecided; a claim whose case was "
          "not measured is not run. The exit status is 1 when one is refuted.",
      .options = { claims_options, output_options },
      .examples = { { "bpi-perf claims", "the newest run's ledger" } },
      .run = cli_cmd_claims },
    { .name = "gate",
      .doc = "judge a run on the budgets and claims of a gate file; for continuous integration",
      .about =
          "A budget is absolute (a metric and a limit with its unit) or relative to a baseline "
          "(slower by at most 3%), for each case or for the geometric mean of a group. It is kept "
          "when the whole confidence interval keeps it, missed when the whole interval does not, "
          "else undecided; the file says what undecided and missing ones mean. The exit status is "
          "1 when the gate fails and 3 when nothing could be judged. docs/gate.md has every key.",
      .options = { cli_gate_options },
      .examples = { { "bpi-perf gate --init >gate.yaml", "a file to begin with" },
                    { "bpi-perf gate --run current.json --baseline base.json --junit gate.xml",
                      "two runs" },
                    { "bpi-perf gate --comparison comparison.json --github --markdown comment.md",
                      "a comparison, in a GitHub workflow" } },
      .run = cli_cmd_gate },
    { .name = "history",
      .doc = "the runs that were kept; the same as history list",
      .options = { output_options },
      .run = cli_cmd_history_list },
    { .name = "history list",
      .doc = "the runs that were kept, newest first",
      .options = { output_options },
      .run = cli_cmd_history_list },
    { .name = "history show",
      .operands = "ID",
      .operand_min = 1,
      .operand_max = 1,
      .doc = "the report of a run; the beginning of an id is enough",
      .options = { report_options },
      .run = cli_cmd_report },
    { .name = "history remove",
      .operands = "ID...",
      .operand_min = 1,
      .operand_max = CLI_OPERANDS_MAX,
      .doc = "remove runs for good",
      .run = cli_cmd_history_remove },
    { .name = "history export",
      .operands = "ID",
      .operand_min = 1,
      .operand_max = 1,
      .doc = "the signed document of a run, as it was kept",
      .options = { output_options },
      .run = cli_cmd_history_export },
    { .name = "history baselines",
      .operands = "[NAME=ID...]",
      .operand_max = CLI_OPERANDS_MAX,
      .doc = "the names of runs that others are compared with",
      .about =
          "Without words it lists them. NAME=ID gives the run of that id the name, NAME= takes "
          "the name away and keeps the run. A name goes with its run when that is removed.",
      .options = { output_options },
      .examples = { { "bpi-perf history baselines main=latest", "the newest run is main now" } },
      .run = cli_cmd_history_baselines },
    { .name = "history path", .doc = "where the history is kept", .run = cli_cmd_history_path },
    { .name = "history trend",
      .operands = "CASE",
      .operand = CLI_A_CASE,
      .operand_min = 1,
      .operand_max = 1,
      .doc = "one case over the runs that measured it: levels, changes, commits",
      .about = "Draws the case's times at reference speed with their intervals, and finds where "
               "they changed for good: neither an outlier nor a slow drift is a change. Each "
               "change comes with its size, the chance that a history without one shows it, and "
               "the revisions of the runs before and after it. When its place is not certain, the "
               "range holds it with 95 %.",
      .options = { cli_trend_options, output_options },
      .examples = { { "bpi-perf history trend enc/encode:entries=100", "one case" } },
      .run = cli_cmd_history_trend },
    { .name = "history changes",
      .operands = "[FILTER...]",
      .operand = CLI_A_CASE,
      .operand_max = CLI_OPERANDS_MAX,
      .doc = "which cases changed with which commits",
      .about = "Looks at every case of the history (or those that match) as 'history trend' does, "
               "and lists the changes by the commits between, newest first. The chance of a wrong "
               "one is corrected for the number of cases. " FILTERS,
      .options = { cli_changes_options, cli_trend_options, output_options },
      .examples = { { "bpi-perf history changes crypto/", "the cases of one suite" } },
      .run = cli_cmd_history_changes },
    { .name = "bisect",
      .operands = "CASE",
      .operand = CLI_A_CASE,
      .operand_min = 1,
      .operand_max = 1,
      .doc = "find the commit that made a case slower",
      .about = "Builds revisions of the project in this folder in worktrees of their own, compares "
               "each with --good, both running at the same time, and halves what lies between "
               "until one commit is left. A commit that does not build, does not have the case or "
               "stays undecided is skipped. The exit status is 0 when the commit was found, 1 when "
               "--bad is not slower than --good, 3 when skipped commits leave it open.\n\n"
               "With --as-git-bisect-step it is a helper of 'git bisect run', which then chooses "
               "the commits: it ends with 0 for good, 1 for bad, 125 for a commit to skip.",
      .options = { cli_bisect_options, output_options },
      .examples = { { "bpi-perf bisect --good v1.2 --bad main --build 'make bench' --program "
                      "./bench sort",
                      "the commit between v1.2 and main" },
                    { "git bisect run bpi-perf bisect --as-git-bisect-step --good v1.2 --build "
                      "'make bench' --program ./bench sort",
                      "git chooses the commits" } },
      .run = cli_cmd_bisect },
    { .name = "report",
      .operands = "ID|FILE",
      .operand = CLI_A_FILE,
      .operand_min = 1,
      .operand_max = 1,
      .doc = "show a stored run in any format, or one figure of it",
      .about =
          "With --figure one figure is written, as svg, pdf or png: overview (all cases), "
          "density, slope, percentiles and history (of one --case), forest (the run against "
          "--baseline). A page in html or pdf shows the histories of its cases, when it has up "
          "to 40 and comes from the history, and with --baseline the comparison.",
      .options = { figure_options, report_options },
      .examples = { { "bpi-perf report latest --format html --output report.html",
                      "one page with figures" },
                    { "bpi-perf report results.json --format markdown", "a table for a page" },
                    { "bpi-perf report latest --figure density --case enc/encode:entries=100 "
                      "--format svg",
                      "one figure" } },
      .run = cli_cmd_report },
    { .name = "import",
      .operands = "FILE",
      .operand = CLI_A_FILE,
      .operand_min = 1,
      .operand_max = 1,
      .doc = "read a file of another benchmark tool into the history",
      .about =
          "Reads google/benchmark JSON, hyperfine JSON, Go benchmark output, a criterion folder "
          "(target/criterion, or target/criterion@NAME for another baseline than new), Bencher "
          "Metric Format, OpenMetrics text, HdrHistogram logs and .hgrm tables. What could not "
          "be kept is said on standard error and kept with the run; docs/formats.md lists it. "
          "report, benchmark compare and claims read such files directly, too.",
      .options = { cli_import_options },
      .examples = { { "bpi-perf import results.json", "into the history" },
                    { "bpi-perf import target/criterion --no-history --save criterion.json",
                      "to our own signed document" } },
      .run = cli_cmd_import },
    { .name = "export",
      .operands = "ID|FILE",
      .operand = CLI_A_FILE,
      .operand_min = 1,
      .operand_max = 1,
      .doc = "write a run in the format of another benchmark tool",
      .options = { cli_export_options },
      .examples = { { "bpi-perf export latest --format benchfmt --output new.txt",
                      "for benchstat old.txt new.txt" },
                    { "bpi-perf export latest --format criterion --output target/criterion@lab",
                      "for cargo bench -- --baseline lab" } },
      .run = cli_cmd_export },
    { .name = "verify",
      .operands = "FILE...",
      .operand = CLI_A_FILE,
      .operand_min = 1,
      .operand_max = CLI_OPERANDS_MAX,
      .doc = "check the signature of run documents",
      .about = "The exit status is 1 when a document was changed or is not signed.",
      .examples = { { "bpi-perf verify results.json", "one document" } },
      .run = cli_cmd_verify },
    { .name = "profile",
      .doc = "work with profiles that --profile wrote",
      .about =
          "run, benchmark run, exec and worker write profiles: --profile FOLDER samples stacks, "
          "--alloc-profile FOLDER finds what allocates." },
    { .name = "profile diff",
      .operands = "BASELINE.folded CURRENT.folded",
      .operand = CLI_A_FILE,
      .operand_min = 2,
      .operand_max = 2,
      .doc = "a flame graph of what changed between two profiles",
      .about = "Reads folded stacks of any profiler. Widths are the current time of an item, red "
               "grew and blue shrank; where it is not known how many items a file is of, each side "
               "is a share of its own total.",
      .options = { cli_profile_diff_options },
      .examples = { { "bpi-perf profile diff old/enc__encode.folded new/enc__encode.folded "
                      "--output diff.html",
                      "one case before and after" } },
      .run = cli_cmd_profile_diff },
    IFR_ROWS,
    NETWORK_ROWS,
    NETWORK_TEST_ROWS,
    HERMES_ROWS,
    { .name = "doctor",
      .doc = "is this machine fit to measure, and what disturbs it now",
      .about = "Reads what the machine is, watches for a second what others do on it, and measures "
               "how far the reference kernels wander. The exit status is 1 when numbers of now "
               "should not be compared with others.",
      .options = { doctor_options },
      .examples = { { "bpi-perf doctor", "all checks" } },
      .run = cli_cmd_doctor },
    { .name = "completions",
      .operands = "bash|zsh|fish",
      .operand = CLI_A_SHELL,
      .operand_min = 1,
      .operand_max = 1,
      .doc = "a completion script for a shell",
      .examples = { { "source <(bpi-perf completions bash)", "in this shell" } },
      .run = cli_cmd_completions },
    { .name = "help",
      .operands = "[COMMAND...]",
      .operand = CLI_A_TOPIC,
      .operand_max = 3,
      .doc = "show what a command does",
      .run = cli_cmd_help },
    { .name = "internal-man",
      .operands = "[COMMAND...]",
      .operand_max = 3,
      .doc = "manual pages",
      .options = { man_options },
      .is_hidden = true,
      .run = cli_cmd_man },
};

const size_t cli_command_count = sizeof cli_commands / sizeof cli_commands[0];

const struct cli_exit_row cli_exit_table[] = {
    { CLI_FINE, "measured; no claim is refuted, no gate failed, nothing is slower" },
    { CLI_REFUTED,
      "a claim is refuted, a gate failed, a case is slower, a signature does not hold, or there is "
      "no path or flow" },
    { CLI_USAGE, "the command line, or a file it names, is not right" },
    { CLI_UNMEASURED,
      "a case could not be measured, a network was not what was asked for, a program on it failed, "
      "a layer that was asked for is not there yet, or the output could not be written" },
    { CLI_INTERRUPTED, "interrupted; what was finished is reported and kept" },
};
const size_t cli_exit_count = sizeof cli_exit_table / sizeof cli_exit_table[0];
