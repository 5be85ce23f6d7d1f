//! Locations behind a GET, which somebody else fetches.

use std::sync::{Arc, Mutex};

use wingbeat::{
    BatchStream, Code, Error, FlightInfo, LocationFetcher, LocationPolicy, LocationRequest,
    ReadOptions, Result,
};

use crate::node::node;
use crate::support::{endpoint, ids, read, up_to};

/// Has ten ids behind every URI but those that end in `away`.
#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<Vec<String>>>);

impl LocationFetcher for Shelf {
    async fn fetch(&self, request: LocationRequest<'_>) -> Result<BatchStream> {
        self.0.lock().unwrap().push(request.uri.to_owned());
        if request.uri.ends_with("away") {
            return Err(Error::unavailable("nobody is there"));
        }
        Ok(BatchStream::from_batches(ids(0..0).schema(), [ids(0..10)]))
    }
}

#[tokio::test]
async fn only_with_a_fetcher_and_from_hosts_that_are_allowed() {
    let a = node().await;
    let shelf = Shelf::default();
    let policy = LocationPolicy::default().allow_http_from(["bucket.example.org"]).unwrap();
    let without_list = ReadOptions::default().with_fetcher(shelf.clone());
    let without_fetcher = ReadOptions::default().with_locations(policy.clone());
    let with_both = without_list.clone().with_locations(policy);

    let uri = "https://bucket.example.org/a?signature=1";
    a.plan().info = FlightInfo::default().with_endpoint(endpoint("", &[uri]));
    for (options, code) in [
        (ReadOptions::default(), Code::FailedPrecondition),
        (without_list, Code::FailedPrecondition),
        (without_fetcher, Code::Unavailable),
    ] {
        let error = read(&a.client.clone().with_read_options(options)).await.unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.message().contains("https://bucket.example.org"), "{error}");
    }
    assert!(shelf.0.lock().unwrap().is_empty());

    let client = a.client.clone().with_read_options(with_both);
    assert_eq!(read(&client).await.unwrap(), up_to(10));
    let other = "https://other.example.org/a";
    a.plan().info = FlightInfo::default().with_endpoint(endpoint("", &[other]));
    assert_eq!(read(&client).await.unwrap_err().code(), Code::FailedPrecondition);
    // One that is away has others.
    let away = "https://bucket.example.org/away";
    a.plan().info = FlightInfo::default().with_endpoint(endpoint("0 10", &[away, &a.uri]));
    assert_eq!(read(&client).await.unwrap(), up_to(10));
    assert_eq!(*shelf.0.lock().unwrap(), [uri, away]);
}
