/* google_kernels.cc - the kernels as a program of google/benchmark.
 *
 * Usage: google_kernels EXTRA [options of google/benchmark] */
#include "kernel_work.h"

#include <benchmark/benchmark.h>

#include <cstdlib>

static unsigned extra;

static void run(benchmark::State &state, const struct kernel_kind *kind)
{
    struct kernel kernel;
    if (!kind->open(&kernel, extra)) {
        state.SkipWithError("no memory");
        return;
    }
    for (auto _ : state)
        kind->run(&kernel, 1);
    kernel_close(&kernel);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    extra = static_cast<unsigned>(std::atoi(argv[1]));
    argv[1] = argv[0];
    argc--;
    argv++;
    for (const struct kernel_kind &kind : kernel_kinds)
        benchmark::RegisterBenchmark(kind.name, run, &kind);
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
