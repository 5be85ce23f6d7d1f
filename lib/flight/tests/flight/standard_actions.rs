//! The actions of the specification: typed calls to typed methods, registered and listed.

use bytes::Bytes;
use wingbeat::{
    Action, ActionResult, ActionType, CallContext, CancelFlightInfoRequest, CancelFlightInfoResult,
    CancelStatus, Code, Error, FlightDescriptor, FlightEndpoint, FlightInfo, FlightServer,
    FlightService, Message as _, RenewFlightEndpointRequest, ReplyStream, Result, Router, Server,
    StandardAction, Ticket, Timestamp,
};

use crate::support::{soon, start, tcp};

const LATER: Timestamp = Timestamp { seconds: 1_900_000_000, nanos: 7 };

struct Queries;

impl FlightService for Queries {
    async fn get_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        Ok(info().with_descriptor(descriptor))
    }

    async fn do_action(
        &self,
        _cx: &CallContext,
        action: Action,
    ) -> Result<ReplyStream<ActionResult>> {
        Ok(ReplyStream::once(ActionResult::new(format!("raw {}", action.r#type))))
    }

    async fn cancel_flight_info(
        &self,
        _cx: &CallContext,
        request: CancelFlightInfoRequest,
    ) -> Result<CancelFlightInfoResult> {
        let info = request.info.ok_or_else(|| Error::invalid_argument("nothing to cancel"))?;
        match info.endpoints.as_slice() {
            [FlightEndpoint { ticket: Some(ticket), .. }] if ticket.ticket == "query" => {
                Ok(CancelStatus::Cancelled.into())
            }
            _ => Err(Error::not_found("no such query")),
        }
    }

    async fn renew_flight_endpoint(
        &self,
        _cx: &CallContext,
        request: RenewFlightEndpointRequest,
    ) -> Result<FlightEndpoint> {
        let endpoint = request.endpoint.unwrap_or_default();
        let ticket = endpoint.ticket.unwrap_or_default().ticket;
        let renewed = [&ticket[..], b", renewed"].concat();
        Ok(FlightEndpoint::new(Ticket::new(renewed)).with_expiration_time(LATER))
    }
}

fn info() -> FlightInfo {
    FlightInfo::default().with_endpoint(FlightEndpoint::new(Ticket::new("query")))
}

const BOTH: [StandardAction; 2] =
    [StandardAction::CancelFlightInfo, StandardAction::RenewFlightEndpoint];

#[tokio::test]
async fn typed_calls_reach_typed_methods() {
    let server = Server::bind("grpc://127.0.0.1:0").await.unwrap();
    let extra = ActionType::new("honk", "honks");
    let client = start(server.actions([extra.clone()]).standard_actions(BOTH), Queries);
    let listed = client.list_actions().await.unwrap().collect().await.unwrap();
    let expected = [
        extra,
        StandardAction::CancelFlightInfo.into(),
        StandardAction::RenewFlightEndpoint.into(),
    ];
    assert_eq!(listed, expected);

    let result = client.cancel_flight_info(info()).await.unwrap();
    assert_eq!(result.status, CancelStatus::Cancelled);
    let error = client.cancel_flight_info(FlightInfo::default()).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::NotFound, "no such query"));
    let error = client.cancel_flight_info(CancelFlightInfoRequest::default()).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);

    let endpoint = FlightEndpoint::new(Ticket::new("1"));
    let renewed = client.renew_flight_endpoint(endpoint).await.unwrap();
    assert_eq!(renewed.ticket, Some(Ticket::new("1, renewed")));
    assert_eq!(renewed.expiration_time, Some(LATER));

    let other = client.do_action(Action::new("honk", "")).await.unwrap().collect().await.unwrap();
    assert_eq!(other, [ActionResult::new("raw honk")]);
}

#[tokio::test]
async fn what_is_not_registered_goes_to_do_action() {
    let client = tcp(Queries).await;
    assert!(client.list_actions().await.unwrap().collect().await.unwrap().is_empty());
    let action = Action::new("CancelFlightInfo", "");
    let raw = client.do_action(action).await.unwrap().collect().await.unwrap();
    assert_eq!(raw, [ActionResult::new("raw CancelFlightInfo")]);
}

