//! What a server's answer can make a client do, and whom it shows its secrets.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wingbeat::{
    Client, ClientCallInfo, ClientMiddleware, ClientTls, Code, CookieJar, FlightInfo, HeaderMap,
    HeaderName, HeaderValue, LocationPolicy, PemSource, ReadOptions, Server, ServerTls,
};
use wingbeat_testkit::certificates::Authority;

use crate::node::{Served, node, serve};
use crate::support::{endpoint, read, up_to};

const TRACE: HeaderName = HeaderName::from_static("traceparent");

/// Adds a header to every call.
struct Tracing(Arc<AtomicUsize>);

impl ClientMiddleware for Tracing {
    fn sending_headers(&mut self, headers: &mut HeaderMap) {
        self.0.fetch_add(1, Ordering::SeqCst);
        headers.insert("x-middleware", HeaderValue::from_static("secret"));
    }
}

/// A client with everything that could leak.
fn laden(client: &Client, policy: LocationPolicy) -> Client {
    let jar = CookieJar::new();
    jar.load("arrow_flight_session_id=secret");
    let calls = Arc::<AtomicUsize>::default();
    client
        .clone()
        .with_header(TRACE, HeaderValue::from_static("00-1-2-01"))
        .with_header(HeaderName::from_static("x-key"), HeaderValue::from_static("secret"))
        .with_basic_auth("ada", "secret")
        .unwrap()
        .with_cookies(jar)
        .with_middleware(move |_: &ClientCallInfo<'_>| Ok(Tracing(calls.clone())))
        .with_read_options(ReadOptions::default().with_locations(policy))
}

/// Which of the client's secrets a server saw, of its only DoGet.
fn leaked(served: &Served) -> Vec<&'static str> {
    let seen = served.seen();
    let [headers] = &seen.headers[..] else { panic!("{} calls", seen.headers.len()) };
    let all = ["traceparent", "x-key", "authorization", "cookie", "x-middleware"];
    all.into_iter().filter(|name| headers.contains_key(*name)).collect()
}

async fn one_elsewhere() -> (Served, Served) {
    let (meta, other) = (node().await, node().await);
    meta.plan().info = FlightInfo::default().with_endpoint(endpoint("0 10", &[&other.uri]));
    (meta, other)
}

#[tokio::test]
async fn a_foreign_server_sees_nothing() {
    let (meta, other) = one_elsewhere().await;
    let client = laden(&meta.client, LocationPolicy::default());
    assert_eq!(read(&client).await.unwrap(), up_to(10));
    assert!(leaked(&other).is_empty(), "{:?}", leaked(&other));
    // The same host is another server by its port.
    assert!(other.uri.starts_with("grpc://127.0.0.1:"));
}

#[tokio::test]
async fn what_the_policy_names_goes_along() {
    let (meta, other) = one_elsewhere().await;
    let policy = LocationPolicy::default().send_everywhere(TRACE);
    assert_eq!(read(&laden(&meta.client, policy)).await.unwrap(), up_to(10));
    assert_eq!(leaked(&other), ["traceparent"]);

    let (meta, other) = one_elsewhere().await;
    let policy = LocationPolicy::default().run_middleware_everywhere();
    assert_eq!(read(&laden(&meta.client, policy)).await.unwrap(), up_to(10));
    assert_eq!(leaked(&other), ["x-middleware"]);
}

#[tokio::test]
async fn hosts_that_are_trusted_get_everything() {
    let (meta, other) = one_elsewhere().await;
    let authority = other.uri.strip_prefix("grpc://").unwrap();
    let policy = LocationPolicy::default().trust_credentials_to([authority]).unwrap();
    assert_eq!(read(&laden(&meta.client, policy)).await.unwrap(), up_to(10));
    assert_eq!(leaked(&other).len(), 5, "{:?}", leaked(&other));

    let (meta, other) = one_elsewhere().await;
    let policy = LocationPolicy::default().trust_credentials_to(["127.0.0.1:1"]).unwrap();
    assert_eq!(read(&laden(&meta.client, policy)).await.unwrap(), up_to(10));
    assert!(leaked(&other).is_empty());
}

/// An answer over TLS leads to no server without.
#[tokio::test]
async fn no_way_from_tls_to_plaintext() {
    let authority = Authority::new("ours");
    let pair = authority.localhost();
    let text = |pem: &str| PemSource::text(pem);
    let tls = ServerTls::new(text(&pair.certificate), text(&pair.key)).unwrap();
    let meta = serve(Server::bind("grpc+tls://localhost:0").await.unwrap().tls(tls));
    let plain = node().await;
    meta.plan().info = FlightInfo::default().with_endpoint(endpoint("0 10", &[&plain.uri]));
    let tls = ClientTls::default().with_roots(text(authority.pem()));
    let client = meta.client.clone().with_tls(tls);
    let error = read(&client).await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition, "{error}");
    assert!(error.message().contains(&plain.uri), "{error}");
    assert!(plain.seen().tickets.is_empty());

    let policy = LocationPolicy::default().allow_plaintext();
    let options = ReadOptions::default().with_locations(policy);
    assert_eq!(read(&client.with_read_options(options)).await.unwrap(), up_to(10));
}

#[tokio::test]
async fn nowhere_else_if_the_policy_says_so() {
    let (meta, other) = one_elsewhere().await;
    let policy = LocationPolicy::default().only([""; 0]).unwrap();
    let options = ReadOptions::default().with_locations(policy);
    let client = meta.client.clone().with_read_options(options);
    let error = read(&client).await.unwrap_err();
    assert_eq!(error.code(), Code::FailedPrecondition, "{error}");
    assert!(other.seen().tickets.is_empty());
    // A replica that is allowed will do.
    let both = endpoint("0 10", &[&other.uri, &meta.uri]);
    meta.plan().info = FlightInfo::default().with_endpoint(both);
    assert_eq!(read(&client).await.unwrap(), up_to(10));
    assert_eq!((other.seen().tickets.len(), meta.seen().tickets.len()), (0, 1));
}
