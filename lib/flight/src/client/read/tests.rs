//! A server elsewhere that names addresses on this machine. That the server is elsewhere is said
//! here, since a test has one machine only.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use arrow_schema::Schema;
use tokio_util::task::AbortOnDropHandle;
use wingbeat_wire::message::{FlightEndpoint, Location, Ticket};

use super::*;
use crate::{BatchStream, CallContext, Client, Code, FlightService, Result, Server};

/// Counts its calls.
#[derive(Clone, Default)]
struct Victim(Arc<AtomicUsize>);

impl FlightService for Victim {
    async fn do_get(&self, _: &CallContext, _: Ticket) -> Result<BatchStream> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(BatchStream::from_batches(Arc::new(Schema::empty()), []))
    }
}

async fn serve(victim: &Victim, address: &str) -> (String, AbortOnDropHandle<Result<()>>) {
    let server = Server::bind(address).await.unwrap();
    let uri = server.local_addr().to_string();
    (uri, AbortOnDropHandle::new(tokio::spawn(server.serve(victim.clone()))))
}

async fn read(client: &Client, uri: &str) -> Result<()> {
    let endpoint = FlightEndpoint::new(Ticket::new("x")).with_location(Location::new(uri));
    let reading = async { client.read_endpoint(&endpoint).await?.collect_batches().await };
    tokio::time::timeout(Duration::from_secs(20), reading).await.unwrap().map(drop)
}

#[tokio::test]
async fn no_address_here_from_a_server_elsewhere() {
    let victim = Victim::default();
    let folder = tempfile::tempdir().unwrap();
    let socket = format!("grpc+unix://{}/s", folder.path().display());
    let (unix, _unix) = serve(&victim, &socket).await;
    let (tcp, _tcp) = serve(&victim, "grpc://127.0.0.1:0").await;
    let port = tcp.rsplit_once(':').unwrap().1;
    let client = Client::new("grpc://db.invalid").unwrap();
    client.pool.say_home_is_elsewhere();
    let hosts = ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1"];
    let named = hosts.map(|host| format!("grpc://{host}:{port}"));
    for uri in named.iter().chain([&unix]) {
        let error = read(&client, uri).await.unwrap_err();
        let is_refused = error.code() == Code::FailedPrecondition;
        // A name that only the system can read is refused when it is known what it stands for.
        let is_found_out = error.message().contains("a server elsewhere may send nobody");
        assert!(is_refused || is_found_out, "{uri}: {error}");
    }
    assert_eq!(victim.0.load(Ordering::SeqCst), 0);

    let options = ReadOptions::default().with_locations(LocationPolicy::default().allow_local());
    let allowing = client.with_read_options(options);
    for uri in named.iter().filter(|uri| !uri.contains("[::")).chain([&unix]) {
        read(&allowing, uri).await.unwrap();
    }
    assert_eq!(victim.0.load(Ordering::SeqCst), 4);
}
