//! The RPCs that carry no batches, each field of their messages, headers and trailers.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use wingbeat::{
    Action, ActionResult, CallContext, ClientCallInfo, ClientMiddleware, Code, Criteria, Error,
    FlightDescriptor, FlightEndpoint, FlightInfo, FlightService, Handshake, HandshakeRequest,
    HandshakeResponse, HeaderMap, HeaderName, HeaderValue, Location, Method, PeerAddr, PollInfo,
    ReplyStream, Result, SchemaResult, Ticket,
};

use crate::support::{everywhere, ids, soon, tcp};

struct Full;

fn info(descriptor: FlightDescriptor) -> FlightInfo {
    let expires = SystemTime::UNIX_EPOCH + Duration::new(1_700_000_000, 5);
    FlightInfo::new(&ids(0..1).schema())
        .with_descriptor(descriptor)
        .with_endpoint(
            FlightEndpoint::new(Ticket::new("one"))
                .with_location(Location::reuse_connection())
                .with_location(Location::new("grpc://a:1"))
                .with_expiration_time(expires)
                .with_app_metadata("endpoint"),
        )
        .with_endpoint(FlightEndpoint::new(Ticket::new("two")))
        .with_total_records(7)
        .with_total_bytes(56)
        .with_ordered(true)
        .with_app_metadata("info")
}

impl FlightService for Full {
    async fn handshake(&self, cx: &CallContext, mut handshake: Handshake) -> Result<()> {
        while let Some(request) = handshake.next().await? {
            let payload = [b"re: ", &request.payload[..]].concat();
            let version = request.protocol_version + 1;
            let mut response = HandshakeResponse::new(payload);
            response.protocol_version = version;
            handshake.send(response).await?;
        }
        cx.set_trailer("authorization", "Bearer goose")
    }

    async fn list_flights(
        &self,
        _cx: &CallContext,
        criteria: Criteria,
    ) -> Result<ReplyStream<FlightInfo>> {
        let names = ["a", "b", "c"].into_iter().skip(criteria.expression.len());
        Ok(ReplyStream::from_iter(names.map(|name| info(FlightDescriptor::path([name])))))
    }

    async fn get_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        Ok(info(descriptor))
    }

    async fn poll_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<PollInfo> {
        let next = FlightDescriptor::command("again");
        let expires = SystemTime::UNIX_EPOCH + Duration::from_secs(9);
        let poll = PollInfo::running(info(descriptor), next).with_progress(0.25);
        Ok(poll.with_expiration_time(expires))
    }

    async fn get_schema(&self, _cx: &CallContext, _: FlightDescriptor) -> Result<SchemaResult> {
        Ok(SchemaResult::new(&ids(0..1).schema()))
    }

    async fn do_action(
        &self,
        cx: &CallContext,
        action: Action,
    ) -> Result<ReplyStream<ActionResult>> {
        match action.r#type.as_str() {
            "repeat" => {
                let body = action.body;
                Ok(ReplyStream::from_iter((0..3).map(move |_| ActionResult::new(body.clone()))))
            }
            "headers" => {
                let header = cx.headers().get("x-in").cloned().unwrap();
                cx.set_header("x-out", header)?;
                cx.set_trailer("x-after", "end")?;
                let peer = cx.peer().copied().unwrap();
                assert!(cx.set_header("not a name", "x").is_err());
                assert!(cx.set_header("grpc-status", "0").is_err());
                assert!(cx.set_trailer("content-type", "x").is_err());
                assert_eq!(cx.method(), Method::DoAction);
                let kind = match peer {
                    PeerAddr::Tcp(address) if address.ip().is_loopback() => "tcp",
                    PeerAddr::Unix => "unix",
                    PeerAddr::InProcess => "in-process",
                    _ => "?",
                };
                Ok(ReplyStream::once(ActionResult::new(kind)))
            }
            "fail" => {
                cx.set_header("x-out", "early")?;
                let error = Error::already_exists("ärger %").with_metadata(
                    HeaderName::from_static("x-detail"),
                    HeaderValue::from_static("more"),
                );
                Err(error)
            }
            "fail late" => {
                let answers = [Ok(ActionResult::new("first")), Err(Error::data_loss("then not"))];
                Ok(ReplyStream::from_stream(futures_util::stream::iter(answers)))
            }
            "foreign" => {
                std::fs::read("/no/such/secret")?;
                Ok(ReplyStream::empty())
            }
            _ => Err(Error::unimplemented(action.r#type)),
        }
    }
}

