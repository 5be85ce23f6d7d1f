//! Credentials between client and server, in each shape, and what is not sent.

use std::sync::atomic::{AtomicU64, Ordering};

use wingbeat::{
    Action, ActionResult, CallContext, Client, Code, CookieJar, Credentials, Error, FlightServer,
    FlightService, Handshake, HeaderName, HeaderValue, ReplyStream, Result,
};

use crate::support::tcp;

/// Knows `ada` with `secret`, and the tokens `ada 1`, `ada 2` and so on, the newest alone.
#[derive(Default)]
struct Door {
    tokens: AtomicU64,
    by_trailer: bool,
}

impl Door {
    fn token(&self) -> String {
        format!("ada {}", self.tokens.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// How the caller has proven who it is.
    fn check(&self, credentials: &Credentials) -> Result<&'static str> {
        let newest = format!("ada {}", self.tokens.load(Ordering::Relaxed));
        match credentials {
            Credentials::Basic(auth) if auth.username == "ada" && auth.password == "secret" => {
                Ok("basic")
            }
            Credentials::Bearer(token) if token.as_bytes() == newest.as_bytes() => Ok("bearer"),
            Credentials::AuthToken(token) if token.as_bytes() == newest.as_bytes() => Ok("token"),
            _ => Err(Error::unauthenticated("unknown")),
        }
    }
}

impl FlightService for Door {
    async fn handshake(&self, cx: &CallContext, mut handshake: Handshake) -> Result<()> {
        let credentials = handshake.credentials(cx).await?;
        self.check(&credentials)?;
        match self.by_trailer {
            true => cx.set_trailer("authorization", format!("Bearer {}", self.token())),
            false => handshake.grant(cx, &self.token()).await,
        }
    }

    async fn do_action(
        &self,
        cx: &CallContext,
        action: Action,
    ) -> Result<ReplyStream<ActionResult>> {
        let presented = Credentials::from_headers(cx.headers())?;
        let presented = presented.ok_or_else(|| Error::unauthenticated("nothing presented"))?;
        let how = self.check(&presented)?;
        match action.r#type.as_str() {
            "grant" => cx.set_header("authorization", format!("Bearer {}", self.token()))?,
            "grant late" => cx.set_trailer("authorization", format!("Bearer {}", self.token()))?,
            _ => {}
        }
        Ok(ReplyStream::once(ActionResult::new(how)))
    }
}

async fn act(client: &Client, action: &str) -> Result<String> {
    let results = client.do_action(Action::new(action, "")).await?.collect().await?;
    Ok(String::from_utf8(results[0].body.to_vec())?)
}

fn code<T: std::fmt::Debug>(result: Result<T>) -> Code {
    result.unwrap_err().code()
}

#[tokio::test]
async fn a_handshake_gives_a_token_in_a_header_or_a_trailer() {
    for by_trailer in [false, true] {
        let client = tcp(Door { by_trailer, ..Door::default() }).await;
        assert_eq!(code(act(&client, "").await), Code::Unauthenticated);
        let ada = client.authenticate_basic_token("ada", "secret").await.unwrap();
        assert_eq!(act(&ada, "").await.unwrap(), "bearer");
        assert_eq!(code(act(&client, "").await), Code::Unauthenticated);
        // Once more, now with a token in the client's headers.
        let again = ada.authenticate_basic_token("ada", "secret").await.unwrap();
        assert_eq!(act(&again, "").await.unwrap(), "bearer");
        assert_eq!(code(act(&ada, "").await), Code::Unauthenticated);
        let wrong = client.authenticate_basic_token("ada", "wrong").await;
        assert_eq!(code(wrong), Code::Unauthenticated);
    }
}

