use criterion::{black_box, criterion_group, criterion_main, BenchmarkId, Criterion, Throughput};

fn sum(c: &mut Criterion) {
    let mut group = c.benchmark_group("sum");
    for size in [100u64, 1000].iter() {
        let values = vec![1u32; *size as usize];
        group.throughput(Throughput::Elements(*size));
        group.bench_with_input(BenchmarkId::new("iter", size), &values, |b, v| {
            b.iter(|| black_box(v).iter().copied().map(u64::from).sum::<u64>())
        });
    }
    group.finish();
}

fn copy(c: &mut Criterion) {
    let text = "x".repeat(1000);
    c.bench_function("copy 1000", |b| b.iter(|| black_box(&text).clone()));
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(std::time::Duration::from_millis(200))
        .measurement_time(std::time::Duration::from_millis(400));
    targets = sum, copy
}
criterion_main!(benches);
