//! What goes on around calls: authentication, middleware, cookies.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};
use wingbeat::{
    Action, Client, ClientCallInfo, ClientMiddleware, CookieJar, Error, HeaderMap, HeaderName,
    HeaderValue, Result, SetSessionOptionsRequest,
};

use super::Shape;
use crate::report::{self, Report, text};

/// Who the server takes this client for.
pub(super) async fn authenticate(
    client: Client,
    shape: Shape,
    user: &str,
    password: &str,
) -> Result<Report> {
    let client = match shape {
        Shape::Proto => client.authenticate_basic_proto(user, password).await?,
        Shape::Token => client.authenticate_basic_token(user, password).await?,
        Shape::Basic => client.with_basic_auth(user, password)?,
    };
    let first = act(&client, "identity").await?;
    let second = act(&client, "identity").await?;
    Ok(json!({"identity": [first, second]}))
}

/// Sends a header with each call, and keeps what comes back.
struct Echo {
    value: HeaderValue,
    seen: Arc<Mutex<Vec<Value>>>,
    found: Option<String>,
}

const NAME: HeaderName = HeaderName::from_static("x-middleware");

impl ClientMiddleware for Echo {
    fn sending_headers(&mut self, headers: &mut HeaderMap) {
        headers.insert(NAME, self.value.clone());
    }

    fn received_headers(&mut self, headers: &HeaderMap) {
        let found = headers.get(NAME).map(|value| text(value.as_bytes()));
        self.found = self.found.take().or(found);
    }

    fn call_completed(&mut self, outcome: Result<(), &Error>) {
        let code = outcome.map_or_else(|error| error.code().name(), |()| "OK");
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.push(json!([self.found, code]));
    }
}

/// What the middleware saw of a call that succeeds and of one that fails.
pub(super) async fn middleware(client: Client, value: &str) -> Result<Report> {
    let (value, seen): (HeaderValue, Arc<Mutex<Vec<_>>>) = (value.parse()?, Arc::default());
    let kept = seen.clone();
    let client = client.with_middleware(move |_: &ClientCallInfo<'_>| {
        Ok(Echo { value: value.clone(), seen: kept.clone(), found: None })
    });
    act(&client, "echo").await?;
    let failed = client.do_action(Action::new("error", "NOT_FOUND")).await;
    let failed = match failed {
        Ok(results) => results.collect().await.err(),
        Err(error) => Some(error),
    };
    let seen = seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Ok(json!({"seen": seen, "error": failed.as_ref().map(report::of_error)}))
}

/// The options after each step, and the codes of the calls that have no session.
pub(super) async fn session(client: Client) -> Result<Report> {
    let client = client.with_cookies(CookieJar::new());
    let before = code(client.get_session_options().await);
    let request = SetSessionOptionsRequest::default().with("a", 1).with("b", "two");
    let errors = client.set_session_options(request).await?.errors.len();
    let options = client.get_session_options().await?.session_options;
    let status = client.close_session().await?.status;
    let after = code(client.get_session_options().await);
    Ok(json!({
        "before": before,
        "errors": errors,
        "options": format!("{options:?}"),
        "closed": format!("{status:?}"),
        "after": after,
    }))
}

fn code<T>(result: Result<T>) -> &'static str {
    result.map_or_else(|error| error.code().name(), |_| "OK")
}

/// The body of an action's first result.
async fn act(client: &Client, action: &str) -> Result<String> {
    let results = client.do_action(Action::new(action, "")).await?.collect().await?;
    Ok(results.first().map(|result| text(&result.body)).unwrap_or_default())
}
