//! Handshake: credentials as a Basic header, or as a BasicAuth message in the payload.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use wingbeat::{BasicAuth, CallContext, Error, Handshake, HandshakeResponse, Message as _, Result};

const PASSWORD: &str = "feather";

/// Answers a header with a header, and a payload with a payload.
pub(super) async fn answer(cx: &CallContext, mut handshake: Handshake) -> Result<()> {
    if let Some(credentials) = cx.headers().get("authorization") {
        let user = from_header(credentials.as_bytes())?;
        cx.set_header("authorization", format!("Bearer token-for-{user}"))?;
        while handshake.next().await?.is_some() {}
        return Ok(());
    }
    let Some(request) = handshake.next().await? else {
        return Err(Error::unauthenticated("no credentials"));
    };
    let auth = BasicAuth::decode(request.payload)?;
    check(&auth.password)?;
    let token = format!("token-for-{}", auth.username);
    handshake.send(HandshakeResponse::new(token)).await
}

/// Who calls, by the token of an earlier handshake.
pub(super) fn identity(cx: &CallContext) -> String {
    let bearer = cx.headers().get("authorization").and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned);
    let token = bearer.or_else(|| {
        let value = cx.headers().get("auth-token-bin")?;
        String::from_utf8(super::actions::decode_bin(value.as_bytes())).ok()
    });
    token.as_deref().and_then(|token| token.strip_prefix("token-for-")).unwrap_or("").to_owned()
}

fn from_header(value: &[u8]) -> Result<String> {
    let encoded = value.strip_prefix(b"Basic ");
    let pair = encoded.and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
    let pair = pair.and_then(|pair| String::from_utf8(pair).ok());
    let pair = pair.ok_or_else(|| Error::unauthenticated("credentials that are not Basic"))?;
    let (user, password) =
        pair.split_once(':').ok_or_else(|| Error::unauthenticated("no password"))?;
    check(password)?;
    Ok(user.to_owned())
}

fn check(password: &str) -> Result<()> {
    if password == PASSWORD { Ok(()) } else { Err(Error::unauthenticated("wrong password")) }
}
