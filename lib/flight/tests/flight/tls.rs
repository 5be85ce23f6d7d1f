//! TLS from the first line to who calls, and where a flight lies elsewhere.

use wingbeat::{
    CallContext, Client, ClientTls, Code, FlightDescriptor, FlightEndpoint, FlightInfo,
    FlightService, HeaderName, HeaderValue, Location, PemSource, Result, Server, ServerTls, Ticket,
};
use wingbeat_testkit::certificates::{Authority, Pair, Subject};

use crate::support::{Served, all_ids, ids, soon, start};

/// Says who calls, and where the rest of a flight lies.
#[derive(Clone, Default)]
struct Node {
    elsewhere: Option<String>,
}

impl FlightService for Node {
    async fn get_flight_info(
        &self,
        _cx: &CallContext,
        descriptor: FlightDescriptor,
    ) -> Result<FlightInfo> {
        let locations = self.elsewhere.iter().map(|uri| Location::new(uri.as_str()));
        let endpoint = FlightEndpoint::new(Ticket::new("rest"));
        let endpoint = locations.fold(endpoint, FlightEndpoint::with_location);
        Ok(FlightInfo::default().with_descriptor(descriptor).with_endpoint(endpoint))
    }

    async fn do_get(&self, cx: &CallContext, _ticket: Ticket) -> Result<wingbeat::BatchStream> {
        let who = cx.peer_identity().unwrap_or("nobody");
        cx.set_header("x-who", who)?;
        let batch = ids(0..if who == "ada" { 3 } else { 1 });
        if cx.headers().contains_key("authorization") {
            return Err(wingbeat::Error::internal("credentials came here"));
        }
        Ok(wingbeat::BatchStream::from_batches(batch.schema(), [batch]))
    }
}

fn text(pem: &str) -> PemSource {
    PemSource::text(pem)
}

fn server_tls(authority: &Authority, pair: &Pair) -> ServerTls {
    let tls = ServerTls::new(text(&pair.certificate), text(&pair.key)).unwrap();
    tls.with_optional_client_roots(text(authority.pem())).unwrap()
}

async fn serve(address: &str, tls: ServerTls, node: Node) -> Served {
    start(Server::bind(address).await.unwrap().tls(tls), node)
}

async fn read(client: &Client) -> Result<usize> {
    let stream = soon(client.read(FlightDescriptor::path(["x"]))).await?;
    Ok(all_ids(&soon(stream.collect_batches()).await?).len())
}

#[tokio::test]
async fn a_certificate_is_who_calls() {
    let authority = Authority::new("ours");
    let tls = server_tls(&authority, &authority.localhost());
    let served = serve("grpc+tls://localhost:0", tls, Node::default()).await;
    let believing = ClientTls::default().with_roots(text(authority.pem()));
    let nobody = served.client.clone().with_tls(believing.clone());
    assert_eq!(read(&nobody).await.unwrap(), 1);
    let ada = authority.named("ada");
    let ada = believing.with_certificate(text(&ada.certificate), text(&ada.key));
    assert_eq!(read(&served.client.clone().with_tls(ada)).await.unwrap(), 3);

    let error = read(&served.client).await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error}");
    assert!(error.message().contains("root"), "{error}");
}

/// The certificate and the roots go along, and neither the server's name nor the credentials.
#[tokio::test]
async fn endpoints_elsewhere_are_read_with_the_same_tls() {
    let authority = Authority::new("ours");
    let there = server_tls(&authority, &authority.localhost());
    let there = serve("grpc+tls://127.0.0.1:0", there, Node::default()).await;
    let elsewhere = Some(there.address().unwrap().to_string());
    let named = Subject { names: vec!["flights.example.org"], ..Subject::default() };
    let here = server_tls(&authority, &authority.sign(named));
    let here = serve("grpc+tls://localhost:0", here, Node { elsewhere }).await;

    let ada = authority.named("ada");
    let tls = ClientTls::default()
        .with_roots(text(authority.pem()))
        .with_certificate(text(&ada.certificate), text(&ada.key))
        .with_server_name("flights.example.org");
    let client = here
        .client
        .clone()
        .with_tls(tls)
        .with_header(HeaderName::from_static("authorization"), HeaderValue::from_static("honk"));
    assert_eq!(read(&client).await.unwrap(), 3);
}

#[tokio::test]
async fn a_certificate_and_an_address_for_it_belong_together() {
    let authority = Authority::new("ours");
    let with_tls = Server::bind("grpc+tls://127.0.0.1:0").await.unwrap();
    let error = soon(with_tls.serve(Node::default())).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument, "{error}");
    assert!(error.message().contains("no certificate for grpc+tls://127.0.0.1:"), "{error}");

    let tls = server_tls(&authority, &authority.localhost());
    let plain = Server::bind("grpc://127.0.0.1:0").await.unwrap();
    let error = soon(plain.tls(tls.clone()).serve(Node::default())).await.unwrap_err();
    assert_eq!(error.code(), Code::InvalidArgument, "{error}");
    assert!(error.message().contains("no address begins with grpc+tls://"), "{error}");

    let both = Server::bind("grpc://127.0.0.1:0").await.unwrap();
    let both = both.bind_also("grpc+tls://127.0.0.1:0").await.unwrap().tls(tls);
    let secure = both.local_addrs()[1].to_string();
    let served = start(both, Node::default());
    assert_eq!(read(&served).await.unwrap(), 1);
    let tls = ClientTls::default().with_roots(text(authority.pem()));
    assert_eq!(read(&Client::new(secure).unwrap().with_tls(tls)).await.unwrap(), 1);
}
