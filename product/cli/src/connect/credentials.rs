//! Who calls: `--token-file`, `--user`, and the environment.

use std::io::Read;
use std::path::Path;

use wingbeat::Client;

use crate::args::ConnectArgs;
use crate::exit::{Failure, Outcome};
use crate::prompt::{secret, without_line_break};

/// The environment variable with a bearer token.
const TOKEN: &str = "WINGBEAT_TOKEN";
/// The environment variable with a password.
const PASSWORD: &str = "WINGBEAT_PASSWORD";

/// A client that presents what the arguments or the environment say. A header that says who calls
/// goes before the environment, and beside an argument it makes no sense.
pub(super) fn present(client: Client, args: &ConnectArgs) -> Outcome<Client> {
    let by_header = args.headers.iter().any(|header| is_token(header));
    let credentials = &args.credentials;
    let by_argument = credentials.token_file.is_some() || credentials.user.is_some();
    if by_header && by_argument {
        return Err(Failure::usage("a header with a token, and another way to say who calls"));
    }
    if let Some(file) = &credentials.token_file {
        return with_token(client, &read(file)?, &file.display().to_string());
    }
    if let Some(user) = &credentials.user {
        let password = match (&credentials.password_file, environment(PASSWORD)?) {
            (Some(file), _) => read(file)?,
            (None, Some(password)) => password,
            (None, None) => secret(&format!("Password of {user}"))?,
        };
        return Ok(client.with_basic_auth(user, &password)?);
    }
    match environment(TOKEN)? {
        Some(token) if !by_header => with_token(client, &token, TOKEN),
        _ => Ok(client),
    }
}

/// Whether a call says who makes it, so that a session can be found by that.
pub(crate) fn are_presented(args: &ConnectArgs) -> Outcome<bool> {
    let by_argument = args.credentials.token_file.is_some();
    let by_header = args.headers.iter().any(|header| is_token(header));
    let by_environment = args.credentials.user.is_none() && environment(TOKEN)?.is_some();
    Ok(by_argument || by_header || by_environment)
}

fn with_token(client: Client, token: &str, source: &str) -> Outcome<Client> {
    let token = token.trim();
    if token.is_empty() {
        return Err(Failure::usage(format_args!("{source} holds no token")));
    }
    Ok(client.with_bearer_token(token)?)
}

/// Whether a `KEY=VALUE` says who calls.
fn is_token(header: &str) -> bool {
    let name = header.split('=').next().unwrap_or_default().trim();
    ["authorization", "auth-token-bin"].iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// A secret of the environment; an empty one is none.
fn environment(name: &str) -> Outcome<Option<String>> {
    match std::env::var(name) {
        Ok(secret) => Ok(Some(secret).filter(|secret| !secret.is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => {
            Err(Failure::usage(format_args!("{name} is not UTF-8")))
        }
    }
}

/// The text of a file, `-` for stdin, without the line break at its end.
fn read(file: &Path) -> Outcome<String> {
    let mut text = String::new();
    let read = match file.to_str() {
        Some("-") => std::io::stdin().lock().read_to_string(&mut text),
        _ => std::fs::File::open(file).and_then(|mut file| file.read_to_string(&mut text)),
    };
    let cannot = |error| Failure::usage(format_args!("cannot read {}: {error}", file.display()));
    read.map_err(cannot)?;
    Ok(without_line_break(&text).to_owned())
}
