//! `wingbeat get` of a flight that lies on several servers.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use arrow_array::RecordBatch;
use tokio::sync::Barrier;
use wingbeat::{
    BatchStream, CallContext, FlightDescriptor, FlightEndpoint, FlightInfo, FlightService,
    Location, Result, Ticket,
};

use super::support::{Foreign, batch, wingbeat};

const ROWS: i64 = 10;

/// Has ten rows behind each number, and hands them out once enough callers are there.
#[derive(Clone)]
struct Shard {
    info: FlightInfo,
    callers: Arc<Barrier>,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    peers: HashSet<String>,
    with_token: usize,
}

impl Shard {
    fn new(callers: usize) -> Self {
        let callers = Arc::new(Barrier::new(callers));
        Self { info: FlightInfo::default(), callers, seen: Arc::default() }
    }

    fn peers(&self) -> usize {
        self.seen.lock().unwrap().peers.len()
    }

    fn with_token(&self) -> usize {
        self.seen.lock().unwrap().with_token
    }
}

impl FlightService for Shard {
    async fn get_flight_info(&self, _: &CallContext, _: FlightDescriptor) -> Result<FlightInfo> {
        Ok(self.info.clone())
    }

    async fn do_get(&self, cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        {
            let mut seen = self.seen.lock().unwrap();
            seen.peers.insert(format!("{:?}", cx.peer()));
            seen.with_token += usize::from(cx.headers().contains_key("x-token"));
        }
        self.callers.wait().await;
        let nth: i64 = std::str::from_utf8(&ticket.ticket)?.parse()?;
        let batch = batch(nth * ROWS, ROWS);
        Ok(BatchStream::from_batches(batch.schema(), [batch]))
    }
}

/// A flight of so many endpoints, the odd ones elsewhere.
fn flight(endpoints: i64, elsewhere: &Foreign) -> FlightInfo {
    let endpoint = |nth: i64| {
        let endpoint = FlightEndpoint::new(Ticket::new(nth.to_string()));
        match nth % 2 {
            0 => endpoint,
            _ => endpoint.with_location(Location::new(elsewhere.url("").trim_end_matches('/'))),
        }
    };
    (0..endpoints).map(endpoint).fold(FlightInfo::default(), FlightInfo::with_endpoint)
}

fn csv(batch: &RecordBatch) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.csv");
    super::support::write_file(
        &file,
        wingbeat_store::Format::Csv,
        false,
        std::slice::from_ref(batch),
    );
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn all_endpoints_at_once_and_the_rows_in_order() {
    // Nobody is answered before all six are there: fewer connections would wait for ever.
    let there = Shard::new(3);
    let mut here = Shard::new(3);
    let elsewhere = Foreign::start(there.clone());
    here.info = flight(6, &elsewhere).with_ordered(true).with_total_records(6 * ROWS);
    let server = Foreign::start(here.clone());
    let url = server.url("x");
    let run = wingbeat(["get", &url, "--format", "csv", "--connections", "6", "--timeout", "60s"]);
    assert_eq!(run.data(), csv(&batch(0, 6 * ROWS)));
    assert_eq!((here.peers(), there.peers()), (3, 3));
}

#[test]
fn one_connection_and_whom_it_shows_the_headers() {
    let there = Shard::new(1);
    let mut here = Shard::new(1);
    let elsewhere = Foreign::start(there.clone());
    here.info = flight(4, &elsewhere).with_ordered(true);
    let server = Foreign::start(here.clone());
    let get = |more: &[&str]| {
        let url = server.url("x");
        let args = ["get", &url, "--format", "csv", "--connections", "1", "-H", "x-token=1"];
        wingbeat([&args, more].concat())
    };
    assert_eq!(get(&[]).data(), csv(&batch(0, 4 * ROWS)));
    assert_eq!((here.peers(), there.peers()), (1, 1));
    assert_eq!((here.with_token(), there.with_token()), (2, 0));
    assert_eq!(get(&["--trust", "127.0.0.1"]).data(), csv(&batch(0, 4 * ROWS)));
    assert_eq!((here.with_token(), there.with_token()), (4, 2));
    get(&["--trust", "grpc://a"]).fails(2, &["is no host"]);
    get(&["--connections", "0"]).fails(2, &["--connections"]);
}
