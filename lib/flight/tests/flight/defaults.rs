//! What a service answers that overrides nothing, or only get_flight_info.

use std::sync::Arc;

use wingbeat::{
    Action, ActionType, BatchStream, CallContext, Client, Code, Criteria, DynFlightService,
    FlightDescriptor, FlightInfo, FlightServer, FlightService, Method, Origin, PollInfo, Result,
    Server, Ticket,
};

use crate::support::{ids, soon, start, tcp};

struct Empty;

impl FlightService for Empty {}

#[tokio::test]
async fn what_is_not_overridden_names_itself() {
    let client = tcp(Empty).await;
    let path = || FlightDescriptor::path(["x"]);
    let mut errors = Vec::new();
    errors.push((Method::ListFlights, client.list_flights(Criteria::default()).await.err()));
    errors.push((Method::GetFlightInfo, client.get_flight_info(path()).await.err()));
    errors.push((Method::PollFlightInfo, client.poll_flight_info(path()).await.err()));
    errors.push((Method::GetSchema, client.get_schema(path()).await.err()));
    errors.push((Method::DoGet, client.do_get(Ticket::new("x")).await.err()));
    let stream = BatchStream::from_batches(ids(0..1).schema(), [ids(0..1)]);
    errors.push((Method::DoPut, client.do_put(path(), stream).finish().await.err()));
    let (_sender, mut receiver) = client.do_exchange(path()).split();
    errors.push((Method::DoExchange, soon(receiver.next()).await.err()));
    errors.push((Method::DoAction, client.do_action(Action::new("x", "")).await.err()));
    let mut handshake = client.handshake();
    handshake.finish();
    errors.push((Method::Handshake, soon(handshake.next()).await.err()));
    for (method, error) in errors {
        let error = error.unwrap_or_else(|| panic!("{method} succeeded"));
        assert_eq!(error.code(), Code::Unimplemented, "{method}: {error}");
        assert!(error.message().starts_with(method.name()), "{method}: {error}");
        assert_eq!(error.origin(), Origin::Caller);
    }
    assert!(client.list_actions().await.unwrap().collect().await.unwrap().is_empty());
}

struct OnlyInfo;

impl FlightService for OnlyInfo {
    async fn get_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        if descriptor == FlightDescriptor::path(["other"]) {
            return Err(wingbeat::Error::unimplemented("other flights"));
        }
        if descriptor == FlightDescriptor::path(["silent"]) {
            return Ok(FlightInfo::default());
        }
        Ok(FlightInfo::new(&ids(0..1).schema()))
    }
}

#[tokio::test]
async fn schema_and_poll_derive_from_info() {
    let client = tcp(OnlyInfo).await;
    let asked = FlightDescriptor::path(["x", "y"]);
    let info = client.get_flight_info(asked.clone()).await.unwrap();
    // The descriptor that the handler left out is there: C++ clients insist on one.
    assert_eq!(info.flight_descriptor, Some(asked.clone()));
    assert_eq!((info.total_records, info.total_bytes), (-1, -1));
    assert_eq!(client.get_schema(asked.clone()).await.unwrap(), ids(0..1).schema());
    let poll = client.poll_flight_info(asked).await.unwrap();
    assert_eq!(poll, PollInfo::complete(info));
    assert!(poll.is_complete());
    // The handler's own text is kept.
    let error = client.get_schema(FlightDescriptor::path(["other"])).await.unwrap_err();
    assert_eq!(error.message(), "other flights");
    let error = client.get_schema(FlightDescriptor::path(["silent"])).await.unwrap_err();
    assert_eq!((error.code(), error.origin()), (Code::NotFound, Origin::Caller), "{error}");
}

#[tokio::test]
async fn registered_actions_are_listed() {
    let types = [ActionType::new("drop", "drops a flight"), ActionType::new("refresh", "")];
    let server = Server::bind("grpc://127.0.0.1:0").await.unwrap().actions(types.clone());
    let client = start(server, Empty);
    assert_eq!(client.list_actions().await.unwrap().collect().await.unwrap(), types);
}

#[tokio::test]
async fn shared_and_erased_services_are_services() {
    let erased: Arc<dyn DynFlightService> = Arc::new(OnlyInfo);
    let twice = Arc::new(Arc::new(erased));
    let client = Client::in_process(twice);
    let schema = client.get_schema(FlightDescriptor::path(["x"])).await.unwrap();
    assert_eq!(schema, ids(0..1).schema());
    fn takes_any<S: FlightService>(service: S) -> FlightServer<S> {
        FlightServer::new(service)
    }
    let _ = takes_any(Arc::new(OnlyInfo)).clone();
}

#[tokio::test]
async fn addresses_that_are_none() {
    for (address, text) in [("http://127.0.0.1:1", "http"), ("nonsense", "nonsense")] {
        for error in [Client::new(address).unwrap_err(), Server::bind(address).await.unwrap_err()] {
            assert_eq!(error.code(), Code::InvalidArgument, "{error}");
            assert!(error.message().contains(text), "{error}");
        }
    }
    let server = Server::bind("grpc://127.0.0.1:0").await.unwrap();
    let taken = server.local_addr().to_string();
    let error = Server::bind(&taken).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error}");
    assert!(error.message().contains(&taken), "{error}");
}

#[tokio::test]
async fn nobody_listens() {
    let address = Server::bind("grpc://127.0.0.1:0").await.unwrap().local_addr().to_string();
    let client = Client::new(&address).unwrap();
    let error = client.list_actions().await.unwrap_err();
    assert_eq!((error.code(), error.origin()), (Code::Unavailable, Origin::Peer), "{error}");
    // A server that comes up later is found by the same client.
    let client = Arc::new(client);
    let server = Server::bind(&address).await.unwrap();
    let _served = start(server, Empty);
    assert!(client.list_actions().await.unwrap().collect().await.unwrap().is_empty());
}
