//! `wingbeat get`: a flight into a file, or to stdout.

use wingbeat::{BatchStream, Client};

use crate::args::{GetArgs, OutputArgs};
use crate::connect::{client, parse_url};
use crate::exit::{Failure, Outcome};
use crate::output::Sink;
use crate::progress::Progress;
use crate::target::Target;

pub(super) async fn run(args: GetArgs) -> Outcome {
    let url = parse_url(&args.flight.url)?;
    let target = Target::new(&url, &args.flight)?.with_read(&args.read)?;
    let client = client(&url, &args.flight.connect)?;
    let (stream, rows) = open(&client, target).await?;
    write_all(stream, rows, &args.output).await
}

/// The stream of a target, and how many rows it will have where the server knows.
async fn open(client: &Client, target: Target) -> Outcome<(BatchStream, Option<u64>)> {
    match target {
        Target::Ticket(ticket) => Ok((client.do_get(ticket).await?, None)),
        Target::Descriptor(descriptor) => {
            let info = client.get_flight_info(descriptor).await?;
            let rows = u64::try_from(info.total_records).ok();
            Ok((client.read_info(&info).await?, rows))
        }
    }
}

/// Writes every batch of `stream` where `args` say, off the I/O threads.
pub(super) async fn write_all(
    mut stream: BatchStream,
    rows: Option<u64>,
    args: &OutputArgs,
) -> Outcome {
    let schema = stream.schema().clone();
    let progress = Progress::new("get", rows, args.quiet);
    let arguments = args.clone();
    let mut sink = blocking(move || Sink::open(&arguments, &schema)).await?;
    while let Some(batch) = stream.next_batch().await? {
        progress.batch(&batch);
        sink = blocking(move || {
            sink.write(&batch)?;
            Ok(sink)
        })
        .await?;
    }
    progress.finish();
    blocking(move || sink.finish()).await
}

/// Runs `work`, which may block, off the I/O threads.
pub(super) async fn blocking<T, F>(work: F) -> Outcome<T>
where
    T: Send + 'static,
    F: FnOnce() -> Outcome<T> + Send + 'static,
{
    tokio::task::spawn_blocking(work).await.map_err(Failure::local)?
}
