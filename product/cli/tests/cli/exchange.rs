//! `wingbeat exchange` against a service that is no `wingbeat serve`.

use std::io::Write;

use wingbeat::{CallContext, Error, Exchange, FlightService, Result};

use super::support::{BIRDS_CSV, Foreign, Server, start, wingbeat};

/// Sends back what it gets.
struct Echo;

impl FlightService for Echo {
    async fn do_exchange(&self, _cx: &CallContext, exchange: Exchange) -> Result<()> {
        if exchange.descriptor() != &wingbeat::FlightDescriptor::path(["echo"]) {
            return Err(Error::not_found("there is only echo"));
        }
        let (mut sender, mut receiver) = exchange.split();
        let Some(schema) = receiver.schema().await? else {
            return Err(Error::invalid_argument("no schema"));
        };
        sender.start(schema).await?;
        while let Some(chunk) = receiver.next().await? {
            sender.send(chunk).await?;
        }
        Ok(())
    }
}

#[test]
fn a_file_or_stdin_goes_through_and_comes_back() {
    let server = Foreign::start(Echo);
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.csv"), folder.path().join("out.csv"));
    std::fs::write(&input, BIRDS_CSV).unwrap();
    let (from, to) = (input.to_str().unwrap(), output.to_str().unwrap());
    let url = server.url("echo");
    assert_eq!(wingbeat(["exchange", &url, "-i", from, "--format", "csv"]).data(), BIRDS_CSV);
    assert_eq!(wingbeat(["exchange", &url, "-i", from, "-o", to]).data(), "");
    assert_eq!(std::fs::read_to_string(&output).unwrap(), BIRDS_CSV);
    let mut run = start(["exchange", &url, "--input-format", "csv", "--format", "csv"]);
    run.stdin().write_all(BIRDS_CSV.as_bytes()).unwrap();
    assert_eq!(run.end().data(), BIRDS_CSV);
    let run = wingbeat(["exchange", &server.url("other"), "-i", from]);
    run.fails(3, &["there is only echo"]);
}

#[test]
fn a_server_without_exchange_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.csv");
    std::fs::write(&input, BIRDS_CSV).unwrap();
    let server = Server::start(folder.path());
    let run = wingbeat(["exchange", &server.url("in"), "-i", input.to_str().unwrap()]);
    run.fails(1, &["DoExchange", "UNIMPLEMENTED"]);
}

#[test]
fn what_a_foreign_service_lacks_is_named() {
    let server = Foreign::start(Echo);
    wingbeat(["get", &server.url("x")]).fails(1, &["GetFlightInfo", "UNIMPLEMENTED"]);
    wingbeat(["ls", &server.url("")]).fails(1, &["ListFlights", "UNIMPLEMENTED"]);
    assert!(wingbeat(["ping", &server.url("")]).data().contains("median"));
}
