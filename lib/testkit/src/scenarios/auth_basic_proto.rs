//! `auth:basic_proto`: a handshake with a name and a password gives a token, and without it there
//! is no other call.

use wingbeat::{
    Action, ActionResult, CallContext, Client, Code, Credentials, Error, FlightService, Handshake,
    Method, PeerIdentity, ReplyStream, Result, ServerCallInfo, ServerMiddleware,
};

use super::check;

const USERNAME: &str = "arrow";
const PASSWORD: &str = "flight";

pub(super) struct Service;

impl FlightService for Service {
    async fn handshake(&self, cx: &CallContext, mut handshake: Handshake) -> Result<()> {
        match handshake.credentials(cx).await? {
            Credentials::Basic(auth) if auth.username == USERNAME && auth.password == PASSWORD => {
                // The token is the name.
                handshake.grant(cx, USERNAME).await
            }
            _ => Err(Error::unauthenticated("the name or the password is wrong")),
        }
    }

    async fn do_action(
        &self,
        cx: &CallContext,
        _action: Action,
    ) -> Result<ReplyStream<ActionResult>> {
        let identity = cx.peer_identity().unwrap_or_default().to_owned();
        Ok(ReplyStream::once(ActionResult::new(identity)))
    }
}

/// Lets calls in that have the token, and handshakes.
pub(super) struct Authenticated;

/// Starts it.
pub(super) fn authenticate(call: &mut ServerCallInfo<'_>) -> Result<Authenticated> {
    if call.method() == Method::Handshake {
        return Ok(Authenticated);
    }
    match Credentials::from_headers(call.headers())? {
        Some(Credentials::AuthToken(token)) if token.as_bytes() == USERNAME.as_bytes() => {
            call.extensions_mut().insert(PeerIdentity::new(USERNAME));
            Ok(Authenticated)
        }
        _ => Err(Error::unauthenticated("there is no valid token")),
    }
}

impl ServerMiddleware for Authenticated {}

pub(super) async fn run(client: &Client) -> Result<()> {
    let refused = act(client).await.map_err(|error| error.code()).err();
    check::equal("the code without a token", refused, Some(Code::Unauthenticated))?;
    let client = client.authenticate_basic_proto(USERNAME, PASSWORD).await?;
    let results = act(&client).await?;
    let result = check::only("results", &results)?;
    check::equal("the result", &result.body[..], USERNAME.as_bytes())
}

/// An action without a type.
async fn act(client: &Client) -> Result<Vec<ActionResult>> {
    client.do_action(Action::default()).await?.collect().await
}