#[tokio::test]
async fn what_is_not_overridden_is_unimplemented_by_its_name() {
    struct Empty;
    impl FlightService for Empty {}
    let client = FlightServer::new(Empty).standard_actions(StandardAction::ALL).in_process();
    for (error, name) in [
        (client.cancel_flight_info(info()).await.unwrap_err(), "CancelFlightInfo"),
        (
            client.renew_flight_endpoint(FlightEndpoint::default()).await.unwrap_err(),
            "RenewFlightEndpoint",
        ),
        (client.set_session_options(Default::default()).await.unwrap_err(), "SetSessionOptions"),
        (client.get_session_options().await.unwrap_err(), "GetSessionOptions"),
        (client.close_session().await.unwrap_err(), "CloseSession"),
    ] {
        assert_eq!(error.code(), Code::Unimplemented, "{name}");
        assert_eq!(error.message(), format!("{name} is not implemented by this service"));
    }
}

#[tokio::test]
async fn bodies_that_others_send() {
    let client = FlightServer::new(Queries).standard_actions(BOTH).in_process();
    let act = async |body: Bytes| {
        let action = Action::new("CancelFlightInfo", body);
        soon(client.do_action(action)).await?.collect().await
    };
    // Packed into an Any, as one client does.
    let raw = CancelFlightInfoRequest::from(info()).encode();
    let url = b"type.googleapis.com/arrow.flight.protocol.CancelFlightInfoRequest";
    let packed = [&[0x0a, url.len() as u8], &url[..], &[0x12, raw.len() as u8], &raw].concat();
    let results = act(raw).await.unwrap();
    let result = CancelFlightInfoResult::decode(results[0].body.clone()).unwrap();
    assert_eq!((results.len(), result.status), (1, CancelStatus::Cancelled));
    // It gets the same back.
    let url = b"type.googleapis.com/arrow.flight.protocol.CancelFlightInfoResult";
    let expected = [&[0x0a, url.len() as u8], &url[..], b"\x12\x02\x08\x01"].concat();
    assert_eq!(act(packed.into()).await.unwrap(), [ActionResult::new(expected)]);
    let error = act(Bytes::from_static(b"\x0a\x05x")).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument, "{error}");
}

#[tokio::test]
async fn answers_that_make_no_sense() {
    struct Odd;
    impl FlightService for Odd {
        async fn do_action(
            &self,
            _cx: &CallContext,
            action: Action,
        ) -> Result<ReplyStream<ActionResult>> {
            let good = CancelFlightInfoResult::from(CancelStatus::Cancelling).encode();
            let good = Ok(ActionResult::new(good));
            let items = match action.r#type.as_str() {
                "CancelFlightInfo" => vec![good, Err(Error::aborted("after all"))],
                "RenewFlightEndpoint" => Vec::new(),
                _ => vec![Ok(ActionResult::new("\u{1}"))],
            };
            Ok(ReplyStream::from_stream(futures_util::stream::iter(items)))
        }
    }
    let client = tcp(Odd).await;
    let error = client.cancel_flight_info(info()).await.unwrap_err();
    assert_eq!((error.code(), error.message()), (Code::Aborted, "after all"));
    let error = client.renew_flight_endpoint(FlightEndpoint::default()).await.unwrap_err();
    assert_eq!(error.code(), Code::Internal);
    assert!(error.message().contains("no result"), "{error}");
    let error = client.close_session().await.unwrap_err();
    assert_eq!(error.code(), Code::Internal, "{error}");
}

#[tokio::test]
async fn a_router_finds_the_service_of_the_query() {
    let router = Router::new().route(["a"], Queries);
    let client = FlightServer::new(router).standard_actions(BOTH).in_process();
    let info = client.get_flight_info(FlightDescriptor::path(["a"])).await.unwrap();
    assert_ne!(info.endpoints[0].ticket, Some(Ticket::new("query")), "has a tag");
    let result = client.cancel_flight_info(info.clone()).await.unwrap();
    assert_eq!(result.status, CancelStatus::Cancelled);
    let renewed = client.renew_flight_endpoint(info.endpoints[0].clone()).await.unwrap();
    let twice = client.renew_flight_endpoint(renewed).await.unwrap();
    let ticket = twice.ticket.unwrap().ticket;
    assert!(ticket.ends_with(b"query, renewed, renewed"), "{ticket:?}");
    let error = client.cancel_flight_info(FlightInfo::default()).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
}
