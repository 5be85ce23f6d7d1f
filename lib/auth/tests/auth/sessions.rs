//! Sessions of callers that are known: one's token opens no other's session.

use wingbeat::{
    Action, Client, Code, CookieJar, FlightServer, HeaderName, HeaderValue, Result, SESSION_COOKIE,
    Sessions, SetSessionOptionsRequest,
};
use wingbeat_auth::Users;

use crate::support::{Open, secrets};

async fn session(client: &Client) -> Result<String> {
    let results = client.do_action(Action::new("session", "")).await?.collect().await?;
    Ok(String::from_utf8(results[0].body.to_vec())?)
}

fn with_cookie(client: &Client, id: &str) -> Client {
    let value = HeaderValue::from_str(&format!("{SESSION_COOKIE}={id}")).unwrap();
    client.clone().with_header(HeaderName::from_static("cookie"), value)
}

#[tokio::test]
async fn a_token_of_one_user_on_anothers_session() {
    let folder = secrets();
    let users = Users::from_file(folder.path().join("users")).unwrap();
    let server = FlightServer::new(Open).authenticator(users).sessions(Sessions::in_memory());
    let plain = server.in_process();
    let ada = plain.authenticate_basic_token("ada", "secret").await.unwrap();
    let bob = plain.authenticate_basic_token("bob", "feather").await.unwrap();
    let jar = CookieJar::new();
    let set = SetSessionOptionsRequest::default().with("a", 1);
    ada.clone().with_cookies(jar.clone()).set_session_options(set.clone()).await.unwrap();
    let id = jar.get(SESSION_COOKIE).unwrap();
    assert!(session(&with_cookie(&ada, &id)).await.unwrap().contains("Int64(1)"));
    // Another token of the same user is as good.
    let again = plain.authenticate_basic_token("ada", "secret").await.unwrap();
    assert!(session(&with_cookie(&again, &id)).await.unwrap().contains("Int64(1)"));
    let made_up = "0123456789abcdef0123456789abcdef";
    let mut answers = Vec::new();
    for client in [with_cookie(&bob, &id), with_cookie(&bob, made_up), with_cookie(&ada, made_up)] {
        for error in [
            session(&client).await.unwrap_err(),
            client.set_session_options(set.clone()).await.unwrap_err(),
            client.get_session_options().await.unwrap_err(),
            client.close_session().await.unwrap_err(),
        ] {
            answers.push((error.code(), error.message().to_owned()));
        }
    }
    answers.dedup();
    assert_eq!(answers, [(Code::Unauthenticated, "the session is not valid".to_owned())]);
    // Who presents nothing does not even learn that.
    let stranger = session(&with_cookie(&plain, &id)).await.unwrap_err();
    assert_eq!(stranger.message(), "the credentials are missing or not valid");
    // Stale, now.
    with_cookie(&ada, &id).close_session().await.unwrap();
    let stale = session(&with_cookie(&ada, &id)).await.unwrap_err();
    assert_eq!(stale.message(), "the session is not valid");
}
