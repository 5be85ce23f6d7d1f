//! Who is let in, by what, and what everybody else is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio_util::task::AbortOnDropHandle;
use wingbeat::{
    Action, AuthAttempt, Authenticated, Authenticator, Client, Code, Error, FlightServer,
    HeaderName, HeaderValue, Method, PeerAddr, PeerIdentity, Refusal, Result, ServerCallInfo,
    ServerMiddleware,
};
use wingbeat_auth::{ClientCertificates, GrantedTokens, StaticTokens, Users};

use crate::support::{CAROL, Open, call, nothing_more, secrets, who, write};

/// A client of a server with the users and tokens of a folder.
fn guarded(folder: &tempfile::TempDir) -> Client {
    let tokens = StaticTokens::from_file(folder.path().join("tokens")).unwrap();
    let users = Users::from_file(folder.path().join("users")).unwrap();
    FlightServer::new(Open).authenticator(tokens).authenticator(users).in_process()
}

#[track_caller]
fn refused<T: std::fmt::Debug>(result: Result<T>) {
    let error = result.unwrap_err();
    let found = (error.code(), error.message());
    assert_eq!(found, (Code::Unauthenticated, "the credentials are missing or not valid"));
    nothing_more(&error);
}

fn with_authorization(client: &Client, value: &str) -> Client {
    let value = HeaderValue::from_str(value).unwrap();
    client.clone().with_header(HeaderName::from_static("authorization"), value)
}

#[tokio::test]
async fn nothing_answers_without_credentials() {
    let folder = secrets();
    let client = guarded(&folder);
    let carol = client.clone().with_bearer_token(CAROL).unwrap();
    for method in Method::ALL {
        refused(call(&client, method).await);
        let wrong = client.clone().with_bearer_token("carols-very-long-tokem").unwrap();
        refused(call(&wrong, method).await);
        call(&carol, method).await.unwrap_or_else(|error| panic!("{method}: {error}"));
    }
    let unknown = client.do_action(Action::new("CloseSession", "")).await;
    refused(unknown.map(|_| ()));
}

#[tokio::test]
async fn a_token_in_both_shapes() {
    let folder = secrets();
    let client = guarded(&folder);
    let bearer = client.clone().with_bearer_token(CAROL).unwrap();
    assert_eq!(who(&bearer).await.unwrap(), "carol");
    assert_eq!(who(&client.with_auth_token(CAROL).unwrap()).await.unwrap(), "carol");
}

#[tokio::test]
async fn a_password_in_every_shape_is_answered_with_a_token() {
    let folder = secrets();
    let client = guarded(&folder);
    let by_header = client.authenticate_basic_token("ada", "secret").await.unwrap();
    assert_eq!(who(&by_header).await.unwrap(), "ada");
    let by_payload = client.authenticate_basic_proto("bob", "feather").await.unwrap();
    assert_eq!(who(&by_payload).await.unwrap(), "bob");
    let on_any_call = client.clone().with_basic_auth("ada", "secret").unwrap();
    assert_eq!(who(&on_any_call).await.unwrap(), "ada");
    // With and without padding: ada:secret is YWRhOnNlY3JldA==.
    for value in ["Basic YWRhOnNlY3JldA==", "Basic YWRhOnNlY3JldA", "basic YWRhOnNlY3JldA="] {
        let client = with_authorization(&client, value);
        assert_eq!(who(&client).await.unwrap(), "ada", "{value}");
    }
    // The token counts from then on: the password's user changes, and both are over.
    assert_eq!(who(&on_any_call).await.unwrap(), "ada");
}

#[tokio::test]
async fn what_is_wrong_is_always_the_same() {
    let folder = secrets();
    let client = guarded(&folder);
    for (user, password) in [("ada", "wrong"), ("ada", ""), ("eve", "secret"), ("", "secret")] {
        refused(client.authenticate_basic_token(user, password).await);
        refused(who(&client.clone().with_basic_auth(user, password).unwrap()).await);
        let by_payload = client.authenticate_basic_proto(user, password).await;
        refused(by_payload);
    }
    for value in ["Basic", "Basic !", "Bearer", "Digest x", "Bearer \u{1}x".trim(), CAROL] {
        let Ok(value) = HeaderValue::from_str(value) else { continue };
        let name = HeaderName::from_static("authorization");
        refused(who(&client.clone().with_header(name, value)).await);
    }
    let handshake = async {
        let mut handshake = client.handshake();
        handshake.send(wingbeat::HandshakeRequest::new("nonsense")).await?;
        handshake.finish();
        handshake.next().await
    };
    refused(handshake.await);
    let large = async {
        let mut handshake = client.handshake();
        handshake.send(wingbeat::HandshakeRequest::new(vec![0; 100_000])).await?;
        handshake.finish();
        handshake.next().await
    };
    assert_eq!(large.await.unwrap_err().code(), Code::ResourceExhausted);
}