#[tokio::test]
async fn a_handshake_with_a_payload_gives_a_token_in_an_answer() {
    let client = FlightServer::new(Door::default()).in_process();
    let ada = client.authenticate_basic_proto("ada", "secret").await.unwrap();
    assert_eq!(act(&ada, "").await.unwrap(), "token");
    let wrong = client.authenticate_basic_proto("ada", "wrong").await;
    assert_eq!(code(wrong), Code::Unauthenticated);
    let none = client.authenticate_basic_proto("", "").await;
    assert_eq!(code(none), Code::Unauthenticated);
    // A server that answers a payload with nothing.
    let silent = FlightServer::new(Door { by_trailer: true, ..Door::default() }).in_process();
    let error = silent.authenticate_basic_proto("ada", "secret").await.unwrap_err();
    assert!(error.message().contains("without a token"), "{error}");
}

#[tokio::test]
async fn basic_on_any_call_until_there_is_a_token() {
    let client = FlightServer::new(Door::default()).in_process();
    let ada = client.clone().with_basic_auth("ada", "secret").unwrap();
    let clone = ada.clone();
    assert_eq!(act(&ada, "").await.unwrap(), "basic");
    assert_eq!(act(&ada, "grant").await.unwrap(), "basic");
    assert_eq!(act(&clone, "").await.unwrap(), "bearer");
    assert_eq!(act(&clone, "grant late").await.unwrap(), "bearer");
    assert_eq!(act(&ada, "").await.unwrap(), "bearer");
    // Somebody else gets the newest token: the old one is over.
    client.authenticate_basic_token("ada", "secret").await.unwrap();
    assert_eq!(code(act(&ada, "").await), Code::Unauthenticated);
    assert_eq!(act(&ada, "").await.unwrap(), "basic");
    let wrong = client.clone().with_basic_auth("ada", "wrong").unwrap();
    assert_eq!(code(act(&wrong, "").await), Code::Unauthenticated);
}

#[tokio::test]
async fn a_token_from_elsewhere() {
    let client = FlightServer::new(Door::default()).in_process();
    client.authenticate_basic_token("ada", "secret").await.unwrap();
    let bearer = client.clone().with_bearer_token("ada 1").unwrap();
    assert_eq!(act(&bearer, "").await.unwrap(), "bearer");
    let token = bearer.with_auth_token("ada 1").unwrap();
    // authorization goes first on a server.
    assert_eq!(act(&token, "").await.unwrap(), "bearer");
    assert_eq!(act(&client.with_auth_token("ada 1").unwrap(), "").await.unwrap(), "token");
}

#[tokio::test]
async fn credentials_do_not_travel_in_plaintext_to_others() {
    // Nobody listens there, and nobody is asked.
    let client = Client::new("grpc://wingbeat.invalid:1").unwrap();
    let authorization = HeaderName::from_static("authorization");
    let jar = CookieJar::new();
    jar.load("arrow_flight_session_id=x");
    for client in [
        client.clone().with_cookies(jar),
        client
            .clone()
            .with_header(HeaderName::from_static("cookie"), HeaderValue::from_static("x=y")),
        client.clone().with_bearer_token("x").unwrap(),
        client.clone().with_auth_token("x").unwrap(),
        client.clone().with_basic_auth("x", "x").unwrap(),
        client.clone().with_header(authorization, HeaderValue::from_static("Bearer x")),
    ] {
        let error = act(&client, "").await.unwrap_err();
        assert_eq!(error.code(), Code::FailedPrecondition, "{error}");
        assert!(error.message().contains("plaintext"), "{error}");
        let error = act(&client.with_plaintext_credentials(), "").await.unwrap_err();
        assert_eq!(error.code(), Code::Unavailable, "{error}");
    }
    // A jar that is empty has nothing to tell.
    let error = act(&client.clone().with_cookies(CookieJar::new()), "").await.unwrap_err();
    assert_eq!(error.code(), Code::Unavailable, "{error}");
    let refused = client.authenticate_basic_token("x", "x").await;
    assert_eq!(code(refused), Code::FailedPrecondition);
    let refused = client.authenticate_basic_proto("x", "x").await;
    assert_eq!(code(refused), Code::FailedPrecondition);
}
