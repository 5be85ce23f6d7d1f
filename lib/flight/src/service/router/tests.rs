//! Where requests go, and that what a service hands out finds back to it.

use bytes::Bytes;

use super::*;
use crate::{
    CancelFlightInfoRequest, Client, FlightEndpoint, Location, Message as _,
    RenewFlightEndpointRequest,
};

/// Answers with its own name wherever it can.
struct Named(&'static str);

impl Named {
    fn info(&self, descriptor: FlightDescriptor) -> FlightInfo {
        FlightInfo::default()
            .with_descriptor(descriptor)
            .with_endpoint(FlightEndpoint::new(Ticket::new(format!("ticket of {}", self.0))))
            .with_endpoint(
                FlightEndpoint::new(Ticket::new("elsewhere"))
                    .with_location(Location::new("grpc://other:1")),
            )
    }
}

impl FlightService for Named {
    async fn list_flights(
        &self,
        _cx: &CallContext,
        _criteria: Criteria,
    ) -> Result<ReplyStream<FlightInfo>> {
        Ok(ReplyStream::once(self.info(FlightDescriptor::command(self.0))))
    }

    async fn get_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        if descriptor == FlightDescriptor::command("tagged?") {
            return Err(Error::already_exists(self.0));
        }
        Ok(self.info(descriptor))
    }

    async fn do_get(&self, _cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        let ticket = String::from_utf8_lossy(&ticket.ticket).into_owned();
        Err(Error::aborted(format!("{} got {ticket}", self.0)))
    }

    async fn do_action(
        &self,
        _cx: &CallContext,
        action: Action,
    ) -> Result<ReplyStream<ActionResult>> {
        match action.r#type.as_str() {
            "who" => Ok(ReplyStream::once(ActionResult::new(self.0))),
            "CancelFlightInfo" => {
                let info = CancelFlightInfoRequest::decode(action.body)?.info.unwrap_or_default();
                let ticket = info.endpoints[0].ticket.clone().unwrap_or_default();
                Ok(ReplyStream::once(ActionResult::new(ticket.ticket)))
            }
            "RenewFlightEndpoint" => {
                let endpoint = RenewFlightEndpointRequest::decode(action.body)?.endpoint;
                Ok(ReplyStream::once(ActionResult::new(endpoint.unwrap_or_default().encode())))
            }
            _ => Err(Method::DoAction.unimplemented()),
        }
    }

    async fn list_actions(&self, _cx: &CallContext) -> Result<ReplyStream<ActionType>> {
        Ok(ReplyStream::once(ActionType::new("who", self.0)))
    }
}

struct Silent;

impl FlightService for Silent {}

fn client() -> Client {
    let router = Router::new()
        .route(["a"], Named("short"))
        .route(["a", "b"], Named("long"))
        .route(["s"], Silent)
        .fallback(Named("fallback"));
    Client::in_process(router)
}

async fn owner(client: &Client, ticket: Ticket) -> String {
    client.do_get(ticket).await.unwrap_err().message().to_owned()
}

#[tokio::test]
async fn the_longest_prefix_and_back_by_ticket() {
    let client = client();
    for (path, name) in [
        (vec!["a"], "short"),
        (vec!["a", "c"], "short"),
        (vec!["a", "b"], "long"),
        (vec!["a", "b", "c"], "long"),
        (vec!["ab"], "fallback"),
    ] {
        let descriptor = FlightDescriptor::path(path);
        let info = client.get_flight_info(descriptor.clone()).await.unwrap();
        assert_eq!(info.flight_descriptor, Some(descriptor));
        let ticket = info.endpoints[0].ticket.clone().unwrap();
        assert_eq!(owner(&client, ticket).await, format!("{name} got ticket of {name}"));
        // The ticket of another server is as it was.
        assert_eq!(info.endpoints[1].ticket, Some(Ticket::new("elsewhere")));
    }
}

#[tokio::test]
async fn tickets_of_clients_go_to_the_fallback() {
    assert_eq!(owner(&client(), Ticket::new("mine")).await, "fallback got mine");
    let alone = Client::in_process(Router::new().route(["a"], Named("a")));
    let error = alone.do_get(Ticket::new("mine")).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument);
    // A tag of a route that is no longer there.
    let info = client().get_flight_info(FlightDescriptor::path(["a", "b"])).await.unwrap();
    let error = alone.do_get(info.endpoints[0].ticket.clone().unwrap()).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
}

#[tokio::test]
async fn listings_are_joined_and_commands_find_back() {
    let client = client();
    let infos = client.list_flights(Criteria::default()).await.unwrap().collect().await.unwrap();
    assert_eq!(infos.len(), 3);
    for (info, name) in infos.into_iter().zip(["short", "long", "fallback"]) {
        let descriptor = info.flight_descriptor.clone().unwrap();
        let again = client.get_flight_info(descriptor.clone()).await.unwrap();
        assert_eq!(again.flight_descriptor, Some(descriptor));
        let ticket = again.endpoints[0].ticket.clone().unwrap();
        assert_eq!(owner(&client, ticket).await, format!("{name} got ticket of {name}"));
    }
    let error = client.get_flight_info(FlightDescriptor::command("tagged?")).await.unwrap_err();
    assert_eq!(error.message(), "fallback");
}

#[tokio::test]
async fn actions_by_order_name_and_ticket() {
    let client = client();
    let ask = async |action: Action| {
        let results = client.do_action(action).await?.collect().await?;
        Ok::<_, Error>(results[0].body.clone())
    };
    assert_eq!(ask(Action::new("who", "")).await.unwrap(), "short");
    assert_eq!(ask(Action::new("a/b/who", "")).await.unwrap(), "long");
    let error = ask(Action::new("why", "")).await.unwrap_err();
    assert_eq!(error.code(), Code::Unimplemented);
    assert!(error.message().contains("why"), "{error}");

    let types = client.list_actions().await.unwrap().collect().await.unwrap();
    let types: Vec<_> =
        types.into_iter().map(|action| (action.r#type, action.description)).collect();
    let listed = [("who", "short"), ("a/b/who", "long")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(types, listed);

    let info = client.get_flight_info(FlightDescriptor::path(["a", "b"])).await.unwrap();
    let endpoint = info.endpoints[0].clone();
    let cancel = CancelFlightInfoRequest { info: Some(info) }.encode();
    assert_eq!(ask(Action::new("CancelFlightInfo", cancel)).await.unwrap(), "ticket of long");
    let renew = RenewFlightEndpointRequest { endpoint: Some(endpoint.clone()) }.encode();
    let renewed = ask(Action::new("RenewFlightEndpoint", renew)).await.unwrap();
    assert_eq!(FlightEndpoint::decode(renewed).unwrap(), endpoint);
}

#[test]
fn tags_come_off_again() {
    let prefix = ["a".to_owned(), String::new(), "b/c".to_owned()];
    let tagged = tag::add(&prefix, &Bytes::from_static(b"inner"));
    assert!(tag::is_tagged(&tagged));
    assert_eq!(tag::remove(&tagged), Some((prefix.to_vec(), Bytes::from_static(b"inner"))));
    // Cut anywhere before its end, a tag is none.
    for len in 0..tagged.len() - "inner".len() {
        assert_eq!(tag::remove(&tagged.slice(..len)), None);
    }
}