#[tokio::test]
async fn a_token_lives_as_long_as_its_users_line() {
    let folder = secrets();
    let path = folder.path().join("users");
    let tokens = GrantedTokens::new().with_max(2, 10);
    let users = Users::from_file(&path).unwrap().with_tokens(tokens);
    let client = FlightServer::new(Open).authenticator(users).in_process();
    let (ada, bob) = (
        client.authenticate_basic_token("ada", "secret").await.unwrap(),
        client.authenticate_basic_token("bob", "feather").await.unwrap(),
    );
    let line = std::fs::read_to_string(&path).unwrap();
    let ada_line = line.lines().next().unwrap();
    write(&folder, "users", &format!("{ada_line}\n"));
    // The file is looked at once a second.
    let start = std::time::Instant::now();
    while who(&bob).await.is_ok() {
        assert!(start.elapsed() < std::time::Duration::from_secs(20));
        tokio::task::yield_now().await;
    }
    refused(who(&bob).await);
    refused(client.authenticate_basic_token("bob", "feather").await);
    assert_eq!(who(&ada).await.unwrap(), "ada");
    // Of too many tokens of a user the oldest goes.
    client.authenticate_basic_token("ada", "secret").await.unwrap();
    assert_eq!(who(&ada).await.unwrap(), "ada");
    client.authenticate_basic_token("ada", "secret").await.unwrap();
    refused(who(&ada).await);
}

/// A client that never takes up its token, over one connection, beside another one of its user.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_on_every_call_ends_no_token() {
    let folder = secrets();
    let tokens = GrantedTokens::new().with_max(2, 10);
    let users = Users::from_file(folder.path().join("users")).unwrap().with_tokens(tokens);
    let server = wingbeat::Server::bind("grpc://127.0.0.1:0").await.unwrap().authenticator(users);
    let client = Client::new(server.local_addr().to_string()).unwrap();
    let _serving = AbortOnDropHandle::new(tokio::spawn(server.serve(Open)));
    let other = client.authenticate_basic_token("ada", "secret").await.unwrap();
    let careless = with_authorization(&client, "Basic YWRhOnNlY3JldA==");
    for _ in 0..5 {
        assert_eq!(who(&careless).await.unwrap(), "ada");
    }
    assert_eq!(who(&other).await.unwrap(), "ada");
    // A handshake asks for a token of its own each time.
    let third = client.authenticate_basic_token("ada", "secret").await.unwrap();
    refused(who(&other).await);
    assert_eq!(who(&third).await.unwrap(), "ada");
}

#[tokio::test]
async fn those_that_find_no_room_are_told_to_come_again() {
    let folder = secrets();
    let users = Users::from_file(folder.path().join("users")).unwrap().with_checks_max(1, 0);
    let client = FlightServer::new(Open).authenticator(users).in_process();
    let tries = (0..8).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { client.authenticate_basic_token("ada", "wrong").await })
    });
    let mut codes = Vec::new();
    for attempt in tries.collect::<Vec<_>>() {
        codes.push(attempt.await.unwrap().unwrap_err().code());
    }
    assert!(codes.contains(&Code::Unauthenticated), "{codes:?}");
    assert!(codes.contains(&Code::Unavailable), "{codes:?}");
}

