//! Layers, other services on the same port, and the Flight service in other people's servers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use tokio_util::task::AbortOnDropHandle;
use wingbeat::{
    Action, ActionResult, BatchStream, CallContext, Client, Code, FlightDescriptor, FlightServer,
    FlightService, ReplyStream, Result, Server, Ticket, Upload,
};
use wingbeat_net::{Body, CallRequest, Channel, ChannelConfig, Messages};
use wingbeat_wire::Limits;
use wingbeat_wire::grpc::{MessageDeframer, frame};

use crate::support::{all_ids, ids, soon, start};

#[derive(Clone, Copy)]
struct Extension(u32);

struct Geese;

impl FlightService for Geese {
    async fn do_get(&self, _cx: &CallContext, _ticket: Ticket) -> Result<BatchStream> {
        Ok(BatchStream::from_batches(ids(0..1).schema(), [ids(0..500_000), ids(0..3)]))
    }

    async fn do_put(&self, _cx: &CallContext, mut upload: Upload) -> Result<()> {
        let mut rows = 0;
        while let Some(batch) = upload.next_batch().await? {
            rows += batch.num_rows();
        }
        upload.ack(rows.to_string()).await
    }

    async fn do_action(&self, cx: &CallContext, _: Action) -> Result<ReplyStream<ActionResult>> {
        let found = cx.extensions().get::<Extension>().map_or(0, |found| found.0);
        let peer = cx.peer().is_some();
        Ok(ReplyStream::once(ActionResult::new(format!("{found} {peer}"))))
    }
}

async fn bind() -> Server {
    Server::bind("grpc://127.0.0.1:0").await.unwrap()
}

#[tokio::test]
async fn several_listeners() {
    let folder = tempfile::tempdir().unwrap();
    let unix = format!("grpc+unix://{}/wb.sock", folder.path().display());
    let server = bind().await.bind_also("grpc://127.0.0.1:0").await.unwrap();
    let server = server.bind_also(&unix).await.unwrap();
    let addresses = server.local_addrs();
    assert_eq!((addresses.len(), &addresses[0]), (3, &server.local_addr()));
    assert_eq!(addresses[2].to_string(), unix);
    let _served = start(server, Geese);
    for address in addresses {
        let client = Client::new(address.to_string()).unwrap();
        let batches =
            client.do_get(Ticket::new("")).await.unwrap().collect_batches().await.unwrap();
        assert_eq!(all_ids(&batches).len(), 500_003);
    }
}

#[tokio::test]
async fn layers_see_every_request_from_the_outside_in() {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = count.clone();
    let inner = tower::util::MapRequestLayer::new(move |mut request: http::Request<Body>| {
        counter.fetch_add(1, Ordering::SeqCst);
        let Extension(outer) = *request.extensions().get::<Extension>().unwrap();
        request.extensions_mut().insert(Extension(outer * 2));
        request
    });
    let outer = tower::util::MapRequestLayer::new(|mut request: http::Request<Body>| {
        request.extensions_mut().insert(Extension(21));
        request
    });
    let limit = tower::limit::ConcurrencyLimitLayer::new(8);
    let client = start(bind().await.layer(inner).layer(limit).layer(outer), Geese);
    let results = client.do_action(Action::new("x", "")).await.unwrap().collect().await.unwrap();
    assert_eq!(results, [ActionResult::new("42 true")]);
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_layer_that_fails_answers_with_its_error() {
    let own = tower::filter::FilterLayer::new(|request: http::Request<Body>| {
        match request.uri().path().ends_with("DoGet") {
            true => Err(wingbeat::BoxError::from(wingbeat::Error::unauthenticated("no token"))),
            false => Err("a foreign error".into()),
        }
        .map(|()| request)
    });
    let client = start(bind().await.layer(own), Geese);
    let error = client.do_get(Ticket::new("")).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::Unauthenticated, "no token"));
    let error = client.list_actions().await.unwrap_err();
    assert_eq!(error.code(), Code::Internal);
    assert!(!error.message().contains("foreign"), "{error}");
}

