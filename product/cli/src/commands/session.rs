//! `wingbeat session`: options that hold for later calls.

use std::io::Write;

use serde_json::{Value, json};
use wingbeat::{Client, SessionOptionValue, SetSessionOptionError, SetSessionOptionsRequest};

use crate::args::{ConnectArgs, SessionArgs, SessionCommand, SessionSetArgs};
use crate::connect::{are_presented, client, parse_url};
use crate::exit::{Failure, Outcome};

pub(super) async fn run(command: SessionCommand) -> Outcome {
    match command {
        SessionCommand::Set(args) => set(args).await,
        SessionCommand::Get(args) => get(args).await,
        SessionCommand::Close(args) => close(args).await,
    }
}

async fn set(args: SessionSetArgs) -> Outcome {
    let mut request = SetSessionOptionsRequest::default();
    for option in &args.options {
        let (name, value) = parse(option)?;
        request = request.with(name, value);
    }
    let errors = connect(&args.url, &args.connect)?.set_session_options(request).await?.errors;
    let refused = errors.iter().map(|(name, error)| {
        let why = match error {
            SetSessionOptionError::InvalidName => "INVALID_NAME",
            SetSessionOptionError::InvalidValue => "INVALID_VALUE",
            _ => "ERROR",
        };
        format!("{name}: {why}")
    });
    match refused.collect::<Vec<_>>().join(", ") {
        refused if refused.is_empty() => Ok(()),
        refused => Err(Failure::local(format_args!("not set: {refused}"))),
    }
}

async fn get(args: SessionArgs) -> Outcome {
    let options = connect(&args.url, &args.connect)?.get_session_options().await?.session_options;
    let mut out = std::io::stdout().lock();
    if args.json {
        let object = options.into_iter().map(|(name, value)| (name, to_json(value))).collect();
        writeln!(out, "{:#}", Value::Object(object))?;
        return Ok(());
    }
    for (name, value) in options {
        match value {
            SessionOptionValue::String(text) => writeln!(out, "{name}={text}")?,
            value => writeln!(out, "{name}:={}", to_json(value))?,
        }
    }
    Ok(())
}

async fn close(args: SessionArgs) -> Outcome {
    let status = connect(&args.url, &args.connect)?.close_session().await?.status;
    if args.json {
        writeln!(std::io::stdout().lock(), "{}", json!({ "status": format!("{status:?}") }))?;
    }
    Ok(())
}

/// A client whose session can be found again.
fn connect(url: &str, args: &ConnectArgs) -> Outcome<Client> {
    let has_cookie = args.headers.iter().any(|header| {
        let name = header.split('=').next().unwrap_or_default().trim();
        name.eq_ignore_ascii_case("cookie")
    });
    if args.cookies.is_none() && !has_cookie && !are_presented(args)? {
        let hint = "a session is found by a cookie or a token: give it --cookies FILE";
        return Err(Failure::usage(hint));
    }
    client(&parse_url(url)?, args)
}

/// Reads `KEY=TEXT` or `KEY:=JSON`.
fn parse(option: &str) -> Outcome<(&str, SessionOptionValue)> {
    let wrong = |what: &str| Failure::usage(format_args!("{option:?} is not {what}"));
    let (name, text) = option.split_once('=').ok_or_else(|| wrong("KEY=TEXT or KEY:=JSON"))?;
    let Some(name) = name.strip_suffix(':') else { return Ok((name, text.into())) };
    let json: Value = serde_json::from_str(text).map_err(|_| wrong("KEY:=JSON"))?;
    let value = from_json(json)
        .ok_or_else(|| wrong("true, false, a number, a string, a list of strings or null"))?;
    Ok((name, value))
}

fn from_json(value: Value) -> Option<SessionOptionValue> {
    Some(match value {
        Value::Null => SessionOptionValue::Unset,
        Value::Bool(value) => value.into(),
        Value::Number(number) => match number.as_i64() {
            Some(number) => number.into(),
            None => number.as_f64()?.into(),
        },
        Value::String(text) => text.into(),
        Value::Array(items) => {
            let texts = items.into_iter().map(|item| match item {
                Value::String(text) => Some(text),
                _ => None,
            });
            SessionOptionValue::StringList(texts.collect::<Option<_>>()?)
        }
        Value::Object(_) => return None,
    })
}

fn to_json(value: SessionOptionValue) -> Value {
    match value {
        SessionOptionValue::String(text) => text.into(),
        SessionOptionValue::Bool(value) => value.into(),
        SessionOptionValue::Int64(number) => number.into(),
        SessionOptionValue::Double(number) => number.into(),
        SessionOptionValue::StringList(texts) => texts.into(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_text_or_json() {
        for (option, name, value) in [
            ("a=1", "a", SessionOptionValue::from("1")),
            ("a=", "a", "".into()),
            ("a=b:=c", "a", "b:=c".into()),
            ("a:=1", "a", 1.into()),
            ("a:=1.5", "a", 1.5.into()),
            ("a:=1e3", "a", 1000.0.into()),
            ("a:=true", "a", true.into()),
            ("a:=\"x\"", "a", "x".into()),
            ("a:=[\"x\", \"\"]", "a", vec!["x".to_owned(), String::new()].into()),
            ("a:=null", "a", SessionOptionValue::Unset),
        ] {
            assert_eq!(parse(option).unwrap(), (name, value), "{option}");
        }
        for option in ["a", "a:=x", "a:={}", "a:=[1]"] {
            assert!(matches!(parse(option), Err(Failure::Usage(_))), "{option}");
        }
    }
}