/// Stands for callers at other addresses, each at the one that a header names.
fn at_its_address(mut request: http::Request<wingbeat::Body>) -> http::Request<wingbeat::Body> {
    let address =
        request.headers().get("x-address").and_then(|text| text.to_str().ok()?.parse().ok());
    request.extensions_mut().insert(PeerAddr::Tcp(address.unwrap()));
    request
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_floods_shuts_out_nobody_else() {
    let folder = secrets();
    let users = Users::from_file(folder.path().join("users")).unwrap().with_checks_max(1, 8);
    let server = wingbeat::Server::bind("grpc://127.0.0.1:0").await.unwrap().authenticator(users);
    let client = Client::new(server.local_addr().to_string()).unwrap();
    let server = server.layer(tower::util::MapRequestLayer::new(at_its_address));
    let _serving = AbortOnDropHandle::new(tokio::spawn(server.serve(Open)));
    let at = |address| {
        let name = HeaderName::from_static("x-address");
        client.clone().with_header(name, HeaderValue::from_static(address))
    };
    let refused = Arc::new(AtomicUsize::new(0));
    let _flood: Vec<_> = (0..40)
        .map(|_| {
            let (stranger, refused) = (at("10.0.0.1:1"), refused.clone());
            AbortOnDropHandle::new(tokio::spawn(async move {
                loop {
                    let error = stranger.authenticate_basic_token("eve", "x").await.unwrap_err();
                    let is_busy = error.code() == Code::Unavailable;
                    refused.fetch_add(usize::from(is_busy), Ordering::Relaxed);
                }
            }))
        })
        .collect();
    while refused.load(Ordering::Relaxed) < 100 {
        tokio::task::yield_now().await;
    }
    for _ in 0..5 {
        at("10.0.0.2:1").authenticate_basic_token("ada", "secret").await.unwrap();
    }
}

/// Stands for a listener that has verified a certificate, before it is asked who calls.
fn with_certificate(
    name: &'static str,
) -> impl Fn(http::Request<wingbeat::Body>) -> http::Request<wingbeat::Body> + Clone {
    move |mut request| {
        request.extensions_mut().insert(PeerIdentity::new(name));
        request
    }
}

#[tokio::test]
async fn a_certificate_counts_where_it_is_asked_for_and_alone() {
    let folder = secrets();
    let tokens = StaticTokens::from_file(folder.path().join("tokens")).unwrap();
    let layer = || tower::util::MapRequestLayer::new(with_certificate("cn"));
    for (counts, expected) in [(false, None), (true, Some("cn"))] {
        let server = wingbeat::Server::bind("grpc://127.0.0.1:0").await.unwrap().layer(layer());
        let client = Client::new(server.local_addr().to_string()).unwrap();
        let server = server.authenticator(tokens.clone());
        let server = match counts {
            true => server.authenticator(ClientCertificates::new()),
            false => server,
        };
        let _serving = AbortOnDropHandle::new(tokio::spawn(server.serve(Open)));
        match expected {
            Some(name) => assert_eq!(who(&client).await.unwrap(), name),
            None => refused(who(&client).await),
        }
        let carol = client.clone().with_bearer_token(CAROL).unwrap();
        assert_eq!(who(&carol).await.unwrap(), "carol");
        refused(who(&client.clone().with_bearer_token("wrong").unwrap()).await);
    }
}

/// Never lets anybody in, and counts what it sees.
struct Never;

impl Authenticator for Never {
    async fn authenticate(&self, _: &AuthAttempt<'_>) -> Result<Authenticated, Refusal> {
        std::future::pending::<()>().await;
        Err(Refusal::new("never"))
    }
}

struct Nothing;
impl ServerMiddleware for Nothing {}

#[tokio::test]
async fn a_deadline_holds_at_the_door() {
    let middleware = |call: &mut ServerCallInfo<'_>| {
        let identity = call.peer_identity().map(str::to_owned);
        Err::<Nothing, _>(Error::internal(format!("started for {identity:?}")))
    };
    let server = FlightServer::new(Open).authenticator(Never).middleware(middleware);
    let client = server.in_process().with_timeout(std::time::Duration::from_millis(50));
    let error = who(&client).await.unwrap_err();
    assert_eq!(error.code(), Code::DeadlineExceeded, "{error}");
    // Middleware sees who was let in, and nobody else.
    let tokens = StaticTokens::new([(PeerIdentity::new("carol"), CAROL)]);
    let server = FlightServer::new(Open).authenticator(tokens).middleware(middleware);
    let client = server.in_process();
    refused(who(&client).await);
    let error = who(&client.with_bearer_token(CAROL).unwrap()).await.unwrap_err();
    assert_eq!(error.message(), "started for Some(\"carol\")");
}
