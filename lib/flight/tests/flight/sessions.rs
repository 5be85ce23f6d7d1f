//! Sessions: by cookie and by token, whose they are, and what is refused.

use wingbeat::{
    Action, ActionResult, CallContext, Client, CloseSessionStatus, Code, CookieJar, Error,
    FlightServer, FlightService, HeaderName, HeaderValue, MemorySessions, PeerIdentity,
    ReplyStream, Result, SESSION_COOKIE, Server, ServerCallInfo, ServerMiddleware,
    SessionOptionKind, SessionOptionValue as Value, Sessions, SetSessionOptionError,
    SetSessionOptionsRequest,
};

use crate::support::start;

/// Tells the options of the session that a call belongs to.
struct Teller;

impl FlightService for Teller {
    async fn do_action(
        &self,
        cx: &CallContext,
        _action: Action,
    ) -> Result<ReplyStream<ActionResult>> {
        let text = match cx.session().await? {
            Some(session) => format!("{:?}", session.options.keys().collect::<Vec<_>>()),
            None => "no session".to_owned(),
        };
        Ok(ReplyStream::once(ActionResult::new(text)))
    }
}

fn set(name: &str, value: impl Into<Value>) -> SetSessionOptionsRequest {
    SetSessionOptionsRequest::default().with(name, value)
}

async fn tell(client: &Client) -> Result<String> {
    let results = client.do_action(Action::new("tell", "")).await?.collect().await?;
    Ok(String::from_utf8(results[0].body.to_vec())?)
}

fn header(client: &Client, name: &'static str, value: &str) -> Client {
    let value = HeaderValue::from_str(value).unwrap();
    client.clone().with_header(HeaderName::from_static(name), value)
}

fn is_refused(error: &Error) {
    let found = (error.code(), error.message());
    assert_eq!(found, (Code::Unauthenticated, "the session is not valid"));
}

