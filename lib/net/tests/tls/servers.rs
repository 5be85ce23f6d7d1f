//! What a client thinks of the server's certificate.

use bytes::Bytes;
use futures_util::stream;
use http::HeaderMap;
use wingbeat_net::{CallRequest, reply};
use wingbeat_testkit::certificates::{Subject, self_signed};
use wingbeat_wire::grpc::frame;

use super::*;

#[tokio::test]
async fn an_authority_vouches_for_a_server() {
    let authority = Authority::new("ours");
    let server = start(server_tls(&authority.localhost())).await;
    assert_eq!(ask(&channel(&server, believing(&authority))).await.unwrap(), "nobody");
}

#[tokio::test]
async fn the_roots_of_the_machine_are_the_default_and_know_no_other() {
    let authority = Authority::new("ours");
    let server = start(server_tls(&authority.localhost())).await;
    let status = ask(&channel(&server, ClientTls::default())).await.unwrap_err();
    assert_eq!(status.code, Code::Unavailable, "{status}");
    // A machine may have none at all.
    assert!(status.message.contains("root"), "{status}");
}

#[tokio::test]
async fn what_is_not_to_be_trusted() {
    let (authority, other) = (Authority::new("ours"), Authority::new("theirs"));
    let namesake = Authority::new("ours");
    let expired = Subject { names: vec!["127.0.0.1"], expired: true, ..Subject::default() };
    let elsewhere = Subject { names: vec!["flights.example.org"], ..Subject::default() };
    for (pair, because) in [
        (other.localhost(), "no root that is known here has signed it"),
        (namesake.localhost(), "the root of that name that is known here has not signed it"),
        (authority.sign(expired), "it has expired"),
        (authority.sign(elsewhere.clone()), "flights.example.org"),
    ] {
        let server = start(server_tls(&pair)).await;
        refused(&channel(&server, believing(&authority)), because).await;
        let insecure = believing(&authority).dangerously_accept_any_certificate();
        assert_eq!(ask(&channel(&server, insecure)).await.unwrap(), "nobody", "{because}");
    }
    let server = start(server_tls(&authority.sign(elsewhere))).await;
    let renamed = believing(&authority).with_server_name("flights.example.org");
    assert_eq!(ask(&channel(&server, renamed.clone())).await.unwrap(), "nobody");
    refused(&channel(&server, renamed.without_server_name()), "not valid for name").await;
    refused(&channel(&server, believing(&authority).with_server_name("a b")), "\"a b\"").await;
}

#[tokio::test]
async fn a_server_can_be_its_own_root() {
    for is_authority in [false, true] {
        let own = Subject { names: vec!["127.0.0.1"], is_authority, ..Subject::default() };
        let pair = self_signed(own.clone());
        let server = start(server_tls(&pair)).await;
        let knowing = ClientTls::default().with_roots(text(&pair.certificate));
        assert_eq!(ask(&channel(&server, knowing.clone())).await.unwrap(), "nobody");
        let renamed = knowing.with_server_name("flights.example.org");
        refused(&channel(&server, renamed), "not valid for name").await;
        // Another of the same kind is not this one.
        let other = ClientTls::default().with_roots(text(&self_signed(own.clone()).certificate));
        refused(&channel(&server, other), "the server's certificate is not to be trusted").await;

        let expired = self_signed(Subject { expired: true, ..own });
        let server = start(server_tls(&expired)).await;
        let knowing = ClientTls::default().with_roots(text(&expired.certificate));
        refused(&channel(&server, knowing), "it has expired").await;
    }
}

#[tokio::test]
async fn files_that_are_not_there_or_hold_something_else() {
    let authority = Authority::new("ours");
    let pair = authority.localhost();
    let server = start(server_tls(&pair)).await;
    let gone = ClientTls::default().with_roots(PemSource::file("/no/such/roots.crt"));
    refused(&channel(&server, gone), "cannot read /no/such/roots.crt: no such file").await;
    let a_key = ClientTls::default().with_roots(text(&pair.key));
    refused(&channel(&server, a_key), "there is no certificate in the given text").await;

    let other = authority.localhost();
    for (certificate, key, because) in [
        (pair.certificate.as_str(), other.key.as_str(), "cannot be used with"),
        (&pair.certificate, &pair.certificate, "no unencrypted private key in the given text"),
        (&pair.key, &pair.key, "no certificate in the given text"),
        ("", "", "no certificate in the given text"),
    ] {
        let error = ServerTls::new(text(certificate), text(key)).unwrap_err().to_string();
        assert!(error.contains(because), "{error}");
    }
    let shown = format!("{:?} {:?}", server_tls(&pair), believing(&authority));
    assert!(!shown.contains("BEGIN"), "{shown}");
}

/// More than any buffer on the way, in both directions at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn much_data_arrives_whole() {
    const MESSAGES: usize = 12;
    const BYTES: usize = 3 << 20;
    let message = |seed: usize| -> Bytes {
        (0..BYTES).map(|at| (at.wrapping_mul(31) >> 3).wrapping_add(seed) as u8).collect()
    };
    let authority = Authority::new("ours");
    let tls = server_tls(&authority.localhost());
    let address = "grpc+tls://localhost:0".parse().unwrap();
    let echo = async |request: Request<Body>| {
        let mut messages = Messages::from_request(request.into_body(), deframer());
        let back = stream::poll_fn(move |cx| {
            messages.poll_next(cx).map(|next| next.transpose().map(|next| next.map(frame)))
        });
        reply(HeaderMap::new(), Body::response(back, HeaderMap::new))
    };
    let config = ServerConfig::default().with_tls(tls);
    let server = TestServer::start_on(&address, echo, config).await;
    let channel = channel(&server, believing(&authority));
    let sent = stream::iter((0..MESSAGES).map(move |seed| Ok(frame(message(seed)))));
    let request = CallRequest::new("/test.Service/Echo", Body::request(sent));
    let response = within(channel.call(request)).await.unwrap();
    let mut messages = Messages::from_response(response, deframer());
    for seed in 0..MESSAGES {
        let found = within(messages.next()).await.unwrap().unwrap();
        assert!(found == message(seed), "message {seed} arrived otherwise");
    }
    assert!(within(messages.next()).await.unwrap().is_none());
}

#[tokio::test]
async fn a_connection_too_many_is_told_so_behind_tls() {
    let authority = Authority::new("ours");
    let tls = server_tls(&authority.localhost());
    let config = ServerConfig::default().with_tls(tls).with_connections_max(1);
    let address = "grpc+tls://127.0.0.1:0".parse().unwrap();
    let server = TestServer::start_on(&address, who, config).await;
    let first = channel(&server, believing(&authority));
    assert_eq!(ask(&first).await.unwrap(), "nobody");
    refused(&channel(&server, believing(&authority)), "the server has too many connections").await;
    assert_eq!(ask(&first).await.unwrap(), "nobody");
    // Its place is free once the server has noticed.
    drop(first);
    let next = channel(&server, believing(&authority));
    while ask(&next).await.is_err() {
        tokio::task::yield_now().await;
    }
}
