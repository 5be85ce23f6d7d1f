//! Reading whole flights, from several servers.

use std::sync::{Arc, Mutex};

use wingbeat::arrow::datatypes::Schema;
use wingbeat::{
    BatchStream, CallContext, Client, Code, Error, FlightDescriptor, FlightEndpoint, FlightInfo,
    FlightService, HeaderName, HeaderValue, Location, Result, Server, Ticket,
};

use crate::support::{all_ids, ids, soon, start, tcp};

/// Serves one range of ids for each ticket, and notes which tokens it was shown.
#[derive(Clone, Default)]
struct Node {
    info: Arc<Mutex<FlightInfo>>,
    tokens: Arc<Mutex<Vec<Option<String>>>>,
}

impl FlightService for Node {
    async fn get_flight_info(&self, _: &CallContext, _: FlightDescriptor) -> Result<FlightInfo> {
        Ok(self.info.lock().unwrap().clone())
    }

    async fn do_get(&self, cx: &CallContext, ticket: Ticket) -> Result<BatchStream> {
        let token = cx.headers().get("authorization");
        let token = token.map(|token| token.to_str().unwrap().to_owned());
        self.tokens.lock().unwrap().push(token);
        if ticket.ticket == "other" {
            return Ok(BatchStream::from_batches(Arc::new(Schema::empty()), []));
        }
        let start: i64 = std::str::from_utf8(&ticket.ticket)?.parse()?;
        if start < 0 {
            return Err(Error::not_found("a ticket below zero"));
        }
        Ok(BatchStream::from_batches(ids(0..1).schema(), [ids(start..start + 10)]))
    }
}

fn endpoint(ticket: &'static str, locations: &[&str]) -> FlightEndpoint {
    let endpoint = FlightEndpoint::new(Ticket::new(ticket));
    locations.iter().fold(endpoint, |endpoint, uri| endpoint.with_location(Location::new(*uri)))
}

async fn read(client: &Client) -> Result<Vec<i64>> {
    let stream = soon(client.read(FlightDescriptor::path(["x"]))).await?;
    Ok(all_ids(&soon(stream.collect_batches()).await?))
}

#[tokio::test]
async fn endpoints_in_order_from_where_they_lie() {
    let (here, there) = (Node::default(), Node::default());
    let other = tcp(there.clone()).await;
    let other_address = other.address().unwrap().to_string();
    let served = tcp(here.clone()).await;
    let own_address = served.address().unwrap().to_string();
    let nobody = Server::bind("grpc://127.0.0.1:0").await.unwrap().local_addr().to_string();
    let nobody_secure = nobody.replace("grpc://", "grpc+tls://");
    let locations = ["http://a/b", &nobody_secure, &nobody, &other_address];
    *here.info.lock().unwrap() = FlightInfo::default()
        .with_endpoint(endpoint("0", &[]))
        .with_endpoint(endpoint("10", &[Location::REUSE_CONNECTION]))
        .with_endpoint(endpoint("20", &locations))
        .with_endpoint(endpoint("30", &[&own_address]));
    let client = served
        .client
        .clone()
        .with_header(HeaderName::from_static("authorization"), HeaderValue::from_static("honk"));
    assert_eq!(read(&client).await.unwrap(), (0..40).collect::<Vec<_>>());
    // Credentials stay with the server that they are for.
    assert_eq!(*here.tokens.lock().unwrap(), vec![Some("honk".to_owned()); 3]);
    assert_eq!(*there.tokens.lock().unwrap(), [None]);
}

#[tokio::test]
async fn what_cannot_be_read() {
    let node = Node::default();
    let client = start(Server::bind("grpc://127.0.0.1:0").await.unwrap(), node.clone());
    let read_info = async |info: FlightInfo| {
        *node.info.lock().unwrap() = info;
        read(&client).await
    };
    let error = read_info(FlightInfo::default()).await.unwrap_err();
    assert!(error.message().contains("neither endpoints nor a schema"), "{error}");
    assert_eq!(read_info(FlightInfo::new(&ids(0..1).schema())).await.unwrap(), [0_i64; 0]);

    let http = FlightInfo::default().with_endpoint(endpoint("0", &["http://a/b"]));
    let error = read_info(http).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.message().contains("http://a/b"), "{error}");

    // An error that no other location would cure is not tried elsewhere.
    let nobody = "grpc://127.0.0.1:1";
    let missing = endpoint("-1", &[Location::REUSE_CONNECTION, nobody]);
    let error = read_info(FlightInfo::default().with_endpoint(missing)).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);

    let mixed = FlightInfo::default()
        .with_endpoint(endpoint("0", &[]))
        .with_endpoint(endpoint("other", &[]));
    let error = read_info(mixed).await.unwrap_err();
    assert!(error.message().contains("schema"), "{error}");
}