#[tokio::test]
async fn a_session_from_its_first_option_to_its_end() {
    let server = Server::bind("grpc://127.0.0.1:0").await.unwrap();
    let client = start(server.sessions(Sessions::in_memory()), Teller);
    let jar = CookieJar::new();
    let client = client.client.clone().with_cookies(jar.clone());
    let listed = client.list_actions().await.unwrap().collect().await.unwrap();
    let names: Vec<_> = listed.iter().map(|action| action.r#type.as_str()).collect();
    assert_eq!(names, ["SetSessionOptions", "GetSessionOptions", "CloseSession"]);

    // Reading begins none.
    let error = client.get_session_options().await.unwrap_err();
    assert_eq!(error.code(), Code::NotFound);
    assert_eq!(client.close_session().await.unwrap_err().code(), Code::NotFound);
    assert_eq!(tell(&client).await.unwrap(), "no session");
    assert_eq!(jar.get(SESSION_COOKIE), None);

    let request = set("a", 123).with("b", 4.5).with("c", vec!["x".to_owned(), " ".to_owned()]);
    assert!(client.set_session_options(request.clone()).await.unwrap().errors.is_empty());
    let id = jar.get(SESSION_COOKIE).unwrap();
    assert!(id.len() >= 32, "{id}");
    let options = client.get_session_options().await.unwrap().session_options;
    assert_eq!(options, request.session_options);
    let clone = client.clone();
    assert_eq!(tell(&clone).await.unwrap(), r#"["a", "b", "c"]"#);

    client.set_session_options(set("a", Value::Unset).with("c", "x, ")).await.unwrap();
    let options = client.get_session_options().await.unwrap().session_options;
    assert_eq!(options, set("b", 4.5).with("c", "x, ").session_options);
    assert_eq!(jar.get(SESSION_COOKIE), Some(id.clone()), "still the same session");

    assert_eq!(client.close_session().await.unwrap().status, CloseSessionStatus::Closed);
    assert_eq!(jar.get(SESSION_COOKIE), None);
    assert_eq!(tell(&client).await.unwrap(), "no session");
    let stale = header(&clone, "cookie", &format!("{SESSION_COOKIE}={id}"));
    is_refused(&tell(&stale).await.unwrap_err());
}

#[tokio::test]
async fn names_are_looked_at_before_values() {
    let sessions = Sessions::in_memory()
        .option("size", SessionOptionKind::Int64)
        .option("mode", SessionOptionKind::String)
        .check(|name, value| match (name, value) {
            ("mode", Value::String(mode)) if mode == "bad" => Err(SetSessionOptionError::Error),
            (_, value) => Ok(value),
        });
    let client = FlightServer::new(Teller).sessions(sessions).in_process();
    let client = client.with_cookies(CookieJar::new());
    let request = set("size", "7").with("mode", "bad").with("other", "bad");
    let errors = client.set_session_options(request).await.unwrap().errors;
    let found: Vec<_> = errors.into_iter().collect();
    let expected = [
        ("mode".to_owned(), SetSessionOptionError::Error),
        ("other".to_owned(), SetSessionOptionError::InvalidName),
    ];
    assert_eq!(found, expected);
    let errors = client.set_session_options(set("size", "x")).await.unwrap().errors;
    assert_eq!(errors["size"], SetSessionOptionError::InvalidValue);
    let options = client.get_session_options().await.unwrap().session_options;
    assert_eq!(options, set("size", 7).session_options);
}

#[tokio::test]
async fn clients_without_cookies_have_the_session_of_their_token() {
    let plain = FlightServer::new(Teller).sessions(Sessions::in_memory()).in_process();
    let (one, two) =
        (header(&plain, "authorization", "Bearer 1"), header(&plain, "authorization", "Bearer 2"));
    one.set_session_options(set("a", true)).await.unwrap();
    assert_eq!(tell(&one).await.unwrap(), r#"["a"]"#);
    assert_eq!(tell(&two).await.unwrap(), "no session");
    assert_eq!(two.get_session_options().await.unwrap_err().code(), Code::NotFound);
    // Nor does one without either keep any.
    plain.set_session_options(set("b", true)).await.unwrap();
    assert_eq!(tell(&plain).await.unwrap(), "no session");
    // A cookie outlives the token that it came with.
    let jar = CookieJar::new();
    two.clone().with_cookies(jar.clone()).set_session_options(set("c", true)).await.unwrap();
    let renewed = header(&plain, "authorization", "Bearer 3").with_cookies(jar);
    assert_eq!(tell(&renewed).await.unwrap(), r#"["c"]"#);
    one.close_session().await.unwrap();
    assert_eq!(tell(&one).await.unwrap(), "no session");

    let sessions = Sessions::in_memory().cookies_only();
    let plain = FlightServer::new(Teller).sessions(sessions).in_process();
    let one = header(&plain, "authorization", "Bearer 1");
    one.set_session_options(set("a", true)).await.unwrap();
    assert_eq!(tell(&one).await.unwrap(), "no session");
}

/// Takes the header `x-user` for who calls.
struct Nothing;
impl ServerMiddleware for Nothing {}

fn identify(call: &mut ServerCallInfo<'_>) -> Result<Nothing> {
    if let Some(user) = call.headers().get("x-user").and_then(|user| user.to_str().ok()) {
        let identity = PeerIdentity::new(user);
        call.extensions_mut().insert(identity);
    }
    Ok(Nothing)
}

#[tokio::test]
async fn a_session_is_its_owners() {
    let server = FlightServer::new(Teller).sessions(Sessions::in_memory()).middleware(identify);
    let plain = server.in_process();
    let jar = CookieJar::new();
    let ada = header(&plain, "x-user", "ada").with_cookies(jar.clone());
    ada.set_session_options(set("a", 1)).await.unwrap();
    let cookie = format!("{SESSION_COOKIE}={}", jar.get(SESSION_COOKIE).unwrap());
    let made_up = format!("{SESSION_COOKIE}=0123456789abcdef0123456789abcdef");
    let bob = header(&plain, "x-user", "bob");
    // The same answer for what is another's, what never was, and what nobody could have.
    for (thief, cookie) in [
        (&bob, &cookie),
        (&plain, &cookie),
        (&bob, &made_up),
        (&plain, &made_up),
        (&plain, &format!("{SESSION_COOKIE}=")),
    ] {
        let kept = CookieJar::new();
        let thief = header(thief, "cookie", cookie).with_cookies(kept.clone());
        is_refused(&tell(&thief).await.unwrap_err());
        is_refused(&thief.set_session_options(set("a", 2)).await.unwrap_err());
        is_refused(&thief.get_session_options().await.unwrap_err());
        is_refused(&thief.close_session().await.unwrap_err());
        assert_eq!(kept.get(SESSION_COOKIE), None);
    }
    assert_eq!(ada.get_session_options().await.unwrap().session_options["a"], Value::Int64(1));
}

#[tokio::test]
async fn a_refused_cookie_is_taken_from_its_client() {
    let server = FlightServer::new(Teller)
        .sessions(Sessions::new(MemorySessions::new().with_sessions_max(1)));
    let plain = server.in_process();
    let jar = CookieJar::new();
    let client = plain.clone().with_cookies(jar.clone());
    client.set_session_options(set("a", 1)).await.unwrap();
    // Closed behind the back of the jar.
    let id = jar.get(SESSION_COOKIE).unwrap();
    header(&plain, "cookie", &format!("{SESSION_COOKIE}={id}")).close_session().await.unwrap();
    is_refused(&tell(&client).await.unwrap_err());
    assert_eq!(tell(&client).await.unwrap(), "no session");
    // Ended to make room for another one.
    client.set_session_options(set("a", 1)).await.unwrap();
    let other = plain.clone().with_cookies(CookieJar::new());
    other.set_session_options(set("a", 2)).await.unwrap();
    is_refused(&tell(&client).await.unwrap_err());
    assert_eq!(other.get_session_options().await.unwrap().session_options["a"], Value::Int64(2));
}
