//! `wingbeat get`: a flight into a file, or to stdout.

use std::io::IsTerminal;

use wingbeat::{BatchStream, Client, LocationPolicy, ReadOptions};
use wingbeat_http::HttpFetcher;

use crate::args::{GetArgs, ManyArgs, OutputArgs};
use crate::connect::{client, parse_url};
use crate::exit::{Failure, Outcome};
use crate::output::{Choice, ROWS_MAX, Sink, Table};
use crate::progress::Progress;
use crate::target::Target;

pub(super) async fn run(args: GetArgs) -> Outcome {
    let url = parse_url(&args.flight.url)?;
    let target = Target::new(&url, &args.flight)?.with_read(&args.read)?;
    // A mistake in the command line is told before anybody is asked.
    Choice::new(&args.output)?;
    let options = read_options(&args.many)?;
    let client = client(&url, &args.flight.connect)?.with_read_options(options);
    let (stream, rows) = open(&client, target).await?;
    write_all(stream, rows, args.read.limit, &args.output).await
}

/// How a flight of many endpoints is read.
fn read_options(args: &ManyArgs) -> Outcome<ReadOptions> {
    let locations = LocationPolicy::default()
        .trust_credentials_to(&args.trust)
        .and_then(|locations| locations.allow_http_from(&args.allow_http))
        .map_err(Failure::usage)?;
    let mut options = ReadOptions::default().with_locations(locations);
    if !args.allow_http.is_empty() {
        options = options.with_fetcher(HttpFetcher::new());
    }
    Ok(match args.connections {
        Some(connections) => options.with_connections(connections.into()),
        None => options,
    })
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

/// Writes every batch of `stream` where `args` say, off the I/O threads. A table shows
/// `table_rows` rows.
pub(super) async fn write_all(
    mut stream: BatchStream,
    rows: Option<u64>,
    table_rows: Option<u64>,
    args: &OutputArgs,
) -> Outcome {
    let schema = stream.schema().clone();
    // A bar between the rows on a terminal would spoil both.
    let hidden = args.quiet || (args.output == "-" && std::io::stdout().is_terminal());
    let progress = Progress::new("get", rows, hidden);
    let arguments = args.clone();
    // The place stays here: when this is dropped, the unfinished file goes at once, whatever the
    // thread that writes is doing.
    let (mut sink, place) = blocking(move || {
        let table = || Table::new(&schema, table_rows.unwrap_or(ROWS_MAX), rows);
        Sink::open(&arguments, &schema, table)
    })
    .await?;
    while let Some(batch) = stream.next_batch().await? {
        progress.batch(&batch);
        sink = blocking(move || {
            sink.write(&batch)?;
            Ok(sink)
        })
        .await?;
        if sink.is_full() {
            break;
        }
    }
    // What was not read is not wanted: the server stops.
    drop(stream);
    blocking(move || sink.finish()).await?;
    progress.finish();
    match place {
        Some(place) => place.persist(),
        None => Ok(()),
    }
}

/// Runs `work`, which may block, off the I/O threads.
pub(super) async fn blocking<T, F>(work: F) -> Outcome<T>
where
    T: Send + 'static,
    F: FnOnce() -> Outcome<T> + Send + 'static,
{
    tokio::task::spawn_blocking(work).await.map_err(Failure::local)?
}