#[tokio::test]
async fn every_field_arrives() {
    let (clients, _folder) = everywhere(Full).await;
    for client in clients {
        let descriptor = FlightDescriptor::command(vec![0, 255]);
        let found = client.get_flight_info(descriptor.clone()).await.unwrap();
        assert_eq!(found, info(descriptor.clone()));
        let schema = client.decode_schema(&found).unwrap().unwrap();
        assert_eq!(schema, *ids(0..1).schema());

        let poll = client.poll_flight_info(descriptor.clone()).await.unwrap();
        assert_eq!(poll.info, Some(info(descriptor.clone())));
        assert_eq!(poll.flight_descriptor, Some(FlightDescriptor::command("again")));
        assert_eq!(poll.progress, Some(0.25));
        assert_eq!(poll.expiration_time.map(|time| time.seconds), Some(9));

        assert_eq!(client.get_schema(descriptor).await.unwrap(), ids(0..1).schema());

        let criteria = Criteria { expression: "x".into() };
        let flights = client.list_flights(criteria).await.unwrap().collect().await.unwrap();
        let expected = ["b", "c"].map(|name| info(FlightDescriptor::path([name])));
        assert_eq!(flights, expected);

        let action = Action::new("repeat", vec![1, 2]);
        let results = client.do_action(action).await.unwrap().collect().await.unwrap();
        assert_eq!(results, vec![ActionResult::new(vec![1, 2]); 3]);
    }
}

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<(&'static str, HeaderMap)>>>);

impl Seen {
    fn value(&self, part: &str, name: &str) -> Option<String> {
        let seen = self.0.lock().unwrap();
        let (_, headers) = seen.iter().rfind(|(found, _)| *found == part)?;
        Some(headers.get(name)?.to_str().unwrap().to_owned())
    }
}

impl ClientMiddleware for Seen {
    fn received_headers(&mut self, headers: &HeaderMap) {
        self.0.lock().unwrap().push(("headers", headers.clone()));
    }

    fn received_trailers(&mut self, trailers: &HeaderMap) {
        self.0.lock().unwrap().push(("trailers", trailers.clone()));
    }
}

#[tokio::test]
async fn headers_and_trailers_both_ways() {
    let (clients, _folder) = everywhere(Full).await;
    for (client, kind) in clients.iter().zip(["tcp", "unix", "in-process"]) {
        let seen = Seen::default();
        let middleware = seen.clone();
        let client = client
            .client
            .clone()
            .with_header(HeaderName::from_static("x-in"), HeaderValue::from_static("goose"))
            .with_middleware(move |_: &ClientCallInfo<'_>| Ok(middleware.clone()));
        let results = client.do_action(Action::new("headers", "")).await.unwrap();
        assert_eq!(seen.value("headers", "x-out").as_deref(), Some("goose"));
        assert_eq!(results.collect().await.unwrap(), [ActionResult::new(kind)]);
        assert_eq!(seen.value("trailers", "x-after").as_deref(), Some("end"));

        let error = client.do_action(Action::new("fail", "")).await.unwrap_err();
        assert_eq!((error.code(), error.message()), (Code::AlreadyExists, "ärger %"));
        assert_eq!(error.metadata()["x-detail"], "more");
        assert_eq!(error.metadata()["x-out"], "early");
        assert_eq!(seen.value("trailers", "x-detail").as_deref(), Some("more"));

        let mut handshake = client.handshake();
        for version in 0..3 {
            let mut request = HandshakeRequest::new("honk");
            request.protocol_version = version;
            handshake.send(request).await.unwrap();
            let response = soon(handshake.next()).await.unwrap().unwrap();
            assert_eq!(response.protocol_version, version + 1);
            assert_eq!(response.payload, "re: honk");
        }
        handshake.finish();
        assert!(soon(handshake.next()).await.unwrap().is_none());
        assert_eq!(seen.value("trailers", "authorization").as_deref(), Some("Bearer goose"));
    }
}

#[tokio::test]
async fn errors_after_answers_and_foreign_ones() {
    let client = tcp(Full).await;
    let mut results = client.do_action(Action::new("fail late", "")).await.unwrap();
    assert_eq!(results.next().await.unwrap(), Some(ActionResult::new("first")));
    let error = results.next().await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::DataLoss, "then not"));

    let error = client.do_action(Action::new("foreign", "")).await.unwrap_err();
    assert_eq!(error.code(), Code::Internal);
    assert!(!error.message().contains("No such file"), "{error}");
    assert!(!error.message().contains("os error"), "{error}");
    assert!(!error.message().is_empty());
}
