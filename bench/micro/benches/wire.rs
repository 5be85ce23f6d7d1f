//! Times of every case: `cargo bench -p wingbeat-micro`, or with a part of a name after `--`.

use criterion::{Criterion, Throughput};
use wingbeat_micro::{Case, NAMES};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for name in NAMES {
        let Some((operation, workload)) = name.split_once('/') else { continue };
        let Some(mut case) = Case::new(name) else { continue };
        let mut group = criterion.benchmark_group(operation);
        group.throughput(Throughput::BytesDecimal(case.bytes() as u64));
        group.bench_function(workload, |bencher| bencher.iter(|| case.run()));
        group.finish();
    }
    criterion.final_summary();
}
