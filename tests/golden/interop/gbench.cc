#include <benchmark/benchmark.h>
#include <numeric>
#include <string>
#include <vector>
static void BM_Sum(benchmark::State &state)
{
    std::vector<int> values(state.range(0), 1);
    for (auto _ : state)
        benchmark::DoNotOptimize(std::accumulate(values.begin(), values.end(), 0));
    state.SetBytesProcessed(state.iterations() * state.range(0) * sizeof(int));
    state.counters["elements"] = state.range(0);
}
BENCHMARK(BM_Sum)->Arg(64)->Arg(1024);
static void BM_Copy(benchmark::State &state)
{
    std::string text(1000, 'x');
    for (auto _ : state) {
        std::string copy(text);
        benchmark::DoNotOptimize(copy);
    }
    state.SetLabel("1000 bytes");
}
BENCHMARK(BM_Copy)->Unit(benchmark::kMicrosecond)->UseRealTime();
static void BM_Fails(benchmark::State &state)
{
    state.SkipWithError("no such device");
    for (auto _ : state) {
    }
}
BENCHMARK(BM_Fails);
BENCHMARK_MAIN();
