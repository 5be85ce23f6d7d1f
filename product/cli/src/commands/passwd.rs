//! `wingbeat passwd`: the line of a user for `wingbeat serve --auth-users`.

use std::io::Write;

use wingbeat_auth::hash_password;

use crate::args::PasswdArgs;
use crate::exit::{Failure, Outcome};
use crate::prompt::{piped, secret};

pub(super) fn run(args: &PasswdArgs) -> Outcome {
    let has_separator =
        |text: &str| text.contains([':', ',', '\n', '\r', '#']) || text.trim() != text;
    if args.name.is_empty() || has_separator(&args.name) {
        let text = "a user's name is not empty and holds no colon, comma, # or line break";
        return Err(Failure::usage(format_args!("{:?}: {text}", args.name)));
    }
    if let Some(role) = args.roles.iter().find(|role| role.is_empty() || has_separator(role)) {
        return Err(Failure::usage(format_args!("{role:?} is no role")));
    }
    let password = match piped()? {
        Some(password) => password,
        None => ask()?,
    };
    if password.is_empty() {
        return Err(Failure::usage("the password is empty"));
    }
    let hash = hash_password(&password).map_err(Failure::local)?;
    let mut out = std::io::stdout().lock();
    match args.roles.join(",").as_str() {
        "" => writeln!(out, "{}:{hash}", args.name)?,
        roles => writeln!(out, "{}:{hash}:{roles}", args.name)?,
    }
    Ok(())
}

/// Asks twice.
fn ask() -> Outcome<String> {
    let password = secret("Password")?;
    match secret("The same again")? {
        again if again == password => Ok(password),
        _ => Err(Failure::usage("those are two passwords")),
    }
}
