//! `session_options`: options set, read and unset in a session that a cookie names.

use std::collections::BTreeMap;

use wingbeat::{
    CallContext, Client, CookieJar, Error, FlightService, GetSessionOptionsRequest,
    GetSessionOptionsResult, Result, SessionOptionValue, Sessions, SetSessionOptionError,
    SetSessionOptionsRequest,
};

use super::check;

/// An option that there is not, and a value that no option takes.
const INVALID_NAME: &str = "lol_invalid";
const INVALID_VALUE: &str = "lol_invalid";

const LIST: [&str; 8] = ["a", "b", "sea", "dee", " ", "  ", "geee", "(づ｡◕‿‿◕｡)づ"];

/// Reading begins a session, though the specification calls it an error without one: Go's client
/// reads before it sets anything, and finds no options.
pub(super) struct Service;

impl FlightService for Service {
    async fn get_session_options(
        &self,
        cx: &CallContext,
        _request: GetSessionOptionsRequest,
    ) -> Result<GetSessionOptionsResult> {
        let sessions = cx.sessions().ok_or_else(|| Error::internal("there are no sessions"))?;
        if cx.session().await?.is_some() {
            return sessions.options(cx).await;
        }
        sessions.set_options(cx, SetSessionOptionsRequest::default()).await?;
        Ok(GetSessionOptionsResult::default())
    }
}

/// The sessions of the server: any name and any value, but for those two.
pub(super) fn sessions() -> Sessions {
    Sessions::in_memory().check(|name, value| {
        if name == INVALID_NAME {
            Err(SetSessionOptionError::InvalidName)
        } else if value == SessionOptionValue::from(INVALID_VALUE) {
            Err(SetSessionOptionError::InvalidValue)
        } else {
            Ok(value)
        }
    })
}

pub(super) async fn run(client: &Client) -> Result<()> {
    let client = client.clone().with_cookies(CookieJar::new());
    let list = SessionOptionValue::StringList(LIST.map(str::to_owned).to_vec());
    let good = SetSessionOptionsRequest::default()
        .with("foolong", 123)
        .with("bardouble", 456.0)
        .with("big_ol_string_list", list);
    let request = good
        .clone()
        .with(INVALID_NAME, "this won't get set")
        .with("key_with_invalid_value", INVALID_VALUE);
    let errors = BTreeMap::from([
        (INVALID_NAME.to_owned(), SetSessionOptionError::InvalidName),
        ("key_with_invalid_value".to_owned(), SetSessionOptionError::InvalidValue),
    ]);
    check::equal("the errors", client.set_session_options(request).await?.errors, errors)?;
    let options = client.get_session_options().await?.session_options;
    check::equal("the options", options, good.session_options)?;

    let as_text = LIST.join(",");
    let request = SetSessionOptionsRequest::default()
        .with("foolong", SessionOptionValue::Unset)
        .with("big_ol_string_list", as_text.as_str());
    let errors = client.set_session_options(request).await?.errors;
    check::equal("the errors of the update", errors, BTreeMap::new())?;
    let left = SetSessionOptionsRequest::default()
        .with("bardouble", 456.0)
        .with("big_ol_string_list", as_text.as_str());
    let options = client.get_session_options().await?.session_options;
    check::equal("the options after the update", options, left.session_options)
}
