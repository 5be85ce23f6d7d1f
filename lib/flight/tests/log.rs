//! What callers are not told stands in the log.
//!
//! A program of its own, with one test: what a line of code has to log is decided once for the
//! whole process, so that the log of one test among others would miss lines now and then.

use std::sync::Mutex;

use tokio_util::task::AbortOnDropHandle;
use tracing_subscriber::fmt::MakeWriter as _;
use wingbeat::{BatchStream, CallContext, Client, Error, FlightService, Result, Server, Ticket};

/// Fails in a way that is not its caller's business.
struct Failing;

impl FlightService for Failing {
    async fn do_get(&self, _cx: &CallContext, _ticket: Ticket) -> Result<BatchStream> {
        std::fs::read("/no/such/secret")?;
        Err(Error::not_found("never"))
    }
}

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

#[tokio::test]
async fn what_callers_are_not_told_is_logged() {
    tracing_subscriber::fmt().with_writer(|| LOG.make_writer()).with_ansi(false).init();
    let server = Server::bind("grpc://127.0.0.1:0").await.unwrap();
    let client = Client::new(server.local_addr().to_string()).unwrap();
    let _serving = AbortOnDropHandle::new(tokio::spawn(server.serve(Failing)));
    let error = client.do_get(Ticket::new("x")).await.unwrap_err();
    assert!(!error.message().contains("os error"), "{error}");
    let log = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
    let line = log.lines().find(|line| line.contains("os error 2")).expect(&log);
    assert!(line.contains("flight{method=DoGet peer=127.0.0.1:"), "{line}");
}
