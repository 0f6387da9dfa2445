/* google_kernels.cc - the two kernels as a program of google/benchmark.
 *
 * Usage: google_kernels EXTRA [options of google/benchmark] */
#include "kernel_work.h"

#include <benchmark/benchmark.h>

#include <cstdlib>

static unsigned extra;

static void l1(benchmark::State &state)
{
    struct kernel kernel;
    if (!kernel_l1_open(&kernel, extra))
        state.SkipWithError("no memory");
    for (auto _ : state)
        kernel_l1_run(&kernel, 1);
    kernel_l1_close(&kernel);
}
BENCHMARK(l1);

static void dram(benchmark::State &state)
{
    struct kernel kernel;
    if (!kernel_dram_open(&kernel, extra))
        state.SkipWithError("no memory");
    for (auto _ : state)
        kernel_dram_run(&kernel, 1);
    kernel_dram_close(&kernel);
}
BENCHMARK(dram);

int main(int argc, char **argv)
{
    if (argc < 2)
        return 2;
    extra = static_cast<unsigned>(std::atoi(argv[1]));
    argv[1] = argv[0];
    argc--;
    argv++;
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv))
        return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