/// A server that answers DoGet well, and with nothing.
#[tokio::test]
async fn no_schema_is_the_servers_fault() {
    let empty = tower::util::MapResponseLayer::new(|_: http::Response<Body>| {
        let mut response = http::Response::new(Body::empty());
        let headers = response.headers_mut();
        headers.insert("content-type", http::HeaderValue::from_static("application/grpc"));
        headers.insert("grpc-status", http::HeaderValue::from_static("0"));
        response
    });
    let client = start(bind().await.layer(empty), Geese);
    let error = client.do_get(Ticket::new("")).await.unwrap_err();
    assert_eq!((error.code(), error.origin()), (Code::Internal, wingbeat::Origin::Peer));
    assert!(error.message().contains("schema"), "{error}");
    let error = client.get_flight_info(FlightDescriptor::path(["x"])).await.unwrap_err();
    assert!(error.message().contains("GetFlightInfo has no message"), "{error}");
}

/// One call without Flight's client.
async fn raw(address: &str, path: &str, message: &[u8]) -> Result<Vec<Bytes>> {
    let channel = Channel::new(address.parse()?, ChannelConfig::default());
    let message = frame(Bytes::copy_from_slice(message));
    let body = Body::request(futures_util::stream::iter([Ok(message)]));
    let response = channel.call(CallRequest::new(path, body)).await?;
    let deframer = MessageDeframer::new(&Limits::default());
    let mut messages = Messages::from_response(response, deframer);
    let mut all = Vec::new();
    while let Some(message) = messages.next().await? {
        all.push(message);
    }
    Ok(all)
}

#[tokio::test]
async fn a_health_service_on_the_same_port() {
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_service_status("", tonic_health::ServingStatus::Serving).await;
    // The slash before the name may be left out.
    let client = start(bind().await.mount("grpc.health.v1.Health", health), Geese);
    let address = client.address().unwrap().to_string();
    // HealthCheckResponse { status: SERVING }
    let answer = soon(raw(&address, "/grpc.health.v1.Health/Check", b"")).await.unwrap();
    assert_eq!(answer, [Bytes::from_static(&[8, 1])]);
    let error = raw(&address, "/grpc.health.v1.Health/Check", b"\x0a\x01x").await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    client.do_get(Ticket::new("")).await.unwrap();
}

#[tokio::test]
async fn unknown_methods_and_services() {
    let client = start(bind().await, Geese);
    let address = client.address().unwrap().to_string();
    for path in ["/arrow.flight.protocol.FlightService/DoFly", "/no.Such/Thing"] {
        let error = raw(&address, path, b"").await.unwrap_err();
        assert_eq!(error.code(), Code::Unimplemented, "{path}");
        assert!(error.message().contains(path.trim_end_matches("/Thing")), "{error}");
    }
    // Bytes that are no message, two messages, and none.
    let path = "/arrow.flight.protocol.FlightService/GetFlightInfo";
    let error = raw(&address, path, b"\xff\xff\xff").await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument, "{error}");
}

async fn check(client: &Client) {
    let batches = soon(client.do_get(Ticket::new(""))).await.unwrap();
    let batches = soon(batches.collect_batches()).await.unwrap();
    assert_eq!(all_ids(&batches).len(), 500_003);
    let stream = BatchStream::from_batches(ids(0..1).schema(), [ids(0..500_000), ids(0..1)]);
    let last = soon(client.do_put(FlightDescriptor::path(["x"]), stream).finish()).await.unwrap();
    assert_eq!(last.unwrap().app_metadata, "500001");
    let results = client.do_action(Action::new("x", "")).await.unwrap().collect().await.unwrap();
    assert_eq!(results, [ActionResult::new("0 false")]);
    let error = client.get_schema(FlightDescriptor::path(["x"])).await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented);
}

#[tokio::test]
async fn inside_of_axum_inside_of_tonic() {
    let flight = FlightServer::new(Geese);
    let router: axum::Router =
        axum::Router::new().route_service(FlightServer::<Geese>::ROUTE, flight);
    let incoming = tonic::transport::server::TcpIncoming::bind("127.0.0.1:0".parse().unwrap());
    let incoming = incoming.unwrap();
    let address = format!("grpc://{}", incoming.local_addr().unwrap());
    let (_reporter, health) = tonic_health::server::health_reporter();
    let server = tonic::transport::Server::builder()
        .add_routes(tonic::service::Routes::from(router).add_service(health));
    let _serving = AbortOnDropHandle::new(tokio::spawn(server.serve_with_incoming(incoming)));
    check(&Client::new(&address).unwrap()).await;
    let answer = soon(raw(&address, "/grpc.health.v1.Health/Check", b"")).await.unwrap();
    assert_eq!(answer.len(), 1);
}
