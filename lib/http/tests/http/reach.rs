//! Where a server elsewhere may lead.

use wingbeat::{Client, Code, LocationPolicy, ReadOptions};
use wingbeat_http::HttpFetcher;

use crate::server::{Served, sized};
use crate::support::{ipc, open};

#[tokio::test]
async fn no_address_of_this_machine_for_a_server_elsewhere_to_name() {
    let served = Served::bytes(sized("", &ipc(10))).await;
    // The second is a name, and how the system reads a short address.
    let hosts = ["127.0.0.1", "127.1", "localhost", "[::1]", "[::ffff:127.0.0.1]"];
    for host in hosts {
        for list in [&["*"][..], &hosts] {
            let policy = LocationPolicy::default().allow_http_from(list).unwrap();
            let fetcher = HttpFetcher::new();
            let options = ReadOptions::default().with_locations(policy).with_fetcher(fetcher);
            // A server of an address that is for documentation, and never asked.
            let client = Client::new("grpc://192.0.2.1:1").unwrap().with_read_options(options);
            let uri = format!("http://{host}:{}/a", served.port);
            let error = open(&client, &uri).await.unwrap_err();
            let codes = [Code::FailedPrecondition, Code::Unavailable];
            assert!(codes.contains(&error.code()), "{error}");
            assert!(error.message().contains("server elsewhere"), "{error}");
        }
    }
    assert!(served.requests().is_empty());
}
