//! Handshake and what comes after it: credentials in each of their shapes.

use wingbeat::{CallContext, Credentials, Error, Handshake, Result};

const PASSWORD: &str = "feather";
const TOKEN: &str = "token-for-";

/// Hands out a token for the right password.
pub(super) async fn answer(cx: &CallContext, mut handshake: Handshake) -> Result<()> {
    let Credentials::Basic(auth) = handshake.credentials(cx).await? else {
        return Err(Error::unauthenticated("no password"));
    };
    check(&auth.password)?;
    handshake.grant(cx, &format!("{TOKEN}{}", auth.username)).await
}

/// Who calls, by a password, by the token of an earlier handshake or by a certificate; empty for
/// anybody else.
pub(super) fn identity(cx: &CallContext) -> Result<String> {
    let token = match Credentials::from_headers(cx.headers())? {
        Some(Credentials::Basic(auth)) => {
            check(&auth.password)?;
            cx.set_header("authorization", format!("Bearer {TOKEN}{}", auth.username))?;
            return Ok(auth.username);
        }
        Some(Credentials::Bearer(token) | Credentials::AuthToken(token)) => token,
        _ => return Ok(cx.peer_identity().unwrap_or_default().to_owned()),
    };
    let name = token.as_bytes().strip_prefix(TOKEN.as_bytes()).unwrap_or_default();
    Ok(String::from_utf8_lossy(name).into_owned())
}

fn check(password: &str) -> Result<()> {
    if password == PASSWORD { Ok(()) } else { Err(Error::unauthenticated("wrong password")) }
}
